"""Read sitemaps: Google-News sitemaps, plain sitemaps, index files; packed or not.

An index names other sitemaps: they come back as ``ParsedFeed.more`` and the poll follows the
newest.  Of a plain sitemap, which may list every page since the site began, only the newest
:data:`MOST_URLS` are kept.

Source: https://www.sitemaps.org/protocol.html,
https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap
"""

import zlib
from datetime import datetime
from typing import Any

from connectors.feeds import ParsedFeed
from connectors.http.decoding import DamagedError, Decoder, TooLargeError
from connectors.parsing.items import Item, Outline, absolute_url, to_entries
from connectors.parsing.repair import readable
from connectors.parsing.times import EARLIEST, parse_time
from newsbeam.errors import ParseError
from newsbeam.records import Verdict
from newsbeam.urls import outlet_of

MOST_URLS = 2_000
"""The newest URLs of a sitemap that are kept; news sitemaps hold at most 1,000."""

MOST_FILES = 20
"""The newest files of an index that a poll follows."""

MAX_UNPACKED_BYTES = 60_000_000
"""The protocol allows 50 MB."""


def parse_sitemap(
    url: str, body: bytes, *, content_type: str | None = None, now: datetime
) -> ParsedFeed:
    """Read a sitemap or an index of sitemaps.

    Args:
        url: where it came from.  Entries of other outlets are left out: advertisements are placed
            in news sitemaps.
        body: undecoded; gzip files are unpacked.
        content_type: not needed; the file says itself what it is.
        now: dates after it are no dates.

    Raises:
        ParseError: it is no sitemap.
    """
    root = _root(url, _unpacked(url, body))
    kind = _local(root)
    if kind == "sitemapindex":
        return ParsedFeed(kind="sitemapindex", entries=(), more=_newest_files(url, root, now))
    if kind != "urlset":
        raise ParseError(url, f"<{kind[:40]}> instead of a sitemap", Verdict.NOT_A_FEED)
    items = [_item(node) for node in root if _local(node) == "url"]
    own = outlet_of(url)
    mine = [i for i in items if outlet_of(absolute_url(url, i.links[0][1]) or url) == own]
    items = mine or items  # a sitemap on another domain than its pages: then all are meant
    items.sort(key=lambda item: _date(item, now), reverse=True)  # stable: undated keep their order
    news = any(item.title for item in items)
    outline = Outline(kind="news-sitemap" if news else "sitemap", items=items[:MOST_URLS])
    return ParsedFeed(kind=outline.kind, entries=to_entries(url, outline, now))


def is_sitemap(body: bytes) -> bool:
    """Say whether an answer looks like a sitemap."""
    start = body[:2000].lower()
    return b"<urlset" in start or b"<sitemapindex" in start


def _date(item: Item, now: datetime) -> datetime:
    return parse_time(item.published or item.updated, now) or EARLIEST


def _unpacked(url: str, body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return b"".join(Decoder("gzip", MAX_UNPACKED_BYTES).decode(body))
    except TooLargeError:
        raise ParseError(
            url, f"more than {MAX_UNPACKED_BYTES:,} bytes unpacked", Verdict.TOO_LARGE
        ) from None
    except (DamagedError, zlib.error) as error:
        raise ParseError(url, str(error), Verdict.DAMAGED) from None


def _root(url: str, body: bytes) -> Any:
    from lxml import etree

    if not body.strip():
        raise ParseError(url, "an empty answer instead of a sitemap", Verdict.EMPTY)
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=True, recover=True,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(readable(body.lstrip()), parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        root = None
    if root is None:
        raise ParseError(url, "not XML, so no sitemap", Verdict.NOT_A_FEED)
    return root


def _local(node: Any) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else "?"


def _text(node: Any) -> str:
    return (node.text or "").strip()


def _item(node: Any) -> Item:
    item = Item(links=[("", "", "")])
    for child in node:
        name = _local(child)
        if name == "loc":
            item.links = [("", _text(child), "")]
        elif name == "lastmod":
            item.updated = _text(child)
        elif name == "news":
            _news(item, child)
    return item


def _news(item: Item, node: Any) -> None:
    for child in node:
        name = _local(child)
        if name == "title":
            item.title = _text(child)
        elif name == "publication_date":
            item.published = _text(child)
        elif name in {"keywords", "genres", "stock_tickers"}:
            item.tags += [part.strip() for part in _text(child).split(",") if part.strip()]
        elif name == "publication":
            for inner in child:
                if _local(inner) == "language":
                    item.language = _text(inner)


def _newest_files(url: str, root: Any, now: datetime) -> tuple[str, ...]:
    found = []
    for node in root:
        values = {_local(child): _text(child) for child in node}
        place = absolute_url(url, values.get("loc", ""))
        if place and outlet_of(place) == outlet_of(url):
            found.append(
                (parse_time(values.get("lastmod"), now) or EARLIEST, "news" in place, place)
            )
    found.sort(key=lambda f: f[:2], reverse=True)
    return tuple(place for _, _, place in found[:MOST_FILES])
