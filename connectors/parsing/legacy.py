"""Read any feed with feedparser: old, rare or broken XML.

feedparser forgives everything and costs ten to twenty times what the strict reader
(:mod:`connectors.parsing.xml`) costs: it gets what that one refuses.

Source: https://feedparser.readthedocs.io/
"""

import html
import io
import re
from typing import Any

import feedparser

from connectors.parsing.items import Hints, Item, Outline
from newsbeam.errors import ParseError
from newsbeam.records import Verdict

_PERIODS = {
    "hourly": 3600,
    "daily": 86400,
    "weekly": 604800,
    "monthly": 2592000,
    "yearly": 31536000,
}


def read_anything(url: str, body: bytes, charset: str | None = None) -> Outline | None:
    """Read a feed however broken; None where it is none at all.

    Raises:
        ParseError: feedparser cannot cope with it.
    """
    kind = f"application/xml; charset={charset}" if charset else "application/xml"
    headers = {"content-location": url, "content-type": kind}
    # a stream, never the bytes themselves: feedparser would try to open them as a file or a URL
    try:
        found = feedparser.parse(io.BytesIO(body), response_headers=headers, sanitize_html=False)
    except Exception as error:  # feedparser has crashed in many ways on broken input
        raise ParseError(url, f"unreadable: {type(error).__name__}", Verdict.DAMAGED) from error
    if not found.get("version") and not found.entries:
        return None
    feed = found.feed
    links = {link.get("rel"): link.get("href") for link in feed.get("links", [])}
    return Outline(
        kind=found.get("version") or "unknown",
        items=[_item(entry) for entry in found.entries],
        title=feed.get("title"),
        language=feed.get("language"),
        hints=_hints(feed, body),
        hub=links.get("hub"),
        self_url=links.get("self"),
        next_url=links.get("next"),
        home=feed.get("link"),
    )


def _item(entry: Any) -> Item:
    content = max((c.get("value") or "" for c in entry.get("content", [])), key=len, default="")
    source = entry.get("source", {})
    return Item(
        guid=entry.get("id"),
        guid_is_link=bool(entry.get("guidislink")),
        links=[
            (str(link.get("rel") or ""), str(link.get("href") or ""), str(link.get("type") or ""))
            for link in entry.get("links", [])
        ]
        or ([("", entry.link, "")] if entry.get("link") else []),
        original=entry.get("feedburner_origlink"),
        title=_fragment(entry, "title"),
        summary=_fragment(entry, "summary"),
        content=content or None,
        published=entry.get("published") or entry.get("created"),
        updated=entry.get("updated") if "updated" in entry.keys() else None,  # noqa: SIM118
        authors=_authors(entry),
        tags=[tag.get("label") or tag.get("term") or "" for tag in entry.get("tags", [])],
        language=(entry.get("title_detail") or {}).get("language"),
        source_url=source.get("href") or source.get("url"),
        source_title=source.get("title"),
    )


def _fragment(entry: Any, key: str) -> str | None:
    """Return a field as HTML; what Atom declares to be plain text is escaped."""
    value = entry.get(key)
    detail = entry.get(f"{key}_detail") or {}
    if value and detail.get("type") == "text/plain":
        return html.escape(str(value), quote=False)
    return str(value) if value else None


def _authors(entry: Any) -> list[str]:
    found = [a.get("name") or a.get("email") for a in entry.get("authors", []) if a]
    if len(found) > 1:
        return [name for name in found if name]
    return [entry.author] if entry.get("author") else []


def _hints(feed: Any, body: bytes) -> Hints:
    period = _PERIODS.get((feed.get("sy_updateperiod") or "").strip().lower())
    frequency = _number(feed.get("sy_updatefrequency")) or 1.0
    ttl = _number(feed.get("ttl"))
    head = body[:20_000].decode("ascii", "replace")
    skipped = re.search(r"<skipHours>(.*?)</skipHours>", head, re.DOTALL | re.IGNORECASE)
    hours = re.findall(r"<hour>\s*(\d+)\s*</hour>", skipped.group(1), re.I) if skipped else []
    return Hints(
        ttl_s=ttl * 60 if ttl else None,
        period_s=period / frequency if period else None,
        skip_hours=tuple(sorted({int(h) % 24 for h in hours})),
    )


def _number(text: Any) -> float | None:
    try:
        value = float(str(text).strip())
    except ValueError:
        return None
    return value if 0 < value < 1e7 else None
