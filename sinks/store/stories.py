"""The commit's step for stories: groups the articles that are new in the batch.

Articles are grouped in order of arrival: by publication date (never later than the run), then by
id.  So one batch, several batches and a live watch give the same stories for the same articles in
the same order.  The grouper may stay warm between the cycles of one process; where it is not, or
where somebody else has changed the stories meanwhile, it is restored from the last days' rows:
the cost depends on the window, not on the history.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from newsbeam.stories.features import Floats
from newsbeam.stories.grouper import WINDOW_DAYS, Assignment, Grouper, Kept, Merge, Past, StoryInput
from newsbeam.stories.newsrooms import Newsroom, configured_owners
from newsbeam.stories.pack import Packed, readable, unpack
from newsbeam.stories.traits import read_traits
from sinks.store.batch import Batch, staged_model
from sinks.store.story_edits import (
    Change,
    close_story,
    known_stories,
    move_articles,
    refresh_stories,
)
from sinks.store.story_events import story_events

Db = duckdb.DuckDBPyConnection
AT_ONCE = 512
"""Articles turned from columns into records at once."""


def group_step(db: Db, batch: Batch) -> None:
    """Give every new article of the batch its story; write stories, copies, lineage and events."""
    model = _model(db)
    grouper, arrival = _grouper(db, batch, model)
    owners = configured_owners(batch.settings)
    rows: list[dict[str, Any]] = []
    features: list[dict[str, Any]] = []
    merges: list[Merge] = []
    for item, url in _new_articles(db, batch):
        made = grouper.add(item)
        kept = grouper.kept(item.id)
        arrival += 1
        who = owners.newsroom(item.outlet, made.wire_origin, url)
        rows.append(_article_row(item, made, kept, arrival, who, batch.run_id))
        packed = grouper.packed(item.id)
        features.append(_feature_row(kept, packed, item.vector, arrival, model))
        merges += made.merges
    if rows:
        now_in = _followed(merges)
        for row in rows:
            row["story_id"] = now_in.get(row["story_id"], row["story_id"])
        _write(db, batch, rows, features)
        changed = {row["story_id"] for row in rows}
        known = known_stories(db, sorted(changed | {m.merged for m in merges}))
        since = min([*(row["arrived"] for row in rows), *(k[1] for k in known.values())])
        changed |= _merge(db, batch, merges, since)
        refresh_stories(db, [(s, grouper.central(s)) for s in sorted(changed)], batch.run_id, since)
        story_events(db, batch)
    batch.counts["stories_new"] = sum(r["new"] for r in rows)
    batch.counts["stories_merged"] = len(merges)
    batch.counts["copies"] = sum(r["copy_of"] is not None for r in rows)
    batch.warm["stories"] = (grouper, (*_state(db), model))


def _followed(merges: Sequence[Merge]) -> dict[str, str]:
    """Return for each story that a batch merged away the one that it ended up in."""
    into = {m.merged: m.story for m in merges}
    found = {}
    for story in into:
        end = story
        while end in into:
            end = into[end]
        found[story] = end
    return found


def _merge(db: Db, batch: Batch, merges: Sequence[Merge], since: datetime) -> set[str]:
    """Write the batch's merges of stories that the store knows; return the stories that grew."""
    now_in, grown = _followed(merges), set()
    for merge in merges:
        target = now_in[merge.merged]
        change = Change(
            "merge",
            merge.merged,
            target,
            merge.reason,
            batch.now,
            similarity=merge.similarity,
            run_id=batch.run_id,
        )
        if move_articles(db, change, since=since):
            close_story(db, change)
            grown.add(target)
    return grown


def _state(db: Db) -> tuple[int, int]:
    """Return what changes whenever stories do: the last arrival and the number of changes."""
    arrivals, changes = db.execute(
        "SELECT (SELECT coalesce(max(arrival), 0) FROM story_articles), "
        "(SELECT count(*) FROM story_lineage)"
    ).fetchall()[0]
    return arrivals, changes


def _grouper(db: Db, batch: Batch, model: str | None) -> tuple[Grouper, int]:
    """Return the warm grouper where it still fits the store, else one restored from it."""
    state = (*_state(db), model)
    warm = batch.warm.pop("stories", None)  # a failed commit must not leave a grouper that ran on
    if warm is not None and warm[1] == state:
        return warm[0], state[0]
    days = batch.settings.stories.window_days
    past = past_window(db, days, model)
    return Grouper.restore(past, days=days, apart=parted(db), encoder=model), state[0]


