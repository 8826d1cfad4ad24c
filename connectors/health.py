"""How each feed is doing, compared with its own history; pure.

States, worst first::

    broken   it worked before, and has failed for longer than three of its intervals (or a day)
    failing  the last poll failed
    silent   it answers, but brings nothing for much longer than it ever did
    new      never polled
    ok
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.history import load_history
from newsbeam.records import Cursor, Feed

SILENT_FACTOR = 3.0
"""Silence beyond this many times the longest usual gap is reported."""

MIN_SILENCE = timedelta(days=2)
"""No feed is called silent before: weekends and nights are no faults."""

NEVER_NEW = timedelta(days=14)
"""A feed without any history is called silent after this."""

ORDER = ("broken", "failing", "silent", "new", "ok")


@dataclass(frozen=True, slots=True)
class Health:
    """The state of one feed."""

    feed: Feed
    state: str
    reason: str | None
    last_success: datetime | None
    median_gap_s: int | None
    """Usual time between new entries; None before there are enough."""
    silent_since: datetime | None
    """When an entry was last new, where that is too long ago."""
    next_poll: datetime | None
    interval_s: float | None
    polls: int
    pushed: bool = False
    """A hub pushes it (WebSub)."""
    moved_to: str | None = None
    """Where it has moved for good: the address to put into the list."""


def judge(feed: Feed, cursor: Cursor | None, now: datetime) -> Health:
    """Judge one feed by what is remembered of it."""
    if cursor is None or not cursor.polls:
        return Health(feed, "new", None, None, None, None, None, None, 0)
    history = load_history(cursor.history)
    state, reason, since = "ok", None, None
    if cursor.failures:
        state, reason = "failing", cursor.reason or cursor.verdict or "it failed"
        patience = max(timedelta(seconds=3 * (cursor.interval_s or 0)), timedelta(days=1))
        if cursor.last_success is None:
            reason = f"never worked: {reason}"
        elif now - cursor.last_success > patience:
            state = "broken"
    elif limit := _silence_limit(cursor, history.gaps()):
        last = cursor.last_new or cursor.last_success
        if last is not None and now - last > limit:
            state, since = "silent", last
            reason = (
                f"nothing new for {_span(now - last)}; usual are {_span(limit / SILENT_FACTOR)}"
            )
    return Health(
        feed=feed,
        state=state,
        reason=reason,
        last_success=cursor.last_success,
        median_gap_s=history.median_gap(),
        silent_since=since,
        next_poll=cursor.next_poll,
        interval_s=cursor.interval_s,
        polls=cursor.polls,
        pushed=history.lease > now.timestamp(),
        moved_to=history.moved_to,
    )


def _silence_limit(cursor: Cursor, gaps: list[int]) -> timedelta | None:
    """Return how long a feed may be silent: by its nine longest of ten gaps, else two weeks."""
    if len(gaps) < 3:
        return NEVER_NEW
    usual = gaps[min(len(gaps) - 1, int(0.9 * len(gaps)))]
    return max(MIN_SILENCE, timedelta(seconds=SILENT_FACTOR * usual))


def _span(time: timedelta) -> str:
    hours = time.total_seconds() / 3600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{max(hours, 0.1):.1f} hours"
