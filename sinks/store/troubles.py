"""Trouble that somebody should know of: found by looking at the store, told once.

::

    failing_feed   five weighted failures in a row
    silent_feed    answers, but has had no new entry for long, and for four times its usual gap
    quiet_topic    a topic that used to have mentions has none: less likely than 1 in 1,000
    dead_letter    a channel refused an alert for good
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import exp
from typing import NamedTuple

import duckdb

from newsbeam.alerts.messages import Message, to_json
from newsbeam.alerts.settings import AlertsSettings
from newsbeam.records import record_id
from sinks.store.alert_facts import rows
from sinks.store.transaction import transaction

FAILURES = 5
"""Weighted failures in a row: about five polls without a usable answer."""
SPAN_DAYS = 14
"""History that a usual pace is taken from."""
LEAST_DAYS = 5
"""Shorter histories have no usual pace."""
UNLIKELY = 0.001
"""Chance of no mention at the usual pace (Poisson), below which a topic is called quiet."""
LINES = 20


class Trouble(NamedTuple):
    """Something that is wrong now."""

    kind: str
    subject: str
    detail: str

    @property
    def id(self) -> str:
        """Stable id: of kind and subject."""
        return record_id("trouble", self.kind, self.subject)


def check_troubles(db: duckdb.DuckDBPyConnection, settings: AlertsSettings, now: datetime) -> int:
    """Look for trouble; put what is new, or over, into the outbox as one message.

    Returns the number of troubles that last.
    """
    found = {t.id: t for t in find_troubles(db, settings, now)}
    with transaction(db):
        open_ = {
            r["trouble_id"]: r
            for r in rows(db, "SELECT * FROM alert_troubles WHERE over IS NULL ORDER BY since")
        }
        new = [t for i, t in found.items() if i not in open_]
        over = [r for i, r in open_.items() if i not in found]
        for trouble in new:
            db.execute(
                "INSERT INTO alert_troubles VALUES ($1, $2, $3, $4, $5, $6, NULL) "
                "ON CONFLICT (trouble_id) DO UPDATE SET detail = excluded.detail, "
                "since = excluded.since, told = excluded.told, over = NULL",
                [trouble.id, *trouble, _naive(now),
                 _naive(now) if settings.operations_channel else None],
            )  # fmt: skip
        for row in over:
            db.execute(
                "UPDATE alert_troubles SET over = ? WHERE trouble_id = ?",
                [_naive(now), row["trouble_id"]],
            )
        lines = [t.detail for t in new] + [f"over: {r['detail']}" for r in over if r["told"]]
        if lines and settings.operations_channel:
            _tell(db, settings.operations_channel, lines, [t.id for t in new], now)
    return len(found)


def _tell(
    db: duckdb.DuckDBPyConnection, channel: str, lines: list[str], ids: list[str], now: datetime
) -> None:
    shown = lines[:LINES]
    if len(lines) > LINES:
        shown.append(f"and {len(lines) - LINES} more: `newsbeam status`")
    title = "newsbeam needs attention" if ids else "newsbeam: trouble is over"
    message = Message("operations", title=title, lines=tuple(shown))
    state = f"operations:{now:%Y-%m-%dT%H:%M:%S}"
    db.execute(
        """
        INSERT INTO alert_outbox (alert_id, kind, channel, rule, state, decided, not_before, status,
                                  attempts, next_try, message, reason)
        VALUES ($1, 'operations', $2, 'operations', $3, $4, $4, 'pending', 0, $4, $5, 'trouble')
        ON CONFLICT (alert_id) DO NOTHING
        """,
        [record_id("alert", channel, state, *sorted(ids)), channel, state, _naive(now),
         to_json(message)],
    )  # fmt: skip


def find_troubles(
    db: duckdb.DuckDBPyConnection, settings: AlertsSettings, now: datetime
) -> Iterator[Trouble]:
    """Yield what is wrong now."""
    yield from _failing_feeds(db)
    yield from _silent_feeds(db, settings, now)
    yield from _quiet_topics(db, now)
    yield from _dead_letters(db, settings)


def _failing_feeds(db: duckdb.DuckDBPyConnection) -> Iterator[Trouble]:
    for feed in rows(
        db,
        "SELECT c.url, c.verdict, c.reason, c.last_success FROM feed_cursors c JOIN feeds f "
        "USING (url) WHERE f.active AND c.failures >= ? ORDER BY c.url",
        [FAILURES],
    ):
        since = f"since {feed['last_success']:%d %b %H:%M}" if feed["last_success"] else "ever"
        why = feed["reason"] or feed["verdict"]
        yield Trouble("failing_feed", feed["url"], f"no answer {since} from {feed['url']}: {why}")


def _silent_feeds(
    db: duckdb.DuckDBPyConnection, settings: AlertsSettings, now: datetime
) -> Iterator[Trouble]:
    for feed in rows(
        db,
        """
        WITH pace AS (
            SELECT feed_url AS url, count(*) AS entries
            FROM entries WHERE first_seen > $1::TIMESTAMP - to_days($2) GROUP BY 1
        )
        SELECT c.url, c.last_new, p.entries
        FROM feed_cursors c JOIN feeds f USING (url) JOIN pace p USING (url)
        WHERE f.active AND c.failures = 0 AND p.entries >= 3
          AND c.last_new < $1::TIMESTAMP - to_seconds(greatest($3, 4 * 86400 * $2 / p.entries))
        ORDER BY c.url
        """,
        [_naive(now), SPAN_DAYS, settings.silent_feed_hours * 3600],
    ):
        yield Trouble(
            "silent_feed",
            feed["url"],
            f"nothing new since {feed['last_new']:%d %b %H:%M} from {feed['url']}, which had "
            f"{feed['entries']} entries in {SPAN_DAYS} days",
        )


def _quiet_topics(db: duckdb.DuckDBPyConnection, now: datetime) -> Iterator[Trouble]:
    for topic in rows(
        db,
        """
        SELECT topic, count(*) AS mentions, max(decided) AS last,
               least($2, date_diff('hour', min(decided), $1::TIMESTAMP) / 24.0) AS days
        FROM mention_rows WHERE decided > $1::TIMESTAMP - to_days($2) GROUP BY topic ORDER BY topic
        """,
        [_naive(now), SPAN_DAYS],
    ):
        silent = (now - topic["last"]) / timedelta(days=1)
        spoke = topic["days"] - silent
        if topic["days"] < LEAST_DAYS or spoke <= 0:
            continue
        pace = topic["mentions"] / spoke
        if silent >= 1 and exp(-pace * silent) < UNLIKELY:
            yield Trouble(
                "quiet_topic",
                topic["topic"],
                f"topic {topic['topic']} has had no mention since {topic['last']:%d %b %H:%M}; "
                f"before, {pace:.1f} a day",
            )


def _dead_letters(db: duckdb.DuckDBPyConnection, settings: AlertsSettings) -> Iterator[Trouble]:
    for row in rows(
        db,
        "SELECT channel, count(*) AS letters, any_value(error) AS error FROM alert_outbox "
        "WHERE status = 'dead' AND channel <> ? GROUP BY channel ORDER BY channel",
        [settings.operations_channel],
    ):
        count = row["letters"]
        yield Trouble(
            "dead_letter",
            row["channel"],
            f"{count} alert{'s' if count > 1 else ''} could not be sent to {row['channel']}: "
            f"{row['error']}",
        )


def _naive(time: datetime) -> datetime:
    return time.replace(tzinfo=None)
