"""When: digest times and quiet hours in a named zone, summer time included.

Pure: the time comes in as an argument and goes out aware, in UTC.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def next_digest(now: datetime, times: tuple[str, ...], zone: str) -> datetime:
    """Return the first of the clock times after ``now``.

    A time that the change to summer time skips happens an hour later, one that occurs twice counts
    the first time.

    Args:
        now: aware.
        times: ``HH:MM``, at least one.
        zone: name of the zone that the times are meant in.
    """
    return min(_at(now, clock, zone, day) for clock in times for day in (0, 1, 2)
               if _at(now, clock, zone, day) > now)  # fmt: skip


def quiet_until(now: datetime, span: str, zone: str) -> datetime | None:
    """Return when the quiet hours that hold now end; None where there are none.

    Args:
        now: aware.
        span: ``HH:MM-HH:MM``, over midnight or not; empty: never quiet.
        zone: name of the zone that the span is meant in.
    """
    if not span:
        return None
    begin, end = span.split("-")
    for day in (-1, 0):
        start = _at(now, begin, zone, day)
        stop = _at(now, end, zone, day + (1 if end <= begin else 0))
        if start <= now < stop:
            return stop
    return None


def _at(now: datetime, clock: str, zone: str, days: int) -> datetime:
    local = now.astimezone(ZoneInfo(zone))
    day = local.date() + timedelta(days=days)
    return datetime.combine(day, time.fromisoformat(clock), ZoneInfo(zone)).astimezone(UTC)
