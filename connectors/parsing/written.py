"""Dates as people write them: month names of many languages, slashes, dots, twelve-hour clocks.

What cannot be told apart for sure (``04/05/2026``) is no date: a wrong one is worse than none.
"""

import re
from datetime import UTC, datetime, timedelta

_MONTHS = {
    "jan": 1, "ene": 1, "gen": 1, "янв": 1, "sty": 1,
    "feb": 2, "fév": 2, "fev": 2, "фев": 2, "lut": 2,
    "mar": 3, "mär": 3, "maa": 3, "mrz": 3, "мар": 3,
    "apr": 4, "avr": 4, "abr": 4, "апр": 4, "kwi": 4,
    "mai": 5, "may": 5, "mag": 5, "maj": 5, "mei": 5, "май": 5, "мая": 5,
    "jun": 6, "juin": 6, "giu": 6, "июн": 6, "cze": 6,
    "jul": 7, "juil": 7, "lug": 7, "июл": 7, "lip": 7,
    "aug": 8, "aoû": 8, "aou": 8, "ago": 8, "авг": 8, "sie": 8,
    "sep": 9, "set": 9, "сен": 9, "wrz": 9,
    "oct": 10, "okt": 10, "out": 10, "ott": 10, "окт": 10, "paź": 10,
    "nov": 11, "ноя": 11, "lis": 11,
    "dec": 12, "dez": 12, "déc": 12, "dic": 12, "дек": 12, "gru": 12,
}  # fmt: skip
"""Beginnings of the months' names: English, German, French, Spanish, Italian, Portuguese, Dutch,
Scandinavian, Russian, Polish."""

_ZONES = {
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
    "cet": 1, "cest": 2, "mez": 1, "mesz": 2, "bst": 1, "eet": 2, "eest": 3, "msk": 3, "jst": 9,
}  # fmt: skip

_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)t?(\d\d)(\d\d)(\d\d)?z?")
_WEEK = re.compile(r"(\d{4})-?w(\d\d)(?:-?([1-7]))?")
_YEAR_FIRST = re.compile(r"(\d{4})\s?[-/.年년]\s?(\d{1,2})\s?[-/.月월]\s?(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})([./-])\s?(\d{1,2})\2\s?(\d{4})(?!\d)")
_DAY_NAME = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|\.|º)?[\s-]+(?:(?:de|of)\s+)?([^\W\d_]{3,12})\.?,?[\s-]+"
    r"(?:de\s+)?(\d{4})(?!\d)"
)
_NAME_DAY = re.compile(r"([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)")
_CLOCK = re.compile(
    r"(上午|下午|午前|午後|오전|오후)?\s?(?<!\d)(\d{1,2})(?:[:h]|\s?[時时点點시]\s?)(\d\d)(?::(\d\d))?\s*"
    r"(am|pm|a\.m\.|p\.m\.)?"
)
_AFTERNOON = ("p", "下午", "午後", "오후")
_OFFSET = re.compile(r"(?:(?:gmt|utc)\s*([+-])(\d{1,2})|([+-])(\d\d)(?::?(\d\d))?)(?!\d)")


def read_written(text: str) -> datetime | None:
    """Return the time in UTC; without a zone it is taken as UTC; None where there is none."""
    text = text.casefold().strip()
    try:
        if re.fullmatch(r"\d{10}|\d{13}", text):  # Unix time in seconds or milliseconds
            return datetime.fromtimestamp(int(text[:10]), UTC)
        if found := _COMPACT.fullmatch(text):
            year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        if found := _WEEK.fullmatch(text):
            week = (int(found.group(1)), int(found.group(2)), int(found.group(3) or 1))
            return datetime.fromisocalendar(*week).replace(tzinfo=UTC)
        place = _day(text)
        return None if place is None else _at(*place, text)
    except (ValueError, OverflowError, TypeError):
        return None


def _day(text: str) -> tuple[datetime, int] | None:
    """Return the day and where its text ends."""
    if found := _YEAR_FIRST.search(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _YEAR_LAST.search(text):
        first, mark, second, year = (
            int(found.group(1)), found.group(2), int(found.group(3)), int(found.group(4))
        )  # fmt: skip
        if mark == "/" and first <= 12 and second <= 12 and first != second:
            return None  # American or European?
        month, day = (first, second) if mark != "." and second > 12 else (second, first)
    elif (found := _DAY_NAME.search(text)) and (named := _month(found.group(2))):
        day, month, year = int(found.group(1)), named, int(found.group(3))
    elif (found := _NAME_DAY.search(text)) and (named := _month(found.group(1))):
        month, day, year = named, int(found.group(2)), int(found.group(3))
    else:
        return None
    return datetime(year, month, day, tzinfo=UTC), found.end()


def _month(name: str) -> int | None:
    return _MONTHS.get(name[:4]) or _MONTHS.get(name[:3])


def _at(day: datetime, end: int, text: str) -> datetime:
    clock = _CLOCK.search(text, end) or _CLOCK.search(text)
    if clock is None:
        return day
    hour, minute, second = int(clock.group(2)), int(clock.group(3)), int(clock.group(4) or 0)
    if hour > 24 or minute > 59:
        return day
    if half := clock.group(1) or clock.group(5):
        hour = hour % 12 + (12 if half.startswith(_AFTERNOON) else 0)
    time = day + timedelta(hours=hour % 24, minutes=minute, seconds=min(second, 59))
    rest = text[clock.end() :]
    if zone := _OFFSET.search(rest):
        sign = zone.group(1) or zone.group(3)
        hours = int(zone.group(2) or zone.group(4))
        offset = timedelta(hours=hours, minutes=int(zone.group(5) or 0))
        return time - offset if sign == "+" else time + offset
    words = re.findall(r"[a-z]{3,4}", rest)
    return time - timedelta(hours=next((_ZONES[w] for w in words if w in _ZONES), 0))
