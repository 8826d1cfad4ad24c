"""Feeds of what we found: RSS 2.0, Atom and JSON Feed per topic, and OPML of the feeds we read.

Sources: https://www.rssboard.org/rss-specification, RFC 4287, https://jsonfeed.org/version/1.1,
http://opml.org/spec2.opml.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from xml.etree import ElementTree as ET

Row = Mapping[str, Any]

ITEMS = """
SELECT title, url, outlet, published, lead, sentence, score, language, mention_id
FROM mentions WHERE topic = ? ORDER BY published DESC, mention_id LIMIT ?
"""
FEEDS = "SELECT url, title, outlet, tags, kind FROM feeds WHERE active ORDER BY outlet, url"

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow, in any form."""


def clean(text: str | None) -> str:
    """Return a text that XML can carry."""
    return _FORBIDDEN.sub("", text or "")


def rss(topic: str, rows: Sequence[Row], home: str) -> str:
    """Return an RSS 2.0 feed.

    Args:
        topic: its name.
        rows: of :data:`ITEMS`.
        home: URL that the feed calls its own page.
    """
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    _add(channel, title=f"newsbeam: {topic}", link=home, description=f"Articles on {topic}")
    for row in rows:
        item = ET.SubElement(channel, "item")
        _add(item, title=row["title"] or "(no headline)", link=row["url"])
        ET.SubElement(item, "guid", isPermaLink="false").text = row["mention_id"]
        _add(
            item,
            description=row["sentence"] or row["lead"] or "",
            pubDate=format_datetime(_utc(row["published"])),
            category=topic,
        )
        ET.SubElement(item, "source", url=f"https://{row['outlet']}/").text = row["outlet"]
    return _xml(root)


def atom(topic: str, rows: Sequence[Row], home: str, now: datetime) -> str:
    """Return an Atom feed; ``now`` (aware UTC) stands in where there are no items."""
    root = ET.Element("feed", xmlns="http://www.w3.org/2005/Atom")
    updated = _utc(rows[0]["published"]) if rows else now
    _add(root, id=f"urn:newsbeam:topic:{topic}", title=f"newsbeam: {topic}")
    _add(root, updated=updated.isoformat(timespec="seconds"))
    ET.SubElement(root, "link", href=home)
    for row in rows:
        entry = ET.SubElement(root, "entry")
        _add(entry, id=f"urn:newsbeam:mention:{row['mention_id']}")
        _add(entry, title=row["title"] or "(no headline)")
        _add(entry, updated=_utc(row["published"]).isoformat(timespec="seconds"))
        ET.SubElement(entry, "link", href=clean(row["url"]))
        _add(ET.SubElement(entry, "author"), name=row["outlet"])
        _add(entry, summary=row["sentence"] or row["lead"] or "")
    return _xml(root)


def json_feed(topic: str, rows: Sequence[Row], home: str) -> str:
    """Return a JSON Feed 1.1."""
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": f"newsbeam: {topic}",
            "home_page_url": home,
            "items": [
                {
                    "id": row["mention_id"],
                    "url": row["url"],
                    "title": row["title"] or "(no headline)",
                    "content_text": row["sentence"] or row["lead"] or "",
                    "date_published": _utc(row["published"]).isoformat(timespec="seconds"),
                    "authors": [{"name": row["outlet"]}],
                    "tags": [topic],
                    **({"language": row["language"]} if row["language"] else {}),
                }
                for row in rows
            ],
        },
        ensure_ascii=False,
        indent=1,
    )


def opml(rows: Sequence[Row], now: datetime) -> str:
    """Return the feeds that are read, as OPML 2.0, in the folders of their first tags."""
    root = ET.Element("opml", version="2.0")
    head = ET.SubElement(root, "head")
    _add(head, title="newsbeam feeds", dateCreated=format_datetime(now))
    body = ET.SubElement(root, "body")
    folders: dict[str, ET.Element] = {}
    for row in rows:
        parent = body
        if row["tags"]:
            name = clean(row["tags"][0])
            if name not in folders:
                folders[name] = ET.SubElement(body, "outline", text=name)
            parent = folders[name]
        title = clean(row["title"] or row["outlet"] or row["url"])
        ET.SubElement(parent, "outline", type="rss", text=title, title=title, xmlUrl=row["url"])
    return _xml(root)


def _add(parent: ET.Element, **texts: str) -> None:
    for name, text in texts.items():
        ET.SubElement(parent, name).text = clean(text)


def _utc(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _xml(root: ET.Element) -> str:
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
