"""The outbox: what is to be sent, what was sent, and what is not known.

Each function is one short transaction.  ``sending`` is written to disk before a call begins, so a
process that dies in between leaves a row that :func:`recover` finds.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import duckdb

from newsbeam.alerts.messages import from_json
from sinks.channels.transport import Answer, Delivery
from sinks.store.alert_facts import Row, rows
from sinks.store.transaction import transaction

REFUSED = "the token is refused: "
"""Beginning of a channel's error while nothing can be sent to anybody."""
MUTED = "muted"
"""Error of what was cancelled by a mute; it may be decided again when the mute is over."""
MAX_ATTEMPTS = 8
"""Calls that the channel answered with a failure, before the row is a dead letter."""


def recover(db: duckdb.DuckDBPyConnection, now: datetime) -> int:
    """Put the outbox right after a start; return how many calls were under way when it stopped.

    Their outcome is unknown.  A token that was refused may have been replaced: it is tried at once.
    """
    with transaction(db):
        found = db.execute(
            "UPDATE alert_outbox SET status = 'unknown', error = 'stopped during the call' "
            "WHERE status = 'sending' RETURNING 1"
        ).fetchall()
        db.execute(
            "UPDATE alert_outbox SET next_try = not_before WHERE status IN ('pending', 'unknown') "
            "AND channel IN (SELECT channel FROM alert_channels WHERE starts_with(error, $1))",
            [REFUSED],
        )
        db.execute(
            "UPDATE alert_channels SET paused_until = NULL WHERE starts_with(error, $1)", [REFUSED]
        )
    set_back(db, now)
    return len(found)


