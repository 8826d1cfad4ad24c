"""When an article was published: a vote of everything that names a date.

Each claim has a weight; claims for the same day add up; the future and the years before the web
lose.  The winning day takes its time from its best claim that has one.  The modified date is kept
apart: it never wins the vote.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from lxml import etree

from newsbeam.articles.dom.blocks import Block
from newsbeam.articles.dom.claims import Claims, strings
from newsbeam.articles.dom.letters import letters
from newsbeam.articles.facts.moments import Moment, in_words, read_moment
from newsbeam.articles.facts.relative import may_be_relative, read_relative

EARLIEST = datetime(1995, 1, 2, tzinfo=UTC)
"""Older dates on the web are defaults (1970, 1980) or the age of the subject."""
SLACK = timedelta(hours=26)
"""A date may be this far after we saw it: outlets write tomorrow's date in their own zone."""
ENOUGH = 0.85
"""Weight of claims from which the page's scripts need not be searched."""

PUBLISHED_META = (
    "article:published_time", "article.published", "datepublished", "og:article:published_time",
    "og:published_time", "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime",
    "dc.date.issued", "dcterms.created", "dc.date", "dcterms.date", "dc.date.created",
    "citation_publication_date", "citation_date", "publish-date", "publish_date",
    "publication_date",
    "pubdate", "published_at", "ptime", "last-published", "rnews:datepublished", "release_date",
    "cxenseparse:publishtime", "article:published", "originalpublicationdate", "pub_date",
    "vr:published_time", "shareaholic:article_published_time", "article_date_original", "date",
    "bt:pubdate", "datecreated", "article:post_date", "published_time", "article:create_at",
)  # fmt: skip
MODIFIED_META = (
    "article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "lastmod",
    "article:modified", "dc.date.modified", "last-modified", "revised", "cxenseparse:recs:lastmod",
)  # fmt: skip
_URL_DAY = re.compile(
    r"/((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2]|[1-9](?=/)|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"[/-]?(3[01]|[12]\d|0[1-9]|[1-9](?=[/-]))(?=[/_.-]|$)",
    re.I,
)
_URL_TAIL = re.compile(r"[-_/](20\d\d)-?(0[1-9]|1[0-2])-?(3[01]|[12]\d|0[1-9])(?:\D|$)")
_LABEL = re.compile(
    r"publi|posted|veröffentlicht|erschienen|stand:|pubblicat|geplaatst|opublikowan|опубликован"
    r"|julkaistu|publicerad|yayınlan|创建|发布|掲載|公開|입력|등록",
    re.I,
)
_MODIFIED_LABEL = re.compile(
    r"updat|modif|aktualis|aggiornat|mis à jour|mise à jour|actualiz|atualiz|bijgewerkt"
    r"|zaktualizowan|обновлен|päivitetty|uppdaterad|更新|수정",
    re.I,
)
COUNTRY_ZONES = {
    "de": "Europe/Berlin", "at": "Europe/Vienna", "ch": "Europe/Zurich", "fr": "Europe/Paris",
    "es": "Europe/Madrid", "it": "Europe/Rome", "nl": "Europe/Amsterdam", "be": "Europe/Brussels",
    "pl": "Europe/Warsaw", "pt": "Europe/Lisbon", "uk": "Europe/London", "ie": "Europe/Dublin",
    "se": "Europe/Stockholm", "no": "Europe/Oslo", "dk": "Europe/Copenhagen",
    "fi": "Europe/Helsinki",
    "cz": "Europe/Prague", "hu": "Europe/Budapest", "gr": "Europe/Athens", "tr": "Europe/Istanbul",
    "ru": "Europe/Moscow", "ua": "Europe/Kyiv", "ro": "Europe/Bucharest", "jp": "Asia/Tokyo",
    "kr": "Asia/Seoul", "cn": "Asia/Shanghai", "tw": "Asia/Taipei", "hk": "Asia/Hong_Kong",
    "in": "Asia/Kolkata", "il": "Asia/Jerusalem", "za": "Africa/Johannesburg",
    "br": "America/Sao_Paulo", "ar": "America/Argentina/Buenos_Aires", "au": "Australia/Sydney",
    "nz": "Pacific/Auckland", "sg": "Asia/Singapore", "my": "Asia/Kuala_Lumpur",
    "th": "Asia/Bangkok", "vn": "Asia/Ho_Chi_Minh", "ke": "Africa/Nairobi", "ng": "Africa/Lagos",
    "na": "Africa/Windhoek", "bd": "Asia/Dhaka", "pk": "Asia/Karachi", "lt": "Europe/Vilnius",
    "lv": "Europe/Riga", "ee": "Europe/Tallinn", "bg": "Europe/Sofia", "hr": "Europe/Zagreb",
    "is": "Atlantic/Reykjavik", "lu": "Europe/Luxembourg",
}  # fmt: skip
"""Zone of a time without one, by the country in the outlet's domain; one zone per country only."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One date that somebody names."""

    moment: Moment
    weight: float
    """Chance that it is the day of publication."""
    source: str


