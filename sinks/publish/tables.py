"""What is published, and how each table changes.

Four kinds of tables::

    added      rows are only ever added: a run's rows go into a new segment
    keyed      a row may change or go: the newest row of a key counts
    whole      small and changing everywhere: copied into the catalog each time
    derived    made here from other tables (the index for search)

The whole ones are those that are neither growing nor private: a new small table needs no entry.
"""

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True, slots=True)
class Table:
    """One table that grows: kept in segments."""

    name: str
    """In the store, and in the publication."""
    order: str
    """Order of the rows in a segment: what readers filter by comes first."""
    key: str | None = None
    """Column by which the newest row counts; None: rows are only added."""
    time: str | None = None
    """Column with the start of the run that wrote the row last; prunes the search for new rows."""
    run: str | None = "run_id"
    """Column with the run that wrote the row last; None: ``time`` alone, or ``follows``, tells."""
    recent: str | None = None
    """Expression for the last time a row changed, where that happens between runs: rows of the
    last minutes before the last publication are written again."""
    follows: str | None = None
    """Table whose changed keys are the changed keys here too."""
    born: str | None = None
    """Column with the time at which the row came to be; spares superseding what never was."""
    group: int = 16_384
    """Rows of a row group: to fetch one row, a reader unpacks its whole group."""
    loose: tuple[str, ...] = ()
    """Long columns that nobody filters by: no least and greatest values are kept of them."""
    rows: int = 65_536
    """Most rows of one segment."""


ARTICLES, TEXTS, VECTORS = "article_rows", "article_texts", "article_vectors"

ALERT_TIMES = "greatest(decided, claimed, sent)"

GROWING: tuple[Table, ...] = (
    Table("runs", order="started", time="started"),
    Table("polls", order="at_time, url", time="at_time"),
    Table("ledger_rows", order="at_time, subject", time="at_time"),
    Table("failures", order="at_time, url", time="at_time"),
    Table(
        "entries",
        order="first_seen, entry_id",
        key="entry_id",
        time="last_seen",
        run=None,
        born="first_seen",
    ),
    Table(
        ARTICLES,
        order="first_fetched, article_id",
        key="article_id",
        time="fetched",
        born="first_fetched",
        group=512,
        loose=("title", "lead", "url", "canonical_url", "image"),
    ),
    Table(
        TEXTS,
        order="at_time, article_id, revision",
        time="at_time",
        rows=16_384,
        group=128,
        loose=("title", "text", "zones"),
    ),
    Table("revision_rows", order="at_time, article_id, revision", time="at_time"),
    Table(VECTORS, order="article_id", key="article_id", run=None, follows=ARTICLES, rows=16_384),
    Table("mention_rows", order="topic, decided, mention_id", key="mention_id", born="decided"),
    Table("story_rows", order="last_seen, story_id", key="story_id"),
    Table("story_articles", order="story_id, arrival", key="article_id"),
    Table(
        "story_history",
        order="article_id, valid_from",
        key="article_id",
        run=None,
        follows="story_articles",
    ),
    Table("story_events", order="at_time, event_id", time="at_time"),
    Table("alert_outbox", order="decided, alert_id", key="alert_id", run=None, recent=ALERT_TIMES),
    Table("alert_decisions", order="decided, article_id", time="decided"),
)
"""Tables kept in segments.  A table that a store lacks (an older schema) is left out."""

PRIVATE: dict[str, str] = {
    "schema_versions": "of the writer",
    "run_order": "of the publisher",
    "publish_journal": "of the publisher",
    "story_features": "the grouper's memory",
    "outlet_blocks": "the judge's memory of walls; the ledger has its verdicts",
    "alert_threads": "the dispatcher's memory; alert_outbox has what was said",
}
"""Tables that are not published, and why."""


def whole(db: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the tables that are copied into the catalog each time, in order."""
    known = {t.name for t in GROWING} | PRIVATE.keys()
    return [
        name
        for (name,) in db.execute(
            "SELECT table_name FROM duckdb_tables() WHERE NOT temporary AND NOT internal "
            "AND database_name = current_database() ORDER BY 1"
        ).fetchall()
        if name not in known
    ]
