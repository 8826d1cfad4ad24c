"""The commit's first two steps: articles with their revisions, and mentions.

``articles_step`` leaves the temporary table ``batch_articles(article_id, change, revision)`` with
``change`` one of ``new``, ``revised``, ``same``; ``mentions_step`` leaves
``batch_mentions(mention_id, article_id, topic, change)`` with ``new``, ``changed``, ``same``,
``lost``.  Later steps (stories, alerts) start from these.
"""

import duckdb

from sinks.publish.changes import touch
from sinks.store.batch import Batch

_COLUMNS = (
    *("url", "canonical_url", "outlet", "title", "lead", "published", "published_confidence"),
    *("modified", "authors", "language", "site_name", "image", "section", "keywords", "verdict"),
    *("reasons", "partial", "source", "words", "text_hash"),
)
_DATED = ("published", "published_confidence")


def articles_step(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Insert new articles; give changed ones a new revision; leave the others alone."""
    db.execute(
        """
        CREATE OR REPLACE TEMP TABLE batch_articles AS
        SELECT s.article_id,
               CASE WHEN a.article_id IS NULL THEN 'new'
                    WHEN a.text_hash = s.text_hash THEN 'same'
                    -- a page that turned into a teaser or a wall never replaces a text
                    WHEN s.partial AND NOT a.partial THEN 'same'
                    ELSE 'revised' END AS change,
               coalesce(a.revision, 0) AS before
        FROM staged_articles s LEFT JOIN article_rows a USING (article_id)
        ORDER BY s.article_id
        """
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
    columns = ", ".join("left(s.text, 400)" if c == "lead" else f"s.{c}" for c in _COLUMNS)
    updates = ", ".join(f"{c} = excluded.{c}" for c in _COLUMNS if c not in _DATED)
    db.execute(
        f"""
        INSERT INTO article_rows (article_id, key, {", ".join(_COLUMNS)}, first_fetched, fetched,
                                  revision, entry_id, feed_url, feed_tags, run_id)
        SELECT s.article_id, s.key, {columns}, $1, $1, b.revision, s.entry_id, s.feed_url,
               s.feed_tags, $2
        FROM {changed}
        ON CONFLICT (article_id) DO UPDATE SET {updates}, fetched = excluded.fetched,
            revision = excluded.revision, run_id = excluded.run_id,
            -- the publication date of an edited article moves only for a better founded one
            published = CASE WHEN coalesce(article_rows.published_confidence, 0)
                                  >= coalesce(excluded.published_confidence, 0)
                             THEN article_rows.published ELSE excluded.published END,
            published_confidence = greatest(article_rows.published_confidence,
                                            excluded.published_confidence)
        """,  # noqa: S608
        [batch.utc, batch.run_id],
    )
    db.execute(
        f"""
        INSERT INTO article_texts
        SELECT s.article_id, b.revision, $1, s.title, s.text, s.zones, $2 FROM {changed}
        """,  # noqa: S608
        [batch.utc, batch.run_id],
    )
    db.execute(
        f"""
        INSERT INTO article_vectors
        SELECT s.article_id, s.model, s.vector FROM {changed} AND s.vector IS NOT NULL
        ON CONFLICT (article_id) DO UPDATE SET model = excluded.model, vector = excluded.vector
        """  # noqa: S608
    )


def mentions_step(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Write the mentions of new and revised articles; drop those that a revision lost."""
    db.execute(
        """
        CREATE OR REPLACE TEMP TABLE batch_mentions AS
        SELECT m.mention_id, m.article_id, m.topic,
               CASE WHEN o.mention_id IS NULL THEN 'new'
                    WHEN o.score = m.score AND o.topic_version = m.topic_version THEN 'same'
                    ELSE 'changed' END AS change, b.revision
        FROM staged_mentions m JOIN batch_articles b USING (article_id)
        LEFT JOIN mention_rows o USING (mention_id)
        WHERE b.change <> 'same'
        UNION ALL
        SELECT o.mention_id, o.article_id, o.topic, 'lost', b.revision
        FROM mention_rows o JOIN batch_articles b USING (article_id)
        WHERE b.change = 'revised'
          AND NOT EXISTS (FROM staged_mentions m WHERE m.mention_id = o.mention_id)
        ORDER BY 1
        """
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
    db.execute(
        """
        INSERT INTO mention_rows
        SELECT m.mention_id, m.article_id, m.topic, m.score, m.matched_by, m.topic_version,
               m.evidence, m.parts, m.partial, b.revision, $1, $2
        FROM staged_mentions m JOIN batch_mentions b USING (mention_id)
        WHERE b.change IN ('new', 'changed', 'same')
        ON CONFLICT (mention_id) DO UPDATE SET
            score = excluded.score, matched_by = excluded.matched_by,
            topic_version = excluded.topic_version, evidence = excluded.evidence,
            parts = excluded.parts, partial = excluded.partial, revision = excluded.revision,
            run_id = excluded.run_id
        """,
        [batch.utc, batch.run_id],
    )
    row = db.execute(
        "SELECT count(*) FROM batch_mentions WHERE change IN ('new', 'changed')"
    ).fetchone()
    batch.counts["mentions_written"] = row[0] if row else 0