@dataclass(frozen=True, slots=True)
class Dates:
    """What the vote found."""

    published: datetime | None = None
    confidence: float | None = None
    modified: datetime | None = None
    sources: tuple[str, ...] = ()
    """Who voted for the winner, heaviest first."""


def find_dates(
    tree: Any,
    claims: Claims,
    url: str,
    *,
    fetched: datetime,
    feed: datetime | None = None,
    language: str | None = None,
    blocks: Sequence[Block] = (),
    title: str | None = None,
    raw: str = "",
    source: bytes = b"",
) -> Dates:
    """Let every claim of the page, its URL and its feed vote on the day of publication.

    Args:
        tree: the parsed page, or None (only the feed and the URL vote then).
        claims: what the page says about itself.
        url: the page's address.
        fetched: when we had the page: nothing can have been published later.
        feed: what the feed says.
        language: declared language; settles 3/4/2025.
        blocks: the page's visible text.
        title: the headline: dates stand near it.
        raw: the page's source, searched when too few others speak.
        source: the same in UTF-8, in which plain words are found faster.
    """
    zone = _zone_of(url)
    language = _reading(language, url)
    found = [*_structured(claims, language), *_from_url(url)]
    if not _settled(found, feed, zone):
        found.extend(_visible(tree, language, source) if tree is not None else ())
        found.extend(_near_headline(blocks, title, language, fetched))
    if sum(c.weight for c in found) < ENOUGH:
        found.extend(_in_source(raw, language))
        names = (claims.first("og:title") or "", claims.title or "")
        found.extend(Claim(m, 0.4, "title") for n in names if (m := in_words(n, language)))
    if feed is not None:
        at = feed.astimezone(UTC)
        found.append(Claim(Moment(at.date(), (at.hour, at.minute, at.second), UTC), 0.8, "feed"))
    latest = fetched + SLACK
    kept = [c for one in found if (c := _possible(one, latest)) is not None]
    modified = _modified(claims, zone, latest)
    best = _vote(kept, zone)
    if best is None:
        return Dates(modified=modified)
    day, winners = best
    published = min(_time_of(winners, zone), fetched)
    doubt = 1.0
    for weight in {c.source.split(":")[0]: c.weight for c in reversed(winners)}.values():
        doubt *= 1 - weight
    rivals = max((c.weight for c in kept if not _same_day(c, day, zone)), default=0.0)
    confidence = round((1 - doubt) * (1 - 0.35 * rivals), 3)
    if modified is not None and modified < published:
        modified = None
    return Dates(published, confidence, modified, tuple(c.source for c in winners))


def _reading(language: str | None, url: str) -> str | None:
    """Return the language with the country of the domain: only some put the month first."""
    country = urlsplit(url).hostname or ""
    country = country.rsplit(".", 1)[-1]
    english = (language or "").lower() == "en" and country in COUNTRY_ZONES
    return f"en-{country}" if english else language


def _possible(claim: Claim, latest: datetime) -> Claim | None:
    """Return the claim if its date can be; with day and month changed where only that can be."""
    if EARLIEST <= claim.moment.aware(UTC) <= latest:
        return claim
    if claim.moment.swapped is None:
        return None
    other = replace(claim.moment, day=claim.moment.swapped, swapped=None)
    return replace(claim, moment=other) if EARLIEST <= other.aware(UTC) <= latest else None


def _settled(found: Sequence[Claim], feed: datetime | None, zone: timezone | ZoneInfo) -> bool:
    """Say whether JSON-LD, ``<meta>`` and URL or feed name one day: what is visible is theirs."""
    heavy = [c for c in found if c.weight >= 0.6]
    if not heavy:
        return False
    at = _aware(heavy[0].moment, zone)
    kinds = {c.source.split(":")[0] for c in heavy}
    agree = all(_same_day(c, at, zone) for c in heavy)
    if feed is not None and feed.astimezone(zone).date() == at.astimezone(zone).date():
        kinds.add("feed")
    return agree and len(kinds) >= 3


