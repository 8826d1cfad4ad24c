"""The records that every part of newsbeam speaks.

::

    Feed ──poll──► Entry ──fetch──► Page ──extract──► Article ──embed──► Embedded ──match──► Mention
                                                          └──────group──────► Story ──► Alert
                      any step ──► LedgerRow (a verdict), and Failure where it broke

All are frozen and picklable.  Two named times: ``published`` (the outlet claims) and ``fetched``
(ours).  Every time is aware and in UTC.  Missing is ``None``, never ``""``.  Sequences are tuples.
Records know no SQL, JSON, HTTP or Beam.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


def record_id(*parts: str) -> str:
    """Return a stable id of 20 hexadecimal digits for the parts, in order.

    The parts are joined by U+001F, which occurs in no URL and no topic name.  80 bits: at ten
    million records the chance of any collision is below 1 in 10^10.
    """
    return hashlib.blake2b(
        "\x1f".join(parts).encode(errors="surrogatepass"), digest_size=10
    ).hexdigest()


class Verdict(StrEnum):
    """How an entry, page or feed ended: the words of the ledger.  Data: add, never rename."""

    # a page that was read
    ARTICLE = "article"
    LIVE_BLOG = "live_blog"
    DISCUSSION = "discussion"
    LISTING = "listing"
    TEASER = "teaser_or_paywall"
    CONSENT_WALL = "consent_wall"
    BOT_WALL = "bot_wall"
    SOFT_404 = "soft_404"
    TOO_SHORT = "too_short"
    NOT_TEXT = "not_text"
    # an entry that needed no page, or whose article was known
    UNCHANGED = "unchanged"
    DUPLICATE_URL = "duplicate_url"
    SYNDICATED_COPY = "syndicated_copy"
    NO_LINK = "no_link"
    TOO_OLD = "too_old"
    # an answer that could not be used
    HTTP_ERROR = "http_error"
    RATE_LIMITED = "rate_limited"
    FORBIDDEN = "forbidden"
    GONE = "gone"
    NOT_FOUND = "not_found"
    LEGAL_BLOCK = "unavailable_for_legal_reasons"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    TLS_ERROR = "tls_error"
    TOO_LARGE = "too_large"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    BLOCKED_ADDRESS = "blocked_address"
    BAD_URL = "bad_url"
    ROBOTS_DISALLOWED = "robots_disallowed"
    EMPTY = "empty"
    WRONG_TYPE = "wrong_type"
    DAMAGED = "damaged"
    # a feed
    FEED_OK = "feed_ok"
    NOT_A_FEED = "not_a_feed"
    # ours
    EXTRACT_ERROR = "extract_error"
    ERROR = "error"


PASSING = frozenset(
    {
        Verdict.HTTP_ERROR,
        Verdict.RATE_LIMITED,
        Verdict.TIMEOUT,
        Verdict.UNREACHABLE,
        Verdict.DAMAGED,
    }
)
"""Verdicts that may be another one later: such a page is asked for again for two days."""


class ZoneKind(StrEnum):
    """What part of a page a stretch of text is."""

    TITLE = "title"
    LEAD = "lead"
    BODY = "body"
    CAPTION = "caption"
    QUOTE = "quote"
    LIST = "list"
    TABLE = "table"
    RELATED = "related"
    FOOTER = "footer"
    COMMENTS = "comments"


FEED_KINDS = ("feed", "sitemap", "gdelt", "thread")
"""What ``Feed.kind`` may be; ``connectors/kinds.py`` has a function for each."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A URL that we poll, as the settings or an OPML file name it."""

    url: str
    outlet: str | None = None
    """Registrable domain of who publishes; None: taken from each entry's own URL."""
    title: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    kind: str = "feed"
    """Which connector reads it: one of :data:`FEED_KINDS`."""

    @property
    def id(self) -> str:
        """Stable id: of the URL alone."""
        return record_id("feed", self.url)


@dataclass(frozen=True, slots=True)
class Cursor:
    """What we remember of a feed between two polls; one row per feed in ``feed_cursors``."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    """Hash of the last body that was read: an equal body needs no parsing."""
    next_poll: datetime | None = None
    interval_s: float | None = None
    last_poll: datetime | None = None
    last_success: datetime | None = None
    last_new: datetime | None = None
    """When an entry was last new."""
    failures: float = 0.0
    """Weighted failures in a row; 0 after a success."""
    verdict: str | None = None
    reason: str | None = None
    unchanged: int = 0
    """304 answers, or equal bodies, in a row."""
    polls: int = 0
    hub: str | None = None
    """WebSub hub that the feed offers."""
    history: str | None = None
    """The connector's own memory, JSON."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in an archive between two records."""

    offset: int = 0
    """Bytes of the (unpacked; of a WARC: packed) file that were read; :data:`END`: all of it."""
    line: int = 0
    """Lines that were read."""
    file: str = ""
    """The file of a folder, relative to it; those before it were read."""


