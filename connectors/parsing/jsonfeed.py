"""Read JSON Feed 1.0 and 1.1.

Source: https://www.jsonfeed.org/version/1.1/
"""

import json
from html import escape
from typing import Any

from connectors.parsing.items import MOST_ITEMS, Item, Outline
from connectors.parsing.repair import in_utf8


def read_json(body: bytes) -> Outline | None:
    """Read a JSON Feed; None where the bytes are no JSON or another kind of it."""
    try:
        wide = body[:2] in (b"\xff\xfe", b"\xfe\xff")
        text = body if wide else in_utf8(body)
        found = json.loads(text.decode("utf-16" if wide else "utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("items"), list):
        return None
    version = _text(found.get("version")) or ""
    if "jsonfeed.org" not in version and not ({"title", "home_page_url", "feed_url"} & set(found)):
        return None
    hubs = found.get("hubs") if isinstance(found.get("hubs"), list) else []
    hub = next((_text(h.get("url")) for h in hubs or [] if isinstance(h, dict)), None)
    return Outline(
        kind="json11" if version.endswith("1.1") else "json1",
        items=[
            _item(item, found) for item in found["items"][:MOST_ITEMS] if isinstance(item, dict)
        ],
        title=_text(found.get("title")),
        language=_text(found.get("language")),
        hub=hub,
        self_url=_text(found.get("feed_url")),
        home=_text(found.get("home_page_url")),
        next_url=_text(found.get("next_url")),
    )


def _item(item: dict[str, Any], feed: dict[str, Any]) -> Item:
    links = [("alternate", _text(item.get("url")) or "", "")]
    if external := _text(item.get("external_url")):
        links.append(("related", external, ""))
    html, text = _text(item.get("content_html")), _text(item.get("content_text"))
    tags = item.get("tags")
    return Item(
        guid=_text(item.get("id")),
        links=links,
        title=_text(item.get("title")),
        summary=_text(item.get("summary")),
        content=html or (escape(text, quote=False) if text else None),
        published=_text(item.get("date_published")),
        updated=_text(item.get("date_modified")),
        authors=_authors(item) or _authors(feed),
        tags=[tag for tag in map(_text, tags) if tag] if isinstance(tags, list) else [],
        language=_text(item.get("language")),
    )


def _authors(holder: dict[str, Any]) -> list[str]:
    """1.1 has ``authors``, 1.0 has ``author``; a name is not required."""
    several = holder.get("authors")
    found = several if isinstance(several, list) else [holder.get("author")]
    names = [_text(a.get("name")) or _text(a.get("url")) for a in found if isinstance(a, dict)]
    return [name for name in names if name]


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None
