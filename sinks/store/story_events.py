"""The events of a batch: new stories, new facts in known stories, bursts of topics.

All are about articles on a topic, and each row of ``story_events`` carries as evidence what anyone
needs to check it in SQL.  A backfill is history: it makes no events.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from newsbeam.records import record_id
from newsbeam.stories.bursts import Burst, judge
from newsbeam.stories.novelty import new_fact
from sinks.store.batch import Batch
from sinks.store.lookup import listed
from sinks.store.story_edits import known_stories

Db = duckdb.DuckDBPyConnection
Row = dict[str, Any]

WINDOW = timedelta(hours=6)
"""Length of the windows in which bursts are counted."""
QUIET = timedelta(hours=24)
"""A topic that burst is not said to burst again so soon."""
EARLIER = 20
"""Latest articles of a story that a sentence is held against."""

_SCHEMA = pa.schema(
    [
        *(pa.field(n, pa.string()) for n in ("event_id", "kind", "story_id", "topic")),
        pa.field("article_id", pa.string()),
        pa.field("at_time", pa.timestamp("us")),
        pa.field("score", pa.float64()),
        pa.field("evidence", pa.string()),
        pa.field("run_id", pa.string()),
    ]
)


def story_events(db: Db, batch: Batch) -> None:
    """Write the events of the articles in the temporary table grouped_now."""
    if batch.kind == "backfill":
        return
    rows = [*_new_stories(db, batch), *_new_facts(db, batch), *_bursts(db, batch)]
    if rows:
        db.register("arrow_now", pa.Table.from_pylist(rows, schema=_SCHEMA))
        db.execute("INSERT INTO story_events FROM arrow_now ON CONFLICT DO NOTHING")
        db.unregister("arrow_now")
    for kind in ("new_story", "new_fact", "burst"):
        batch.counts[f"events_{kind}"] = sum(r["kind"] == kind for r in rows)


def _event(batch: Batch, event_id: str, kind: str, evidence: Row, **values: Any) -> Row:
    empty = {"story_id": None, "topic": None, "article_id": None, "score": None}
    said = json.dumps(evidence, ensure_ascii=False)
    fixed = {"event_id": event_id, "kind": kind, "at_time": batch.utc, "evidence": said}
    return {**empty, **fixed, "run_id": batch.run_id, **values}


def _new_stories(db: Db, batch: Batch) -> Iterator[Row]:
    """Yield each new story, once per topic that its first article is on."""
    for article, story, topic, nearest, similarity in db.execute(
        """
        SELECT g.article_id, s.story_id, m.topic, g.nearest, g.similarity
        FROM grouped_now g JOIN story_articles s USING (article_id)
        JOIN mention_rows m USING (article_id)
        WHERE g.new ORDER BY g.arrival, m.topic
        """
    ).fetchall():
        yield _event(
            batch,
            record_id("new_story", story, topic),
            "new_story",
            {
                "nearest earlier story": nearest,
                "probability of the nearest earlier story": similarity,
            },
            story_id=story,
            topic=topic,
            article_id=article,
        )


def _new_facts(db: Db, batch: Batch) -> Iterator[Row]:
    """Yield at most one new fact per article on a topic that joined a known story."""
    joined = db.execute(
        """
        SELECT g.article_id, s.story_id, g.arrival, any_value(a.language), any_value(a.text)
        FROM grouped_now g JOIN story_articles s USING (article_id)
        JOIN mention_rows m USING (article_id) JOIN staged_articles a USING (article_id)
        WHERE NOT g.new AND g.copy_of IS NULL AND NOT a.partial AND a.text IS NOT NULL
        GROUP BY ALL ORDER BY g.arrival
        """
    ).fetchall()
    if not joined:
        return
    told = _Told(db, [(story, arrival) for _, story, arrival, *_ in joined])
    for article, story, arrival, language, text in joined:
        earlier = told.before(story, arrival)
        found = new_fact(text, earlier, language)
        if found is not None:
            yield _event(
                batch,
                record_id("new_fact", article, found.sentence),
                "new_fact",
                {
                    "sentence": found.sentence,
                    "new names and numbers": list(found.new_terms),
                    "nearest earlier sentence": found.nearest,
                    "in article": found.nearest_article,
                    "articles compared": [e[0] for e in earlier],
                },
                story_id=story,
                article_id=article,
                score=found.novelty,
            )


class _Told:
    """What stories said before some articles of theirs.

    Read for all at once, and only from the parts of the tables that are as young as the oldest of
    the stories: article by article, every query would look through the whole history.

    Args:
        db: the store.
        asked: story, and the arrival before which its latest articles are wanted.
    """

    def __init__(self, db: Db, asked: Sequence[tuple[str, int]]) -> None:
        self._db = db
        stories = sorted({story for story, _ in asked})
        self._since = min(first for _, first in known_stories(db, stories).values())
        self._members: dict[str, list[tuple[int, str]]] = {}
        for story, arrival, article in db.execute(
            "SELECT story_id, arrival, article_id FROM story_articles "  # noqa: S608
            f"WHERE arrived >= ? AND story_id IN ({listed(stories)}) ORDER BY arrival",
            [self._since],
        ).fetchall():
            self._members.setdefault(story, []).append((arrival, article))
        self._texts = self._read(sorted({a for ask in asked for a in self._latest(*ask)}))

    def _latest(self, story: str, arrival: int) -> list[str]:
        return [a for at, a in self._members.get(story, ()) if at < arrival][-EARLIER:]

    def _read(self, articles: Sequence[str]) -> dict[str, str]:
        if not articles:
            return {}
        now = {
            row[0]: row[1:]
            for row in self._db.execute(
                "SELECT article_id, revision, title, fetched FROM article_rows "  # noqa: S608
                f"WHERE article_id IN ({listed(articles)})"
            ).fetchall()
        }
        oldest = min(fetched for *_, fetched in now.values())
        return {
            article: "\n".join(part for part in (now[article][1], text) if part is not None)
            for article, revision, text in self._db.execute(
                "SELECT article_id, revision, text FROM article_texts "  # noqa: S608
                f"WHERE at_time >= ? AND article_id IN ({listed(now)})",
                [oldest],
            ).fetchall()
            if revision == now[article][0]
        }

    def before(self, story: str, arrival: int) -> list[tuple[str, str]]:
        """Return the latest articles with their texts, in order of arrival."""
        found = ((a, self._texts.get(a)) for a in self._latest(story, arrival))
        return [(article, text) for article, text in found if text is not None]


def _bursts(db: Db, batch: Batch) -> Iterator[Row]:
    """Yield the topics of the batch with far more independent reports than their baseline."""
    topics = [
        row[0]
        for row in db.execute(
            "SELECT DISTINCT m.topic FROM grouped_now g JOIN mention_rows m USING (article_id) "
            "WHERE g.copy_of IS NULL ORDER BY 1"
        ).fetchall()
    ]
    if not topics:
        return
    options = batch.settings.stories
    most = int(timedelta(days=options.baseline_days) / WINDOW)
    least = int(timedelta(days=options.baseline_least_days) / WINDOW)
    measured = measured_windows(db, batch.utc, most)
    for topic in topics:
        if _lately(db, topic, batch.utc):
            continue
        counts = window_counts(db, topic, batch.utc, most)
        found = judge(counts.get(0, 0), [counts.get(w, 0) for w in measured], least)
        if found.verdict == "burst" or (found.verdict == "no_baseline" and found.count >= 4):
            yield _burst_row(batch, topic, found)


def measured_windows(db: Db, now: datetime, most: int) -> list[int]:
    """Return the windows before (1: the last one) in which at least one run took place."""
    return [
        row[0]
        for row in db.execute(
            """
            SELECT DISTINCT (epoch($1::TIMESTAMP - started) // $2)::INTEGER AS place
            FROM runs WHERE kind IN ('run', 'watch')
            AND started < $1 AND started >= $1::TIMESTAMP - to_seconds($2 * ($3 + 1))
            ORDER BY 1
            """,
            [now, WINDOW.total_seconds(), most],
        ).fetchall()
        if 1 <= row[0] <= most
    ]


def window_counts(db: Db, topic: str, now: datetime, most: int) -> dict[int, int]:
    """Return independent reports on a topic by window; 0 is the one that ends now."""
    found = db.execute(
        """
        SELECT (epoch($1::TIMESTAMP - s.arrived) // $2)::INTEGER AS place,
               count(DISTINCT (s.story_id, s.newsroom))
        FROM mention_rows m JOIN story_articles s USING (article_id)
        WHERE m.topic = $4 AND s.copy_of IS NULL
          AND s.newsroom_kind IN ('newsroom', 'agency')
          AND s.arrived <= $1 AND s.arrived > $1::TIMESTAMP - to_seconds($2 * ($3 + 1))
        GROUP BY 1
        """,
        [now, WINDOW.total_seconds(), most, topic],
    ).fetchall()
    return dict(found)


def _lately(db: Db, topic: str, now: datetime) -> bool:
    found = db.execute(
        "SELECT 1 FROM story_events WHERE kind IN ('burst', 'no_baseline') AND topic = ? "
        "AND at_time > ? LIMIT 1",
        [topic, now - QUIET],
    ).fetchall()  # not fetchone: an unfinished result forbids the next register()
    return bool(found)


def _burst_row(batch: Batch, topic: str, found: Burst) -> Row:
    span = batch.settings.stories
    return _event(
        batch,
        record_id(found.verdict, topic, batch.utc.isoformat()),
        found.verdict,
        {
            "window": [(batch.utc - WINDOW).isoformat(), batch.utc.isoformat()],
            "window hours": WINDOW.total_seconds() / 3600,
            "independent reports": found.count,
            "expected": found.mean,
            "expected, 95 %": [found.low, found.high],
            "baseline windows measured": found.windows,
            "baseline days": [span.baseline_least_days, span.baseline_days],
            "probability": found.probability,
            "counted as": "distinct (story, newsroom) of story_articles that are no copies, "
            "by arrived; windows with a row in runs",
        },
        topic=topic,
        score=found.ratio if found.verdict == "burst" else None,
    )
