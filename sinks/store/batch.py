"""A batch: what one run staged, on its way into the store.

The stages leave Parquet files in a folder; :func:`stage` shows them to DuckDB as temporary tables,
one row per natural key, in a stable order, so that the steps of the commit are plain SQL::

    staged_polls      one row per feed              key url
    staged_cursors    one row per feed              key url
    staged_entries    one row per entry             key entry_id
    staged_ledger     one row per entry             key subject
    staged_articles   one row per article           key article_id   (with text, zones, vector)
    staged_mentions   one row per article and topic key mention_id
    staged_signals    one row per outlet and signal key outlet, signal

``staged_instead_articles`` and ``staged_instead_mentions`` are what the feed says of short pages
that may be walls: :mod:`sinks.store.outlets` puts it in the place of those that are.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from newsbeam.settings import Settings
from sinks.store.rows import SCHEMAS


@dataclass(frozen=True, slots=True)
class Batch:
    """What the steps of a commit know besides the database."""

    run_id: str
    kind: str
    """run, backfill, watch or demo."""
    now: datetime
    """Start of the run, aware UTC: the ``fetched`` and ``at_time`` of all its rows."""
    config_hash: str
    settings: Settings
    folder: Path
    """The staged Parquet files."""
    counts: dict[str, int] = field(default_factory=dict)
    """Filled by the steps, for the summary."""
    warm: dict[str, Any] = field(default_factory=dict)
    """Memory that a step may keep between the cycles of one process; never the only copy."""
    last: bool = True
    """No further batch of the same run follows."""
    call: Callable[..., Any] = operator.call
    """Calls a pure function of an article's text, which may have been done ahead."""

    @property
    def utc(self) -> datetime:
        """``now`` as the store keeps it: naive, in UTC."""
        return self.now.replace(tzinfo=None)


KEYS = {
    "polls": "url",
    "cursors": "url",
    "entries": "entry_id",
    "ledger": "subject",
    "articles": "article_id",
    "mentions": "mention_id",
    "signals": "outlet, signal",
    "instead_articles": "article_id",
    "instead_mentions": "mention_id",
}


def stage(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Make the temporary tables; of rows with one key the first by all columns stays.

    The same entry can be staged twice where a runner retried a bundle: the rows are then equal.
    Two entries can lead to one article (a redirect): the one with the least entry id stays.
    """
    for name, key in KEYS.items():
        files = sorted(batch.folder.glob(f"{name}-*.parquet"))
        if files:
            source = f"read_parquet({[str(f) for f in files]!r})"  # our own paths
        else:
            source = "empty_staged"
            db.register(source, pa.table({f.name: pa.array([], f.type) for f in SCHEMAS[name]}))
        tie = {"signals": "url"}.get(name, "entry_id, url" if name.endswith("articles") else key)
        db.execute(
            f"CREATE OR REPLACE TEMP TABLE staged_{name} AS "  # noqa: S608
            f"SELECT * FROM {source} "
            f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {tie}) = 1 ORDER BY {key}"
        )


def staged_model(db: duckdb.DuckDBPyConnection) -> str | None:
    """Return the identity of the model of the staged vectors; None where nothing was embedded."""
    found = db.execute("SELECT max(model) FROM staged_articles WHERE vector IS NOT NULL").fetchall()
    model: str | None = found[0][0]
    return model


def unstage(db: duckdb.DuckDBPyConnection) -> None:
    """Drop the temporary tables of :func:`stage`: with all texts of the batch in memory."""
    for name in KEYS:
        db.execute(f"DROP TABLE IF EXISTS staged_{name}")
