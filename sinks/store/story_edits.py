"""Change which story articles belong to: merges and splits, by the machine or by a person.

Every change leaves a row in ``story_lineage`` (why, when, who) and closes and opens rows in
``story_history``, so that stories can be read as of any time.  A story that has lost all its
articles keeps its id and points on by ``merged_into``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa

from newsbeam.errors import ConfigError
from newsbeam.records import record_id
from newsbeam.urls import canonical_url, is_web_url
from sinks.store.lookup import keys_of, listed, only, upsert
from sinks.store.transaction import transaction

Db = duckdb.DuckDBPyConnection
MIN_BEGINNING = 4
"""Digits of an article's id that are enough, where they are unmistakable."""
_EVER = datetime(1, 1, 1)  # noqa: DTZ001 - naive, as the store keeps times


@dataclass(frozen=True, slots=True)
class Change:
    """One move of articles from a story to another."""

    kind: str
    """``merge`` or ``split``."""
    from_story: str
    to_story: str
    reason: str
    at: datetime
    """Aware UTC."""
    by: str = "newsbeam"
    similarity: float | None = None
    run_id: str | None = None

    @property
    def time(self) -> datetime:
        """As the store keeps it: naive, in UTC."""
        return self.at.astimezone(UTC).replace(tzinfo=None)


def move_articles(
    db: Db,
    change: Change,
    articles: Sequence[str] | None = None,
    since: datetime | None = None,
) -> int:
    """Move articles of a story to another; return how many moved.

    Args:
        db: the store.
        change: what, why and when.
        articles: which; None: all.
        since: none of the story's articles arrived before (naive UTC): spares looking at the older
            parts of the table.
    """
    found = db.execute(
        "SELECT article_id, run_id FROM story_articles WHERE story_id = $1 AND arrived >= $3 "
        "AND ($2::VARCHAR[] IS NULL OR list_contains($2, article_id)) ORDER BY arrival",
        [change.from_story, None if articles is None else list(articles), since or _EVER],
    ).fetchall()
    if not found:
        return 0
    moved = [row[0] for row in found]
    runs = listed(sorted({row[1] for row in found}))
    grouped = db.execute(
        f"SELECT min(started) FROM runs WHERE run_id IN ({runs})"  # noqa: S608
    ).fetchall()[0][0]
    db.execute(
        "UPDATE story_history SET valid_to = $1 WHERE valid_from >= $4 "  # no part is older
        "AND valid_to IS NULL AND story_id = $2 AND article_id IN (SELECT unnest($3))",
        [change.time, change.from_story, moved, min(change.time, grouped or change.time)],
    )
    db.execute(
        "INSERT INTO story_history SELECT unnest($1), $2, $3, NULL, $4, $5",
        [moved, change.to_story, change.time, change.kind, change.run_id],
    )
    db.execute(
        f"UPDATE story_articles SET story_id = $1 WHERE article_id IN ({listed(moved)})",  # noqa: S608
        [change.to_story],
    )
    made = record_id(
        "lineage", change.kind, change.from_story, change.to_story, change.time.isoformat()
    )
    db.execute(
        "INSERT INTO story_lineage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [
            made,
            change.kind,
            change.from_story,
            change.to_story,
            len(moved),
            change.reason,
            change.similarity,
            change.by,
            change.time,
            change.run_id,
        ],
    )
    return len(moved)


def close_story(db: Db, change: Change) -> None:
    """Let a story that has no article left point to the one that took them."""
    db.execute(
        "UPDATE story_rows SET merged_into = $1, articles = 0, copies = 0, outlets = 0, "
        "newsrooms = 0, run_id = coalesce($2, run_id) WHERE story_id = $3",
        [change.to_story, change.run_id, change.from_story],
    )


