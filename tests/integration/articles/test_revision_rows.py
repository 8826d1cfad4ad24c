"""Revisions in the store: what changed is kept, noise is none, nothing is decided again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from newsbeam.records import Article, Embedded, Entry, LedgerRow, Zone, ZoneKind
from newsbeam.settings import Settings
from pipelines.stages.items import Done
from pipelines.stages.stage import stage_batch
from sinks.store.articles import articles_step
from sinks.store.batch import Batch
from sinks.store.commit import commit
from sinks.store.revisions import revisions_step
from sinks.store.store import open_store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEXT = (
    "The ferry line starts again in May, the harbour office said on Sunday.\n"
    "Twelve people were hurt when the old pier fell, two of them badly."
)


def item(text: str, title: str, published: datetime = NOW) -> Done:
    url = "https://harbour-post.example/ferry"
    entry = Entry("e", "https://harbour-post.example/feed", "g", url)
    zones, at = [], 0
    for line in text.split("\n"):
        zones.append(Zone(ZoneKind.BODY, at, at + len(line)))
        at += len(line) + 1
    article = Article(
        *("a", url, url, "harbour-post.example", title, text, NOW),
        zones=tuple(zones),
        published=published,
        published_confidence=0.8,
        entry_id="e",
    )
    row = LedgerRow("e", "entry", url, "match", "article", None, NOW, entry.feed_url, "a")
    return Done(entry, row, Embedded(article), ())


def test_changes_become_rows_and_noise_does_not(tmp_path: Path) -> None:
    readings = [
        item(TEXT, "Ferry line returns"),
        item(f"{TEXT}\n1,204 views", "Ferry line returns"),
        item(TEXT, "Ferry line returns", NOW + timedelta(hours=3)),
        item(TEXT.replace("Twelve", "Fifteen"), "Ferry line returns, more hurt"),
        item(
            TEXT.replace("Twelve", "Fifteen") + "\nCorrection: An earlier version of this"
            " article gave a wrong number of injured people.",
            "Ferry line returns, more hurt",
        ),
    ]
    with open_store(tmp_path / "store.duckdb") as db:
        for number, reading in enumerate(readings):
            folder = tmp_path / f"run{number}"
            stage_batch([reading], folder)
            batch = Batch(f"run{number}", "run", NOW, "c", Settings(), folder)
            batch = replace(batch, now=NOW + timedelta(hours=number))
            assert commit(db, batch, (articles_step, revisions_step), finished=lambda: NOW)
        rows = db.execute(
            "SELECT revision, kind, title_after, added, removed, notice IS NOT NULL"
            " FROM revision_rows ORDER BY revision"
        ).fetchall()
        seen = db.execute(
            "SELECT kind, headline_diff, len(added), len(removed), notice IS NOT NULL"
            " FROM revisions ORDER BY revision"
        ).fetchall()
    assert seen == [
        ("edit", "Ferry line [-returns-] {+returns, more hurt+}", 1, 1, False),
        ("correction", None, 1, 0, True),
    ]
    assert [row[:3] for row in rows] == [
        (2, "edit", "Ferry line returns, more hurt"),
        (3, "correction", None),
    ]
    assert rows[0][3] == [TEXT.split("\n")[1].replace("Twelve", "Fifteen")]
    assert rows[0][4] == [TEXT.split("\n")[1]]
    assert rows[1][5] is True
