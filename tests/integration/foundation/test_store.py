"""The store: schema, lock, one transaction, the same rows whatever happens."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from newsbeam.errors import SinkError, StoreBusyError
from newsbeam.records import Article, Embedded, Entry, LedgerRow, Mention
from newsbeam.settings import Settings
from pipelines.stages.items import Done
from pipelines.stages.stage import stage_batch
from sinks.store.batch import Batch
from sinks.store.commit import (
    Step,
    articles_step,
    cursors_step,
    entries_step,
    ledger_step,
    mentions_step,
    verdicts_step,
)
from sinks.store.commit import commit as commit_batch
from sinks.store.schema import migrate
from sinks.store.store import connect, let_go, open_store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CORE: tuple[Step, ...] = (
    articles_step,
    mentions_step,
    verdicts_step,
    ledger_step,
    entries_step,
    cursors_step,
)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_store(tmp_path / "store.duckdb") as opened:
        yield opened


def done(name: str, text: str = "Some text.", topics: tuple[str, ...] = ("ai",)) -> Done:
    entry = Entry(f"entry-{name}", "https://a.example/feed", name, f"https://a.example/{name}")
    article = Article(
        id=f"article-{name}",
        url=f"https://a.example/{name}",
        canonical_url=f"https://a.example/{name}",
        outlet="a.example",
        title=f"Title {name}",
        text=text,
        fetched=NOW,
        entry_id=entry.id,
        published=NOW - timedelta(hours=2),
        published_confidence=0.8,
    )
    row = LedgerRow(entry.id, "entry", entry.url, "match", "article", None, NOW, entry.feed_url)
    mentions = tuple(
        Mention(f"mention-{name}-{t}", article.id, t, 0.9, "query", "v1") for t in topics
    )
    vector = np.ones(384, dtype=np.float32).tobytes()
    return Done(
        entry, replace(row, article_id=article.id), Embedded(article, "m", vector), mentions
    )


def batch(tmp_path: Path, items: list[Done], run: str = "r1", **changes: Any) -> Batch:
    folder = tmp_path / "staging" / run
    stage_batch(items, folder)
    return replace(Batch(run, "run", NOW, "c", Settings(), folder), **changes)


def commit(db: duckdb.DuckDBPyConnection, made: Batch, steps: tuple[Step, ...] = CORE) -> bool:
    return commit_batch(db, made, steps, finished=lambda: NOW)


def rows(db: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return db.execute(sql).fetchall()


def test_every_table_view_and_column_is_described(db: duckdb.DuckDBPyConnection) -> None:
    bare = rows(
        db,
        "SELECT table_name FROM duckdb_tables() WHERE comment IS NULL AND NOT temporary UNION ALL "
        "SELECT view_name FROM duckdb_views() WHERE comment IS NULL AND NOT internal UNION ALL "
        "SELECT table_name || '.' || column_name FROM duckdb_columns() "
        "WHERE comment IS NULL AND NOT internal",
    )
    assert bare == []


def test_migrations_run_once_and_a_newer_store_is_refused(db: duckdb.DuckDBPyConnection) -> None:
    assert migrate(db) == []
    db.execute("INSERT INTO schema_versions VALUES (9999, 'future')")
    with pytest.raises(SinkError, match="newer than this newsbeam"):
        migrate(db)


def test_a_batch_becomes_rows(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    made = batch(tmp_path, [done("a"), done("b", topics=())])
    assert commit(db, made)
    assert rows(db, "SELECT article_id, revision, lead FROM article_rows ORDER BY 1") == [
        ("article-a", 1, "Some text."),
        ("article-b", 1, "Some text."),
    ]
    assert rows(db, "SELECT mention_id FROM mention_rows") == [("mention-a-ai",)]
    assert rows(db, "SELECT verdict, count(*) FROM ledger_rows GROUP BY 1") == [("article", 2)]
    assert made.counts == {"articles_new": 2, "mentions_written": 1}


def test_the_same_run_twice_changes_nothing(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    made = batch(tmp_path, [done("a")])
    assert commit(db, made)
    assert not commit(db, made)
    assert rows(db, "SELECT count(*) FROM ledger_rows") == [(1,)]


def test_a_changed_text_is_a_revision_and_a_lost_mention_goes(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    commit(db, batch(tmp_path, [done("a", topics=("ai", "law"))]))
    later = done("a", text="Another text.", topics=("law",))
    commit(db, batch(tmp_path, [later], "r2", now=NOW + timedelta(hours=1)))
    assert rows(db, "SELECT revision, first_fetched < fetched FROM article_rows") == [(2, True)]
    assert rows(db, "SELECT revision, text FROM article_texts ORDER BY 1") == [
        (1, "Some text."),
        (2, "Another text."),
    ]
    assert rows(db, "SELECT topic FROM mention_rows") == [("law",)]


def test_an_equal_text_is_unchanged(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    commit(db, batch(tmp_path, [done("a")]))
    fetched_again = done("a")
    row = replace(fetched_again.row, stage="extract")
    commit(db, batch(tmp_path, [replace(fetched_again, row=row)], "r2"))
    assert rows(db, "SELECT revision FROM article_rows") == [(1,)]
    assert rows(db, "SELECT verdict FROM ledger_rows WHERE run_id = 'r2'") == [("unchanged",)]


def test_a_teaser_never_replaces_a_text(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    commit(db, batch(tmp_path, [done("a")]))
    teaser = done("a", text="Subscribe to read on.")
    assert teaser.embedded is not None
    article = replace(teaser.embedded.article, partial=True)
    teaser = replace(teaser, embedded=replace(teaser.embedded, article=article))
    commit(db, batch(tmp_path, [teaser], "r2"))
    assert rows(db, "SELECT text FROM article_texts") == [("Some text.",)]


def test_two_entries_of_one_article_are_one_article_and_a_duplicate(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    first, second = done("a"), done("a")
    second = replace(
        second,
        entry=replace(second.entry, id="entry-z"),
        row=replace(second.row, subject="entry-z"),
    )
    assert second.embedded is not None
    moved = replace(second.embedded.article, entry_id="entry-z")
    second = replace(second, embedded=replace(second.embedded, article=moved))
    commit(db, batch(tmp_path, [first, second]))
    assert rows(db, "SELECT entry_id FROM article_rows") == [("entry-a",)]
    assert rows(db, "SELECT subject, verdict FROM ledger_rows ORDER BY 1") == [
        ("entry-a", "article"),
        ("entry-z", "duplicate_url"),
    ]


def test_a_step_that_fails_leaves_nothing(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        commit(db, batch(tmp_path, [done("a")]), (*CORE, fails))
    assert rows(db, "SELECT count(*) FROM article_rows") == [(0,)]
    assert commit(db, batch(tmp_path, [done("a")]))


def _hold(path: Path, ready: Any) -> None:
    with open_store(path, "newsbeam watch"):
        ready.set()
        signal.pause()


def test_a_second_process_is_told_who_holds_the_store(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_hold, args=(tmp_path / "store.duckdb", ready))
    process.start()
    try:
        assert ready.wait(60)
        with pytest.raises(StoreBusyError, match=rf"process {process.pid} \(newsbeam watch"):
            open_store(tmp_path / "store.duckdb").__enter__()
    finally:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    with open_store(tmp_path / "store.duckdb"):
        """A killed holder leaves no lock behind."""


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    path.write_text("not a database, but long enough to look like a file" * 100)
    with pytest.raises(SinkError, match="cannot be used"):
        open_store(path).__enter__()


def test_what_the_database_keeps_in_memory_is_given_back(tmp_path: Path) -> None:
    def kept(db: duckdb.DuckDBPyConnection) -> int:
        return db.execute("SELECT sum(memory_usage_bytes)::BIGINT FROM duckdb_memory()").fetchall()[
            0
        ][0]

    with open_store(tmp_path / "store.duckdb") as db:
        limit = db.execute("SELECT current_setting('memory_limit')").fetchall()
        db.execute("CREATE TABLE large AS SELECT random() AS n FROM range(2_000_000)")
        db.execute("CHECKPOINT")
        db.execute("SELECT sum(n) FROM large").fetchall()
        before = kept(db)
        let_go(db)
        assert kept(db) < before / 4
        assert db.execute("SELECT current_setting('memory_limit')").fetchall() == limit
        assert db.execute("SELECT count(*) FROM large").fetchall() == [(2_000_000,)]


def test_memory_that_cannot_be_let_go_breaks_off_no_transaction(tmp_path: Path) -> None:
    db = connect(tmp_path / "store.duckdb")
    try:
        db.execute("CREATE TABLE words (word VARCHAR PRIMARY KEY)")
        db.execute("INSERT INTO words SELECT 'word ' || i FROM range(100_000) r(i)")
        db.execute("BEGIN")
        db.execute("INSERT INTO words VALUES ('last')")
        let_go(db)  # the index stays
        db.execute("COMMIT")
        assert db.execute("SELECT count(*) FROM words").fetchall() == [(100_001,)]
    finally:
        db.close()
