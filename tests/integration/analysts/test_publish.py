"""The publication equals the store, whatever happened in between."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from stores import OPTIONS, Newsroom

from newsbeam.errors import ConfigError, SinkError
from sinks.publish import segments as segments_module
from sinks.publish.changes import touch
from sinks.publish.publish import preparing, publish
from sinks.publish.reader import Reader, check_reading, open_publication
from sinks.publish.state import load
from sinks.store.store import sparing


def test_first_publication_equals_the_store(newsroom: Newsroom) -> None:
    newsroom.publish()
    newsroom.same()


def test_each_later_publication_equals_the_store(newsroom: Newsroom) -> None:
    newsroom.publish()
    for _ in range(12):  # enough to merge segments
        newsroom.run(20, revised=5)
        newsroom.publish()
        newsroom.same()


def test_large_merges_are_sorted_in_files_and_in_memory_where_that_cannot_be(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[str] = []
    tight = True

    @contextmanager
    def bounded(db: duckdb.DuckDBPyConnection, megabytes: int) -> Iterator[None]:
        with sparing(db, megabytes):
            limits.append(db.execute("SELECT current_setting('memory_limit')").fetchall()[0][0])
            if tight:
                raise duckdb.OutOfMemoryException("of a merge")
            yield

    monkeypatch.setattr(segments_module, "SORTED_IN_MEMORY", 0)
    monkeypatch.setattr(segments_module, "sparing", bounded)
    newsroom.publish()
    before = newsroom.db.execute("SELECT current_setting('memory_limit')").fetchall()
    for number in range(16):
        tight = number < 8
        newsroom.run(5, revised=1)
        newsroom.publish()
        newsroom.same()
    assert len(limits) > 2
    assert all("MiB" in limit for limit in limits)
    assert newsroom.db.execute("SELECT current_setting('memory_limit')").fetchall() == before


def test_several_runs_in_one_publication_equal_the_store(newsroom: Newsroom) -> None:
    newsroom.publish()
    for _ in range(4):
        newsroom.run(10, revised=8)
    newsroom.publish()
    newsroom.same()


def test_what_was_prepared_during_the_first_run_is_what_its_publication_needs(
    newsroom: Newsroom,
) -> None:
    with preparing(newsroom.db, newsroom.path, OPTIONS) as prepare:
        prepare()
        newsroom.run()  # in a transaction of its own meanwhile
    (made,) = (newsroom.path.parent / "data").glob("template-*")
    before = made.stat().st_ino
    newsroom.publish()
    (used,) = (newsroom.path.parent / "data").glob("template-*")
    assert (used.name, used.stat().st_ino) == (made.name, before)
    newsroom.same()


def test_what_a_run_did_not_ask_for_is_not_prepared(newsroom: Newsroom) -> None:
    with preparing(newsroom.db, newsroom.path, OPTIONS):
        pass
    assert not (newsroom.path.parent / "data").exists()


def test_a_folder_that_cannot_be_prepared_is_the_publications_error(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    with preparing(newsroom.db, blocked / "news.duckdb", OPTIONS) as prepare:
        prepare()
    with pytest.raises(SinkError):
        publish(newsroom.db, blocked / "news.duckdb", OPTIONS, now=newsroom.now)


def test_nothing_new_publishes_nothing(newsroom: Newsroom) -> None:
    newsroom.publish()
    before = newsroom.path.stat().st_ino
    assert newsroom.publish() is None
    assert newsroom.path.stat().st_ino == before


def test_publications_keep_their_distance(newsroom: Newsroom) -> None:
    from dataclasses import replace

    slow = replace(OPTIONS, every_s=600)
    assert publish(newsroom.db, newsroom.path, slow, now=newsroom.now)
    newsroom.run()
    assert publish(newsroom.db, newsroom.path, slow, now=newsroom.now) is None
    assert publish(newsroom.db, newsroom.path, slow, now=newsroom.now + timedelta(hours=1))
    newsroom.same()


def test_rows_that_went_are_gone_after_the_next_publication(newsroom: Newsroom) -> None:
    newsroom.publish()
    lost = newsroom.db.execute("SELECT mention_id FROM mention_rows ORDER BY 1 LIMIT 5").fetchall()
    newsroom.db.execute("BEGIN")
    newsroom.db.execute("DELETE FROM mention_rows WHERE mention_id IN ?", [[m for (m,) in lost]])
    touch(newsroom.db, "mention_rows", [m for (m,) in lost])
    newsroom.db.execute("COMMIT")
    newsroom.publish()
    newsroom.same()


def test_a_table_that_was_changed_everywhere_is_written_anew(newsroom: Newsroom) -> None:
    newsroom.publish()
    newsroom.db.execute("UPDATE article_texts SET text = NULL")
    touch(newsroom.db, "article_texts", None)
    newsroom.publish()
    newsroom.same()


def test_rows_of_an_earlier_clock_are_published_too(newsroom: Newsroom) -> None:
    newsroom.publish()
    newsroom.runs -= 30  # the machine's clock was set back
    newsroom.run(15, revised=5)
    newsroom.publish()
    newsroom.same()


def test_a_lost_state_is_made_again_without_touching_what_readers_hold(newsroom: Newsroom) -> None:
    newsroom.publish()
    with duckdb.connect(str(newsroom.path), read_only=True) as reader:
        (newsroom.path.parent / "data" / "state.json").unlink()
        newsroom.run()
        newsroom.publish()
        assert reader.execute("SELECT count(DISTINCT text) > 0 FROM articles").fetchall() == [
            (True,)
        ]
    newsroom.same()


def test_random_histories_equal_the_store(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments_module, "SMALLEST", 4096)  # several sizes of segments
    monkeypatch.setattr("sinks.publish.dead.WORTH_CHECKING", 30)
    rng = random.Random(5)
    for _ in range(30):
        newsroom.run(rng.randint(1, 30), revised=rng.randint(0, 25))
        if rng.random() < 0.7:
            newsroom.publish()
    newsroom.publish(force=True)
    newsroom.same()


def test_an_open_reader_keeps_its_data_and_blocks_nobody(newsroom: Newsroom) -> None:
    newsroom.publish()
    held = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(newsroom.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert held.stdin
    assert held.stdout
    first = held.stdout.readline()
    data = newsroom.path.parent / "data"
    needed = {p.name for p in data.glob("*.parquet")}
    for catalog in data.glob("catalog-*"):  # as if a day had passed
        os.utime(catalog, (1, 1))
    for _ in range(18):
        newsroom.run(10, revised=4)
        newsroom.runs += 600  # hours later
        assert newsroom.publish()
        newsroom.same(("article_rows",))
    held.stdin.write("again\n")
    held.stdin.flush()
    assert held.stdout.readline() == first
    held.stdin.close()
    assert held.wait(60) == 0
    assert needed <= {p.name for p in data.glob("*.parquet")}
    for catalog in data.glob("catalog-*"):
        os.utime(catalog, (1, 1))
    newsroom.run()
    newsroom.runs += 600
    newsroom.publish()
    assert not needed <= {p.name for p in data.glob("*.parquet")}
    newsroom.same()


HOLD = """
import sys, duckdb
db = duckdb.connect(sys.argv[1], read_only=True)
for _ in range(2):
    found = db.execute('SELECT count(*), sum(length(text)), sum(revision) FROM articles')
    print(found.fetchall(), flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize("step", ["save", "show"])
def test_a_crash_leaves_the_last_good_publication(
    newsroom: Newsroom, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.publish()
    before = _count(newsroom.path)
    newsroom.run(25, revised=3)
    with monkeypatch.context() as patch:
        where = "sinks.publish.publish.save" if step == "save" else "sinks.publish.generations.show"
        patch.setattr(where, _crash)
        with pytest.raises(KeyboardInterrupt):
            newsroom.publish()
    assert _count(newsroom.path) == before
    newsroom.publish()
    newsroom.same()


def _crash(*args: object) -> None:
    raise KeyboardInterrupt


def _count(path: Path) -> object:
    with duckdb.connect(str(path), read_only=True) as db:
        return db.execute("SELECT count(*), max(revision) FROM article_rows").fetchall()


def test_a_publication_named_by_a_relative_path_is_read_from_anywhere(
    newsroom: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(newsroom.path.parents[1])
    publish(newsroom.db, newsroom.path.relative_to(Path.cwd()), OPTIONS, now=newsroom.now)
    monkeypatch.chdir(tmp_path.parent)
    newsroom.same()


def test_a_moved_folder_is_read_after_naming_it(newsroom: Newsroom, tmp_path: Path) -> None:
    newsroom.publish()
    moved = tmp_path / "elsewhere"
    shutil.move(newsroom.path.parent, moved)
    with open_publication(moved / "news.duckdb") as db:  # our own commands know where they are
        assert db.execute("SELECT count(*) FROM articles").fetchall() == [(newsroom.articles,)]
    with duckdb.connect(str(moved / "news.duckdb"), read_only=True) as db:
        with pytest.raises(duckdb.IOException):
            db.execute("SELECT count(*) FROM articles").fetchall()
        db.execute(f"SET VARIABLE newsbeam_folder = '{moved}'")
        assert db.execute("SELECT count(*) FROM articles").fetchall() == [(newsroom.articles,)]


def test_data_that_is_gone_is_said_with_the_cure(newsroom: Newsroom) -> None:
    newsroom.publish()
    for file in (newsroom.path.parent / "data").glob("*.parquet"):
        file.unlink()
    cure = "cannot be read: .*newsbeam store publish --rebuild"
    with pytest.raises(SinkError, match=cure), open_publication(newsroom.path) as db:
        db.execute("SELECT count(*) FROM articles").fetchall()
    with Reader(newsroom.path) as reader, pytest.raises(SinkError, match=cure):
        reader.rows("SELECT count(*) FROM articles")
    prepare = ["CREATE TEMP TABLE t AS FROM articles"]
    with Reader(newsroom.path, prepare) as reader:
        for _ in range(2):
            with pytest.raises(SinkError, match=cure):
                reader.follow()


def test_the_file_opens_attached_under_another_name(newsroom: Newsroom) -> None:
    newsroom.publish()
    with duckdb.connect() as db:
        db.execute(f"ATTACH '{newsroom.path}' AS other (READ_ONLY)")
        names = db.execute(
            "SELECT view_name FROM duckdb_views() WHERE database_name = 'other' "
            "AND schema_name = 'main'"
        ).fetchall()
        for (name,) in names:
            db.execute(f"SELECT * FROM other.{name} LIMIT 1").fetchall()
        assert ("articles",) in names


def test_every_table_view_and_column_has_a_comment(newsroom: Newsroom) -> None:
    newsroom.publish()
    with duckdb.connect(str(newsroom.path), read_only=True) as db:
        bare = db.execute(
            """
            SELECT table_name, column_name FROM duckdb_columns()
            WHERE comment IS NULL AND NOT internal AND schema_name = 'main'
            UNION ALL SELECT view_name, '' FROM duckdb_views()
            WHERE comment IS NULL AND NOT internal AND schema_name = 'main'
            UNION ALL SELECT table_name, '' FROM duckdb_tables() WHERE comment IS NULL
            """
        ).fetchall()
    assert bare == []


def test_every_view_of_the_store_is_in_the_publication(newsroom: Newsroom) -> None:
    newsroom.publish()
    here = "SELECT view_name FROM duckdb_views() WHERE NOT internal AND schema_name = 'main'"
    with duckdb.connect(str(newsroom.path), read_only=True) as db:
        there = {name for (name,) in db.execute(here).fetchall()}
        for name in there:
            db.execute(f"FROM {name} LIMIT 2").fetchall()
    assert {name for (name,) in newsroom.db.execute(here).fetchall()} <= there


def test_a_dashboard_follows_new_publications(newsroom: Newsroom) -> None:
    newsroom.publish()
    reader = Reader(newsroom.path)
    assert reader.follow()
    assert not reader.follow()
    newsroom.run(7)
    newsroom.publish()
    assert reader.follow()
    assert reader.rows("SELECT count(*) AS n FROM articles") == [{"n": newsroom.articles}]
    reader.close()


@pytest.mark.parametrize(
    "sql",
    [
        "COPY articles TO 'x.csv'",
        "CREATE TABLE t (i INT)",
        "DELETE FROM feeds",
        "ATTACH 'x.db'",
        "SET threads = 1",
        "INSTALL httpfs",
        "EXPLAIN ANALYZE COPY articles TO 'x.csv'",
        "SELECT 1; SELECT 2",
        "EXPORT DATABASE 'x'",
        "PRAGMA database_list",
    ],
)
def test_only_reading_statements_are_let_through(sql: str) -> None:
    with pytest.raises(ConfigError):
        check_reading(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "FROM articles",
        "WITH a AS (SELECT 1) FROM a",
        "EXPLAIN SELECT 1",
        "DESCRIBE articles",
        "SUMMARIZE articles",
    ],
)
def test_reading_statements_pass(sql: str) -> None:
    check_reading(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/hostname')",
        "SELECT * FROM read_text('/etc/hostname')",
        "WITH a AS (INSERT INTO feeds SELECT * FROM feeds RETURNING 1) FROM a",
    ],
)
def test_a_reader_reaches_nothing_but_the_publication(newsroom: Newsroom, sql: str) -> None:
    newsroom.publish()
    with open_publication(newsroom.path) as db, pytest.raises(duckdb.Error):
        db.execute(sql).fetchall()


def test_names_of_files_are_never_used_again(newsroom: Newsroom) -> None:
    seen: set[str] = set()
    data = newsroom.path.parent / "data"
    for round_ in range(6):
        newsroom.run(5, revised=2)
        newsroom.publish(rebuild=round_ == 3)
        state = load(data)
        fresh = {s.file for found in state.segments.values() for s in found}
        for name in fresh - seen:
            assert (data / name).exists()
        seen |= fresh
    assert state.files >= len(seen)
