"""A push makes its feed due at once; the store's cursor says so."""

from dataclasses import replace
from datetime import timedelta

import pytest

from newsbeam.records import Cursor, Feed
from newsbeam.settings import Settings, WebSubSettings
from pipelines.watch_push import Pushes
from sinks.store.store import open_store

URL = "https://herald.example/feed"


@pytest.fixture
def settings(tmp_path, fetch):
    return Settings(
        fetch=fetch,
        websub=WebSubSettings(callback="https://news.example/websub", listen="127.0.0.1:0"),
        home=str(tmp_path),
    )


def test_a_push_makes_its_feed_due_and_wakes_the_supervisor(tmp_path, settings, now) -> None:
    woken: list[bool] = []
    later = now + timedelta(hours=6)
    cursor = Cursor(URL, next_poll=later, hub="http://127.0.0.9:9/")
    with open_store(tmp_path / "store.duckdb", "test") as db:
        db.execute(
            "INSERT INTO feed_cursors (url, next_poll, failures, unchanged, polls, hub) "
            "VALUES (?, ?, 0, 0, 1, ?)",
            [cursor.url, later.replace(tzinfo=None), cursor.hub],
        )
        pushes = Pushes(settings, lambda: woken.append(True))
        assert pushes.take(db, now) == 0
        assert pushes.keep(db, [Feed(URL)]) == 1
        assert pushes.keep(db, [replace(Feed(URL), url="https://other.example/")]) == 0
        pushes._on_push(URL, b"<rss/>")
        assert woken == [True]
        assert pushes.take(db, now) == 1
        (next_poll,) = db.execute("SELECT next_poll FROM feed_cursors").fetchone()
        assert next_poll == now.replace(tzinfo=None)
        pushes.close()
