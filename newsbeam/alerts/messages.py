"""What a message says, without saying how a channel shows it.

A :class:`Card` is a story in words and times; a :class:`Message` is what one outbox row sends.
Both go through JSON (:func:`to_json`, :func:`from_json`), so that what was decided in the commit is
what is sent, whatever changes in between.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from newsbeam.alerts.facts import ArticleFact, MentionFact, StoryFact
from newsbeam.alerts.filters import Hit
from newsbeam.records import Evidence

QUOTE_CHARS = 300
HEADLINE_CHARS = 250
URL_CHARS = 1900
"""Longer links are left out: Slack cuts them, and nobody publishes them on purpose."""


@dataclass(frozen=True, slots=True)
class Card:
    """One story as one channel sees it."""

    story_id: str
    article_id: str
    headline: str
    url: str | None
    """http(s) only."""
    outlet: str
    """Registrable domain."""
    site_name: str | None
    published: datetime | None
    seen: datetime
    language: str | None
    topics: tuple[tuple[str, float], ...]
    """Topic and probability, the surest first."""
    quote: str | None = None
    marks: tuple[tuple[int, int], ...] = ()
    """Matched words in the quote: half-open, sorted, apart."""
    newsrooms: int = 1
    articles: int = 1
    copies: int = 0
    first_outlet: str | None = None
    first_at: datetime | None = None
    flags: tuple[str, ...] = ()
    """``partial text``, ``correction``, ``retraction``, ``live blog`` …"""
    note: str | None = None
    """Why it comes now, for a line in a digest."""


@dataclass(frozen=True, slots=True)
class Message:
    """What one row of the outbox sends."""

    kind: str
    """``story``, ``reply``, ``digest`` or ``operations``."""
    title: str = ""
    """Heading of a digest or of a notice on operations."""
    cards: tuple[Card, ...] = ()
    lines: tuple[str, ...] = ()
    """What is new, for a reply; what is wrong, for operations."""
    more: int = 0
    """Stories of a digest that are left out, to keep it short."""
    broadcast: bool = False
    """Show the reply in the channel, too."""
    goes_on: str | None = None
    """Where the story goes on, for a thread that ends: Slack's ``place/ts`` of the message, or a
    link to it."""
    dashboard_url: str | None = None


def card_of(story: StoryFact, lead: Hit, hits: Sequence[Hit], note: str | None = None) -> Card:
    """Put a story into words.

    Args:
        story: as it stands.
        lead: the article that stands for it, with the mention that shows why.
        hits: all mentions that the channel's rules let through.
        note: why it comes now.
    """
    article, mention = lead
    quote, marks = quote_of(mention, article.title)
    best: dict[str, float] = {}
    for _, m in hits:
        best[m.topic] = max(best.get(m.topic, 0.0), m.score)
    return Card(
        story_id=story.id,
        article_id=article.id,
        headline=clean(article.title or story.title or "(no headline)", HEADLINE_CHARS),
        url=safe_url(article.url),
        outlet=article.outlet,
        site_name=clean(article.site_name, 60) if article.site_name else None,
        published=article.published,
        seen=article.seen,
        language=article.language,
        topics=tuple(sorted(best.items(), key=lambda t: (-t[1], t[0]))),
        quote=quote,
        marks=marks,
        newsrooms=story.newsrooms,
        articles=story.articles,
        copies=story.copies,
        first_outlet=story.first_outlet,
        first_at=story.first_at,
        flags=tuple(_flags(article, mention)),
        note=note,
    )


def _flags(article: ArticleFact, mention: MentionFact) -> Iterable[str]:
    if article.correction:
        yield article.correction
    if article.partial or mention.partial:
        yield "partial text"
    if article.verdict == "live_blog":
        yield "live blog"
    if article.verdict == "discussion":
        yield "discussion"


def quote_of(
    mention: MentionFact, headline: str | None
) -> tuple[str | None, tuple[tuple[int, int], ...]]:
    """Return the sentence that shows the match best, cut to size, and its matched words.

    A sentence of the text says more than the headline, which the message shows anyway; the one
    with most matched words wins, then the first.
    """
    sentences: dict[str, list[Evidence]] = {}
    for e in mention.evidence:
        sentences.setdefault(e.sentence, []).append(e)
    said = clean(headline or "")
    found: list[tuple[int, int, str, list[str]]] = []
    for order, (sentence, evidence) in enumerate(sentences.items()):
        if not (text := clean(sentence)) or text == said:
            continue
        words = sorted({clean(e.text) for e in evidence if e.kind == "query"} - {""})
        in_text = all(e.zone != "title" for e in evidence)
        found.append((len(words) + (5 if in_text else 0), -order, text, words))
    if not found:
        return None, ()
    _, _, text, words = max(found)
    return _cut(text, marks_of(text, words))


def marks_of(text: str, words: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """Return where the words occur in the text: sorted, overlapping ones joined."""
    spans = sorted(
        found.span()
        for word in words
        for found in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)|{_spaceless(word)}", text, re.I)
        if found.end() > found.start()
    )
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _spaceless(word: str) -> str:
    """Return the word as a pattern where its script writes without spaces, else what never is."""
    loose = any("\u0e00" <= c <= "\u0eff" or "\u3040" <= c <= "\u9fff" for c in word)
    return re.escape(word) if loose else r"(?!)"


def _cut(text: str, marks: tuple[tuple[int, int], ...]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Cut a long sentence to a window around the first mark, at spaces."""
    if len(text) <= QUOTE_CHARS:
        return text, marks
    first = marks[0][0] if marks else 0
    begin = max(0, min(first - 80, len(text) - QUOTE_CHARS + 4))
    if begin:
        space = text.find(" ", begin, first)
        begin = space + 1 if space >= 0 else begin
    end = min(len(text), begin + QUOTE_CHARS - 4)
    if end < len(text):
        space = text.rfind(" ", begin + QUOTE_CHARS // 2, end)
        end = space if space >= 0 else end
    head, tail = ("… " if begin else ""), (" …" if end < len(text) else "")
    shift = len(head) - begin
    kept = tuple((s + shift, min(e, end) + shift) for s, e in marks if s >= begin and s < end)
    return head + text[begin:end] + tail, kept


_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}
_JOINERS = {"\u200c", "\u200d"}
"""Zero-width (non-)joiners: Persian and Indic words need them."""


