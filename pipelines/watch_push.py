"""Feeds that push, for `watch`: subscriptions kept, pushes turned into feeds that are due."""

import queue
from collections.abc import Callable
from datetime import datetime

import duckdb

from connectors.history import load_history
from connectors.websub import WebSub, offer_of
from newsbeam.records import Feed
from newsbeam.settings import Settings
from sinks.store.read import cursors


class Pushes:
    """The WebSub subscriber of one `watch`.

    Args:
        settings: ``websub.callback`` is set.
        wake: ends the supervisor's wait; called from the server's thread.

    Raises:
        ConfigError: callback or listening address cannot be used.
    """

    def __init__(self, settings: Settings, wake: Callable[[], None]) -> None:
        self._pushed: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._wake = wake
        self._websub = WebSub(settings.websub, settings.fetch, self._on_push)
        self._websub.start()
        self.address = self._websub.address

    def keep(self, db: duckdb.DuckDBPyConnection, feeds: list[Feed]) -> int:
        """Subscribe to the hubs that feeds offer, renew what ends; return how many are asked."""
        active = {feed.url for feed in feeds}
        offers = (
            offer_of(url, cursor.hub, load_history(cursor.history).topic)
            for url, cursor in cursors(db).items()
            if url in active
        )
        return self._websub.keep([offer for offer in offers if offer])

    def take(self, db: duckdb.DuckDBPyConnection, now: datetime) -> int:
        """Make feeds that were pushed since the last call due at once; return how many."""
        urls = set()
        while not self._pushed.empty():
            urls.add(self._pushed.get())
        if urls:
            at = now.replace(tzinfo=None)
            db.executemany(
                "UPDATE feed_cursors SET next_poll = ? WHERE url = ?",
                [(at, u) for u in sorted(urls)],
            )
        return len(urls)

    def close(self) -> None:
        """Stop listening."""
        self._websub.close()

    def _on_push(self, feed_url: str, body: bytes) -> None:
        self._pushed.put(feed_url)
        self._wake()