def parted(db: Db) -> list[tuple[str, str]]:
    """Return the pairs of stories that a person has split, as they are named now.

    Where one became part of another since, that one is kept apart in its place.
    """
    pairs = db.execute(
        """
        WITH RECURSIVE parted AS (
            SELECT from_story, to_story FROM story_lineage WHERE kind = 'split'),
        fate(story_id, now_in, depth) AS (
            SELECT story_id, story_id, 0 FROM (
                SELECT from_story AS story_id FROM parted UNION SELECT to_story FROM parted)
            UNION ALL
            SELECT f.story_id, r.merged_into, f.depth + 1
            FROM fate f JOIN story_rows r ON r.story_id = f.now_in
            WHERE r.merged_into IS NOT NULL AND f.depth < 100),
        living AS (SELECT story_id, arg_max(now_in, depth) AS now_in FROM fate GROUP BY story_id)
        SELECT DISTINCT a.now_in, b.now_in
        FROM parted p JOIN living a ON a.story_id = p.from_story
        JOIN living b ON b.story_id = p.to_story
        WHERE a.now_in <> b.now_in  -- a person has put them together again
        ORDER BY ALL
        """
    ).fetchall()
    return [(one, other) for one, other in pairs]


def _model(db: Db) -> str | None:
    """Return the model of the batch's vectors; where it has none, that of the window's latest."""
    if model := staged_model(db):
        return model
    found = db.execute("SELECT arg_max(model, arrival) FROM story_features").fetchall()
    latest: str | None = found[0][0]
    return latest


def past_window(db: Db, days: float = WINDOW_DAYS, model: str | None = None) -> Past:
    """Return the articles of the last days, in order of arrival.

    Those embedded by another model (name and revision) come without a vector: what two models
    say cannot be compared.

    Args:
        db: the store.
        days: how long an article stays in the window.
        model: identity of the model of the articles to come; None: no vector is left out.

    Read as columns: 100,000 articles at once cost a tenth of what one after another cost.
    """
    last = db.execute("SELECT max(arrived) FROM story_features").fetchall()[0]
    found = db.sql(
        """
        SELECT f.article_id, s.story_id, s.copy_of, s.outlet, f.published, f.arrived, f.features,
               CASE WHEN $3 IS NULL OR split_part(f.model, '/', 1) = split_part($3, '/', 1)
                    THEN f.vector END AS vector
        FROM story_features f JOIN story_articles s USING (article_id)
        WHERE f.arrived >= $1::TIMESTAMP - to_seconds($2::DOUBLE)
          AND s.arrived >= $1::TIMESTAMP - to_seconds($2::DOUBLE)  -- skips older parts of the table
        ORDER BY f.arrival
        """,
        params=[last[0], days * 86_400, model],
    ).to_arrow_table()
    data = found["features"].to_pylist()
    if not all(map(readable, data)):  # by another newsbeam: forgotten, as if it had left the window
        found = found.filter(pa.array(list(map(readable, data))))
        data = [row for row in data if readable(row)]
    vectors, embedded = _vectors(found["vector"])
    names = ("article_id", "story_id", "copy_of", "outlet")
    texts = [found[name].to_pylist() for name in names]
    times = [map(_aware, found[name].to_pylist()) for name in ("published", "arrived")]
    articles = [Kept(*row) for row in zip(*texts, *times, strict=True)]
    return Past(articles, unpack(data), vectors, embedded)


def _vectors(column: pa.ChunkedArray) -> tuple[Floats, NDArray[np.bool_]]:
    """Return float32 (n, d), zeros where there is no vector, and (n,) where there is one."""
    embedded = column.is_valid().to_numpy()
    flat = column.drop_null().combine_chunks().flatten().to_numpy().astype(np.float32, copy=False)
    rows = flat.reshape(int(embedded.sum()), -1) if len(flat) else np.zeros((0, 384), np.float32)
    if embedded.all():
        return rows, embedded
    vectors = np.zeros((len(embedded), rows.shape[1]), np.float32)
    vectors[embedded] = rows
    return vectors, embedded


def _aware(time: datetime | None) -> datetime | None:
    return None if time is None else time.replace(tzinfo=UTC)


