"""What the settings say of a feed reaches the store, and what only the feed says stays."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsbeam.records import Feed
from sinks.store.read import record_feeds
from sinks.store.store import open_store

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
QUAY = Feed("https://quay.example/feed", tags=("ports",))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"tags": ("ports", "north")}, (None, "As the feed says", ["ports", "north"], None)),
        ({"title": "The Quay"}, (None, "The Quay", ["ports"], None)),
        ({"outlet": "quay.example"}, ("quay.example", "As the feed says", ["ports"], None)),
        ({"language": "nl"}, (None, "As the feed says", ["ports"], "nl")),
        ({}, (None, "As the feed says", ["ports"], None)),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_a_feed_that_is_described_anew(
    tmp_path: Path, change: dict[str, object], expected: tuple[object, ...]
) -> None:
    with open_store(tmp_path / "store.duckdb") as db:
        record_feeds(db, [QUAY], NOW)
        db.execute("UPDATE feeds SET title = 'As the feed says'")
        record_feeds(db, [replace(QUAY, **change)], NOW)  # type: ignore[arg-type]
        found = db.execute("SELECT outlet, title, tags, language FROM feeds").fetchall()
    assert found == [expected]


def test_a_feed_that_leaves_the_settings_is_kept_as_not_active(tmp_path: Path) -> None:
    other = Feed("https://dune.example/feed")
    with open_store(tmp_path / "store.duckdb") as db:
        for feeds in ([QUAY, other], [other], [QUAY, other]):
            record_feeds(db, feeds, NOW)
            active = db.execute("SELECT url FROM feeds WHERE active ORDER BY url").fetchall()
            assert active == sorted((feed.url,) for feed in feeds)
        assert db.execute("SELECT count(*) FROM feeds").fetchall() == [(2,)]
