"""Errors, sorted by who must act.

::

    NewsbeamError
    ├── ConfigError      the operator: a setting is wrong; nothing has run yet      exit 2
    ├── StoreBusyError   the operator: another process holds the store              exit 75
    ├── RecordError      nobody now: one record is unusable, it becomes a Failure
    │   ├── RetrieveError    no usable answer came, after the retries at the call itself
    │   ├── ParseError       the answer is not a feed (or archive, or sitemap)
    │   └── ExtractError     the page could not be read at all
    ├── QueryError       the analyst: a boolean query is wrong, with the place in it  exit 2
    └── SinkError        the destination refused; nothing half-written              exit 1

Anything else is a bug and fails the run.
"""


class NewsbeamError(Exception):
    """Base of every error that newsbeam raises on purpose."""


class ConfigError(NewsbeamError):
    """A setting, argument or file of the operator is wrong.

    Args:
        where: file and key (``newsbeam.toml: fetch.timeout_s``), or the argument.
        message: what is wrong, and the cure.
    """

    def __init__(self, where: str, message: str) -> None:
        super().__init__(where, message)
        self.where = where
        self.message = message

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


class StoreBusyError(NewsbeamError):
    """Another process holds the store; the message says which."""


class RecordError(NewsbeamError):
    """One record cannot go on.  Survives pickling, so it crosses processes.

    Args:
        url: the feed, page or file concerned.
        message: what happened, lower case, with numbers; never a secret or a page body.
        verdict: the ledger's word for it (see :mod:`newsbeam.records`).
    """

    verdict = "error"

    def __init__(self, url: str, message: str, verdict: str | None = None) -> None:
        super().__init__(url, message, verdict)
        self.url = url
        self.message = message
        if verdict is not None:
            self.verdict = verdict

    def __str__(self) -> str:
        return f"{self.message}: {self.url}"


class RetrieveError(RecordError):
    """No usable answer came: refused, unreachable, too slow, too large, or an HTTP error."""

    verdict = "unreachable"


class ParseError(RecordError):
    """The answer is not what the connector reads."""

    verdict = "not_a_feed"


class ExtractError(RecordError):
    """The page could not be read at all (a hang, a crash, no text)."""

    verdict = "extract_error"


class QueryError(NewsbeamError):
    """A boolean query is wrong.

    Args:
        query: the whole query.
        position: 0-based offset of the place in it.
        message: what is wrong there, and the cure.
    """

    def __init__(self, query: str, position: int, message: str) -> None:
        super().__init__(query, position, message)
        self.query = query
        self.position = position
        self.message = message

    def __str__(self) -> str:
        start = max(0, self.position - 40)
        shown = self.query[start : self.position + 40].replace("\n", " ")
        return f"{self.message}\n  {shown}\n  {' ' * (self.position - start)}^"


class SinkError(NewsbeamError):
    """The destination refused (disk full, read-only, service down); nothing is half-written."""


def reason_of(error: BaseException) -> str:
    """Say what went wrong without number and path, which an ``OSError`` puts around it."""
    return str(getattr(error, "strerror", None) or error)
