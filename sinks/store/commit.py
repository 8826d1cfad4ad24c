"""The commit: everything that a run found goes into the store in one transaction.

The order of :data:`STEPS` is the order of meaning: texts before what is said of them, mentions
before stories, all before the decision to alert.  A step is ``step(db, batch) -> None``; it reads
the staged tables and the temporary tables of the steps before it, and adds to ``batch.counts``.
A crash at any moment leaves the state of the last commit.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime

import duckdb

from newsbeam import __version__
from newsbeam.errors import SinkError
from newsbeam.records import PASSING
from sinks.store.alerts import alerts_step
from sinks.store.articles import articles_step, mentions_step
from sinks.store.batch import Batch, stage, staged_model, unstage
from sinks.store.lookup import upsert
from sinks.store.outlets import outlets_step
from sinks.store.revisions import revisions_step
from sinks.store.store import of_disk
from sinks.store.stories import group_step
from sinks.store.topics import topics_step
from sinks.store.transaction import transaction

Step = Callable[[duckdb.DuckDBPyConnection, Batch], None]


def commit(
    db: duckdb.DuckDBPyConnection,
    batch: Batch,
    steps: Sequence[Step],
    *,
    finished: Callable[[], datetime],
    stages: dict[str, float] | None = None,
) -> bool:
    """Commit a batch; False where this run had been committed before.

    Args:
        db: the open store.
        batch: what was staged.
        steps: usually :data:`STEPS`.
        finished: the clock, read at the end.
        stages: seconds per stage so far, kept with the run.

    Raises:
        SinkError: the disk is full or read-only; nothing of the batch is in the store.
    """
    if db.execute("SELECT 1 FROM runs WHERE run_id = ?", [batch.run_id]).fetchone():
        return False
    try:
        with transaction(db):
            stage(db, batch)
            for step in steps:
                step(db, batch)
            _record_run(db, batch, finished().replace(tzinfo=None), stages or {})
            unstage(db)
    except (duckdb.Error, OSError) as error:
        if of_disk(error):
            raise SinkError(f"nothing was written: {' '.join(str(error).split())[:300]}") from error
        raise
    return True


def entries_step(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Remember the entries, with the verdict and article that their ledger row names."""
    same = (
        "print",
        "url",
        "title",
        "summary",
        "updated",
        "authors",
        "tags",
        "last_seen",
        "verdict",
    )
    upsert(
        db,
        "entries",
        "entry_id",
        """
        SELECT e.*, $1 AS first_seen, $1 AS last_seen, l.article_id,
               coalesce(l.verdict, 'error') AS verdict
        FROM staged_entries e LEFT JOIN staged_ledger l ON l.subject = e.entry_id
        """,
        {
            **{c: f"excluded.{c}" for c in same},
            "published": "coalesce(entries.published, excluded.published)",
            "article_id": "coalesce(excluded.article_id, entries.article_id)",
        },
        [batch.utc],
    )


