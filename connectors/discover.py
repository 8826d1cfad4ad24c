"""Find the feeds of a site.

In this order: what the page itself declares (``<link rel=alternate>``), links on it that look like
feeds, the sitemaps that robots.txt names, addresses under which feeds usually live.  Only what
parses as a feed with entries is reported.

Source: https://www.rssboard.org/rss-autodiscovery
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from connectors.client import Client
from connectors.feeds import ParsedFeed
from connectors.http.answers import Answer
from connectors.kinds import parser_of
from connectors.parsing.items import absolute_url
from connectors.parsing.plain import plain_text
from newsbeam.errors import RecordError
from newsbeam.urls import outlet_of

FEED_TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
    "application/json",
    "text/xml",
    "application/xml",
)
USUAL_PATHS = (
    "/feed", "/rss", "/feed/", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json",
    "/news/rss.xml", "/rss/all.xml", "/feeds/posts/default", "/?feed=rss2", "/news-sitemap.xml",
    "/sitemap-news.xml", "/sitemap_news.xml",
)  # fmt: skip
MOST_CANDIDATES = 40
LISTS = ("sitemap", "sitemapindex")
"""Kinds that list all pages of a site: taken only where there is no feed and no news sitemap."""

_TAG = re.compile(r"<(link|a)\b([^>]{1,2000})>", re.IGNORECASE)
_BASE = re.compile(r"<base\b[^>]*?href\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-zA-Z-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_LOOKS = re.compile(
    r"(?:^|[/._-])(?:rss|atom|feeds?|rdf)(?:[/._?-]|$)|\.xml$|feed=rss|/feed\.json$", re.I
)
_SITEMAP = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that a site has."""

    url: str
    kind: str
    """``rss20``, ``atom10``, ``sitemap`` …"""
    title: str | None
    entries: int
    why: str
    """How it was found."""


async def discover(client: Client, url: str, *, now: datetime) -> list[FoundFeed]:
    """Find the feeds of a site, best first; the URL may also be a feed itself.

    Raises:
        RetrieveError: the page at the URL cannot be fetched.
    """
    answer = await client.get(url, max_bytes=client.settings.max_feed_bytes, now=now)
    try:
        return [_found(answer.url, _parsed(answer, now), "it is one")]
    except RecordError:
        page = _text(answer.body)
    named = candidates(answer.url, page)
    found = await _try_all(client, named, now)
    if not found:
        parts = urlsplit(answer.url)
        top = f"{parts.scheme}://{parts.netloc}"
        usual = [(top + path, "a usual address") for path in USUAL_PATHS]
        found = await _try_all(client, [*await _sitemaps(client, top), *usual], now)
        found.sort(key=lambda feed: feed.kind in LISTS)
    return found


def _parsed(answer: Answer, now: datetime) -> ParsedFeed:
    parse = parser_of("feed", answer.body)
    return parse(answer.url, answer.body, content_type=answer.content_type, now=now)


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:  # addresses are ASCII, or they are written in an old page's charset
        return body.decode("cp1252", "replace")


def candidates(url: str, page: str) -> list[tuple[str, str]]:
    """Return the addresses on a page that may be feeds, with the reason, best first; pure."""
    based = _BASE.search(page[:50_000])
    base = (absolute_url(url, based.group(1)) if based else None) or url
    declared: dict[str, str] = {}
    linked: dict[str, str] = {}
    for tag, text in _TAG.findall(page):
        found = {
            m[0].lower(): plain_text(m[1] or m[2] or m[3]) or "" for m in _ATTRIBUTE.findall(text)
        }
        target = absolute_url(base, found.get("href", ""))
        if target is None or target == url:
            continue
        kind = found.get("type", "").partition(";")[0].strip().lower()
        rels = found.get("rel", "").lower().split()
        if tag.lower() == "link" and "alternate" in rels and kind in FEED_TYPES:
            declared.setdefault(target, "the page declares it")
        elif tag.lower() == "a" and _looks_like_a_feed(target, url):
            linked.setdefault(target, "the page links to it")
    return [*declared.items(), *((u, w) for u, w in linked.items() if u not in declared)]


def _looks_like_a_feed(target: str, page: str) -> bool:
    parts = urlsplit(target)
    own = outlet_of(target) == outlet_of(page) or "feedburner" in parts.netloc
    return own and _LOOKS.search(f"{parts.path}?{parts.query}") is not None


async def _sitemaps(client: Client, top: str) -> list[tuple[str, str]]:
    try:
        answer = await client.get(f"{top}/robots.txt", max_bytes=512_000)
    except RecordError:
        return []
    named = _SITEMAP.findall(answer.body.decode("utf-8", "replace"))
    news_first = sorted(named[:200], key=lambda u: "news" not in u.lower())
    places = (absolute_url(top, u) for u in news_first[:5])
    return [(place, "robots.txt names it") for place in places if place]


async def _try_all(
    client: Client, named: Sequence[tuple[str, str]], now: datetime
) -> list[FoundFeed]:
    tried = await asyncio.gather(*(_try(client, u, w, now) for u, w in named[:MOST_CANDIDATES]))
    unique: dict[str, FoundFeed] = {}
    for found in tried:
        if found is not None:
            unique.setdefault(found.url, found)
    return list(unique.values())


async def _try(client: Client, url: str, why: str, now: datetime) -> FoundFeed | None:
    try:
        answer = await client.get(url, max_bytes=client.settings.max_feed_bytes, now=now)
        return _found(answer.url, _parsed(answer, now), why)
    except RecordError:
        return None


def _found(url: str, parsed: ParsedFeed, why: str) -> FoundFeed:
    return FoundFeed(url, parsed.kind, parsed.title, len(parsed.entries), why)
