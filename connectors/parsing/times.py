"""Read the times that feeds, sitemaps and archives write, in whatever form.

Source: RFC 3339, RFC 2822, W3CDTF; feedparser's table of national formats for the rest
(https://feedparser.readthedocs.io/en/latest/date-parsing.html).
"""

import calendar
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz

from connectors.parsing.written import read_written

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No feed is older: what is before is a zero that was printed as a date."""

LATEST_AHEAD = timedelta(days=7)
"""A date further ahead is a mistake, not an embargo or a wrong time zone."""

_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?"
    r"\s*(?:([Zz]|UTC|GMT)|([+-])(\d{2}):?(\d{2})?)?)?\s*$"
)
_RFC822 = re.compile(r"(?:\w{3,9}\.?,?\s+)?\d{1,2}\s+\w{3,9}\.?\s+\d{2,4}")
_SHORT_YEAR = re.compile(r"(\d{1,2}\s+[^\W\d_]{3,9}\.?\s+)\d\d(?!\d)")
LEAST_OFFSET_S = 900
"""No zone of the world is nearer to UTC, but for UTC."""


_NAMES_OF_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
_MONTHS = {name: number for number, name in enumerate(_NAMES_OF_MONTHS.split(), start=1)}
_USUAL = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) "
    r"(\d\d):(\d\d):(\d\d) (?:GMT|UTC|Z|([+-])(\d\d)(\d\d))"
)


def parse_time(text: str | None, now: datetime) -> datetime | None:
    """Return the time in UTC; None where there is none or it cannot be true.

    A time without a zone is taken as UTC.  Before 1990 or more than a week ahead of ``now`` is
    no date but a mistake.
    """
    text = (text or "").strip()
    if not 6 <= len(text) <= 100:
        return None
    found = _iso(text) or _rfc822(text) or read_written(text) or _other(text)
    if found is None or not EARLIEST <= found <= now + LATEST_AHEAD:
        return None
    return found


def parse_epoch(value: float, now: datetime) -> datetime | None:
    """Return the time of a Unix time stamp in seconds or milliseconds, under the same limits."""
    try:
        found = datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if EARLIEST <= found <= now + LATEST_AHEAD else None


def _iso(text: str) -> datetime | None:
    found = _ISO.match(text)
    if not found:
        return None
    year, month, day, hour, minute, second, _, sign, zone_h, zone_m = found.groups()
    try:
        time = datetime(
            int(year), int(month), int(day), int(hour or 0) % 24, int(minute or 0),
            min(int(second or 0), 59), tzinfo=UTC,
        )  # fmt: skip
        offset = timedelta(hours=int(zone_h or 0), minutes=int(zone_m or 0))
        return time - offset if sign == "+" else time + offset
    except (ValueError, OverflowError):
        return None


def _rfc822(text: str) -> datetime | None:
    if found := _USUAL.fullmatch(text):  # what nine of ten feeds print, at a third of the cost
        day, month, year, hour, minute, second, sign, zone_h, zone_m = found.groups()
        try:
            time = datetime(
                int(year), _MONTHS[month], int(day), int(hour), int(minute), min(int(second), 59),
                tzinfo=UTC,
            )  # fmt: skip
        except ValueError:
            return None
        if not sign or zone_h == zone_m == "00":
            return time
        offset = timedelta(hours=int(zone_h), minutes=int(zone_m))
        return time - offset if sign == "+" else time + offset
    if not _RFC822.match(text):
        return None
    try:
        parts = parsedate_tz(text)
        if parts is None or parts[0] < 1:
            return None
        if abs(parts[9] or 0) < LEAST_OFFSET_S:
            # to it `+01:00`, `CET`, `GMT+0100` and `PM` are UTC, and `-05` is five minutes
            read = read_written(_SHORT_YEAR.sub(rf"\g<1>{parts[0]}", text))
            if read is not None and ":" in text:
                return read
        time = datetime(*parts[:5], min(parts[5], 59), tzinfo=UTC)
        return time - timedelta(seconds=parts[9] or 0)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _other(text: str) -> datetime | None:
    from feedparser.datetimes import _parse_date

    try:
        parts = _parse_date(text)
        return datetime.fromtimestamp(calendar.timegm(parts), UTC) if parts else None
    except (ValueError, OverflowError, TypeError, OSError):
        return None
