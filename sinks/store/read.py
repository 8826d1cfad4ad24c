"""Reading the open store for the driver: feeds, cursors, and the summary of a batch."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import duckdb

from newsbeam.records import Cursor, Feed


def cursors(db: duckdb.DuckDBPyConnection) -> dict[str, Cursor]:
    """Return what is remembered of every feed, by URL."""
    names = [f.name for f in fields(Cursor)]
    rows = db.execute(f"SELECT {', '.join(names)} FROM feed_cursors").fetchall()  # noqa: S608
    return {row[0]: Cursor(**dict(zip(names, map(_aware, row), strict=True))) for row in rows}


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def polled(db: duckdb.DuckDBPyConnection, now: datetime) -> set[str]:
    """Return the feeds and archives that the run of that time has polled, in whatever part."""
    found = db.execute(
        "SELECT DISTINCT url FROM polls WHERE at_time = ?", [now.replace(tzinfo=None)]
    ).fetchall()
    return {url for (url,) in found}


def record_feeds(db: duckdb.DuckDBPyConnection, feeds: Iterable[Feed], now: datetime) -> None:
    """Write the feeds of the settings; feeds that have left them stay, as not active.

    What the settings do not tell (title, outlet, language) is kept as the feed told it.
    """
    rows = [
        (f.id, f.url, f.outlet, f.title, list(f.tags), f.language, f.kind, now.replace(tzinfo=None))
        for f in feeds
    ]
    told = "SELECT feed_id, outlet, title, tags, language, kind FROM feeds WHERE active"
    have = {row[0]: row[1:] for row in db.execute(told).fetchall()}
    if have.keys() == {row[0] for row in rows} and all(
        _says_the_same((row[2], row[3], row[4], row[5], row[6]), have[row[0]]) for row in rows
    ):
        return
    import pyarrow as pa

    names = ("feed_id", "url", "outlet", "title", "tags", "language", "kind", "added")
    types = [pa.string()] * 4 + [
        pa.list_(pa.string()),
        pa.string(),
        pa.string(),
        pa.timestamp("us"),
    ]
    schema = pa.schema(list(zip(names, types, strict=True)))
    table = pa.Table.from_pylist([dict(zip(names, r, strict=True)) for r in rows], schema=schema)
    db.register("settings_feeds", table)
    db.execute(
        "UPDATE feeds SET active = false WHERE feed_id NOT IN (SELECT feed_id FROM settings_feeds)"
    )
    db.execute(
        "INSERT INTO feeds SELECT *, true FROM settings_feeds ON CONFLICT (feed_id) DO UPDATE SET "
        "tags = excluded.tags, active = true, kind = excluded.kind, "
        "title = coalesce(excluded.title, feeds.title), "
        "outlet = coalesce(excluded.outlet, feeds.outlet), "
        "language = coalesce(excluded.language, feeds.language)"
    )
    db.unregister("settings_feeds")


def _says_the_same(said: Sequence[Any], have: Sequence[Any]) -> bool:
    return all(one is None or one == other for one, other in zip(said, have, strict=True))


def batch_summary(db: duckdb.DuckDBPyConnection, run_id: str) -> dict[str, Any]:
    """Return what a committed run did, as the fields of ``pipelines.report.RunReport``."""
    run = db.execute(
        "SELECT feeds, feeds_failed, entries, known, articles, revised FROM runs WHERE run_id = ?",
        [run_id],
    ).fetchone()
    if run is None:
        return {}
    names: Sequence[str] = (
        *("feeds", "feeds_failed", "entries", "known", "articles_new", "articles_revised"),
    )
    found: dict[str, Any] = dict(zip(names, run, strict=True))
    found["verdicts"] = dict(
        db.execute(
            "SELECT verdict, count(*) FROM ledger_rows WHERE run_id = ? AND kind = 'entry' "
            "GROUP BY verdict ORDER BY verdict",
            [run_id],
        ).fetchall()
    )
    found["mentions"] = dict(
        db.execute(
            "SELECT topic, count(*) FROM mention_rows WHERE run_id = ? GROUP BY topic "
            "ORDER BY topic",
            [run_id],
        ).fetchall()
    )
    found["failures"] = tuple(
        db.execute(
            "SELECT stage, url, error, message FROM failures WHERE run_id = ? ORDER BY stage, url",
            [run_id],
        ).fetchall()
    )
    return found
