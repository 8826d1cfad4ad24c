"""Dates that only mean something today: ``2 hours ago``, ``gestern``, ``Mon 2 Mar``."""

import re
from datetime import UTC, datetime, timedelta

from newsbeam.articles.facts.moments import MONTHS, Moment

_UNITS = (
    (60, r"min(?:ute)?s?|minuten|minutos?|minut[iyao]?|minuut|minuter|minutter"),
    (3600, r"hours?|hrs?|stunden?|heures?|horas?|or[ea]|uur|uren|godzin[yę]?|timmar|timme|timer"),
    (86400, r"days?|tage?n?|jours?|d[ií]as?|giorn[io]|dagen|dagar?|dag|dni|dzień"),
    (604800, r"weeks?|wochen?|semaines?|semanas?|settiman[ae]|weken|week|tygodni[e]?|veckor"),
)
"""Seconds, and the unit's names."""
_EAST_UNITS = {
    **{"分": 60, "분": 60, "小时": 3600, "時間": 3600, "시간": 3600},
    **{"天": 86400, "日": 86400, "일": 86400},
}
_BEFORE = r"vor|il y a|hace|há|fa"
_AFTER = r"ago|fa|geleden|temu|sedan|siden|atrás"
_ONE = r"an?|een|en|ett|eine[rm]?|une?|una|uma?"
_AGO = [
    (
        re.compile(
            rf"\b(?:(?:{_BEFORE})\s+(?P<a>\d{{1,2}}|{_ONE})\s*(?:{names})\b"
            rf"|(?P<b>\d{{1,2}}|{_ONE})\s*(?:{names})\s+(?:{_AFTER})\b)",
            re.I,
        ),
        seconds,
    )
    for seconds, names in _UNITS
]
_AGO_EAST = re.compile(r"(\d{1,2})\s*(分|분|小时|時間|시간|天|日|일)(?:钟)?\s*(?:前|전)")
_NEAR_DAYS = re.compile(
    r"^\W*(?:\w+\W+){0,2}?"
    r"(?:(?P<today>today|heute|aujourd['’]hui|hoy|oggi|hoje|vandaag|dzisiaj|dziś)"
    r"|(?P<before>yesterday|gestern|hier|ayer|ieri|ontem|gisteren|wczoraj))\b",
    re.I,
)
_NAMES = "|".join(sorted((re.escape(n) for n in MONTHS if len(n) > 2), key=len, reverse=True))
_DAY = r"3[01]|[12]\d|0?[1-9]"
_NO_YEAR = re.compile(
    rf"^\W*(?:[^\W\d_]{{2,12}}[.,]?\s+){{0,2}}?"
    rf"(?:(?P<d>{_DAY})\.?\s+(?:de\s+)?(?P<m>{_NAMES})|(?P<m2>{_NAMES})\.?\s+(?P<d2>{_DAY}))"
    rf"\b(?!\W*\d{{4}})",
    re.I,
)
_HINT = re.compile(
    r"\d|ago\b|\bvor ei|il y a u|hace un|há um|fa$|geleden|temu|sedan|siden"
    r"|today|yesterday|heute|gestern|aujourd|hier\b|hoy|ayer|oggi|ieri|hoje|ontem|vandaag"
    r"|gisteren|dzi|wczoraj",
    re.I,
)
"""Most short lines are names: one look tells that they are no date."""
LONGEST = 48
"""Characters of a line that is a date and little else."""


def may_be_relative(text: str) -> bool:
    """Say whether a line is worth reading as such a date: most are not."""
    return 3 <= len(text) <= LONGEST and _HINT.search(text) is not None


def read_relative(text: str, now: datetime) -> Moment | None:
    """Read a date that is given from the reader's day; None where there is none.

    Args:
        text: a short line beside the headline.
        now: when the page was fetched.
    """
    if not may_be_relative(text):
        return None
    now = now.astimezone(UTC)
    for pattern, seconds in _AGO:
        if found := pattern.search(text):
            said = found["a"] or found["b"]
            number = int(said) if said.isdigit() else 1
            return _before(now, number * seconds, exact=seconds < 86400)
    if found := _AGO_EAST.search(text):
        seconds = _EAST_UNITS[found[2]]
        return _before(now, int(found[1]) * seconds, exact=seconds < 86400)
    if found := _NEAR_DAYS.match(text):
        return _before(now, 86400 * bool(found["before"]), exact=False)
    if found := _NO_YEAR.match(text):
        month = MONTHS[(found["m"] or found["m2"]).lower()]
        return _latest(now, month, int(found["d"] or found["d2"]))
    return None


def _before(now: datetime, seconds: int, *, exact: bool) -> Moment:
    at = now - timedelta(seconds=seconds)
    return Moment(at.date(), (at.hour, at.minute, 0) if exact else None, UTC if exact else None)


def _latest(now: datetime, month: int, day: int) -> Moment | None:
    """Return the last such day that has come."""
    for year in (now.year, now.year - 1):
        try:
            at = datetime(year, month, day, tzinfo=UTC)
        except ValueError:
            continue
        if at <= now + timedelta(hours=26):
            return Moment(at.date())
    return None
