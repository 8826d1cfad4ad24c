"""Feeds out: what a rule alerts as RSS, Atom and JSON Feed, in files that any server can serve.

``NAME.json`` is the memory; the other two are written from it.  All three appear by rename, so a
reader never sees half a file, and an alert that is sent again replaces itself.

Source: https://www.jsonfeed.org/version/1.1/, RFC 4287 (Atom), https://www.rssboard.org/rss-specification.
"""

import json
import logging
import os
import re
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from newsbeam.alerts import text
from sinks.channels.transport import Answer, Delivery

KEPT = 100
"""Items in a feed."""
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML forbids."""

Item = dict[str, Any]
_REQUIRED = {"id", "title", "content_text", "date_published", "date_modified", "tags"}

log = logging.getLogger(__name__)


class FeedFolder:
    """Writes one feed in three formats.

    Args:
        name: of the feed; letters, digits, ``-`` and ``_``.
        folder: where the files go.
        zone: zone of times in the text.
    """

    threads = True
    gap_s = 0.0

    def __init__(self, name: str, folder: Path, zone: str = "UTC") -> None:
        self.account = f"feed:{name}"
        self._name = re.sub(r"[^\w-]", "_", name)
        self._folder, self._zone = folder, zone

    def send(self, delivery: Delivery) -> Answer:
        """Add a story or digest; an edit or a reply changes the story's item."""
        if delivery.kind == "operations":
            return Answer("sent")
        try:
            items, new = self.items(), self._item(delivery)
            places = [n for n, item in enumerate(items) if item["id"] == new["id"]]
            if places:
                items[places[0]] = new
            else:
                items.insert(0, new)
            self._write(items[:KEPT])
        except OSError as error:
            return Answer("not_sent", f"{type(error).__name__}: {error.strerror}")
        return Answer("sent", ts=self._id(delivery))

    def find(self, delivery: Delivery) -> Answer:
        """Write it again: an item replaces itself."""
        return Answer("not_sent", "an item replaces itself")

    def items(self) -> list[Item]:
        """Return the items, newest first."""
        path = self._folder / f"{self._name}.json"
        if not path.exists():
            return []
        try:
            found = json.loads(path.read_text(encoding="utf-8"))["items"]
            return [item for item in found if item.keys() >= _REQUIRED]
        except (ValueError, TypeError, KeyError, AttributeError):
            log.warning("%s is not a feed of ours any more; it begins anew", path)
            return []

    def _id(self, delivery: Delivery) -> str:
        return delivery.thread_ts or delivery.alert_id

    def _item(self, delivery: Delivery) -> Item:
        message = delivery.message
        card = message.cards[0] if len(message.cards) == 1 else None
        title = card.headline if card else message.title
        before = next((i for i in self.items() if i["id"] == self._id(delivery)), None)
        item: Item = {
            "id": self._id(delivery),
            "title": title,
            "content_text": text.body(message, self._zone),
            "date_published": before["date_published"] if before else _iso(delivery.decided),
            "date_modified": _iso(delivery.decided),
            "tags": [topic for topic, _ in card.topics] if card else [],
        }
        if card and card.url:
            item["url"] = before["url"] if before and "url" in before else card.url
        if card:
            item["authors"] = [{"name": text.outlet_of(card)}]
        return item

    def _write(self, items: list[Item]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for suffix, body in (
            ("json", json_feed(self._name, items)),
            ("rss", rss(self._name, items)),
            ("atom", atom(self._name, items)),
        ):
            path = self._folder / f"{self._name}.{suffix}"
            part = path.with_suffix(f".{suffix}.part")
            part.write_text(body, encoding="utf-8")
            os.replace(part, path)


def json_feed(title: str, items: list[Item]) -> str:
    """Return the items as JSON Feed 1.1."""
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": title, "items": items}
    return json.dumps(feed, ensure_ascii=False, indent=1)


def rss(title: str, items: list[Item]) -> str:
    """Return the items as RSS 2.0."""
    parts = []
    for item in items:
        link = f"<link>{_xml(item['url'])}</link>" if "url" in item else ""
        tags = "".join(f"<category>{_xml(t)}</category>" for t in item["tags"])
        at = format_datetime(datetime.fromisoformat(item["date_published"]))
        parts.append(
            f"<item><title>{_xml(item['title'])}</title>{link}"
            f'<guid isPermaLink="false">{_xml(item["id"])}</guid><pubDate>{at}</pubDate>{tags}'
            f"<description>{_xml(item['content_text'])}</description></item>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>'
        f"<title>{_xml(title)}</title><link>https://newsbeam.invalid/</link>"
        f"<description>{_xml(title)}</description>{''.join(parts)}</channel></rss>\n"
    )


def atom(title: str, items: list[Item]) -> str:
    """Return the items as Atom."""
    updated = max((i["date_modified"] for i in items), default="1970-01-01T00:00:00+00:00")
    parts = []
    for item in items:
        link = f"<link href={quoteattr(_legal(item['url']))}/>" if "url" in item else ""
        tags = "".join(f"<category term={quoteattr(_legal(t))}/>" for t in item["tags"])
        name = item["authors"][0]["name"] if item.get("authors") else title
        parts.append(
            f"<entry><id>urn:newsbeam:{_xml(item['id'])}</id><title>{_xml(item['title'])}</title>"
            f"{link}<published>{item['date_published']}</published>"
            f"<updated>{item['date_modified']}</updated>{tags}"
            f"<author><name>{_xml(name)}</name></author>"
            f'<content type="text">{_xml(item["content_text"])}</content></entry>'
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>urn:newsbeam:feed:{_xml(title)}</id><title>{_xml(title)}</title>"
        f"<updated>{updated}</updated>{''.join(parts)}</feed>\n"
    )


def _xml(words: str) -> str:
    return escape(_legal(words))


def _legal(words: str) -> str:
    return _ILLEGAL.sub("", words)


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="seconds")
