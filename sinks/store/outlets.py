"""The commit's step on outlets: pages that say what other pages of their outlet said.

Extraction sees one page at a time; what is common to an outlet's pages only the store knows.  The
order of the pages is that of their publication, so one batch and many cycles judge alike.
"""

from collections import defaultdict
from typing import Any

import duckdb
import pyarrow as pa

from newsbeam.articles.outlets import (
    MAX_CHARS,
    Seen,
    Sighting,
    judge_among,
    paragraphs,
    remember,
)
from sinks.store.batch import Batch
from sinks.store.lookup import keys_of, only

MOST = 1000
"""Paragraphs that are remembered of one outlet; those not seen for longest are forgotten."""

_SHORT = """
    SELECT a.outlet, a.article_id, coalesce(e.title, a.title, ''), a.text, k.article_id IS NULL
    FROM staged_articles a
    LEFT JOIN staged_entries e ON e.entry_id = a.entry_id
    LEFT JOIN {had} k ON k.article_id = a.article_id
    WHERE a.source = 'page' AND length(a.text) BETWEEN 1 AND $1
    ORDER BY coalesce(e.published, a.published, $2), a.article_id
"""


def outlets_step(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Judge short pages by their outlet's other pages; remember their paragraphs."""
    pages: dict[str, list[tuple[Sighting, bool]]] = defaultdict(list)
    had = only("article_rows", "article_id", keys_of(db, "staged_articles", "article_id"))
    short = _SHORT.format(had=had)
    for outlet, *fields, fresh in db.execute(short, [MAX_CHARS, batch.utc]).fetchall():
        pages[outlet].append((Sighting(*fields), fresh))
    if not pages:
        return
    known = _known(db, pages)
    changed: dict[tuple[str, str], Seen] = {}
    walls = []
    for outlet, sightings in pages.items():
        for page, fresh in sightings:
            if found := judge_among(page, known[outlet]):
                walls.append((page.article_id, str(found[0]), found[1]))
            if fresh:  # an article that is fetched again has been counted
                for mark in remember(page, known[outlet]):
                    changed[outlet, mark] = known[outlet][mark]
    _write(db, changed, batch)
    _set_aside(db, walls)
    batch.counts["outlet_walls"] = len(walls)


def _known(
    db: duckdb.DuckDBPyConnection, pages: dict[str, list[tuple[Sighting, bool]]]
) -> dict[str, dict[str, Seen]]:
    """Return what the store knows of the paragraphs of these pages."""
    marks = sorted(
        {
            (o, mark)
            for o, found in pages.items()
            for p, _ in found
            for mark, _ in paragraphs(p.text)
        }
    )
    known: dict[str, dict[str, Seen]] = {outlet: {} for outlet in pages}
    db.register("rows_in", _table(("outlet", "block"), marks))
    for outlet, block, article_id, headline, count in db.execute(
        "SELECT outlet, block, article_id, headline, pages FROM outlet_blocks "
        "JOIN rows_in USING (outlet, block)"
    ).fetchall():
        known[outlet][block] = Seen(article_id, headline, count)
    db.unregister("rows_in")
    return known


def _write(
    db: duckdb.DuckDBPyConnection, changed: dict[tuple[str, str], Seen], batch: Batch
) -> None:
    rows = [(o, b, s.article_id, s.headline, s.pages) for (o, b), s in sorted(changed.items())]
    names = ("outlet", "block", "article_id", "headline", "pages")
    db.register("rows_in", _table(names, rows))
    db.execute(
        "INSERT INTO outlet_blocks "
        "SELECT outlet, block, article_id, headline, pages::INTEGER, $1 FROM rows_in "
        "ON CONFLICT (outlet, block) DO UPDATE "
        "SET pages = excluded.pages, last_seen = excluded.last_seen",
        [batch.utc],
    )
    db.execute(
        """
        DELETE FROM outlet_blocks USING (
            SELECT outlet, block FROM outlet_blocks
            WHERE outlet IN (SELECT outlet FROM outlet_blocks GROUP BY outlet HAVING count(*) > $1)
            QUALIFY row_number() OVER (
                PARTITION BY outlet ORDER BY last_seen DESC, pages DESC, block) > $1
        ) old
        WHERE outlet_blocks.outlet = old.outlet AND outlet_blocks.block = old.block
        """,
        [MOST],
    )
    db.unregister("rows_in")


def _set_aside(db: duckdb.DuckDBPyConnection, walls: list[tuple[str, str, str]]) -> None:
    """Take the pages out of what is committed; the feed's text stands for them, where there is any.

    Their entries keep the verdict on the page in the ledger, unless the feed has the full text.
    """
    if not walls:
        return
    db.register("rows_in", _table(("article_id", "verdict", "reason"), walls))
    db.execute(
        """
        CREATE OR REPLACE TEMP TABLE walls AS
        SELECT w.*, i.article_id AS instead, i.verdict AS said
        FROM rows_in w JOIN staged_articles a USING (article_id)
        LEFT JOIN staged_instead_articles i ON i.entry_id = a.entry_id
        """
    )
    db.unregister("rows_in")
    db.execute(
        """
        UPDATE staged_ledger SET stage = 'commit', article_id = w.instead,
            verdict = CASE WHEN w.said = 'article' THEN w.said ELSE w.verdict END,
            reason = CASE WHEN w.said = 'article'
                THEN 'feed text used; page: ' || w.verdict || ': ' || w.reason ELSE w.reason END
        FROM walls w WHERE staged_ledger.article_id = w.article_id
        """
    )
    for table in ("staged_mentions", "staged_articles"):
        db.execute(f"DELETE FROM {table} WHERE article_id IN (SELECT article_id FROM walls)")  # noqa: S608
    for table, key in (("articles", "article_id"), ("mentions", "mention_id")):
        db.execute(
            f"INSERT INTO staged_{table} FROM staged_instead_{table} i "  # noqa: S608
            f"WHERE article_id IN (SELECT instead FROM walls) AND NOT EXISTS "
            f"(FROM staged_{table} s WHERE s.{key} = i.{key}) ORDER BY {key}"
        )


def _table(names: tuple[str, ...], rows: list[Any]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    kinds = [pa.int64() if name == "pages" else pa.string() for name in names]
    return pa.table({n: pa.array(c, k) for n, c, k in zip(names, columns, kinds, strict=True)})
