"""Feeds of the sample newsroom in the four formats that are in use: RSS 2.0, RDF, Atom, JSON."""

import json
from datetime import datetime
from email.utils import format_datetime
from html import escape
from urllib.parse import urlsplit

from pipelines.newsroom.content import Outlet, Piece

CONTENT_TYPES = {
    "rss2": "application/rss+xml; charset=utf-8",
    "rdf": "application/rdf+xml",
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json",
}


def render_feed(outlet: Outlet) -> bytes:
    """Return the outlet's feed, newest piece first."""
    makers = {"rss2": _rss2, "rdf": _rdf, "atom": _atom, "json": _json}
    pieces = sorted(outlet.pieces, key=lambda p: (p.day, p.time), reverse=True)
    return makers[outlet.feed["format"]](outlet, pieces).encode()


def _link(outlet: Outlet, piece: Piece) -> str:
    query = f"?{piece.feed_query}" if piece.feed_query else ""
    if outlet.feed.get("links") == "relative":
        return f"{piece.path}{query}"
    return f"http://{outlet.host}{piece.path}{query}"


def _guid(outlet: Outlet, piece: Piece) -> str:
    """Return an identity that is no link, as many systems give it."""
    return f"tag:{outlet.host},2026:{urlsplit(piece.path).path.strip('/')}"


def _html(piece: Piece) -> str:
    return "".join(f"<p>{escape(p, quote=False)}</p>" for p in piece.paragraphs)


def _moment(piece: Piece) -> datetime | None:
    if piece.feed_date:
        return datetime.fromisoformat(piece.feed_date)
    return piece.published


def _rss2(outlet: Outlet, pieces: list[Piece]) -> str:
    items = []
    for piece in pieces:
        items.append(_rss2_item(outlet, piece, _link(outlet, piece), _guid(outlet, piece)))
        if piece.amp:
            url = f"http://{outlet.host}{piece.path}/amp"
            items.append(_rss2_item(outlet, piece, url, url))
    return f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" \
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">
<channel>
<title>{escape(outlet.name)}</title>
<link>http://{outlet.host}/</link>
<description>{escape(outlet.tagline)}</description>
<language>{outlet.language}</language>
<ttl>30</ttl>
{"".join(items)}</channel>
</rss>
"""


def _rss2_item(outlet: Outlet, piece: Piece, link: str, guid: str) -> str:
    when = _moment(piece)
    date = f"<pubDate>{format_datetime(when)}</pubDate>\n" if when else ""
    if piece.modified:
        date += f"<dcterms:modified>{piece.modified.isoformat()}</dcterms:modified>\n"
    author = f"<dc:creator>{escape(piece.author)}</dc:creator>\n" if piece.author else ""
    full = (
        f"<content:encoded><![CDATA[{_html(piece)}]]></content:encoded>\n"
        if piece.feed_full
        else ""
    )
    comments = f"<comments>{escape(link)}</comments>\n" if outlet.kind == "forum" else ""
    return f"""<item>
<title>{escape(piece.title)}</title>
<link>{escape(link)}</link>
<guid isPermaLink="false">{escape(guid)}</guid>
{date}{author}{comments}<description>{escape(f"<p>{escape(piece.summary)}</p>")}</description>
{full}</item>
"""


def _rdf(outlet: Outlet, pieces: list[Piece]) -> str:
    links = [escape(_link(outlet, piece)) for piece in pieces]
    sequence = "".join(f'<rdf:li rdf:resource="{link}"/>\n' for link in links)
    items = []
    for piece, link in zip(pieces, links, strict=True):
        when = _moment(piece)
        date = f"<dc:date>{when.isoformat()}</dc:date>\n" if when else ""
        creator = f"<dc:creator>{escape(piece.author)}</dc:creator>\n" if piece.author else ""
        items.append(f"""<item rdf:about="{link}">
<title>{escape(piece.title)}</title>
<link>{link}</link>
<description>{escape(piece.summary)}</description>
{date}{creator}</item>
""")
    return f"""<?xml version="1.0" encoding="utf-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" \
xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="{outlet.feed_url}">
<title>{escape(outlet.name)}</title>
<link>http://{outlet.host}/</link>
<description>{escape(outlet.tagline)}</description>
<dc:language>{outlet.language}</dc:language>
<items><rdf:Seq>
{sequence}</rdf:Seq></items>
</channel>
{"".join(items)}</rdf:RDF>
"""


def _atom(outlet: Outlet, pieces: list[Piece]) -> str:
    entries = []
    for piece in pieces:
        when = _moment(piece)
        dates = f"<published>{when.isoformat()}</published>\n" if when else ""
        if updated := piece.modified or when:
            dates += f"<updated>{updated.isoformat()}</updated>\n"
        name = escape(piece.author or outlet.name)
        full = f'<content type="html">{escape(_html(piece))}</content>\n' if piece.feed_full else ""
        entries.append(f"""<entry>
<title>{escape(piece.title)}</title>
<link rel="alternate" href="{escape(_link(outlet, piece))}"/>
<id>{escape(_guid(outlet, piece))}</id>
{dates}<author><name>{name}</name></author>
<summary>{escape(piece.summary)}</summary>
{full}</entry>
""")
    newest = max((p.modified or p.published for p in pieces if p.published), default=None)
    return f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.language}" \
xml:base="http://{outlet.host}/">
<title>{escape(outlet.name)}</title>
<subtitle>{escape(outlet.tagline)}</subtitle>
<link rel="self" href="{outlet.feed_url}"/>
<link rel="alternate" href="http://{outlet.host}/"/>
<id>tag:{outlet.host},2026:feed</id>
<updated>{newest.isoformat() if newest else "2026-01-01T00:00:00Z"}</updated>
{"".join(entries)}</feed>
"""


def _json(outlet: Outlet, pieces: list[Piece]) -> str:
    items = []
    for piece in pieces:
        item: dict[str, object] = {
            "id": _guid(outlet, piece),
            "url": _link(outlet, piece),
            "title": piece.title,
            "summary": piece.summary,
            "content_text": piece.summary,
        }
        if when := _moment(piece):
            item["date_published"] = when.isoformat()
        if piece.modified:
            item["date_modified"] = piece.modified.isoformat()
        if piece.author:
            item["authors"] = [{"name": piece.author}]
        if piece.feed_full:
            item["content_html"] = _html(piece)
        items.append(item)
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.name,
        "home_page_url": f"http://{outlet.host}/",
        "feed_url": outlet.feed_url,
        "language": outlet.language,
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)
