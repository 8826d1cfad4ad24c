"""Texts to moments: ISO 8601 and its misspellings, RFC 2822, epochs, dates in words.

A moment may lack its time of day or its zone; that is kept, so that the vote can tell them apart.
"""

import email.utils
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

_ISO = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<sep>[-/.]?)(?P<m>0?[1-9]|1[0-2])(?P=sep)"
    r"(?P<d>3[01]|[12]\d|0?[1-9])(?!\d)"
    r"(?:[T ,]{1,3}(?P<H>[01]?\d|2[0-3])[:.h](?P<M>[0-5]\d)(?:[:.](?P<S>[0-5]\d)(?:[.,]\d+)?)?"
    r"\s*(?P<ap>[ap]\.?m\.?)?\s*(?P<z>Z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d(?!\d)|[A-Z]{3,4}\b)?)?",
    re.I,
)
_COMPACT = re.compile(r"^((?:19|20)\d\d)(\d\d)(\d\d)T?(\d\d)(\d\d)(\d\d)?(Z|[+-]\d\d:?\d\d)?$")
_EPOCH = re.compile(r"^(\d{10})(\d{3})?$")
_CLOCK = re.compile(
    r"(?P<half>午前|午後|上午|下午|오전|오후)?\s*"
    r"(?<!\d)(?P<H>[01]?\d|2[0-3])(?:(?:[:.h]|[時点點시]\s*)(?P<M>[0-5]\d)(?::(?P<S>[0-5]\d))?[分분]?)?"
    r"\s*(?P<ap>[ap]\.?\s?m\b\.?)?\s*(?:uhr|hs?\b)?"
    r"\s*\(?(?P<z>(?:UTC|GMT)?[+-]\d\d:?\d\d\b|Z\b|UTC|GMT|[A-Z]{1,5}T\b)?",
    re.I,
)
ZONES = {
    "z": 0, "utc": 0, "gmt": 0, "wet": 0, "bst": 1, "west": 1, "ist": 5.5, "cet": 1, "cest": 2,
    "mez": 1, "mesz": 2, "eet": 2, "eest": 3, "msk": 3, "est": -5, "edt": -4, "cst": -6,
    "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "jst": 9, "kst": 9,
    "aest": 10, "aedt": 11, "sast": 2, "brt": -3, "art": -3, "wib": 7, "sgt": 8, "hkt": 8,
}  # fmt: skip
"""Hours from UTC of the zones that pages write out."""
SEASONAL = {
    "et": "America/New_York",
    "ct": "America/Chicago",
    "mt": "America/Denver",
    "pt": "America/Los_Angeles",
}
"""Zones whose name says nothing of summer time."""

_MONTHS = """
january jan يناير ιανουαρίου janvier janv januar jän jänner enero ene gennaio gen janeiro januari
  styczeń stycznia sty января янв январь ocak tammikuu tammikuuta leden ledna ianuarie január
  січня siječnja
february feb فبراير شباط φεβρουαρίου februar février févr fevr febrero febbraio fevereiro fev
  februari luty lutego lut февраля фев февраль şubat helmikuu helmikuuta únor února februarie
  február лютого veljače
march mar مارس آذار μαρτίου maret märz mär mrz mars marzo março maart mrt marzec marca марта мар
  март mart maaliskuu maaliskuuta březen března martie március березня ožujka
april apr أبريل ابريل إبريل نيسان απριλίου avril avr abril abr aprile kwiecień kwietnia kwi апреля
  апр апрель nisan huhtikuu huhtikuuta duben dubna aprilie április квітня travnja
may mai مايو أيار μαΐου mayo maggio mag maio mei maj maja мая май mayıs toukokuu toukokuuta květen
  května május травня svibnja
june jun يونيو حزيران ιουνίου juin juni junio giugno giu junho czerwiec czerwca cze июня июн июнь
  haziran kesäkuu kesäkuuta červen června iunie június червня lipnja
july jul يوليو تموز ιουλίου juillet juil juli julio luglio lug julho lipiec lipca lip июля июл
  июль temmuz heinäkuu heinäkuuta červenec července iulie július липня srpnja
august aug أغسطس آب αυγούστου agustus août aout agosto ago agosti augusti augustus sierpień
  sierpnia sie августа авг август ağustos elokuu elokuuta srpen srpna augusztus серпня kolovoza
september sep سبتمبر أيلول σεπτεμβρίου sept septembre septiembre settembre set setembro wrzesień
  września wrz сентября сен сентябрь eylül syyskuu syyskuuta září septembrie szeptember вересня
  rujna
october oct أكتوبر οκτωβρίου oktober okt octobre octubre ottobre ott outubro out październik
  października paź октября окт октябрь ekim lokakuu lokakuuta říjen října octombrie október жовтня
november nov نوفمبر νοεμβρίου novembre noviembre novembro listopad listopada lis ноября ноя ноябрь
  kasım marraskuu marraskuuta listopadu noiembrie листопада studenoga
december dec ديسمبر δεκεμβρίου dezember dez décembre déc diciembre dic dicembre dezembro desember
  grudzień grudnia gru декабря дек декабрь aralık joulukuu joulukuuta prosinec prosince decembrie
  грудня prosinca
"""


