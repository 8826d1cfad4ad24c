"""Rows found by their keys, and stores of an earlier schema."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sinks.store import schema
from sinks.store.lookup import MOST, keys_of, listed, only, upsert


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("CREATE TABLE t (id VARCHAR PRIMARY KEY, n INTEGER, names VARCHAR[])")
        yield opened


CHANGES = {"n": "t.n + excluded.n", "names": "excluded.names"}


def rows(db: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return db.execute("FROM t ORDER BY id").fetchall()


QUOTED = ["o'k", "x"]
KEYS = st.dictionaries(st.text(alphabet="ab'%\\\"", max_size=3), st.integers(0, 9), max_size=8)


@settings(deadline=None, max_examples=50)
@given(KEYS, KEYS)
def test_upsert_says_what_on_conflict_says(before: dict[str, int], now: dict[str, int]) -> None:
    found = []
    for most in (MOST, 0):  # one by one, and all by ON CONFLICT
        with duckdb.connect() as db, pytest.MonkeyPatch.context() as patch:
            patch.setattr("sinks.store.lookup.MOST", most)
            db.execute("CREATE TABLE t (id VARCHAR PRIMARY KEY, n INTEGER, names VARCHAR[])")
            for values in (before, now):
                upsert(
                    db,
                    "t",
                    "id",
                    "SELECT n, id, [id] AS names "
                    "FROM (SELECT unnest($1::VARCHAR[]) AS id, unnest($2::INTEGER[]) AS n)",
                    CHANGES,
                    [list(values), list(values.values())],
                )
            found.append(rows(db))
    assert found[0] == found[1]
    assert {r[0]: r[1] for r in found[0]} == {
        k: before.get(k, 0) + now.get(k, 0) for k in before | now
    }


def test_the_rows_of_some_keys(db: duckdb.DuckDBPyConnection) -> None:
    db.execute("INSERT INTO t VALUES ('o''k', 1, []), ('b', 2, [])")
    assert db.execute(f"FROM {only('t', 'id', QUOTED)}").fetchall() == [("o'k", 1, [])]
    assert db.execute(f"FROM {only('t', 'id', [])}").fetchall() == []
    assert only("t", "id", ["x"] * (MOST + 1)) == "t"
    assert keys_of(db, "t", "id") == ["b", "o'k"]
    assert listed([]) == "NULL"


def test_a_few_keys_are_looked_up_in_the_index(db: duckdb.DuckDBPyConnection) -> None:
    """DuckDB must not read the whole table: what this module is for."""
    db.execute("INSERT INTO t SELECT 'k' || i, i, [] FROM range(300_000) r(i)")
    plan = db.execute(f"EXPLAIN ANALYZE FROM {only('t', 'id', ['k1', 'k77'])}").fetchall()[0][1]
    assert "Index Scan" in plan


def test_the_grouper_of_an_older_store_keeps_its_vectors() -> None:
    folder = Path(schema.__file__).with_name("migrations")
    with duckdb.connect() as db:
        for migration in schema.migrations():
            if migration.version < 11:
                db.execute((folder / f"{migration.version:04}_{migration.name}.sql").read_text())
        db.execute(
            "CREATE TABLE schema_versions (version INTEGER PRIMARY KEY, name VARCHAR NOT NULL)"
        )
        db.executemany(
            "INSERT INTO schema_versions VALUES (?, ?)",
            [[m.version, m.name] for m in schema.migrations() if m.version < 11],
        )
        for article in ("a", "b"):
            db.execute(
                "INSERT INTO story_features VALUES (?, 1, TIMESTAMP '2026-01-01', NULL, 'x'::BLOB)",
                [article],
            )
        db.execute("INSERT INTO article_vectors VALUES ('a', 'model', [0.6, 0.8])")
        assert "story_vectors" in schema.migrate(db)
        found = dict(db.execute("SELECT article_id, vector FROM story_features").fetchall())
    assert found["b"] is None
    assert found["a"] == pytest.approx([0.6, 0.8])
