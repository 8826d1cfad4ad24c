"""Backup, restore, compaction and retention lose nothing that they should keep."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from stores import OPTIONS, Newsroom

from newsbeam.errors import SinkError, StoreBusyError
from newsbeam.settings import RetentionSettings
from pipelines.cli import cli
from sinks.publish.changes import touch
from sinks.publish.publish import publish
from sinks.store import housekeeping
from sinks.store.store import connect, open_store


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with open_store(tmp_path / "store.duckdb") as db:
        Newsroom(db, tmp_path, 60).publish()
    return tmp_path


def rows(path: Path) -> list[tuple[object, ...]]:
    with connect(path, read_only=True) as db:
        return db.execute("SELECT * FROM article_texts ORDER BY ALL").fetchall()


def test_a_restored_backup_equals_the_store(home: Path) -> None:
    store, saved = home / "store.duckdb", home / "saved" / "b.duckdb"
    before = rows(store)
    assert housekeeping.backup(store, saved) == saved.stat().st_size
    with open_store(store) as db:
        db.execute("DELETE FROM article_texts")
    kept = housekeeping.restore(saved, store)
    assert rows(store) == before
    assert kept is not None
    assert rows(kept) == []


def hold(store: Path) -> subprocess.Popen[str]:
    """Return a process that holds the store until its input is closed."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(store)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert holder.stdin
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_backup_waits_for_who_holds_the_store(home: Path) -> None:
    store = home / "store.duckdb"
    holder = hold(store)
    assert holder.stdin
    with pytest.raises(StoreBusyError, match="holding"):
        housekeeping.backup(store, home / "b.duckdb", wait_s=0)
    holder.stdin.close()  # it lets go while we wait
    assert housekeeping.backup(store, home / "b.duckdb", wait_s=60)
    assert holder.wait(60) == 0


HOLD = """
import sys; sys.path.insert(0, '.')
from pathlib import Path
from sinks.store.store import open_store
with open_store(Path(sys.argv[1]), "holding"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_each_store_that_was_replaced_is_kept(home: Path) -> None:
    store, saved = home / "store.duckdb", home / "saved.duckdb"
    housekeeping.backup(store, saved)
    kept = [housekeeping.restore(saved, store) for _ in range(3)]
    assert len({*kept}) == 3
    assert all(path is not None and path.exists() for path in kept)
    assert not list(home.glob(".*restored"))


def test_what_is_no_store_is_never_restored(home: Path) -> None:
    wrong = home / "wrong.duckdb"
    wrong.write_text("not a database")
    before = rows(home / "store.duckdb")
    with pytest.raises(SinkError, match="no store"):
        housekeeping.restore(wrong, home / "store.duckdb")
    assert rows(home / "store.duckdb") == before


@pytest.mark.parametrize(
    "damage", ["no database", "cut short", "blocks overwritten", "of a newer version"]
)
def test_a_backup_takes_the_place_of_a_store_that_cannot_be_used(home: Path, damage: str) -> None:
    store, saved = home / "store.duckdb", home / "b.duckdb"
    before = rows(store)
    housekeeping.backup(store, saved)
    if damage == "of a newer version":
        with connect(store) as db:
            db.execute(
                "INSERT INTO schema_versions "
                "SELECT * REPLACE (9999 AS version) FROM schema_versions LIMIT 1"
            )
    else:
        whole = store.read_bytes()
        half = whole[: len(whole) // 2]
        rest = b"?" * (len(whole) - len(half))
        damaged = {"no database": b"oh dear", "cut short": half, "blocks overwritten": half + rest}
        store.write_bytes(damaged[damage])
    broken = store.read_bytes()
    with pytest.raises(SinkError, match=r"store restore|newer than"), open_store(store):
        pass
    kept = housekeeping.restore(saved, store)
    assert rows(store) == before
    assert kept is not None
    assert kept.read_bytes()[:4096] == broken[:4096] or damage == "of a newer version"
    with open_store(store):
        pass


def test_a_store_that_is_held_is_not_replaced(home: Path) -> None:
    store, saved = home / "store.duckdb", home / "b.duckdb"
    housekeeping.backup(store, saved)
    before = store.read_bytes()
    holder = hold(store)
    assert holder.stdin
    with pytest.raises(StoreBusyError, match="holding"):
        housekeeping.restore(saved, store)
    holder.stdin.close()
    holder.wait()
    assert store.read_bytes() == before
    assert not list(home.glob("*before-restore*"))


def test_compaction_keeps_every_row_and_the_schema(home: Path) -> None:
    store = home / "store.duckdb"
    before = rows(store)
    housekeeping.compact(store)
    assert rows(store) == before
    with open_store(store) as db:  # keys and comments are still there
        with pytest.raises(duckdb.ConstraintException):
            db.execute("INSERT INTO article_rows FROM article_rows LIMIT 1")
        bare = db.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE comment IS NULL "
            "AND NOT internal AND database_name = current_database()"
        ).fetchall()
        assert bare == []


def test_texts_go_while_everything_else_stays(newsroom: Newsroom) -> None:
    newsroom.publish()
    newsroom.runs += 60 * 24 * 40
    newsroom.run(15)
    keep = RetentionSettings(text_days=30)
    dry = housekeeping.prune(newsroom.db, keep, newsroom.now, dry=True)
    done = housekeeping.prune(newsroom.db, keep, newsroom.now)
    assert dry == done
    assert done.texts == 300
    for table in done.tables:
        touch(newsroom.db, table, None)
    publish(newsroom.db, newsroom.path, OPTIONS, now=newsroom.now + timedelta(seconds=1))
    newsroom.same()
    with duckdb.connect(str(newsroom.path), read_only=True) as db:
        counts = db.execute("SELECT count(*), count(text), count(title) FROM articles").fetchall()
        assert counts == [(315, 15, 315)]
        assert db.execute("SELECT count(*) FROM search_docs WHERE words > 40").fetchall() == [(15,)]


def test_a_restore_that_is_not_wanted_changes_nothing_and_says_so(home: Path) -> None:
    saved, store = home / "saved.duckdb", home / "store.duckdb"
    housekeeping.backup(store, saved)
    before = store.read_bytes()
    (home / "newsbeam.toml").write_text('[store]\npath = "store.duckdb"\n')
    arguments = ["-c", str(home / "newsbeam.toml"), "store", "restore", str(saved)]
    done = CliRunner().invoke(cli, arguments, input="n\n")
    assert isinstance(done.exception, SystemExit)
    assert done.exception.code == "nothing was restored"
    assert "Put it in place of" in done.output
    assert store.read_bytes() == before