def _month_table() -> dict[str, int]:
    table: dict[str, int] = {}
    number = 0
    for line in _MONTHS.strip("\n").split("\n"):
        number += not line.startswith(" ")
        for name in line.split():
            table.setdefault(name, number)
    return table


MONTHS = _month_table()
_NAMES = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
_DAY_MONTH = re.compile(
    rf"(?<!\d)(?P<d>3[01]|[12]\d|0?[1-9])(?:\.|st|nd|rd|th|er|º|ª)?\s*(?:de\s+|of\s+|-|/)?"
    rf"(?P<m>{_NAMES})\b\.?,?\s*(?:de\s+|del\s+|-|/)?(?P<y>(?:19|20)\d\d)(?!\d)",
    re.I,
)
_MONTH_DAY = re.compile(
    rf"\b(?P<m>{_NAMES})\b\.?\s*(?P<d>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?,?\s+"
    rf"(?P<y>(?:19|20)\d\d)(?!\d)",
    re.I,
)
_EAST = re.compile(
    r"(?P<y>(?:19|20)\d\d)\s*[年년]\s*(?P<m>\d{1,2})\s*[月월]\s*(?P<d>\d{1,2})\s*[日일]"
)
_NUMERIC = re.compile(
    r"(?<![\d./-])(?P<a>\d{1,2})(?P<s>[./-])(?P<b>\d{1,2})(?P=s)(?P<y>(?:19|20)\d\d)(?!\d)"
)
_EASTERN = {first + i: str(i) for first in (0x660, 0x6F0) for i in range(10)}
"""Arabic digits."""
_DAYS = frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun"})
MONTH_FIRST = frozenset({"en", "en-us", "en_us", "fil", "es-us"})
"""Declared languages in which 3/4/2025 may mean March 4."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as somebody wrote it."""

    day: date
    time: tuple[int, int, int] | None = None
    offset: timezone | None = None
    """None where no zone was given."""
    swapped: date | None = None
    """The day that the same digits are in the other order of day and month."""

    def aware(self, fallback: timezone = UTC) -> datetime:
        """Return the moment in UTC; a missing zone is the fallback, a missing time midnight."""
        hour, minute, second = self.time or (0, 0, 0)
        zone = self.offset or (fallback if self.time else UTC)
        local = datetime(
            self.day.year, self.day.month, self.day.day, hour, minute, second, tzinfo=zone
        )
        return local.astimezone(UTC)


