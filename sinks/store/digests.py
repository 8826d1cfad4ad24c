"""Digests: many stories in one message.  Items wait in the outbox until their time has come."""

from datetime import datetime, timedelta
from typing import Any

import duckdb

from newsbeam.alerts.messages import Message, from_json, to_json
from newsbeam.alerts.text import clock
from newsbeam.records import record_id
from sinks.store.alert_facts import Row, rows
from sinks.store.transaction import transaction

DIGEST_CARDS = 20
"""Stories in one digest message; the rest is a number."""


def compose_digests(
    db: duckdb.DuckDBPyConnection, now: datetime, stale_hours: float, zone: str = "UTC"
) -> int:
    """Turn the items whose time has come into one digest message per channel.

    An item that is alone becomes a message of its own, where its rule is not a digest's.  Alerts
    that could not be sent for ``stale_hours`` become items first: after an outage a channel gets
    one message, not a hundred.
    """
    made = 0
    with transaction(db):
        _roll_up_stale(db, now, now - timedelta(hours=stale_hours))
        items = rows(
            db,
            "SELECT * FROM alert_outbox WHERE kind = 'item' AND status = 'pending' "
            "AND not_before <= ? ORDER BY channel, decided, alert_id",
            [_naive(now)],
        )
        for channel in sorted({i["channel"] for i in items}):
            mine = [i for i in items if i["channel"] == channel]
            if len(mine) == 1 and not mine[0]["reason"].startswith("waits for the digest"):
                _single(db, mine[0])
            else:
                _digest(db, channel, mine, now, zone)
            made += 1
    return made


def _roll_up_stale(db: duckdb.DuckDBPyConnection, now: datetime, since: datetime) -> None:
    """Make items of all that waits in a channel that could not be reached for long.

    Only when the channel may be tried again: during the outage everything goes on collecting.
    """
    db.execute(
        """
        UPDATE alert_outbox SET kind = 'item', reason = 'held up; ' || reason
        WHERE kind = 'story' AND status = 'pending' AND not_before <= $1
          AND channel IN (
              SELECT o.channel FROM alert_outbox o LEFT JOIN alert_channels c USING (channel)
              WHERE o.kind = 'story' AND o.status = 'pending' AND o.not_before <= $1
                AND coalesce(c.paused_until, $1) <= $1
              GROUP BY o.channel HAVING min(o.not_before) <= $2 AND count(*) > 1)
        """,
        [_naive(now), _naive(since)],
    )


def _single(db: duckdb.DuckDBPyConnection, item: Row) -> None:
    message = from_json(item["message"])
    text = to_json(Message("story", cards=message.cards, dashboard_url=message.dashboard_url))
    db.execute(
        "UPDATE alert_outbox SET kind = 'story', message = ? WHERE alert_id = ?",
        [text, item["alert_id"]],
    )
    db.execute(
        "UPDATE alert_threads SET status = 'waiting', shown = ? "
        "WHERE channel = ? AND story_id = ? AND status = 'item'",
        [text, item["channel"], item["story_id"]],
    )


def _digest(
    db: duckdb.DuckDBPyConnection, channel: str, items: list[Row], now: datetime, zone: str
) -> None:
    digest_id = record_id("alert", channel, "digest", *sorted(i["alert_id"] for i in items))
    cards = [from_json(i["message"]).cards[0] for i in items]
    cards.sort(key=lambda c: (-c.newsrooms, -c.topics[0][1] if c.topics else 0.0, c.story_id))
    count = len(cards)
    since = min(i["decided"] for i in items)
    title = f"{count} {'story' if count == 1 else 'stories'} since {clock(since, zone)}"
    message = Message(
        "digest",
        title=title,
        cards=tuple(cards[:DIGEST_CARDS]),
        more=max(0, count - DIGEST_CARDS),
    )
    values: list[Any] = [digest_id, channel, items[0]["rule"], f"digest:{now:%Y-%m-%dT%H:%M}"]
    db.execute(
        """
        INSERT INTO alert_outbox (alert_id, kind, channel, rule, state, decided, not_before, status,
                                  attempts, next_try, message, reason)
        VALUES ($1, 'digest', $2, $3, $4, $5, $5, 'pending', 0, $5, $6, $7)
        ON CONFLICT (alert_id) DO NOTHING
        """,
        [*values, _naive(now), to_json(message), f"{count} items"],
    )
    ids = [i["alert_id"] for i in items]
    db.execute(
        "UPDATE alert_outbox SET status = 'rolled', digest_id = ? "
        "WHERE alert_id IN (SELECT unnest(?))",
        [digest_id, ids],
    )
    db.execute(
        "UPDATE alert_threads SET status = 'listed', parent_id = ? WHERE channel = ? "
        "AND story_id IN (SELECT unnest(?))",
        [digest_id, channel, [i["story_id"] for i in items]],
    )


def _naive(time: datetime) -> datetime:
    return time.replace(tzinfo=None)
