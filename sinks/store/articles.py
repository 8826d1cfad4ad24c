"""The commit's first two steps: articles with their revisions, and mentions.

``articles_step`` leaves the temporary table ``batch_articles(article_id, change, revision)`` with
``change`` one of ``new``, ``revised``, ``same``; ``mentions_step`` leaves
``batch_mentions(mention_id, article_id, topic, change)`` with ``new``, ``changed``, ``same``,
``lost``.  Later steps (stories, alerts) start from these.
"""

import duckdb

from sinks.publish.changes import touch
from sinks.store.batch import Batch
from sinks.store.lookup import keys_of, only, upsert

_COLUMNS = (
    *("url", "canonical_url", "outlet", "title", "lead", "published", "published_confidence"),
    *("modified", "authors", "language", "site_name", "image", "section", "keywords", "verdict"),
    *("reasons", "partial", "source", "words", "text_hash"),
)
_DATED = ("published", "published_confidence")


def articles_step(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Insert new articles; give changed ones a new revision; leave the others alone."""
    had = only("article_rows", "article_id", keys_of(db, "staged_articles", "article_id"))
    db.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE batch_articles AS
        SELECT s.article_id,
               CASE WHEN a.article_id IS NULL THEN 'new'
                    WHEN a.text_hash = s.text_hash THEN 'same'
                    -- a page that turned into a teaser or a wall never replaces a text
                    WHEN s.partial AND NOT a.partial THEN 'same'
                    ELSE 'revised' END AS change,
               coalesce(a.revision, 0) AS before
        FROM staged_articles s LEFT JOIN {had} a USING (article_id)
        ORDER BY s.article_id
        """  # noqa: S608
    )
    db.execute("ALTER TABLE batch_articles ADD COLUMN revision INTEGER")
    db.execute(
        "UPDATE batch_articles SET revision = before + CASE change WHEN 'same' THEN 0 ELSE 1 END"
    )
    _write(db, batch)
    for change, count in db.execute(
        "SELECT change, count(*) FROM batch_articles GROUP BY change"
    ).fetchall():
        batch.counts[f"articles_{change}"] = count


def _write(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    changed = "staged_articles s JOIN batch_articles b USING (article_id) WHERE b.change <> 'same'"
    columns = ", ".join(
        "left(s.text, 400) AS lead" if c == "lead" else f"s.{c}"
        for c in (*_COLUMNS, "article_id", "key", "entry_id", "feed_url", "feed_tags")
    )
    # the publication date of an edited article moves only for a better founded one
    firm = "coalesce(article_rows.published_confidence, 0) >= coalesce({}, 0)".format(
        "excluded.published_confidence"
    )
    upsert(
        db,
        "article_rows",
        "article_id",
        f"SELECT {columns}, b.revision, $1 AS first_fetched, $1 AS fetched, $2 AS run_id "  # noqa: S608
        f"FROM {changed}",
        {
            **{c: f"excluded.{c}" for c in _COLUMNS if c not in _DATED},
            **{c: f"excluded.{c}" for c in ("fetched", "revision", "run_id")},
            "published": f"CASE WHEN {firm} THEN article_rows.published "
            "ELSE excluded.published END",
            "published_confidence": "greatest(article_rows.published_confidence, "
            "excluded.published_confidence)",
        },
        [batch.utc, batch.run_id],
    )
    db.execute(
        f"""
        INSERT INTO article_texts
        SELECT s.article_id, b.revision, $1, s.title, s.text, s.zones, $2 FROM {changed}
        """,  # noqa: S608
        [batch.utc, batch.run_id],
    )
    upsert(
        db,
        "article_vectors",
        "article_id",
        f"SELECT s.article_id, s.model, s.vector FROM {changed} AND s.vector IS NOT NULL",  # noqa: S608
        {"model": "excluded.model", "vector": "excluded.vector"},
    )


def mentions_step(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Write the mentions of new and revised articles; drop those that a revision lost."""
    had = only("mention_rows", "mention_id", keys_of(db, "staged_mentions", "mention_id"))
    db.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE batch_mentions AS
        SELECT m.mention_id, m.article_id, m.topic,
               CASE WHEN o.mention_id IS NULL THEN 'new'
                    WHEN o.score = m.score AND o.topic_version = m.topic_version THEN 'same'
                    ELSE 'changed' END AS change, b.revision
        FROM staged_mentions m JOIN batch_articles b USING (article_id)
        LEFT JOIN {had} o USING (mention_id)
        WHERE b.change <> 'same'
        UNION ALL
        SELECT o.mention_id, o.article_id, o.topic, 'lost', b.revision
        FROM mention_rows o JOIN batch_articles b USING (article_id)
        WHERE b.change = 'revised'
          AND NOT EXISTS (FROM staged_mentions m WHERE m.mention_id = o.mention_id)
        ORDER BY 1
        """  # noqa: S608
    )
    lost = [
        row[0]
        for row in db.execute(
            "DELETE FROM mention_rows WHERE mention_id IN "
            "(SELECT mention_id FROM batch_mentions WHERE change = 'lost') RETURNING mention_id"
        ).fetchall()
    ]
    if lost:
        touch(db, "mention_rows", lost)
    judged = ("score", "matched_by", "topic_version", "evidence", "parts", "partial")
    upsert(
        db,
        "mention_rows",
        "mention_id",
        f"""
        SELECT m.mention_id, m.article_id, m.topic, {", ".join(f"m.{c}" for c in judged)},
               b.revision, $1 AS decided, $2 AS run_id
        FROM staged_mentions m JOIN batch_mentions b USING (mention_id)
        WHERE b.change IN ('new', 'changed', 'same')
        """,  # noqa: S608
        {c: f"excluded.{c}" for c in (*judged, "revision", "run_id")},
        [batch.utc, batch.run_id],
    )
    row = db.execute(
        "SELECT count(*) FROM batch_mentions WHERE change IN ('new', 'changed')"
    ).fetchone()
    batch.counts["mentions_written"] = row[0] if row else 0
