"""What a server answered, and what it means when the answer is no content."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from newsbeam.errors import RetrieveError
from newsbeam.records import Verdict

_VERDICTS = {
    401: Verdict.FORBIDDEN,
    402: Verdict.FORBIDDEN,
    403: Verdict.FORBIDDEN,
    404: Verdict.NOT_FOUND,
    408: Verdict.TIMEOUT,
    410: Verdict.GONE,
    420: Verdict.RATE_LIMITED,
    429: Verdict.RATE_LIMITED,
    451: Verdict.LEGAL_BLOCK,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A usable answer: 200 with a body, or 304."""

    url: str
    """The URL that answered, after redirects."""
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    wire_bytes: int = 0
    seconds: float = 0.0
    """From the first request to the last byte, waits for a turn not included."""
    moved_to: str | None = None
    """Where permanent redirects (301, 308) alone lead: the URL to ask next time."""
    ai_optout: tuple[str, ...] = ()
    """Signals against AI training, from robots.txt and the answer's headers."""

    @property
    def content_type(self) -> str | None:
        """The declared media type with its parameters."""
        return self.headers.get("content-type")


class AnswerError(RetrieveError):
    """The server answered, but with nothing that can be used.

    Args:
        url: the URL asked first.
        message: what happened.
        verdict: the ledger's word.
        status: HTTP status.
        retry_after_s: how long the server wants to be left alone.
    """

    def __init__(
        self,
        url: str,
        message: str,
        verdict: str | None = None,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(url, message, verdict)
        self.args = (url, message, verdict, status, retry_after_s)  # so that it survives pickling
        self.status = status
        self.retry_after_s = retry_after_s


def status_error(url: str, status: int, headers: Mapping[str, str], now: datetime) -> AnswerError:
    """Return the error for a status that brings no content."""
    verdict: str = _VERDICTS.get(status, Verdict.HTTP_ERROR)
    message = f"HTTP {status}"
    if headers.get("cf-mitigated") == "challenge":
        verdict, message = Verdict.BOT_WALL, f"HTTP {status} with a bot challenge"
    elif status in {204, 205}:
        verdict, message = Verdict.EMPTY, f"HTTP {status}: no content"
    elif status == 304:
        message = "HTTP 304 although nothing was asked conditionally"
    return AnswerError(url, message, verdict, status, retry_after(headers, now))


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that Retry-After asks for, at most a day; None where it asks nothing.

    ``x-ratelimit-reset`` is read as well: Reddit and others send only that.
    """
    value = headers.get("retry-after") or headers.get("x-ratelimit-reset")
    if not value:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d+)?", value.strip()):
        seconds = float(value)
        if seconds > 1e9:  # a point in time
            seconds -= now.timestamp()
    else:
        seconds = _until(value, now)
    return min(seconds, 86_400.0) if seconds > 0 else None


def max_age(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return how long the answer stays fresh by Cache-Control or Expires; None where unsaid."""
    found = re.search(r"\bmax-age\s*=\s*\"?(\d{1,9})", headers.get("cache-control", ""), re.I)
    if found:
        age = headers.get("age", "")
        spent = int(age) if age.isdigit() and len(age) < 10 else 0
        return max(0.0, float(int(found.group(1)) - spent)) or None
    if "no-cache" in headers.get("cache-control", "") or "no-store" in headers.get(
        "cache-control", ""
    ):
        return None
    seconds = _until(headers.get("expires", ""), now)
    return seconds if seconds > 0 else None


def _until(text: str, now: datetime) -> float:
    try:
        time = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return (time - now).total_seconds()