def clean(text: str | None, limit: int = 0) -> str:
    """Return untrusted text on one line, without controls that reorder or hide what is read.

    Args:
        text: anything.
        limit: cut to so many characters; 0: not at all.
    """
    seen = "".join(
        c if c in _JOINERS or unicodedata.category(c) not in _INVISIBLE else " " for c in text or ""
    )
    plain = " ".join(seen.split())
    return plain if not limit or len(plain) <= limit else plain[: limit - 1].rstrip() + "…"


def safe_url(url: str | None) -> str | None:
    """Return the URL where it is http(s) and of a length that channels take; else None."""
    if not url or len(url) > URL_CHARS or re.search(r"[\s\x00-\x1f]", url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def to_json(message: Message) -> str:
    """Write a message for the outbox."""
    return json.dumps(asdict(message), ensure_ascii=False, sort_keys=True, default=_time_out)


def _time_out(value: Any) -> str:
    assert isinstance(value, datetime)  # noqa: S101  # a message holds nothing else
    return value.astimezone(UTC).isoformat()


def from_json(text: str) -> Message:
    """Read a message from the outbox."""
    raw = json.loads(text)
    cards = tuple(_card(c) for c in raw.pop("cards"))
    return Message(**{**raw, "cards": cards, "lines": tuple(raw["lines"])})


def _card(raw: dict[str, Any]) -> Card:
    for name in ("published", "seen", "first_at"):
        raw[name] = datetime.fromisoformat(raw[name]) if raw[name] else None
    raw["topics"] = tuple((t, s) for t, s in raw["topics"])
    raw["marks"] = tuple((a, b) for a, b in raw["marks"])
    raw["flags"] = tuple(raw["flags"])
    return Card(**raw)
