"""robots.txt: what we may read, how fast, and whether the outlet opts out of AI training.

Source: RFC 9309 (4xx: everything is allowed; 5xx: nothing is; cache for at most a day),
https://contentsignals.org/ (``Content-Signal``), Protego for the rules themselves.
"""

import re
from dataclasses import dataclass
from typing import Any

OUR_NAME = "newsbeam"
"""The name by which robots.txt may speak to us."""

MAX_ROBOTS_BYTES = 512_000
"""RFC 9309 §2.5: at least 500 KiB are to be read."""

KEEP_S = 86_400.0
KEEP_FAILED_S = 600.0

AI_NAMES = (
    "GPTBot", "CCBot", "Google-Extended", "ClaudeBot", "anthropic-ai", "Applebot-Extended",
    "meta-externalagent", "Bytespider", "PerplexityBot", "cohere-ai", "Amazonbot", "Diffbot",
)  # fmt: skip
"""Crawlers that collect for AI training: who shuts out one of them, and not all, opts out."""

_SIGNAL = re.compile(r"^\s*content-signal\s*:(.*)$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules of one host."""

    rules: Any = None
    """Protego's; None: everything is allowed."""
    shut: str | None = None
    """Why nothing may be read at all; None: the rules say."""
    ai_optout: tuple[str, ...] = ()
    """Signals against AI training, like ``robots:GPTBot`` and ``content-signal:ai-train=no``."""
    crawl_delay_s: float = 0.0

    def refusal(self, url: str) -> str | None:
        """Return why a URL must not be read; None where it may."""
        if self.shut:
            return self.shut
        if self.rules is not None and not self.rules.can_fetch(url, OUR_NAME):
            return "robots.txt disallows it"
        return None


def read_robots(status: int, body: bytes) -> Robots:
    """Read the answer to a request for robots.txt."""
    if status >= 500 or status == 429:
        return Robots(shut=f"robots.txt answered {status}: nothing may be read (RFC 9309)")
    if status >= 300 or not body:
        return Robots()
    text = body[:MAX_ROBOTS_BYTES].decode("utf-8", "replace").lstrip("\ufeff")
    if re.match(r"\s*<(?:!doctype|html)", text, re.IGNORECASE):
        return Robots()  # an error page with status 200
    from protego import Protego

    rules = Protego.parse(text)
    delay = rules.crawl_delay(OUR_NAME)
    return Robots(
        rules=rules,
        ai_optout=_optouts(rules, text),
        crawl_delay_s=min(max(float(delay or 0.0), 0.0), 60.0),
    )


def _optouts(rules: Any, text: str) -> tuple[str, ...]:
    signals = []
    if rules.can_fetch("/", "some-other-reader"):
        signals = [f"robots:{name}" for name in AI_NAMES if not rules.can_fetch("/", name)]
    for found in _SIGNAL.finditer(text):
        for part in found.group(1).lower().replace(" ", "").split(","):
            if part in {"ai-train=no", "ai-input=no"}:
                signals.append(f"content-signal:{part}")
    return tuple(dict.fromkeys(signals))
