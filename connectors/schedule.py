"""When a feed is polled again: pure, from one poll and what is remembered.

::

    what was new  ─► interval (halved, kept, lengthened)
    hints         ─► not sooner than ttl, sy:update*, Cache-Control say; not in skipped hours
    a failure     ─► linear backoff by its kind; the interval stays; never given up
    Retry-After   ─► not sooner, whatever else
"""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from connectors.history import load_history
from connectors.parsing.items import Hints
from connectors.poll import Poll
from newsbeam.records import Cursor, Verdict, record_id
from newsbeam.settings import PollSettings

LONGER = 1.3
"""Factor of the interval after a punctual poll without news."""

LATE = 1.5
"""A poll this much later than planned says nothing about the interval."""

MOST_HINT_S = 3_600.0
"""Hints delay a poll by at most this: many a feed says ``ttl`` 1440 and prints
ten entries an hour."""

MOST_PERIOD_S = 6 * 3_600.0
PUSHED_S = 6 * 3_600.0
"""A feed whose hub pushes is polled only as a precaution."""

FAILURE_WEIGHTS = {
    Verdict.RATE_LIMITED: 1.0,
    Verdict.TIMEOUT: 1.0,
    Verdict.UNREACHABLE: 1.0,
    Verdict.HTTP_ERROR: 1.0,
    Verdict.DAMAGED: 1.0,
    Verdict.EMPTY: 1.0,
    Verdict.BOT_WALL: 2.0,
    Verdict.FORBIDDEN: 2.0,
    Verdict.NOT_A_FEED: 2.0,
    Verdict.WRONG_TYPE: 2.0,
    Verdict.TLS_ERROR: 2.0,
    Verdict.TOO_LARGE: 2.0,
    Verdict.NOT_FOUND: 3.0,
    Verdict.TOO_MANY_REDIRECTS: 3.0,
    Verdict.BLOCKED_ADDRESS: 4.0,
    Verdict.BAD_URL: 4.0,
    Verdict.LEGAL_BLOCK: 4.0,
    Verdict.GONE: 6.0,
}
"""How much one failure of a kind counts: passing troubles little, lasting ones more."""


def schedule(
    poll: Poll, new: int, *, now: datetime, settings: PollSettings, jitter: float | None = None
) -> Cursor:
    """Return the cursor to store: interval, next poll, failures, arrivals.

    Args:
        poll: what :func:`connectors.poll.poll_feed` returned.
        new: how many of its entries the store did not know.
        now: the time of the poll.
        settings: the limits of intervals.
        jitter: in [0, 1]: spreads the next poll over ±10 %, so that feeds do not march in step;
            None: a number that depends on the feed and the count of its polls alone.
    """
    cursor = poll.cursor
    if jitter is None:
        jitter = int(record_id("jitter", cursor.url, str(cursor.polls))[:6], 16) / 0xFFFFFF
    if not poll.ok:
        return _after_failure(poll, now, jitter, settings)
    interval = _interval(poll, new, now, settings)
    wait = max(interval, _hinted(poll.hints, _overflows(poll, new)))
    if '"lease"' in (cursor.history or "") and _leased(cursor, now):
        wait = max(wait, min(PUSHED_S, settings.max_interval_s))
    wait = min(wait, settings.max_interval_s) * (0.9 + 0.2 * jitter)
    wait = max(wait, poll.hints.retry_after_s or 0.0)
    return replace(
        cursor,
        interval_s=interval,
        next_poll=_open_hour(now + timedelta(seconds=wait), poll.hints),
        last_new=now if new else cursor.last_new,
        failures=0.0,
        history=_with_arrival(cursor, now) if new else cursor.history,
    )


def _leased(cursor: Cursor, now: datetime) -> bool:
    return load_history(cursor.history).lease > now.timestamp()


def _with_arrival(cursor: Cursor, now: datetime) -> str:
    history = load_history(cursor.history)
    history.arrivals.append(int(now.timestamp()))
    return history.dump()


def _interval(poll: Poll, new: int, now: datetime, settings: PollSettings) -> float:
    cursor = poll.cursor
    if cursor.interval_s is None:
        guess = _guess(poll) or poll.hints.period_s or settings.default_interval_s
        return _clamp(guess, settings)
    planned = cursor.interval_s
    punctual = _lateness(cursor, now)
    if not new:
        return _clamp(planned * LONGER if punctual <= LATE else planned, settings)
    share = new / max(len(poll.entries), 1) / max(punctual, 1.0)
    if share >= 0.5:
        factor = 1 / 3
    elif share >= 0.2:
        factor = 1 / 1.5
    elif new / max(punctual, 1.0) >= 2:
        factor = 1 / 1.2
    else:
        factor = 1.0
    return _clamp(planned * factor, settings)


def _lateness(cursor: Cursor, now: datetime) -> float:
    """Return how many planned waits have passed since the poll before; 1 for a punctual poll.

    ``last_poll`` is this poll's; the plan of the one before is ``next_poll``.
    """
    if cursor.next_poll is None or not cursor.interval_s:
        return 1.0
    late_s = max(0.0, (now - cursor.next_poll).total_seconds())
    return 1.0 + late_s / cursor.interval_s


def _guess(poll: Poll) -> float | None:
    """Return half the median time between the entries' dates; None where they do not tell."""
    dates = sorted(e.published for e in poll.entries if e.published)
    gaps = sorted((b - a).total_seconds() for a, b in pairwise(dates))
    return min(max(gaps[len(gaps) // 2] / 2, 300.0), MOST_HINT_S) if len(gaps) >= 3 else None


def _overflows(poll: Poll, new: int) -> bool:
    """Say whether nearly all entries were new: some may have come and gone between two polls."""
    return poll.cursor.interval_s is not None and new >= 0.8 * len(poll.entries) > 0


def _hinted(hints: Hints, overflows: bool) -> float:
    """Return the least wait that the feed asks for; completeness goes before hints."""
    if overflows:
        return 0.0
    own = max(min(hints.ttl_s or 0.0, MOST_HINT_S), min(hints.max_age_s or 0.0, MOST_HINT_S))
    return max(own, min(hints.period_s or 0.0, MOST_PERIOD_S) / 2)


def _after_failure(poll: Poll, now: datetime, jitter: float, settings: PollSettings) -> Cursor:
    cursor = poll.cursor
    try:
        weight = FAILURE_WEIGHTS.get(Verdict(poll.verdict), 1.0)
    except ValueError:
        weight = 1.0
    failures = cursor.failures + weight
    base = max(cursor.interval_s or 0.0, settings.default_interval_s)
    wait = min(base * failures, settings.max_interval_s) * (0.9 + 0.2 * jitter)
    wait = max(wait, poll.hints.retry_after_s or 0.0)
    return replace(cursor, failures=failures, next_poll=now + timedelta(seconds=wait))


def _open_hour(time: datetime, hints: Hints) -> datetime:
    """Move a time out of the hours and days in which the feed says that nothing is published."""
    hours, days = set(hints.skip_hours), set(hints.skip_days)
    if len(hours) >= 24 or len(days) >= 7:
        return time
    for _ in range(24 * 7):
        if time.hour not in hours and time.weekday() not in days:
            break
        time = time.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return time


def _clamp(seconds: float, settings: PollSettings) -> float:
    return min(max(seconds, settings.min_interval_s), settings.max_interval_s)