def set_back(db: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Bring down to now what a clock that was ahead put into the future; digests keep theirs."""
    at = [_naive(now)]
    with transaction(db):
        db.execute("UPDATE alert_channels SET paused_until = NULL WHERE last_call > $1", at)
        db.execute(
            "UPDATE alert_outbox SET next_try = $1, not_before = least(not_before, $1) "
            "WHERE status = 'pending' AND kind <> 'item' AND next_try > $1 "
            "AND (decided > $1 AND not_before <= decided OR claimed > $1)",
            at,
        )
        db.execute(
            "UPDATE alert_outbox SET next_try = $1, claimed = $1 "
            "WHERE status = 'unknown' AND claimed > $1",
            at,
        )


def due(db: duckdb.DuckDBPyConnection, now: datetime, settle_s: float) -> list[Delivery]:
    """Return what may be sent, or looked for, now: at most one row per channel.

    Order within a channel: what is unknown first, then by the time it was due.  Replies and
    updates wait for their parent.
    """
    found = rows(
        db,
        """
        WITH next AS (  -- without the messages: thousands may wait
            SELECT o.alert_id, t.ts AS thread_ts, coalesce(t.place, c.place) AS known_place
            FROM alert_outbox o
            LEFT JOIN alert_threads t USING (channel, story_id)
            LEFT JOIN alert_channels c ON c.channel = o.channel
            WHERE (o.status = 'pending' OR o.status = 'unknown' AND o.claimed <= $2)
              AND o.kind <> 'item' AND o.next_try <= $1
              AND coalesce(c.paused_until, $1) <= $1
              AND (o.kind NOT IN ('reply', 'update') OR t.ts IS NOT NULL)
            QUALIFY row_number() OVER (
                PARTITION BY o.channel
                ORDER BY o.status = 'unknown' DESC, o.not_before, o.decided, o.kind = 'update',
                         o.alert_id) = 1
        )
        SELECT o.*, next.thread_ts, next.known_place
        FROM next JOIN alert_outbox o USING (alert_id)
        ORDER BY o.not_before, o.alert_id
        """,
        [_naive(now), _naive(now - timedelta(seconds=settle_s))],
    )
    return [_delivery(r) for r in found]


def _delivery(row: Row) -> Delivery:
    return Delivery(
        alert_id=row["alert_id"],
        kind=row["kind"],
        channel=row["channel"],
        message=from_json(row["message"]),
        decided=row["decided"],
        story_id=row["story_id"],
        place=row["known_place"],
        thread_ts=row["thread_ts"],
        attempts=row["attempts"],
        claimed=row["claimed"] if row["status"] == "unknown" else None,
    )


def next_times(db: duckdb.DuckDBPyConnection, settle_s: float) -> dict[str, datetime]:
    """Return when each channel has something to do next; channels with nothing are left out."""
    found = rows(
        db,
        """
        SELECT o.channel, min(greatest(
            CASE o.status WHEN 'unknown' THEN o.claimed + to_microseconds($1)
                 ELSE greatest(o.next_try, o.not_before) END,
            coalesce(c.paused_until, o.next_try))) AS at_time
        FROM alert_outbox o
        LEFT JOIN alert_threads t USING (channel, story_id)
        LEFT JOIN alert_channels c ON c.channel = o.channel
        WHERE o.status IN ('pending', 'unknown')
          AND (o.kind NOT IN ('reply', 'update') OR t.ts IS NOT NULL)
        GROUP BY o.channel
        """,
        [int(settle_s * 1e6)],
    )
    return {r["channel"]: r["at_time"] for r in found}


def claim(db: duckdb.DuckDBPyConnection, delivery: Delivery, now: datetime) -> None:
    """Write down that a call begins."""
    db.execute(
        "UPDATE alert_outbox SET status = 'sending', claimed = ?, attempts = attempts + 1 "
        "WHERE alert_id = ?",
        [_naive(now), delivery.alert_id],
    )


def record(db: duckdb.DuckDBPyConnection, delivery: Delivery, answer: Answer, now: datetime) -> str:
    """Write down how a call ended; return the row's new status."""
    with transaction(db):
        if answer.end == "sent":
            return _sent(db, delivery, answer, now)
        if answer.end == "gone":
            return _gone(db, delivery, answer)
        if answer.end == "fixed":  # the parent stays as it is, its thread goes on
            _set(db, delivery, "cancelled", answer, now)
            return "cancelled"
        # what was not accepted does not count as a try: a long outage must not kill a message
        counts = answer.end == "unknown"
        if answer.end == "refused" or (counts and delivery.attempts + 1 >= MAX_ATTEMPTS):
            _set(db, delivery, "dead", answer, now)
            return "dead"
        status = "unknown" if counts and delivery.kind != "update" else "pending"
        _set(db, delivery, status, answer, _pause(db, delivery, answer, now), counts=counts)
        return status


def record_search(
    db: duckdb.DuckDBPyConnection, delivery: Delivery, answer: Answer, now: datetime
) -> str:
    """Write down what looking for a message gave; return the row's new status."""
    with transaction(db):
        if answer.end == "sent":
            return _sent(db, delivery, answer, now)
        if answer.end == "not_sent":
            _set(db, delivery, "pending", answer, now)
            return "pending"
        if answer.end == "gone":
            return _gone(db, delivery, answer)
        if answer.end == "refused":
            error = f"it may have arrived, and we cannot look: {answer.error}"
            _set(db, delivery, "dead", replace(answer, error=error), now)
            return "dead"
        _set(db, delivery, "unknown", answer, _pause(db, delivery, answer, now))
        return "unknown"


def _sent(db: duckdb.DuckDBPyConnection, delivery: Delivery, answer: Answer, now: datetime) -> str:
    db.execute(
        "UPDATE alert_outbox SET status = 'sent', sent = ?, ts = ?, place = ?, error = NULL "
        "WHERE alert_id = ?",
        [_naive(now), answer.ts, answer.place, delivery.alert_id],
    )
    db.execute(
        """
        INSERT INTO alert_channels VALUES ($1, $2, $3, NULL, 0, NULL)
        ON CONFLICT (channel) DO UPDATE SET place = coalesce(excluded.place, alert_channels.place),
            last_call = excluded.last_call, paused_until = NULL, failures = 0, error = NULL
        """,
        [delivery.channel, answer.place, _naive(now)],
    )
    if delivery.kind in ("story", "digest"):
        db.execute(
            "UPDATE alert_threads SET ts = ?, place = ?, "
            "status = CASE WHEN status = 'waiting' THEN 'open' ELSE status END "
            "WHERE channel = ? AND parent_id = ?",
            [answer.ts, answer.place, delivery.channel, delivery.alert_id],
        )
    return "sent"


def _gone(db: duckdb.DuckDBPyConnection, delivery: Delivery, answer: Answer) -> str:
    """Leave a story alone whose message a person deleted."""
    db.execute(
        "UPDATE alert_outbox SET status = 'cancelled', error = ? WHERE channel = ? "
        "AND story_id = ? AND status IN ('pending', 'sending', 'unknown') "
        "AND kind IN ('reply', 'update')",
        [answer.error, delivery.channel, delivery.story_id],
    )
    db.execute(
        "UPDATE alert_threads SET status = 'gone' WHERE channel = ? AND story_id = ?",
        [delivery.channel, delivery.story_id],
    )
    return "cancelled"


def _pause(
    db: duckdb.DuckDBPyConnection, delivery: Delivery, answer: Answer, now: datetime
) -> datetime:
    """Hold the channel back: as long as it asked, else longer with each failure in a row."""
    failures = rows(db, "SELECT failures FROM alert_channels WHERE channel = ?", [delivery.channel])
    count = failures[0]["failures"] + 1 if failures else 1
    if answer.end == "paused":
        seconds = min(3600.0, 60.0 * 2 ** min(count - 1, 6))
    elif answer.end == "wait":
        seconds = max(answer.seconds, 1.0)
    else:
        seconds = min(300.0, 1.0 * 2 ** min(count - 1, 9))
    until = now + timedelta(seconds=seconds)
    db.execute(
        """
        INSERT INTO alert_channels VALUES ($1, NULL, $2, $3, $4, $5)
        ON CONFLICT (channel) DO UPDATE SET last_call = excluded.last_call,
            paused_until = excluded.paused_until, failures = excluded.failures,
            error = excluded.error
        """,
        [delivery.channel, _naive(now), _naive(until), count,
         f"{REFUSED}{answer.error}" if answer.end == "paused" else answer.error],
    )  # fmt: skip
    return until


def _set(
    db: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    status: str,
    answer: Answer,
    next_try: datetime,
    *,
    counts: bool = True,
) -> None:
    db.execute(
        "UPDATE alert_outbox SET status = ?, error = ?, next_try = ?, "
        "attempts = attempts - CASE WHEN ? THEN 0 ELSE 1 END WHERE alert_id = ?",
        [status, answer.error, _naive(next_try), counts, delivery.alert_id],
    )


def dead_letters(db: duckdb.DuckDBPyConnection) -> list[Row]:
    """Return what channels refused for good, oldest first."""
    return rows(
        db,
        "SELECT alert_id, channel, rule, kind, state, article_id, decided, attempts, error "
        "FROM alert_outbox WHERE status = 'dead' ORDER BY decided, alert_id",
    )


def retry(db: duckdb.DuckDBPyConnection, ids: list[str], now: datetime) -> int:
    """Put dead letters back; all where ``ids`` is empty; return how many."""
    found = db.execute(
        "UPDATE alert_outbox SET status = 'pending', attempts = 0, next_try = $1, "
        "not_before = $1, error = NULL WHERE status = 'dead' "
        "AND (len($2) = 0 OR alert_id IN (SELECT unnest($2))) RETURNING channel",
        [_naive(now), ids],
    ).fetchall()
    for channel in {row[0] for row in found}:
        db.execute(
            "UPDATE alert_channels SET paused_until = NULL, failures = 0 WHERE channel = ?",
            [channel],
        )
    return len(found)


def mute(
    db: duckdb.DuckDBPyConnection,
    *,
    kind: str,
    value: str,
    channel: str | None,
    until: datetime | None,
    who: str,
    now: datetime,
) -> None:
    """Mute a story, topic or outlet; what waits for it is cancelled."""
    with transaction(db):
        db.execute(
            """
            INSERT INTO alert_mutes VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (kind, value, channel) DO UPDATE SET
                until_time = excluded.until_time, who = excluded.who, at_time = excluded.at_time
            """,
            [kind, value, channel or "*", _naive(until) if until else None, who, _naive(now)],
        )
        column = {"story": "story_id", "topic": "topic"}.get(kind)
        if column:
            cancelled = db.execute(
                f"UPDATE alert_outbox SET status = 'cancelled', error = '{MUTED}' "  # noqa: S608
                f"WHERE status = 'pending' AND {column} = $1 AND ($2 IS NULL OR channel = $2) "
                "RETURNING alert_id",
                [value, channel],
            ).fetchall()
            # the channel was never told of these: when the mute is over it may be
            db.execute(
                "UPDATE alert_threads SET status = 'seeded', parent_id = NULL, shown = NULL, "
                "last_told = NULL WHERE status IN ('waiting', 'item') "
                "AND parent_id IN (SELECT unnest($1))",
                [[row[0] for row in cancelled]],
            )


def unmute(db: duckdb.DuckDBPyConnection, kind: str, value: str, channel: str | None) -> int:
    """Take a mute back, in every channel where none is named; return how many there were."""
    return len(
        db.execute(
            "DELETE FROM alert_mutes WHERE kind = $1 AND value = $2 "
            "AND ($3 IS NULL OR channel = $3) RETURNING 1",
            [kind, value, channel],
        ).fetchall()
    )


def summary(db: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return how many rows the outbox has by status."""
    return dict(
        db.execute("SELECT status, count(*) FROM alert_outbox GROUP BY 1 ORDER BY 1").fetchall()
    )


def _naive(time: datetime) -> datetime:
    return time.replace(tzinfo=None)