def refresh_stories(
    db: Db,
    stories: Sequence[tuple[str, str | None]],
    run_id: str | None = None,
    since: datetime | None = None,
) -> None:
    """Count stories anew and write their rows.

    Args:
        db: the store.
        stories: story and the article that its headline is from (None: as before, else the first).
        run_id: the run that changed them; None: a person did.
        since: none of their articles arrived before (naive UTC): DuckDB then skips the older parts
            of the table, and the cost depends on how old the stories are, not on the history.
    """
    if not stories:
        return
    known = known_stories(db, [s for s, _ in stories])
    rows = [
        {"story_id": s, "central": a, "former": known[s][0] if s in known else None}
        for s, a in sorted(stories, key=lambda pair: pair[0])
    ]
    schema = pa.schema([pa.field(n, pa.string()) for n in ("story_id", "central", "former")])
    db.register("arrow_now", pa.Table.from_pylist(rows, schema=schema))
    db.execute(
        """
        CREATE OR REPLACE TEMP TABLE counted_stories AS
        WITH came AS (
            SELECT s.*, c.central, c.former, coalesce(s.copy_of, s.article_id) AS original
            FROM arrow_now c JOIN story_articles s USING (story_id)
            WHERE s.arrived >= $1),
        members AS (
            SELECT *,
                   any_value(newsroom_kind) FILTER (article_id = original)
                       OVER (PARTITION BY story_id, original) AS original_kind,
                   row_number() OVER (PARTITION BY story_id, original
                       ORDER BY newsroom_kind <> 'newsroom', arrival) AS place
            FROM came)
        SELECT story_id,
               coalesce(any_value(central), any_value(former) FILTER (former = article_id),
                        arg_min(article_id, (copy_of IS NOT NULL, arrival))) AS title_article,
               arg_min(article_id, arrival) AS first_article,
               min(arrived) AS first_seen, max(arrived) AS last_seen,
               count(*)::INTEGER AS articles, count(copy_of)::INTEGER AS copies,
               count(DISTINCT outlet)::INTEGER AS outlets,
               -- a reprint counts for the agency that it names, once; else for nobody; what an
               -- aggregator showed first is the report of the first newsroom that has it
               count(DISTINCT newsroom) FILTER (
                   newsroom_kind = 'agency' OR newsroom_kind = 'newsroom'
                   AND (copy_of IS NULL OR original_kind = 'aggregator' AND place = 1)
               )::INTEGER AS newsrooms,
               arg_max(run_id, arrival) AS last_run
        FROM members GROUP BY story_id
        """,
        [since or _EVER],
    )
    db.unregister("arrow_now")
    titles = keys_of(db, "counted_stories", "title_article")
    counted = ("title_article", "first_article", "first_seen", "last_seen", "articles", "copies")
    columns = (*counted, "outlets", "newsrooms")
    upsert(
        db,
        "story_rows",
        "story_id",
        f"""
        SELECT c.story_id, a.title, {", ".join(f"c.{name}" for name in columns)},
               coalesce($1, c.last_run) AS run_id, NULL::VARCHAR AS merged_into
        FROM counted_stories c
        LEFT JOIN {only("article_rows", "article_id", titles)} a ON a.article_id = c.title_article
        ORDER BY c.story_id
        """,  # noqa: S608
        {c: f"excluded.{c}" for c in ("title", *columns, "merged_into", "run_id")},
        [run_id],
    )


def known_stories(db: Db, stories: Sequence[str]) -> dict[str, tuple[str | None, datetime]]:
    """Return the headline's article and the first arrival of the stories that have a row."""
    if not stories:
        return {}
    return {
        story: (title_article, first_seen)
        for story, title_article, first_seen in db.execute(
            "SELECT story_id, title_article, first_seen FROM story_rows "  # noqa: S608
            f"WHERE story_id IN ({listed(stories)})"
        ).fetchall()
    }


def merge_stories(db: Db, keep: str, *others: str, reason: str, by: str, at: datetime) -> int:
    """Merge stories into another, as a person says, all or none; return how many articles moved.

    Raises:
        ConfigError: no such story, or one is part of the other already.
    """
    wanted, keep = keep, living(db, keep)
    merged: dict[str, None] = {}
    for given in others:
        other = living(db, given)
        if other == keep:
            why = "a story is not merged with itself"
            if not keep.startswith(given):
                why = f"is already part of {keep}"
            elif not keep.startswith(wanted):
                why = f"has taken in {wanted} already"
            raise ConfigError(given, why)
        merged[other] = None
    with transaction(db):
        moved = 0
        for other in merged:
            change = Change("merge", other, keep, reason, at, by)
            moved += move_articles(db, change)
            close_story(db, change)
        refresh_stories(db, [(keep, None)])
    return moved


