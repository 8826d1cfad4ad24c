"""Read feeds: RSS 0.9x to 2.0, RDF, Atom, CDF, JSON Feed 1.0 and 1.1.

Pure: bytes in, entries out.  Who fetches the bytes is :mod:`connectors.poll`.

Source: https://www.rssboard.org/rss-specification, RFC 4287, https://www.jsonfeed.org/
"""

import re
import zlib
from dataclasses import dataclass, field
from datetime import datetime

from connectors.http.decoding import DamagedError, Decoder, TooLargeError
from connectors.parsing.items import Hints, Outline, absolute_url, primary_language, to_entries
from connectors.parsing.plain import plain_text
from connectors.parsing.repair import in_utf8, mended, rightly_declared
from newsbeam.errors import ParseError
from newsbeam.records import Entry, Verdict
from newsbeam.urls import is_web_url

LARGE_BYTES = 256_000
"""Broken XML beyond this is read by the fast reader's recovery: feedparser would take minutes."""

MAX_UNPACKED_BYTES = 100_000_000

_ENDLESS = re.compile(rb"<[^<>]{10000}|[\w.+-]{1000}")
"""A tag of ten thousand characters, or a word of a thousand, which might stand for an author:
feedparser's time grows with their squares."""
MOST_TAGS = 10_000
"""feedparser takes up to 30 microseconds for each; a feed of that size has a fifth of it."""