def read_moment(text: str, language: str | None = None) -> Moment | None:
    """Read the first date in a machine's or a person's writing; None where there is none."""
    text = text.strip()[:300]
    if not text:
        return None
    if found := _EPOCH.match(text):
        at = datetime.fromtimestamp(int(found[1]), UTC)
        return Moment(at.date(), (at.hour, at.minute, at.second), UTC)
    if found := _COMPACT.match(text):
        y, m, d, hour, minute, second, zone = found.groups()
        return _moment(y, m, d, (int(hour), int(minute), int(second or 0)), _zone(zone))
    if found := _ISO.search(text):
        time, zone = _time(found), _zone(found["z"])
        if time is None:
            time, zone = _clock_after(text[found.end() : found.end() + 24])
        if got := _moment(found["y"], found["m"], found["d"], time, zone):
            return got
    if text[:3].lower() in _DAYS and "," in text[:12] and (got := _rfc2822(text)):
        return got
    return in_words(text, language)


def in_words(text: str, language: str | None = None) -> Moment | None:
    """Read a date in words or digits: ``3 September 2024``, ``3.9.2024``, ``2024年9月3日``."""
    text = text if text.isascii() else text.translate(_EASTERN)
    for pattern in (_DAY_MONTH, _MONTH_DAY, _EAST):
        if found := pattern.search(text):
            month = MONTHS.get(found["m"].lower()) or found["m"]
            time, zone = _clock_after(text[found.end() : found.end() + 40])
            if got := _moment(found["y"], month, found["d"], time, zone):
                return got
    if found := _NUMERIC.search(text):
        a, b = int(found["a"]), int(found["b"])
        declared = (language or "").lower()
        month_first = found["s"] == "/" and declared in MONTH_FIRST
        day, month = (b, a) if (month_first and b > 12) or (month_first and a <= 12) else (a, b)
        if month > 12 >= day:
            day, month = month, day
        time, zone = _clock_after(text[found.end() : found.end() + 40])
        got = _moment(found["y"], month, day, time, zone)
        other = _moment(found["y"], day, month, time, zone) if day != month else None
        return replace(got, swapped=other.day) if got and other else got
    return None


def _rfc2822(text: str) -> Moment | None:
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    offset = at.utcoffset()
    zone = timezone(offset) if offset is not None else None
    return Moment(at.date(), (at.hour, at.minute, at.second), zone)


def _clock_after(
    text: str,
) -> tuple[tuple[int, int, int] | None, timezone | ZoneInfo | None]:
    found = _CLOCK.search(text)
    if not found or (found["M"] is None and found["ap"] is None):
        return None, None
    time = _time(found)
    if time and found["half"]:
        late = found["half"] in ("午後", "下午", "오후")
        time = (time[0] % 12 + 12 * late, *time[1:]) if time[0] <= 12 else time
    return time, _zone(found["z"])


def _time(found: re.Match[str]) -> tuple[int, int, int] | None:
    if found["H"] is None:
        return None
    hour = int(found["H"])
    if found["ap"]:
        late = found["ap"].lower().startswith("p")
        hour = hour % 12 + 12 * late if hour <= 12 else hour
    return hour, int(found["M"] or 0), int(found["S"] or 0)


def _zone(text: str | None) -> timezone | ZoneInfo | None:
    if not text:
        return None
    if len(text) > 3 and text[:3].upper() in ("GMT", "UTC"):
        text = text[3:]
    if text[0] in "+-":
        digits = text[1:].replace(":", "").ljust(4, "0")
        minutes = int(digits[:2]) * 60 + int(digits[2:4])
        if minutes > 14 * 60:
            return None
        return timezone(timedelta(minutes=minutes if text[0] == "+" else -minutes))
    if (seasons := SEASONAL.get(text.lower())) is not None:
        return ZoneInfo(seasons)
    hours = ZONES.get(text.lower())
    return None if hours is None else timezone(timedelta(hours=hours))


def _moment(
    year: str | int,
    month: str | int,
    day: str | int,
    time: tuple[int, int, int] | None,
    zone: timezone | ZoneInfo | None,
) -> Moment | None:
    try:
        at = date(int(year), int(month), int(day))
    except ValueError:
        return None
    if isinstance(zone, ZoneInfo):
        local = datetime(at.year, at.month, at.day, (time or (12,))[0], tzinfo=zone)
        zone = timezone(local.utcoffset() or timedelta())
    return Moment(at, time, zone)
