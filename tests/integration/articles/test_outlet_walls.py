"""Walls that only the outlet's other pages betray: the same in one batch and in many cycles."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from newsbeam.records import Article, Embedded, Entry, LedgerRow, Zone, ZoneKind
from newsbeam.settings import Settings
from pipelines.stages.items import Done
from pipelines.stages.stage import stage_batch
from sinks.store import outlets
from sinks.store.articles import articles_step
from sinks.store.batch import Batch
from sinks.store.commit import commit, entries_step, ledger_step
from sinks.store.outlets import outlets_step
from sinks.store.store import open_store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WALL = "Denne siden åpnes når vi har sett at du er en leser.\nVent litt, så prøver vi på nytt."
HEADLINES = ("Ferge i mai", "Budsjettet vedtatt", "Taket kommer", "Laget vant", "Storm ventes")
STEPS = (outlets_step, articles_step, ledger_step, entries_step)


def item(number: int, headline: str, text: str) -> Done:
    url = f"https://harbour-post.example/{number}"
    at = NOW - timedelta(hours=10 - number)
    entry = Entry(f"e{number}", "f", f"g{number}", url, title=headline, published=at)
    article = Article(
        *(f"a{number}", url, url, "harbour-post.example", headline, text, NOW),
        zones=(Zone(ZoneKind.BODY, 0, len(text)),),
        published=at,
        entry_id=entry.id,
    )
    row = LedgerRow(entry.id, "entry", url, "match", "article", None, NOW, "f", article.id)
    return Done(entry, row, Embedded(article), ())


def pages() -> list[Done]:
    own = "A boat sank off pier {} on Monday, and its crew was saved by the ferry."
    return [
        *(item(n, headline, WALL) for n, headline in enumerate(HEADLINES)),
        *(item(n, f"Boat sinks off pier {n}", own.format(n)) for n in (7, 8)),
    ]


def run(db: duckdb.DuckDBPyConnection, folder: Path, items: list[Done], number: int) -> None:
    stage_batch(items, folder)
    batch = Batch(f"run{number}", "run", NOW, "c", Settings(), folder)
    batch = replace(batch, now=NOW + timedelta(hours=number))
    assert commit(db, batch, STEPS, finished=lambda: NOW)


def outcome(db: duckdb.DuckDBPyConnection) -> list[tuple[str, ...]]:
    return db.execute(
        "SELECT l.subject, l.verdict, a.article_id FROM ledger_rows l"
        " LEFT JOIN article_rows a USING (article_id) ORDER BY 1"
    ).fetchall()


def test_one_batch_and_many_cycles_judge_alike(tmp_path: Path) -> None:
    with open_store(tmp_path / "batch.duckdb") as db:
        run(db, tmp_path / "all", pages(), 0)
        at_once = outcome(db)
    with open_store(tmp_path / "live.duckdb") as db:
        for number, page in enumerate(pages()):
            run(db, tmp_path / f"run{number}", [page], number)
        in_cycles = outcome(db)
    assert at_once == in_cycles
    assert [row[1] for row in at_once] == ["article", *["soft_404"] * 4, "article", "article"]
    assert [row[2] for row in at_once] == ["a0", None, None, None, None, "a7", "a8"]


def test_the_memory_of_an_outlet_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlets, "MOST", 3)
    with open_store(tmp_path / "store.duckdb") as db:
        for number, page in enumerate(pages()):
            run(db, tmp_path / f"run{number}", [page], number)
        assert db.execute("SELECT count(*) FROM outlet_blocks").fetchall() == [(3,)]
