"""A run over many entries is committed in parts: the same store, whatever breaks in between."""

import gc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as options
from hypothesis import strategies as st

from newsbeam.records import Entry
from newsbeam.settings import Settings, load_settings
from newsbeam.stories.grouper import Past
from pipelines import parts, run
from pipelines.cli.demo import write_settings
from pipelines.newsroom.server import Newsroom
from pipelines.stages.known import article_id
from sinks.store import stories
from sinks.store.commit import commit
from sinks.store.store import connect
from tests.support import tables

NOW = datetime(2026, 11, 18, 20, tzinfo=UTC)
TABLES = (
    *("article_rows", "article_texts", "article_vectors", "mention_rows", "entries", "feeds"),
    *("feed_cursors", "ledger_rows", "polls", "failures"),
)
MEMBERS = (
    "SELECT list(article_id ORDER BY article_id) AS members, count(copy_of) "
    "FROM story_articles GROUP BY story_id ORDER BY ALL"
)
IMMORTAL = 10_000
"""Python 3.12 itself sets some hundred objects aside."""

ENTRIES = st.lists(
    st.builds(
        lambda n, place, age: Entry(
            f"e{n}",
            "https://a.example/feed",
            str(n),
            None if place is None else f"https://a.example/{place}",
            published=None if age is None else NOW - timedelta(hours=age),
        ),
        st.integers(0, 10**6),
        st.one_of(st.none(), st.integers(0, 9)),
        st.one_of(st.none(), st.integers(-100, 100)),
    ),
    unique_by=lambda e: e.id,
)


@options(deadline=None)
@given(ENTRIES, st.integers(1, 7))
def test_every_entry_is_in_one_part_and_one_address_too(entries: list[Entry], most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "ENTRIES", most)
        found = list(parts.cut(entries, NOW))
        again = list(parts.cut(entries[::-1], NOW))
    assert sorted(e.id for part in found for e in part) == sorted(e.id for e in entries)
    assert [sorted(e.id for e in p) for p in found] == [sorted(e.id for e in p) for p in again]
    places = [{article_id(e) or e.id for e in part} for part in found]
    assert sum(map(len, places)) == len(set().union(*places))
    assert all(len(p) <= most or len(n) == 1 for p, n in zip(found, places, strict=True))
    first = [min(min(e.published or NOW, NOW) for e in part) for part in found if part]
    assert first == sorted(first)


@pytest.fixture(scope="module")
def newsroom() -> Iterator[Newsroom]:
    with Newsroom(NOW.date()) as up:
        yield up


@pytest.fixture(scope="module")
def calm(newsroom: Newsroom, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = load_settings(write_settings(tmp_path_factory.mktemp("calm"), newsroom))
    run.run_and_publish(settings, kind="demo", now=NOW)
    return settings


def held(settings: Settings) -> dict[str, Any]:
    path = settings.path(settings.store.path)
    found: dict[str, Any] = tables(path, *TABLES)
    db = connect(path, read_only=True)
    try:
        return found | {"stories": db.execute(MEMBERS).fetchall()}
    finally:
        db.close()


@pytest.mark.slow
def test_parts_give_the_store_that_one_transaction_gives(
    newsroom: Newsroom, calm: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ENTRIES", 15)
    settings = load_settings(write_settings(tmp_path, newsroom))
    frozen: list[int] = []
    settle = run._settle

    def settled(db: duckdb.DuckDBPyConnection) -> None:
        frozen.append(gc.get_freeze_count())
        settle(db)

    windows: list[int] = []
    past_window = stories.past_window

    def read(*arguments: Any) -> Past:
        windows.append(1)
        return past_window(*arguments)

    monkeypatch.setattr(run, "_settle", settled)
    monkeypatch.setattr(stories, "past_window", read)
    report = run.run_and_publish(settings, kind="demo", now=NOW)
    assert frozen[0] < IMMORTAL
    assert min(frozen[1:]) > 100_000  # Beam and all: no look for garbage goes through it again
    assert gc.get_freeze_count() < IMMORTAL
    assert len(windows) == 1, "between parts the window lies in a file of its own"
    assert pa.default_memory_pool().backend_name == "system"
    assert sum(report.verdicts.values()) + report.known == report.entries == 65
    one, many = held(calm), held(settings)
    for name, rows in one.items():
        assert many[name] == rows, name
    with duckdb.connect(settings.path(settings.store.path), read_only=True) as db:
        runs = db.execute("SELECT feeds, started FROM runs ORDER BY finished").fetchall()
    assert len(runs) > 3
    assert [feeds for feeds, _ in runs[:-1]] == [0] * (len(runs) - 1)
    assert {started for _, started in runs} == {NOW.replace(tzinfo=None)}
    with duckdb.connect(settings.path(settings.publish.path), read_only=True) as db:
        assert db.execute("SELECT count(*) FROM articles").fetchall() == [
            (len(one["article_rows"]),)
        ]


@pytest.mark.slow
def test_a_run_that_breaks_off_between_parts_is_completed_by_the_next(
    newsroom: Newsroom, calm: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ENTRIES", 15)
    settings = load_settings(write_settings(tmp_path, newsroom))
    done = 0

    def breaks(*arguments: Any, **options: Any) -> bool:
        nonlocal done
        done += 1
        if done == 3:
            raise KeyboardInterrupt
        return commit(*arguments, **options)

    monkeypatch.setattr(run, "commit", breaks)
    with pytest.raises(KeyboardInterrupt):
        run.run_and_publish(settings, kind="demo", now=NOW)
    left = held(settings)
    assert left["article_rows"]
    assert left["feed_cursors"] == [], "a feed is asked again until all its entries are in"
    assert list(settings.path(settings.store.staging).glob("*")) == []
    report = run.run_and_publish(settings, kind="demo", now=NOW + timedelta(minutes=5))
    assert report.known == len(left["entries"])
    one, many = held(calm), held(settings)
    for name in TABLES[:6]:
        assert many[name] == one[name], name
    assert many["stories"] == one["stories"]


@pytest.mark.slow
def test_the_first_run_alerts_nobody_in_no_part_of_it(
    newsroom: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ENTRIES", 15)
    config = write_settings(tmp_path, newsroom)
    with config.open("a", encoding="utf-8") as file:
        file.write('[alerts]\nmax_age_hours = 1000\n[[alerts.rules]]\nname = "all"\n')
        file.write('channel = "#news"\n')
    settings = load_settings(config)
    run.run_and_publish(settings, kind="run", now=NOW)
    with duckdb.connect(settings.path(settings.store.path), read_only=True) as db:
        outcomes = db.execute("SELECT DISTINCT outcome FROM alert_decisions").fetchall()
        waiting = db.execute("SELECT count(*) FROM alert_outbox").fetchall()
    assert outcomes == [("seeded",)]
    assert waiting == [(0,)]