def verdicts_step(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Correct the ledger by what only the store knows: two ways to one article, nothing changed."""
    del batch
    db.execute(
        """
        UPDATE staged_ledger SET stage = 'commit', verdict = 'duplicate_url',
               reason = 'led to the same article as another entry'
        FROM staged_articles a
        WHERE staged_ledger.article_id = a.article_id AND a.entry_id <> staged_ledger.subject
          AND staged_ledger.verdict <> 'duplicate_url'
        """
    )
    db.execute(
        """
        UPDATE staged_ledger SET stage = 'commit', verdict = 'unchanged',
               reason = 'the article is in the store with this text'
        FROM batch_articles b
        WHERE staged_ledger.article_id = b.article_id AND b.change = 'same'
          AND staged_ledger.stage IN ('extract', 'match')
        """
    )


def ledger_step(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Write the ledger and the failures: one row per feed polled, one per entry not known."""
    common = [batch.run_id, batch.utc, batch.config_hash]
    db.execute(
        """
        INSERT INTO ledger_rows
        SELECT $1, subject, kind, url, feed_url, stage, verdict, reason, $2, article_id, seconds, $3
        FROM staged_ledger ORDER BY subject
        """,
        common,
    )
    db.execute(
        """
        INSERT INTO polls
        SELECT $1, url, $2, verdict, reason, status, bytes, seconds, entries, known, fresh
        FROM staged_polls ORDER BY url
        """,
        common[:2],
    )
    db.execute(
        """
        INSERT INTO failures
        SELECT $1, stage, coalesce(url, feed_url, subject), verdict, coalesce(reason, ''), $2
        FROM staged_ledger
        WHERE kind = 'feed' AND verdict NOT IN ('feed_ok', 'unchanged')
           OR kind = 'entry' AND stage IN ('fetch', 'extract') AND article_id IS NULL
              AND verdict NOT IN ('listing', 'consent_wall', 'soft_404', 'too_short', 'not_text',
                                  'teaser_or_paywall', 'duplicate_url', 'too_old', 'unchanged')
        ORDER BY subject
        """,
        common[:2],
    )


def retries_step(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Have feeds read whole next time, of which a page is to be tried again."""
    db.execute(
        """
        UPDATE feed_cursors SET etag = NULL, last_modified = NULL, body_hash = NULL
        WHERE coalesce(etag, last_modified, body_hash) IS NOT NULL AND url IN (
            SELECT feed_url FROM entries
            WHERE list_contains($1, verdict) AND first_seen > $2 - INTERVAL 2 DAYS)
        """,
        [sorted(PASSING), batch.utc],
    )


def signals_step(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Note what outlets say against AI training."""
    db.execute(
        """
        INSERT INTO outlet_signals SELECT outlet, signal, url, $1, $1 FROM staged_signals
        ON CONFLICT (outlet, signal) DO UPDATE SET last_seen = excluded.last_seen
        """,
        [batch.utc],
    )


def cursors_step(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Remember the feeds and where we are in them."""
    columns = [row[0] for row in db.execute("DESCRIBE staged_cursors").fetchall()]
    changes = ", ".join(f"{c} = excluded.{c}" for c in columns if c != "url")
    names = ", ".join(columns)
    db.execute(
        f"INSERT INTO feed_cursors ({names}) SELECT {names} FROM staged_cursors "  # noqa: S608
        f"ON CONFLICT (url) DO UPDATE SET {changes}"
    )
    db.execute(
        "UPDATE feeds SET title = coalesce(feeds.title, p.title) "
        "FROM staged_polls p "
        "WHERE p.url = feeds.url AND feeds.title IS NULL AND p.title IS NOT NULL"
    )


def _record_run(
    db: duckdb.DuckDBPyConnection, batch: Batch, finished: datetime, stages: dict[str, float]
) -> None:
    polled = db.execute(
        "SELECT count(*), count(*) FILTER (verdict NOT IN ('feed_ok', 'unchanged')), "
        "coalesce(sum(known), 0) FROM staged_polls"
    ).fetchone()
    seen = db.execute("SELECT count(*) FROM staged_ledger WHERE kind = 'entry'").fetchone()
    assert polled is not None  # noqa: S101  # an aggregate always gives a row
    assert seen is not None  # noqa: S101
    counts = batch.counts
    db.execute(
        "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            batch.run_id,
            batch.kind,
            batch.utc,
            finished,
            batch.config_hash,
            __version__,
            staged_model(db),
            polled[0],
            polled[1],
            seen[0] + polled[2],
            polled[2],
            counts.get("articles_new", 0),
            counts.get("articles_revised", 0),
            counts.get("mentions_written", 0),
            json.dumps(stages),
        ],
    )


STEPS: tuple[Step, ...] = (
    outlets_step,
    articles_step,
    revisions_step,
    mentions_step,
    topics_step,
    group_step,
    verdicts_step,
    alerts_step,
    ledger_step,
    entries_step,
    cursors_step,
    retries_step,
    signals_step,
)
"""What a commit does, in order."""
