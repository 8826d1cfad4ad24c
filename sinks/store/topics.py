"""Topics in the store: versions, labels, stored articles to judge again, and retagging.

All functions take an open connection; writing ones run in the caller's transaction.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from newsbeam import __version__
from newsbeam.errors import ConfigError
from newsbeam.records import Article, Mention, Zone, ZoneKind
from newsbeam.topics.loading import configured_topics
from newsbeam.topics.topicset import ActiveTopic, TopicSet
from newsbeam.urls import canonical_url
from sinks.publish.changes import touch
from sinks.store.batch import Batch
from sinks.store.rows import mention_row
from sinks.store.store import connect, existing, explained

AT_ONCE = 256
"""Articles read at once: their texts fit in memory many times over."""


@contextmanager
def read_store(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the store for reading.

    Raises:
        ConfigError: there is no store yet.
        StoreBusyError: another process is writing.
    """
    try:
        db = connect(existing(path), read_only=True)
    except (duckdb.Error, OSError) as error:
        raise explained(error, path) from error
    try:
        yield db
    finally:
        db.close()


def record_versions(db: duckdb.DuckDBPyConnection, topics: TopicSet, now: datetime) -> None:
    """Keep the versions of the topics in force, so that a mention can be explained for good."""
    for name in topics.names:
        active = topics[name]
        db.execute(
            "INSERT OR IGNORE INTO topic_versions VALUES (?, ?, ?, ?, ?, ?, ?)",
            [*_version_row(active), _naive(now)],
        )


