"""What all readers give, and how it becomes entries.

::

    bytes ──xml / legacy (feedparser) / jsonfeed──► Outline of Items ──to_entries──► Entry

A reader only finds the fields; every decision about them (which link, which text, which date is
credible) is here, once.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from urllib.parse import urljoin

from connectors.parsing.plain import clean, plain_text
from connectors.parsing.times import parse_time
from newsbeam.records import Entry, record_id
from newsbeam.urls import canonical_url, is_web_url, outlet_of, tidy_url, unwrap_redirect

MOST_ITEMS = 200_000
"""Items of one feed that are read, from its top; the largest that we know of prints 50,000."""

FULL_TEXT_CHARS = 1_000
"""A description at least this long may be the whole article: it is kept as content too."""

SUMMARY_CHARS = 1_000
"""Length of a summary that is made from the full text."""

MAX_CONTENT_CHARS = 2_000_000
"""Longer full texts are cut: the extractor would refuse them anyway."""


_AUTHOR = re.compile(
    r"(?:mailto:)?[^\s@]+@[^\s@(]+\s*\((.+)\)"
    r"|(.+?)\s?\((?:mailto:)?[^\s@(]+@[^\s@(]+\)"
    r"|(.+?)\s?<[^\s@<]+@[^\s@<]+>"
)


@dataclass(frozen=True, slots=True)
class Hints:
    """What the feed or its server says about when to come back; None: nothing."""

    ttl_s: float | None = None
    """RSS ``ttl``."""
    period_s: float | None = None
    """``sy:updatePeriod`` divided by ``sy:updateFrequency``."""
    skip_hours: tuple[int, ...] = ()
    """Hours of the day, UTC, in which nothing is published."""
    skip_days: tuple[int, ...] = ()
    """Days of the week, Monday 0."""
    max_age_s: float | None = None
    """Cache-Control max-age or Expires, of the answer."""
    retry_after_s: float | None = None
    """Retry-After, of the answer."""


@dataclass(slots=True)
class Item:
    """The fields of one item, as found; HTML not yet stripped, links not yet resolved."""

    guid: str | None = None
    guid_is_link: bool = False
    links: list[tuple[str, str, str]] = field(default_factory=list)
    """(rel, href, media type); rel is ``alternate`` where none is given."""
    original: str | None = None
    """FeedBurner's ``origLink``: the outlet's own address."""
    title: str | None = None
    summary: str | None = None
    content: str | None = None
    published: str | None = None
    updated: str | None = None
    authors: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    language: str | None = None
    base: str | None = None
    source_url: str | None = None
    """RSS ``source``: whose item it is, in an aggregator's feed."""
    source_title: str | None = None


@dataclass(slots=True)
class Outline:
    """A feed as a reader found it."""

    kind: str
    items: Iterable[Item]
    title: str | None = None
    language: str | None = None
    hints: Hints = field(default_factory=Hints)
    hub: str | None = None
    self_url: str | None = None
    home: str | None = None
    next_url: str | None = None


def to_entries(
    url: str, outline: Outline, now: datetime, *, keep_html: bool = False
) -> tuple[Entry, ...]:
    """Make one entry of every item, in the feed's order; none is lost.

    Ids do not depend on dates, and on titles only where neither guid nor link tells two items
    apart.  Two entries share an id only where the feed prints the same item twice.

    Args:
        url: the feed.
        outline: what a reader found.
        now: dates after it are no dates.
        keep_html: keep even a short description as ``content``, with its markup.
    """
    items = list(islice(outline.items, MOST_ITEMS))
    links = [_link(url, item) for item in items]
    keys = _natural_keys(items, links)
    return tuple(
        _entry(url, outline, item, link, key, now, 0 if keep_html else FULL_TEXT_CHARS)
        for item, link, key in zip(items, links, keys, strict=True)
    )


def _entry(
    url: str,
    outline: Outline,
    item: Item,
    link: str | None,
    key: str,
    now: datetime,
    full_text: int,
) -> Entry:
    title, content = plain_text(item.title), item.content
    if title and item.source_title and title.endswith(f" - {item.source_title}"):
        title = title.removesuffix(f" - {item.source_title}")  # Google News names the outlet twice
    if not content and item.summary and len(item.summary) >= full_text:
        content = item.summary
    published = parse_time(item.published, now)
    updated = parse_time(item.updated, now)
    language = item.language or outline.language
    authors = (_author_name(plain_text(author)) for author in item.authors)
    tags = (plain_text(tag) for tag in item.tags)
    return Entry(
        id=record_id("entry", url, key),
        feed_url=url,
        guid=clean(item.guid) or link or clean(key) or "",
        url=link,
        outlet=outlet_of(_publisher(item) or link or url),
        title=title,
        summary=plain_text(item.summary) or _beginning(plain_text(content)),
        content=clean(content[:MAX_CONTENT_CHARS]) if content else None,
        published=published or updated,
        updated=updated,
        authors=tuple(dict.fromkeys(a for a in authors if a)),
        language=primary_language(language),
        tags=tuple(dict.fromkeys(t for t in tags if t))[:50],
    )