def split_story(
    db: Db, story: str, articles: Sequence[str], *, reason: str, by: str, at: datetime
) -> tuple[str, int]:
    """Move articles out of a story into one of their own; return its id and how many moved.

    That is a new one, or the one that the first of them began, where it was merged away: a merge
    that is taken back gives the story its id back, and whoever kept the id finds it.

    Args:
        db: the store.
        story: id, or the beginning of one.
        articles: ids, beginnings of ids, or URLs.
        reason: why; kept with the change.
        by: who says so.
        at: when; aware.

    Raises:
        ConfigError: no such story, an article that is not in it, or none would stay.
    """
    story = living(db, story)
    members = db.execute(
        "SELECT s.article_id, a.url, a.canonical_url FROM story_articles s "
        "LEFT JOIN article_rows a USING (article_id) WHERE s.story_id = ? ORDER BY s.arrival",
        [story],
    ).fetchall()
    leaving = {member(key, members, story) for key in articles}
    if len(leaving) == len(members):
        raise ConfigError(story, "all its articles would leave; nothing would be split")
    first = next(row[0] for row in members if row[0] in leaving)
    made = record_id("story", first)
    found = db.execute("SELECT merged_into FROM story_rows WHERE story_id = ?", [made]).fetchone()
    if found and found[0] is None:  # it lives: its first article was taken out of it before
        made = record_id("story", first, at.isoformat())
    with transaction(db):
        moved = move_articles(db, Change("split", story, made, reason, at, by), sorted(leaving))
        refresh_stories(db, [(story, None), (made, None)])
    return made, moved


def member(key: str, members: Sequence[tuple[Any, ...]], story: str) -> str:
    """Return the article of a story that an id, the beginning of one, or a URL stands for.

    Args:
        key: what the user gave.
        members: id and addresses of the story's articles.
        story: named in errors.

    Raises:
        ConfigError: none of them, or several.
    """
    found = [row[0] for row in members if key in row]
    if not found and is_web_url(key):  # as it was pasted, with tracking
        same = canonical_url(key)
        found = [row[0] for row in members if any(u and canonical_url(u) == same for u in row[1:])]
    if not found and len(key) >= MIN_BEGINNING:
        found = [row[0] for row in members if row[0].startswith(key)]
    if len(found) != 1:
        why = "several of its articles begin so" if found else f"is not an article of story {story}"
        raise ConfigError(key, f"{why}; `newsbeam stories show {story} --ids` lists them")
    return str(found[0])


def parted_copies(db: Db, story: str) -> int:
    """Return how many copies a story and its originals have in two different stories."""
    row = db.execute(
        "SELECT count(*) FROM story_articles c JOIN story_articles o ON o.article_id = c.copy_of "
        "WHERE c.story_id <> o.story_id AND $1 IN (c.story_id, o.story_id)",
        [story],
    ).fetchone()
    return int(row[0]) if row else 0


STORY_OF = """
SELECT story_id, merged_into FROM story_rows WHERE starts_with(story_id, $1) OR story_id IN (
    SELECT s.story_id FROM article_rows a JOIN story_articles s USING (article_id)
    WHERE a.url = $1 OR a.canonical_url = $2)
LIMIT 2
"""
"""Finds stories by the beginning of an id or by the URL of an article and its canonical form."""


def story_key(story: str) -> list[str]:
    """Return the parameters of :data:`STORY_OF`."""
    return [story, canonical_url(story) if is_web_url(story) else story]


def living(db: Db, story: str) -> str:
    """Return the story that an id, the beginning of one, or an article's URL stands for now.

    Raises:
        ConfigError: none, or several begin so.
    """
    found: list[tuple[Any, ...]] = db.execute(STORY_OF, story_key(story)).fetchall()
    if len(found) != 1 or not story:
        many = "several stories begin so; write more of the id" if found else "no such story"
        raise ConfigError(story or "STORY", f"{many}; `newsbeam stories list` shows them")
    return found[0][0] if found[0][1] is None else living(db, found[0][1])