def _structured(claims: Claims, language: str | None) -> Iterator[Claim]:
    main = claims.article
    nodes = ([main] if main is not None else []) + [n for n in claims.nodes if n is not main]
    for rank, node in enumerate(nodes[:60]):
        for key, weight in (("datePublished", 0.9), ("dateCreated", 0.6), ("uploadDate", 0.25)):
            value = node.get(key)
            for text in [str(value)] if isinstance(value, int) else strings(value)[:1]:
                if moment := read_moment(text, language):
                    yield Claim(moment, weight if rank == 0 else weight / 3, f"json-ld:{key}")
    for rank, name in enumerate(PUBLISHED_META):
        for text in claims.meta.get(name, ())[:1]:
            if moment := read_moment(text, language):
                yield Claim(moment, 0.85 if rank < 6 else 0.7, f"meta:{name}")


def _modified(claims: Claims, zone: timezone | ZoneInfo, latest: datetime) -> datetime | None:
    main = claims.article
    texts = strings(main.get("dateModified")) if main is not None else []
    texts += [text for name in MODIFIED_META for text in claims.meta.get(name, ())]
    for text in texts:
        moment = read_moment(text)
        if moment is not None and EARLIEST <= (at := _aware(moment, zone)) <= latest:
            return at
    return None


def _from_url(url: str) -> Iterator[Claim]:
    for pattern, weight in ((_URL_DAY, 0.75), (_URL_TAIL, 0.6)):
        if found := pattern.search(url):
            year, month, day = found.groups()
            text = f"{day} {month} {year}" if month.isalpha() else f"{year}-{month}-{day}"
            if moment := read_moment(text):
                yield Claim(moment, weight, "url")
                return


_MARKED = etree.XPath("//*[@itemprop]")
_MARKS = frozenset({"datePublished", "dateCreated"})


def _visible(tree: Any, language: str | None, source: bytes) -> Iterator[Claim]:
    """Yield the dates of ``<time>`` and of elements marked as the date of publication."""
    for seen, element in enumerate(tree.iter("time")):
        if seen >= 12:
            break
        around = {a.tag for a in element.iterancestors()}
        beside = bool(around & {"aside", "nav", "footer"})
        label = _around(element)
        if _MODIFIED_LABEL.search(label) and not _LABEL.search(label):
            continue
        text = element.get("datetime") or element.get("content") or element.text_content()
        if moment := read_moment(text or "", language):
            marked = element.get("pubdate") is not None
            marked = marked or element.get("itemprop") == "datePublished"
            weight = 0.8 if marked else 0.6 if seen == 0 else 0.35
            weight = 0.1 if beside else weight / 2 if "li" in around else weight
            yield Claim(moment, weight, "time")
    named = _MARKED(tree) if b"itemprop" in source else ()
    for element in [e for e in named if e.get("itemprop") in _MARKS][:2]:
        text = element.get("content") or element.get("datetime") or element.text_content()
        if element.tag not in ("time", "meta") and (moment := read_moment(text or "", language)):
            yield Claim(moment, 0.8, "itemprop")


def _near_headline(
    blocks: Sequence[Block], title: str | None, language: str | None, fetched: datetime
) -> Iterator[Claim]:
    """Yield the dates in the short blocks around the headline, nearest first."""
    at = next((i for i, b in enumerate(blocks) if title and title in b.text), None)
    if at is None:
        at = next((i for i, b in enumerate(blocks) if b.tag == "h1"), None)
    if at is None and (wanted := letters(title or "")):
        at = next((i for i, b in enumerate(blocks[:200]) if wanted in letters(b.text)), None)
    if at is None:
        return
    after = [b.text for b in blocks[at : at + 14] if b.parts.isdisjoint({"related", "caption"})]
    before = [b.text for b in blocks[max(0, at - 4) : at]][::-1]
    for texts, weight in ((after, 0.5), (before, 0.35)):
        for index, text in enumerate(texts):
            if len(text) > 160:
                dateline = _DATELINE.match(text)
                if dateline is None:
                    continue
                text = dateline[0]
            numbered = _DIGIT.search(text)
            if not (numbered or may_be_relative(text)) or _COPYRIGHT.search(text):
                continue
            label = (texts[index - 1][-40:] if index else "") + text
            if _MODIFIED_LABEL.search(label) and not _LABEL.search(label):
                continue
            moment = None
            if numbered:
                moment = in_words(text, language) or _iso_line(text) or _short_year(text)
            if moment:
                yield Claim(moment, weight + 0.15 * bool(_LABEL.search(label)), "text")
                weight /= 2  # the first date near the headline is usually the one
            elif moment := read_relative(text, fetched):
                yield Claim(moment, weight / 2, "text")
                weight /= 2