def _beginning(text: str | None) -> str | None:
    """Return the first words of a full text, as the summary where the feed gives none."""
    if text is None or len(text) <= SUMMARY_CHARS:
        return text
    return text[:SUMMARY_CHARS].rpartition(" ")[0] + " …"


def _author_name(text: str | None) -> str | None:
    """Return the name in ``me@a.example (My Name)``, ``My Name (me@…)`` and ``My Name <me@…>``."""
    found = _AUTHOR.fullmatch(text) if text and "@" in text else None
    return next((name.strip() for name in found.groups() if name), text) if found else text


def _publisher(item: Item) -> str | None:
    """Return the address of whom an aggregator names as the item's source, if it is a web one."""
    return item.source_url if is_web_url(item.source_url) else None


def primary_language(code: str | None) -> str | None:
    """Return ``de`` for ``de-AT``; None for what is no language code."""
    first = (code or "").strip().replace("_", "-").partition("-")[0].lower()
    return first if 2 <= len(first) <= 3 and first.isascii() and first.isalpha() else None


def _link(url: str, item: Item) -> str | None:
    """Choose the item's address: the outlet's own, then the alternate, then a guid that is one."""
    rank = {"alternate": 0, "": 0, "related": 3, "via": 4}
    candidates: list[tuple[int, str]] = []
    if item.original:
        candidates.append((-1, item.original))
    for rel, href, media in item.links:
        if rel in rank and href:
            web = not media or media.startswith(("text/html", "application/xhtml"))
            candidates.append((rank[rel] + (0 if web else 1), href))
    if item.guid and (
        item.guid_is_link or item.guid[:8].lower().startswith(("http://", "https://"))
    ):
        candidates.append((2, item.guid))
    for _, href in sorted(candidates, key=lambda c: c[0]):
        if absolute := absolute_url(item.base or url, href):
            return unwrap_redirect(absolute)
    return None


def absolute_url(base: str, href: str) -> str | None:
    """Resolve a link; None unless it is an http(s) address (``javascript:``, ``mailto:`` …)."""
    href = tidy_url("".join(href.split()) if any(c in href for c in "\t\r\n") else href)
    if href.startswith(("http://", "https://")):
        return href if is_web_url(href) else None
    try:
        absolute = urljoin(base, href)
    except ValueError:
        return None
    return absolute if href and is_web_url(absolute) else None


def _natural_keys(items: Sequence[Item], links: Sequence[str | None]) -> list[str]:
    """Choose what identifies each item within its feed: the first of these that tells it apart.

    guid, canonical link, guid and link, all of it.
    """
    guids = [(item.guid or "").strip() for item in items]
    places = [canonical_url(link) if link else "" for link in links]
    of_guid: dict[str, set[str]] = {}
    of_place: dict[str, set[str]] = {}
    for item, guid, place in zip(items, guids, places, strict=True):
        of_guid.setdefault(guid, set()).add(place or item.title or "")
        of_place.setdefault(place, set()).add(guid or item.title or "")
    keys = []
    for item, guid, place in zip(items, guids, places, strict=True):
        if guid and len(of_guid[guid]) == 1:
            keys.append(guid)
        elif place and len(of_place[place]) == 1:
            keys.append(place)
        elif guid and place:
            keys.append(f"{guid}\x1e{place}")
        else:
            text = item.title or item.summary or item.content or ""
            keys.append(f"{guid}\x1e{place}\x1e{text[:500]}")
    return keys


def from_base64(text: str) -> str:
    """Return the text that was written in base64; nothing where it is none, or an image."""
    import base64

    try:
        return base64.b64decode(text, validate=False).decode("utf-8")
    except ValueError:
        return ""  # an image, or no base64


def number(text: str, least: float = 0) -> float | None:
    """Return a number above the least and of a sensible size."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if least < value < 1e7 else None
