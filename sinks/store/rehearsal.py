"""Rehearse alerts: what would be sent of stored articles, by the very code that sends.

Works on any connection that can read, the publication included: the tables that alerting writes
are shadowed by temporary ones, so nothing that is stored can change.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb

from newsbeam.settings import Settings
from sinks.channels.dispatch import Dispatcher
from sinks.channels.transport import Answer, Delivery
from sinks.store.alert_facts import rows
from sinks.store.alerts import ARMED, alerts_step
from sinks.store.batch import Batch

Db = duckdb.DuckDBPyConnection

AFTER_DAYS = 2
"""Digests that are due within so many days after the last article are shown, too."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message that would be sent."""

    at: datetime
    delivery: Delivery


def rehearse(
    db: Db,
    settings: Settings,
    *,
    articles: Sequence[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[list[Said], list[dict[str, Any]]]:
    """Return the messages in order, and why each article did or did not alert.

    Channels know nothing at the beginning, and nothing is seeded.

    Args:
        db: the store or its publication.
        settings: with the rules to try.
        articles: ids; as though they came now, in one batch.
        since: instead: all runs from this time on, each at its own time.
        until: up to this time.
    """
    _shadow(db)
    said: list[Said] = []
    stage = _Stage(db, settings, said)
    if articles:
        stage.play_articles(articles)
    else:
        for run_id, started, kind in _runs(db, since, until):
            stage.play_run(run_id, started.replace(tzinfo=UTC), kind)
    stage.finish()
    return said, rows(db, "FROM alert_decisions ORDER BY decided, article_id, rule")


def _runs(
    db: Db, since: datetime | None, until: datetime | None
) -> list[tuple[str, datetime, str]]:
    return db.execute(
        "SELECT run_id, started, kind FROM runs WHERE started >= coalesce($1, started) "
        "AND started <= coalesce($2, started) AND articles + revised > 0 ORDER BY started",
        [_naive(since), _naive(until)],
    ).fetchall()


def _naive(time: datetime | None) -> datetime | None:
    return time.astimezone(UTC).replace(tzinfo=None) if time else None


def _shadow(db: Db) -> None:
    """Put temporary tables before those that alerting and grouping write."""
    found = db.execute("SELECT current_database()").fetchone()
    source = f'"{found[0]}".main' if found else "main"
    sql = resources.files("sinks.store").joinpath("migrations/0004_alerts.sql").read_text("utf-8")
    for statement in re.findall(r"CREATE TABLE (\w+) \((.*?)^\);", sql, re.S | re.M):
        db.execute(f"CREATE OR REPLACE TEMP TABLE {statement[0]} ({statement[1]})")
    with suppress(duckdb.CatalogException):  # an older publication has no such table
        db.execute(f"INSERT INTO alert_mutes FROM {source}.alert_mutes")
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE story_articles AS FROM {source}.story_articles WHERE false"
    )
    # stories as they were: counted from the members that have come so far, as the commit counts
    db.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW story_rows AS
        WITH came AS (
            SELECT s.*, o.newsroom_kind AS original_kind,
                   row_number() OVER (PARTITION BY s.story_id, coalesce(s.copy_of, s.article_id)
                       ORDER BY s.newsroom_kind <> 'newsroom', s.arrival) AS version
            FROM story_articles s LEFT JOIN story_articles o ON o.article_id = s.copy_of)
        SELECT s.story_id, any_value(r.title) AS title, arg_min(s.article_id, s.arrival)
                   AS first_article,
               count(*) AS articles, count(s.copy_of) AS copies,
               count(DISTINCT s.newsroom) FILTER (
                   s.newsroom_kind = 'agency' OR s.newsroom_kind = 'newsroom'
                   AND (s.copy_of IS NULL
                        OR s.original_kind = 'aggregator' AND s.version = 1)) AS newsrooms
        FROM came s LEFT JOIN {source}.story_rows r USING (story_id)
        GROUP BY s.story_id
        """  # noqa: S608
    )
    db.execute(
        "CREATE OR REPLACE TEMP VIEW feed_cursors AS "  # noqa: S608
        "SELECT DISTINCT feed_url AS url, TIMESTAMP '1970-01-01' AS last_success "
        f"FROM {source}.article_rows"
    )
    db.execute("CREATE OR REPLACE TEMP TABLE meta (name VARCHAR, value VARCHAR)")
    db.execute("INSERT INTO meta VALUES (?, 'rehearsal')", [ARMED])
    db.execute(f"CREATE OR REPLACE TEMP MACRO members() AS TABLE FROM {source}.story_articles")


class _Stage:
    """Plays batches, one after the other, with a clock that follows them."""

    def __init__(self, db: Db, settings: Settings, said: list[Said]) -> None:
        self.db, self.settings, self.said = db, settings, said
        self.now = datetime(1970, 1, 1, tzinfo=UTC)
        self._dispatcher = Dispatcher(
            db, settings.alerts, lambda channel: _Recorder(self), lambda: self.now
        )

    def play_run(self, run_id: str, started: datetime, kind: str) -> None:
        """Decide on a stored run, at its time."""
        self._send_until(started)
        self.now = started
        self.db.execute(
            "CREATE OR REPLACE TEMP TABLE batch_articles AS SELECT article_id, "  # noqa: S608
            "CASE WHEN revision = 1 THEN 'new' ELSE 'revised' END AS change, revision "
            f"FROM article_texts WHERE run_id = {_text(run_id)}"
        )
        self._play(run_id, "watch" if kind != "backfill" else kind)

    def play_articles(self, articles: Sequence[str]) -> None:
        """Decide on articles as though they came together, when the last of them came."""
        listed = ", ".join(map(_text, articles))
        last = rows(
            self.db,
            f"SELECT max(first_fetched) AS at FROM article_rows WHERE article_id IN ({listed})",  # noqa: S608
        )
        self.now = last[0]["at"] or self.now
        self.db.execute(
            "INSERT INTO story_articles FROM members() WHERE arrival <= (SELECT max(arrival) "  # noqa: S608
            f"FROM members() WHERE article_id IN ({listed}))"
        )
        self.db.execute(
            "CREATE OR REPLACE TEMP TABLE batch_articles AS SELECT article_id, 'new' AS change, "  # noqa: S608
            f"1 AS revision FROM article_rows WHERE article_id IN ({listed})"
        )
        self._play("rehearsal", "watch")

    def finish(self) -> None:
        """Let time pass until the last digest is out."""
        self._send_until(self.now + timedelta(days=AFTER_DAYS))

    def _play(self, run_id: str, kind: str) -> None:
        self.db.execute(
            "INSERT INTO story_articles FROM members() WHERE article_id IN "
            "(SELECT article_id FROM batch_articles) AND article_id NOT IN "
            "(SELECT article_id FROM story_articles)"
        )
        self.db.execute(
            "CREATE OR REPLACE TEMP TABLE batch_mentions AS "  # noqa: S608
            "SELECT m.mention_id, m.article_id, m.topic, b.revision, "
            f"CASE WHEN b.change = 'new' OR m.decided = TIMESTAMP '{_naive(self.now)}' "
            "THEN 'new' ELSE 'same' END AS change "
            "FROM mention_rows m JOIN batch_articles b USING (article_id)"
        )
        batch = Batch(run_id, kind, self.now, "", self.settings, Path())
        self.db.execute("BEGIN")
        alerts_step(self.db, batch)
        self.db.execute("COMMIT")

    def _send_until(self, end: datetime) -> None:
        while (again := self._dispatcher.step()) is not None and again <= end:
            self.now = max(self.now, again)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


class _Recorder:
    """The transport of a rehearsal: everything arrives at once."""

    account = "rehearsal"
    threads = True
    gap_s = 0.0

    def __init__(self, stage: _Stage) -> None:
        self._stage = stage

    def send(self, delivery: Delivery) -> Answer:
        self._stage.said.append(Said(self._stage.now, delivery))
        return Answer("sent", ts=delivery.alert_id, place=delivery.channel)

    def find(self, delivery: Delivery) -> Answer:
        return Answer("not_sent")
