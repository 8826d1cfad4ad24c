"""The commit's step on revisions: what changed in the articles that were fetched again."""

import json

import duckdb

from newsbeam.articles.revisions import Reading, compare
from newsbeam.records import Zone, ZoneKind
from sinks.store.batch import Batch

_PAIRS = """
    SELECT b.article_id, b.revision, o.title, o.text, o.zones, n.title, n.text, n.zones
    FROM batch_articles b
    JOIN article_texts n ON n.article_id = b.article_id AND n.revision = b.revision
    JOIN article_texts o ON o.article_id = b.article_id AND o.revision = b.revision - 1
    WHERE b.change = 'revised' AND o.text IS NOT NULL
    ORDER BY b.article_id
"""


def revisions_step(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Write a row for each revised article of the batch: headline, sentences, kind, notice."""
    rows = []
    for article_id, revision, *texts in db.execute(_PAIRS).fetchall():
        change = compare(_reading(*texts[:3]), _reading(*texts[3:]))
        if change is not None:
            rows.append(
                [
                    *(article_id, revision, batch.utc, change.kind, change.title_before),
                    *(change.title_after, list(change.added), list(change.removed)),
                    *(change.notice, batch.run_id, change.headline_diff),
                ]
            )
    for row in rows:  # few: an edit is rare
        db.execute(
            "INSERT INTO revision_rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            row,
        )
    batch.counts["revisions"] = len(rows)


def _reading(title: str | None, text: str, zones: str | None) -> Reading:
    spans = tuple(Zone(ZoneKind(k), start, end) for k, start, end in json.loads(zones or "[]"))
    return Reading(title, text, spans)