END = -1
"""As an offset: the whole file was read."""
START = Position()


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as a feed, sitemap or archive announced it."""

    id: str
    feed_url: str
    guid: str
    url: str | None
    """Absolute http(s) URL; None where the entry has no usable link."""
    outlet: str | None = None
    title: str | None = None
    summary: str | None = None
    """Plain text, no HTML."""
    content: str | None = None
    """Full text as HTML, where the feed carries it."""
    published: datetime | None = None
    updated: datetime | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    tags: tuple[str, ...] = ()
    kind: str = "article"
    """``article`` or ``discussion`` (a thread of comments)."""


@dataclass(frozen=True, slots=True)
class Page:
    """What the entry's URL answered, undecoded."""

    entry: Entry
    url: str
    """The URL that answered, after redirects."""
    body: bytes
    fetched: datetime
    status: int = 200
    content_type: str | None = None
    charset: str | None = None
    """As the HTTP header declares it."""
    source: str = "page"
    """Where the body comes from: ``page`` or ``archive``."""
    ai_optout: tuple[str, ...] = ()
    """The outlet's signals against AI training: ``robots:GPTBot``, ``header:noai`` …"""


@dataclass(frozen=True, slots=True)
class Zone:
    """A stretch of ``Article.text`` (half-open, in characters) and what it is."""

    kind: ZoneKind
    start: int
    end: int

    def __reduce__(self) -> tuple[type["Zone"], tuple[ZoneKind, int, int]]:
        """Pickle as a call: an article has dozens, and what dataclasses do costs ten times more."""
        return Zone, (self.kind, self.start, self.end)


@dataclass(frozen=True, slots=True)
class Article:
    """The readable part of a page, or of the feed where the page is worse."""

    id: str
    """record_id("article", canonical URL); survives edits, mobile and AMP variants."""
    url: str
    canonical_url: str
    outlet: str
    """Registrable domain."""
    title: str | None
    text: str
    """Paragraphs joined by one newline; ``zones`` are offsets into it.  The title is not in it."""
    fetched: datetime
    verdict: str = Verdict.ARTICLE
    reasons: tuple[str, ...] = ()
    """Why the verdict, one short phrase each."""
    zones: tuple[Zone, ...] = ()
    published: datetime | None = None
    published_confidence: float | None = None
    """0 to 1; None where no date was found."""
    modified: datetime | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    """ISO 639-1, detected; the declared one where the text is too short."""
    site_name: str | None = None
    image: str | None = None
    section: str | None = None
    keywords: tuple[str, ...] = ()
    partial: bool = False
    """The text is a teaser or the feed's summary only."""
    entry_id: str | None = None
    feed_url: str | None = None
    feed_tags: tuple[str, ...] = ()
    source: str = "page"
    """Where the text comes from: ``page``, ``feed``, ``archive``."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of an article that is judged on its own: the title, the lead, a paragraph."""

    zone: ZoneKind
    start: int
    """Offset into ``Article.text``; -1 for the title."""
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Embedded:
    """An article with the vectors that the later steps need.

    ``vector`` is that of title and lead (stories); ``passages`` and ``vectors`` follow each other
    and are empty where no topic can be concerned.  Vectors are float32, L2-normalised, as bytes:
    four times cheaper to pickle than a list.
    """

    article: Article
    model: str | None = None
    """Identity of the model: name, revision, precision, backend; None: not embedded."""
    vector: bytes | None = None
    passages: tuple[Passage, ...] = ()
    vectors: bytes | None = None
    """float32 (len(passages), d), row after row."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a mention: one place in the article.

    ``start`` and ``end`` are offsets into ``Article.text``, or into the title where zone is title.
    """

    kind: str
    """``query`` (a term of the boolean query) or ``passage`` (meaning)."""
    zone: str
    start: int
    end: int
    text: str
    """The matched words, or the passage's beginning."""
    sentence: str
    term: str | None = None
    """The part of the query that matched here."""
    score: float | None = None
    """Cosine to the topic, for a passage."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One article on one topic."""

    id: str
    """record_id("mention", article id, topic)."""
    article_id: str
    topic: str
    score: float
    """Calibrated probability that the article is about the topic."""
    matched_by: str
    """``query``, ``meaning`` or ``both``."""
    topic_version: str
    evidence: tuple[Evidence, ...] = ()
    parts: tuple[tuple[str, float], ...] = ()
    """The named parts of the score, as the topic's model weighed them."""
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """Articles on one event."""

    id: str
    title: str | None
    first_seen: datetime
    last_seen: datetime
    articles: int
    newsrooms: int
    """Independent newsrooms: reprints, same-owner outlets and aggregators are not counted."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A mention's story addressed to a channel."""

    id: str
    """record_id("alert", channel, topic, story, state)."""
    channel: str
    topic: str
    story_id: str
    state: str
    """``new``, ``update``, ``newsrooms:5``, ``fact:…``, ``correction`` …"""
    article_id: str
    decided: datetime


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that could not go on, with the stage and the reason."""

    stage: str
    url: str
    error: str
    """Class name of the error."""
    message: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """How one feed, entry or page ended in one run: nothing disappears without one."""

    subject: str
    """Id of the feed or entry."""
    kind: str
    """``feed`` or ``entry``."""
    url: str | None
    stage: str
    """The last stage reached: poll, fetch, extract, match, commit."""
    verdict: str
    reason: str | None
    at: datetime
    feed_url: str | None = None
    article_id: str | None = None
    seconds: float | None = None
    """Time that this subject took in network and extraction."""