_BINARY = {
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"RIFF": "an image or sound",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a gzip file",
    b"ID3": "sound",
    b"\x7fELF": "a program",
    b"MZ": "a program",
}
_WIDE_JSON = (b"\xff\xfe{\x00", b"\xff\xfe[\x00", b"\xfe\xff\x00{", b"\xfe\xff\x00[")
_HTML = re.compile(rb"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]", re.IGNORECASE)
_ROOT = re.compile(rb"<(?:\w+:)?(?:rss|feed|rdf|channel|urlset|sitemapindex)[\s>]", re.IGNORECASE)
_ITEM = re.compile(rb"<(?:item|entry)[\s>]", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^>]*>(.{1,300}?)</title", re.IGNORECASE | re.DOTALL)
_WALL = re.compile(
    r"just a moment|attention required|access denied|are you (?:a )?(?:human|robot)|captcha|"
    r"verify you are|security check|ddos protection|please enable (?:js|javascript|cookies)|"
    r"pardon our interruption|robot or human|request blocked",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What one answer of a feed says."""

    kind: str
    """``rss20``, ``atom10``, ``rss10``, ``json11`` …"""
    entries: tuple[Entry, ...]
    """In the feed's order; two share an id only where the feed prints an item twice."""
    title: str | None = None
    language: str | None = None
    home: str | None = None
    """The site that the feed belongs to."""
    hints: Hints = field(default_factory=Hints)
    hub: str | None = None
    """WebSub hub."""
    self_url: str | None = None
    """The feed's own address, which is the WebSub topic."""
    more: tuple[str, ...] = ()
    """Addresses that belong to it and are read as well: the files of a sitemap index."""


def parse_feed(
    url: str,
    body: bytes,
    *,
    content_type: str | None = None,
    now: datetime,
    keep_html: bool = False,
) -> ParsedFeed:
    """Read a feed.

    Args:
        url: where it came from; relative links start here.  "": what the feed says of itself.
        body: undecoded, decompressed.
        content_type: as the server declared it; only its charset is believed.
        now: dates after it are no dates.
        keep_html: keep even short descriptions as ``content``, with their markup.

    Raises:
        ParseError: the answer is no feed; the verdict says what it is instead.
    """
    body = _unpacked(url, body)
    if not body.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise ParseError(url, "an empty answer instead of a feed", Verdict.EMPTY)
    outline = _read(url, body, declared_charset(content_type))
    if outline is None:
        raise _refusal(url, body)
    if not url:  # a file: the feed itself says where it lives
        url = next((u for u in (outline.self_url, outline.home) if u and is_web_url(u)), "")
    return ParsedFeed(
        kind=outline.kind,
        entries=to_entries(url, outline, now, keep_html=keep_html),
        title=plain_text(outline.title),
        language=primary_language(outline.language),
        home=absolute_url(url, outline.home) if outline.home else None,
        hints=outline.hints,
        hub=absolute_url(url, outline.hub) if outline.hub else None,
        self_url=absolute_url(url, outline.self_url) if outline.self_url else None,
    )


def beginning(body: bytes) -> bytes:
    """Return the first kilobytes of a gzip file, unpacked; b"" where it is none."""
    try:
        return zlib.decompressobj(31).decompress(body[:20_000], 20_000)
    except zlib.error:
        return b""


def _unpacked(url: str, body: bytes) -> bytes:
    """Unpack a feed that is a gzip file (``feed.xml.gz``), whatever its server calls it."""
    if body[:3] != b"\x1f\x8b\x08":
        return body
    try:
        return b"".join(Decoder("gzip", MAX_UNPACKED_BYTES).decode(body))
    except TooLargeError:
        message = f"more than {MAX_UNPACKED_BYTES:,} bytes, unpacked"
        raise ParseError(url, message, Verdict.TOO_LARGE) from None
    except DamagedError as error:
        raise ParseError(url, str(error), Verdict.DAMAGED) from error


def declared_charset(content_type: str | None) -> str | None:
    """Return the charset of a Content-Type header; None where it names none."""
    found = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", content_type or "", re.IGNORECASE)
    return found.group(1).lower() if found else None


def _read(url: str, body: bytes, charset: str | None) -> Outline | None:
    start = body[:4096].lstrip(b" \t\r\n\x00\xef\xbb\xbf")
    if start.startswith(tuple(_BINARY)):
        return None
    if start[:1] in b"{[" or body[:4] in _WIDE_JSON:
        from connectors.parsing.jsonfeed import read_json

        if outline := read_json(body):
            return outline
    if _HTML.search(start) and not _ROOT.search(body[:100_000]):
        return None
    from connectors.parsing.xml import read_xml

    body = rightly_declared(body)
    if outline := read_xml(url, body, charset):
        return outline
    rooted = _ROOT.search(body[:100_000])  # else it is no feed, and its charset is nobody's matter
    if rooted and (whole := in_utf8(body, charset)) is not body:
        body, charset = whole, "utf-8"
        if outline := read_xml(url, body, charset):
            return outline
    if (better := mended(body)) is not None:
        body = better
        if outline := read_xml(url, body, charset):
            return outline
    return _read_broken(url, body, charset)


def _read_broken(url: str, body: bytes, charset: str | None) -> Outline | None:
    """Read what is no XML by feedparser and by lxml's recovery; the one that finds more wins."""
    from connectors.parsing.legacy import read_anything
    from connectors.parsing.xml import read_xml

    if len(body) > LARGE_BYTES or body.count(b"<") > MOST_TAGS or _ENDLESS.search(body):
        outline = read_xml(url, body, charset, recover=True)
        return outline if outline and outline.items else None
    outline = read_anything(url, body, charset)
    if outline is None:
        return None
    items = list(outline.items)
    whole = len(items) >= len(_ITEM.findall(body))
    if whole and all(item.title and item.links for item in items):
        return outline
    other = read_xml(url, body, charset, recover=True)
    return other if other and _found(other) > _found(outline) else outline


def _found(outline: Outline) -> int:
    return sum(bool(item.title) + bool(item.links) for item in outline.items)


def _refusal(url: str, body: bytes) -> ParseError:
    """Say what the answer is, if it is no feed."""
    start = body[:4096].lstrip(b" \t\r\n\xef\xbb\xbf")
    for magic, what in _BINARY.items():
        if start.startswith(magic):
            return ParseError(url, f"{what} instead of a feed", Verdict.WRONG_TYPE)
    if b"\x00" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00")):
        return ParseError(url, "binary data instead of a feed", Verdict.WRONG_TYPE)
    if _HTML.search(start):
        found = _TITLE.search(body[:100_000])
        title = plain_text(found.group(1).decode("utf-8", "replace")) if found else None
        if title and _WALL.search(title):
            return ParseError(
                url, f"a bot wall ({title[:80]!r}) instead of a feed", Verdict.BOT_WALL
            )
        named = f" ({title[:80]!r})" if title else ""
        return ParseError(url, f"an HTML page{named} instead of a feed", Verdict.NOT_A_FEED)
    return ParseError(url, "neither RSS, Atom nor JSON Feed", Verdict.NOT_A_FEED)
