"""Two stories that were told turned out to be one: their threads in a channel become one.

The story goes on in one of the threads (:func:`sinks.store.alert_facts.threads` says in which).
What the other had not sent yet is cancelled; where its message was posted, its thread gets a last
reply that says where the story goes on.
"""

from dataclasses import replace

import duckdb

from newsbeam.alerts.messages import Message, from_json, to_json
from newsbeam.records import record_id
from sinks.store.alert_facts import Row, mutes, rows, threads
from sinks.store.batch import Batch

POINTER = "this is one story with another of this channel; it goes on there"

_LOSERS = """
    WITH RECURSIVE fate(story_id, now_in, depth) AS (
        SELECT from_story, to_story, 1 FROM story_lineage
        WHERE kind = 'merge' AND from_story IN (
            SELECT story_id FROM alert_threads WHERE status IN ('open', 'waiting', 'item'))
        UNION
        SELECT f.story_id, l.to_story, f.depth + 1
        FROM fate f JOIN story_lineage l ON l.from_story = f.now_in AND l.kind = 'merge'
        WHERE f.depth < 20
    )
    SELECT t.*, f.now_in
    FROM fate f JOIN alert_threads t USING (story_id)
    WHERE t.status IN ('open', 'waiting', 'item')
      AND t.story_id NOT IN (SELECT story_id FROM story_articles)  -- it was parted again
    QUALIFY row_number() OVER (PARTITION BY t.channel, t.story_id ORDER BY f.depth DESC) = 1
    ORDER BY t.channel, t.story_id
"""


def join_threads(db: duckdb.DuckDBPyConnection, batch: Batch) -> int:
    """Close the threads of stories that became part of another; return how many."""
    losers = rows(db, _LOSERS)
    if not losers:
        return 0
    known = threads(db, sorted({t["now_in"] for t in losers}))
    quiet = {(m.value, m.channel) for m in mutes(db, batch.now) if m.kind == "story"}
    closed = 0
    for loser in losers:
        _, winner = known[loser["channel"], loser["now_in"]]
        if winner["story_id"] != loser["story_id"] and _withdraw(db, loser):
            muted = {(loser["story_id"], None), (loser["story_id"], loser["channel"])} & quiet
            if loser["status"] == "open" and not muted:
                _point(db, batch, loser, winner)
            closed += 1
    return closed


def _withdraw(db: duckdb.DuckDBPyConnection, loser: Row) -> bool:
    """Cancel what is not sent yet; False while a call is under way, so that it is tried later."""
    mine = [loser["channel"], loser["story_id"]]
    busy = db.execute(
        "SELECT 1 FROM alert_outbox WHERE channel = ? AND story_id = ? "
        "AND kind = 'story' AND status IN ('sending', 'unknown')",
        mine,
    ).fetchall()
    if busy:
        return False
    db.execute(
        "UPDATE alert_outbox SET status = 'cancelled', error = 'its story is part of another' "
        "WHERE channel = ? AND story_id = ? AND status = 'pending'",
        mine,
    )
    db.execute(
        "UPDATE alert_threads SET status = 'merged' WHERE channel = ? AND story_id = ?", mine
    )
    return True


def _point(db: duckdb.DuckDBPyConnection, batch: Batch, loser: Row, winner: Row) -> None:
    """Put the last reply of a thread into the outbox."""
    shown = from_json(winner["shown"] or loser["shown"])
    there = f"{winner['place']}/{winner['ts']}" if winner["ts"] and winner["place"] else None
    message = replace(Message("reply", cards=shown.cards, lines=(POINTER,)), goes_on=there)
    state = f"merged:{winner['story_id']}"
    now = batch.utc
    db.execute(
        """
        INSERT INTO alert_outbox (alert_id, kind, channel, rule, story_id, state, article_id,
                                  run_id, decided, not_before, status, attempts, next_try, message,
                                  reason)
        VALUES ($1, 'reply', $2, $3, $4, $5, $6, $7, $8, $8, 'pending', 0, $8, $9, $10)
        ON CONFLICT (alert_id) DO NOTHING
        """,
        [record_id("alert", loser["channel"], loser["story_id"], state), loser["channel"],
         loser["rule"] or "merge", loser["story_id"], state, shown.cards[0].article_id,
         batch.run_id, now, to_json(message), "its story became part of another"],
    )  # fmt: skip