def topics_step(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Keep the topic versions that decided the batch's mentions and are not known yet.

    A step of the commit; topics are read again only where there is a new version.
    """
    unknown = db.execute(
        "SELECT DISTINCT topic, topic_version FROM staged_mentions m WHERE NOT EXISTS "
        "(FROM topic_versions v WHERE v.topic = m.topic AND v.version = m.topic_version)"
    ).fetchall()
    if unknown:
        topics = configured_topics(batch.settings.topics, batch.settings.home)
        record_versions(db, topics, batch.now)


def _version_row(active: ActiveTopic) -> list[Any]:
    bound = active.calibration
    return [
        active.topic.name,
        active.version,
        json.dumps(asdict(active.topic), ensure_ascii=False),
        json.dumps(asdict(bound)) if bound else None,
        active.model.threshold,
        bound.model if bound else None,
    ]


@dataclass(frozen=True, slots=True)
class Label:
    """One answer of one person."""

    article_id: str
    topic: str
    about: bool
    who: str
    at: datetime
    source: str = "cli"
    note: str | None = None


def add_label(db: duckdb.DuckDBPyConnection, label: Label) -> None:
    """Write an answer; an earlier one of the same person is replaced.

    The call for every front end: command line, dashboard, Slack.

    Raises:
        ConfigError: there is no such article.
    """
    if not db.execute(
        "SELECT 1 FROM article_rows WHERE article_id = ?", [label.article_id]
    ).fetchone():
        raise ConfigError("article", f"there is no article {label.article_id!r} in the store")
    known = db.execute(
        "SELECT score, topic_version FROM mention_rows WHERE article_id = ? AND topic = ?",
        [label.article_id, label.topic],
    ).fetchone()
    score, version = known or (None, None)
    db.execute(
        "INSERT OR REPLACE INTO topic_labels VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            label.article_id,
            label.topic,
            label.about,
            label.who,
            _naive(label.at),
            label.source,
            label.note,
            known is not None,
            score,
            version,
        ],
    )
    touch(db, "topic_labels", None)  # an answer that replaces another adds no row


def answers(db: duckdb.DuckDBPyConnection, topic: str) -> dict[str, bool]:
    """Return what people say about a topic: article id -> about it or not."""
    rows = db.execute(
        "SELECT article_id, about FROM topic_answers WHERE topic = ? ORDER BY article_id", [topic]
    ).fetchall()
    return dict(rows)


def undecided(db: duckdb.DuckDBPyConnection, topic: str) -> int:
    """Return on how many articles as many people say yes as no: these count for nothing."""
    row = db.execute(
        "SELECT count(*) FROM (SELECT article_id FROM topic_labels WHERE topic = ? "
        "GROUP BY article_id HAVING count_if(about) * 2 = count(*))",
        [topic],
    ).fetchone()
    return int(row[0]) if row else 0


def said(db: duckdb.DuckDBPyConnection, article_id: str, topic: str) -> tuple[int, int]:
    """Return how many people say yes and how many say no of an article and a topic."""
    row = db.execute(
        "SELECT count_if(about), count_if(NOT about) FROM topic_labels "
        "WHERE article_id = ? AND topic = ?",
        [article_id, topic],
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def find_article(db: duckdb.DuckDBPyConnection, key: str, table: str = "article_rows") -> str:
    """Return the id of an article by its id, the beginning of its id, or its URL.

    Args:
        db: the open store, or its publication.
        key: what the user gave.
        table: of the store; ``articles`` in its publication.

    Raises:
        ConfigError: no article, or several, are meant.
    """
    address = canonical_url(key) if "://" in key else key  # as pasted: www., utm_source …
    rows = db.execute(
        f"SELECT article_id FROM {table} WHERE url = $1 OR canonical_url IN ($1, $2) "  # noqa: S608
        "OR (length($1) >= 4 AND starts_with(article_id, $1)) ORDER BY 1 LIMIT 3",
        [key.strip(), address],
    ).fetchall()
    if len(rows) != 1:
        what = "several articles begin with" if rows else "there is no article"
        raise ConfigError("article", f"{what} {key!r}; give the whole id, or the URL")
    return str(rows[0][0])


def same_stories(db: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> set[str]:
    """Return the articles that report what one of these reports."""
    rows = db.execute(
        "SELECT article_id FROM story_articles WHERE story_id IN "
        "(SELECT story_id FROM story_articles WHERE article_id IN (SELECT unnest(?)))",
        [list(ids)],
    ).fetchall()
    return {row[0] for row in rows}


def stored_articles(
    db: duckdb.DuckDBPyConnection,
    since: datetime | None = None,
    ids: Sequence[str] | None = None,
) -> Iterator[list[Article]]:
    """Yield the current revisions of the articles, oldest first, some hundred at a time.

    Args:
        db: the open store.
        since: only articles fetched at or after this time.
        ids: only these.
    """
    where, values = ["t.text IS NOT NULL"], []
    if since is not None:
        where.append("a.first_fetched >= ?")
        values.append(_naive(since))
    if ids is not None:
        where.append("a.article_id IN (SELECT unnest(?))")
        values.append(list(ids))  # type: ignore[arg-type]
    cursor = db.cursor()
    cursor.execute(
        "SELECT a.*, t.text AS text, t.zones AS zones FROM article_rows a "  # noqa: S608
        "JOIN article_texts t ON t.article_id = a.article_id AND t.revision = a.revision "
        f"WHERE {' AND '.join(where)} ORDER BY a.first_fetched, a.article_id",
        values,
    )
    names = [column[0] for column in cursor.description or ()]
    while rows := cursor.fetchmany(AT_ONCE):
        yield [_article(dict(zip(names, row, strict=True))) for row in rows]


def _article(row: Mapping[str, Any]) -> Article:
    zones = tuple(Zone(ZoneKind(k), a, b) for k, a, b in json.loads(row["zones"] or "[]"))
    return Article(
        id=row["article_id"],
        url=row["url"],
        canonical_url=row["canonical_url"],
        outlet=row["outlet"],
        title=row["title"],
        text=row["text"],
        fetched=_aware(row["fetched"]) or datetime.min.replace(tzinfo=UTC),
        verdict=row["verdict"],
        reasons=tuple(row["reasons"]),
        zones=zones,
        published=_aware(row["published"]),
        published_confidence=row["published_confidence"],
        modified=_aware(row["modified"]),
        authors=tuple(row["authors"]),
        language=row["language"],
        site_name=row["site_name"],
        image=row["image"],
        section=row["section"],
        keywords=tuple(row["keywords"]),
        partial=row["partial"],
        entry_id=row["entry_id"],
        feed_url=row["feed_url"],
        feed_tags=tuple(row["feed_tags"]),
        source=row["source"],
    )


def mention_scores(db: duckdb.DuckDBPyConnection, topic: str) -> dict[str, tuple[float, str]]:
    """Return the mentions in force of a topic: article id -> score, version of the topic."""
    rows = db.execute(
        "SELECT article_id, score, topic_version FROM mention_rows WHERE topic = ?", [topic]
    ).fetchall()
    return {article: (score, version) for article, score, version in rows}


def replace_mentions(
    db: duckdb.DuckDBPyConnection,
    topics: Sequence[str],
    article_ids: Sequence[str],
    mentions: Iterable[Mention],
    now: datetime,
    run_id: str,
) -> dict[str, int]:
    """Give articles the mentions of a new decision; others keep theirs.  Nothing is alerted.

    Args:
        db: the open store.
        topics: the topics that were decided again.
        article_ids: the articles that were decided again.
        mentions: what is true of them now.
        now: becomes ``decided`` of new mentions.
        run_id: names this retagging.

    Returns:
        How many mentions were ``gained``, ``kept`` and ``lost``.
    """
    rows = {m.id: mention_row(m) for m in mentions}
    old = {
        row[0]
        for row in db.execute(
            "SELECT mention_id FROM mention_rows WHERE topic IN (SELECT unnest($1)) "
            "AND article_id IN (SELECT unnest($2))",
            [list(topics), list(article_ids)],
        ).fetchall()
    }
    lost = sorted(old - rows.keys())
    db.execute("DELETE FROM mention_rows WHERE mention_id IN (SELECT unnest(?))", [lost])
    touch(db, "mention_rows", lost)
    for row in rows.values():
        db.execute(
            "INSERT INTO mention_rows SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, "
            "(SELECT revision FROM article_rows WHERE article_id = $2), $10, $11 "
            "ON CONFLICT (mention_id) DO UPDATE SET score = excluded.score, "
            "matched_by = excluded.matched_by, topic_version = excluded.topic_version, "
            "evidence = excluded.evidence, parts = excluded.parts, partial = excluded.partial, "
            "run_id = excluded.run_id",
            [
                *(row[k] for k in ("mention_id", "article_id", "topic", "score", "matched_by")),
                *(row[k] for k in ("topic_version", "evidence", "parts", "partial")),
                _naive(now),
                run_id,
            ],
        )
    return {
        "gained": len(rows.keys() - old),
        "kept": len(rows.keys() & old),
        "lost": len(lost),
    }


def _naive(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(tzinfo=None)


def _aware(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time else None


def record_retag(
    db: duckdb.DuckDBPyConnection,
    run_id: str,
    started: datetime,
    finished: datetime,
    config_hash: str,
    counts: Mapping[str, int],
) -> None:
    """Write a retagging into ``runs``, so that every mention's ``run_id`` can be looked up."""
    db.execute(
        "INSERT INTO runs (run_id, kind, started, finished, config_hash, newsbeam, feeds, "
        "feeds_failed, entries, known, articles, revised, mentions, stages) "
        "VALUES (?, 'retag', ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, ?, ?)",
        [
            run_id,
            _naive(started),
            _naive(finished),
            config_hash,
            __version__,
            counts.get("gained", 0) + counts.get("kept", 0),
            json.dumps(dict(counts)),
        ],
    )