def _new_articles(db: Db, batch: Batch) -> Iterator[tuple[StoryInput, str | None]]:
    """Yield the batch's new articles with their addresses, in order of arrival.

    Columns take a third of the memory.
    """
    found = db.sql(
        """
        SELECT s.article_id, s.title, s.text, s.outlet, s.published, s.language, s.url, s.vector,
               least(coalesce(s.published, $1), $1) AS came
        FROM staged_articles s JOIN batch_articles b USING (article_id)
        WHERE b.change = 'new'
        ORDER BY came, s.article_id
        """,
        params=[batch.utc],
    ).to_arrow_table()
    names = ("article_id", "title", "text", "outlet", "language", "published", "url", "came")
    for start in range(0, len(found), AT_ONCE):
        part = found.slice(start, AT_ONCE)
        vectors, embedded = _vectors(part["vector"])
        columns = [part[name].to_pylist() for name in names]
        for vector, known, *row in zip(vectors, embedded, *columns, strict=True):
            article, title, text, outlet, language, published, url, came = row
            item = StoryInput(
                id=article,
                title=title,
                text=text,
                outlet=outlet,
                published=_aware(published),
                seen=_aware(came),
                language=language,
                vector=vector if known else None,
                traits=batch.call(read_traits, title, text, language),
            )
            yield item, url


def _article_row(
    item: StoryInput, made: Assignment, kept: Kept, arrival: int, who: Newsroom, run_id: str
) -> dict[str, Any]:
    return {
        "article_id": item.id,
        "story_id": made.story,
        "arrival": arrival,
        "arrived": kept.seen.replace(tzinfo=None),
        "published": kept.published.replace(tzinfo=None) if kept.published else None,
        "outlet": item.outlet,
        "newsroom": who.name,
        "newsroom_kind": who.kind,
        "copy_of": made.copy_of,
        "wire_origin": made.wire_origin,
        "resemblance": made.likeness.resemblance if made.likeness else None,
        "containment": made.likeness.containment if made.likeness else None,
        "similarity": made.similarity,
        "reasons": list(made.reasons),
        "run_id": run_id,
        "new": made.new,
        "nearest": made.nearest,
    }


_ARTICLES = pa.schema(
    [
        *(pa.field(n, pa.string()) for n in ("article_id", "story_id")),
        pa.field("arrival", pa.int64()),
        *(pa.field(n, pa.timestamp("us")) for n in ("arrived", "published")),
        *(
            pa.field(n, pa.string())
            for n in ("outlet", "newsroom", "newsroom_kind", "copy_of", "wire_origin")
        ),
        *(pa.field(n, pa.float64()) for n in ("resemblance", "containment", "similarity")),
        pa.field("reasons", pa.list_(pa.string())),
        pa.field("run_id", pa.string()),
        pa.field("new", pa.bool_()),
        pa.field("nearest", pa.string()),
    ]
)
_FEATURES = pa.schema(
    [
        pa.field("article_id", pa.string()),
        pa.field("arrival", pa.int64()),
        *(pa.field(n, pa.timestamp("us")) for n in ("arrived", "published")),
        pa.field("features", pa.binary()),
        pa.field("vector", pa.list_(pa.float32())),
        pa.field("model", pa.string()),
    ]
)


def _feature_row(
    kept: Kept, packed: Packed, vector: Floats | None, arrival: int, model: str | None
) -> dict[str, Any]:
    return {
        "article_id": kept.id,
        "arrival": arrival,
        "arrived": kept.seen.replace(tzinfo=None),
        "published": kept.published.replace(tzinfo=None) if kept.published else None,
        "features": packed.tobytes(),
        "vector": vector,
        "model": None if vector is None else model,
    }


def _write(
    db: Db, batch: Batch, rows: list[dict[str, Any]], features: list[dict[str, Any]]
) -> None:
    for name, table in (
        ("grouped_now", pa.Table.from_pylist(rows, schema=_ARTICLES)),
        ("features_now", pa.Table.from_pylist(features, schema=_FEATURES)),
    ):
        db.register("arrow_now", table)
        db.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM arrow_now")
        db.unregister("arrow_now")
    db.execute("INSERT INTO story_articles SELECT * EXCLUDE (new, nearest) FROM grouped_now")
    db.execute("INSERT INTO story_features BY NAME FROM features_now")
    db.execute(  # what has left the window is not needed any more
        "DELETE FROM story_features WHERE arrived < "
        "(SELECT max(arrived) FROM story_features) - to_seconds($1::DOUBLE)",
        [batch.settings.stories.window_days * 86_400],
    )
    db.execute(
        "INSERT INTO story_history "
        "SELECT article_id, story_id, $1, NULL, 'grouped', run_id FROM grouped_now",
        [batch.utc],
    )