_COPYRIGHT = re.compile(r"©|\(c\)|copyright|rights reserved", re.I)
_DATELINE = re.compile(
    r"[A-ZÀ-Ý][^.!?;]{6,70}\b(?:19|20)\d\d\)?\s*(?:/[^/]{3,30}/\s*)?(?=--|[–—]|-\s)"
)
"""How agencies and press releases begin: ``NORTHHAVEN, March 2, 2026 -- The port …``."""
_DIGIT = re.compile(r"\d\D{1,20}\d")
_SHORT_YEAR = re.compile(
    r"(?<![\d.])(3[01]|[12]\d|0?[1-9])\.(1[0-2]|0?[1-9])\.(\d\d)(?![\d.])(.{0,24})"
)
_KEYS = re.compile(
    r"""[\\"'](?:date_?published|published_?(?:at|date|first|time|on|time_?stamp)?|publish_?(?:date|time)"""
    r"""|publication_?date|pub_?date|first_?publi\w{2,8}(?:_?date)?|deploy_?dt|release_?date)[\\"']{1,2}"""
    r"""\s*:\s*[\\"']{1,2}([^"'\\]{8,40})""",
    re.I,
)
_ATTRIBUTE = re.compile(
    r"""\sdata-(?:date-?)?(?:publish\w*|pub|publication|deploy|release)(?:-?(?:date|time|dt|at))?"""
    r"""=["']([^"']{8,40})["']""",
    re.I,
)


def _short_year(text: str) -> Moment | None:
    found = _SHORT_YEAR.search(text)
    return in_words(f"{found[1]}.{found[2]}.20{found[3]}{found[4]}") if found else None


def _in_source(raw: str, language: str | None) -> Iterator[Claim]:
    """Yield the dates of scripts and attributes that are named after publication."""
    for pattern, weight in ((_KEYS, 0.45), (_ATTRIBUTE, 0.45)):
        for found in list(pattern.finditer(raw, 0, 600_000))[:3]:
            if moment := read_moment(found[1], language):
                yield Claim(moment, weight, "source")
                weight /= 2


def _iso_line(text: str) -> Moment | None:
    return read_moment(text) if re.search(r"(?:19|20)\d\d[-./]\d", text) else None


def _around(element: Any) -> str:
    parent = element.getparent()
    before = element.getprevious()
    parts = [parent.text if parent is not None else None]
    if before is not None:
        parts += [before.text_content() if len(before) < 5 else None, before.tail]
    return " ".join(p[-60:] for p in parts if p)


def _vote(claims: list[Claim], zone: timezone | ZoneInfo) -> tuple[datetime, list[Claim]] | None:
    """Return the winning moment and the claims that agree with it, heaviest first."""
    best: tuple[float, float, datetime, list[Claim]] | None = None
    for claim in claims:
        at = _aware(claim.moment, zone)
        agree = [c for c in claims if _same_day(c, at, zone)]
        # one voice per kind of source: a page that repeats one meta tag has said it once
        voices: dict[str, float] = {}
        for c in agree:
            kind = c.source.split(":")[0]
            voices[kind] = max(voices.get(kind, 0.0), c.weight)
        key = (sum(voices.values()), claim.weight)
        if best is None or key > best[:2]:
            best = (*key, at, sorted(agree, key=lambda c: -c.weight))
    return None if best is None else (best[2], best[3])


def _same_day(claim: Claim, at: datetime, zone: timezone | ZoneInfo) -> bool:
    moment = claim.moment
    if moment.time is None:
        return moment.day in {at.date(), at.astimezone(zone).date()}
    other = _aware(moment, zone)
    local = at.astimezone(zone).date()
    return other.date() == at.date() or other.astimezone(zone).date() == local


def _time_of(winners: list[Claim], zone: timezone | ZoneInfo) -> datetime:
    """Return the best time: of the heaviest claim that gives a zone, then a time, then a day."""
    top = winners[0].weight
    timed = [c for c in winners if c.moment.time is not None and c.weight >= top / 2]
    zoned = [c for c in timed if c.moment.offset is not None and c.moment.time != (0, 0, 0)]
    return _aware((zoned or timed or winners)[0].moment, zone)


def _aware(moment: Moment, zone: timezone | ZoneInfo) -> datetime:
    if moment.offset is not None or moment.time is None:
        return moment.aware()
    hour, minute, second = moment.time
    day = moment.day
    local = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=zone)
    return local.astimezone(UTC)


def _zone_of(url: str) -> timezone | ZoneInfo:
    host = url.split("//", 1)[-1].split("/", 1)[0].split(":")[0]
    name = COUNTRY_ZONES.get(host.rsplit(".", 1)[-1].lower())
    return ZoneInfo(name) if name else UTC
