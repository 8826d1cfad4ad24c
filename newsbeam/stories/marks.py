"""What tells headlines of one pattern apart: which issue of a series, which fixture.

"Key events, day 1,410" and "… day 1,411" are two articles of a series, "12th" and "13th sanctions
package" two packages, "How to watch Lions v Bears" and "How to watch Hawks v Kings" two matches,
however alike their words are; so are two cases in court.  The marks only ever keep headlines apart:
they carry no weight of their own.

A number counts with the thing that it numbers.  "24th Grand Slam" and "fourth US Open title" may be
one victory, and "third day" and "day 3" are one day.
"""

import re
from collections.abc import Iterator, Set

from newsbeam.stories.ordinals import ordinal, tens

_UNITS = (
    "day days week weekend part episode ep season chapter round stage matchday game match issue "
    "volume vol edition lesson heat leg phase flight "
    "tag woche teil folge staffel runde spieltag ausgabe etappe "
    "jour semaine partie épisode saison journée étape "
    "día semana parte episodio temporada jornada etapa "
    "giorno settimana puntata stagione giornata tappa "
    "dia semana parte episódio temporada rodada jornada "
    "deel aflevering seizoen ronde speelronde "
    "dzień tydzień część odcinek sezon kolejka runda"
)
_UNIT_WORDS = frozenset(_UNITS.split())
_UNIT = "|".join(sorted(_UNIT_WORDS, key=lambda word: (-len(word), word)))
_SMALL = "one two three four five six seven eight nine ten".split()  # noqa: SIM905
_ROMAN = "I II III IV V VI VII VIII IX X".split()  # noqa: SIM905
_COUNTED = {word: str(n) for words in (_SMALL, _ROMAN) for n, word in enumerate(words, start=1)}
_ISSUE = re.compile(
    rf"\b(?P<unit>(?i:{_UNIT}))\b\.?[ \u00a0]"
    rf"(?:#?(?P<number>\d[\d,.]*)|(?P<word>(?i:{'|'.join(_SMALL)})|{'|'.join(_ROMAN)})\b)"
    r"|(?<![\w&])#(?P<bare>\d[\d,.]*)"
)
_NUMBERED = re.compile(
    r"(?P<thing>[^\W\d_]+)[ \u00a0](?:no|number|nr|nummer|número|numéro|numero|numer)\b\.?"
    r"[ \u00a0]?(?P<number>\d[\d,.]*)",
    re.IGNORECASE,
)
_QUARTER = re.compile(r"\b(?:Q([1-4])|([1-4])Q)(?:\s?[’'/]?(?:FY|CY)?[’']?(?:\d\d){1,2})?\b", re.I)
_EAST_ASIAN = re.compile(
    r"[第제]\s?(\d{1,4})\s?(\w?)"  # 第12轮, 제12차
    r"|(?<![\d.,])(\d{1,4})(号|號|弾|話|届|屆)"  # 台風18号
)
_CIRCUIT = re.compile(r"\b(D\.?C\.?|Fed(?:eral|\.)?) Circuit\b", re.IGNORECASE)
_COURT = re.compile(r"\b([^\W\d_a-z]\w+) ((?i:High|Supreme|District|Regional) (?i:Court))\b")
_NATION_WORDS = (
    "american australian british england english europe german germany india indian irish ireland "
    "london scottish scotland uk us"
)
_NATIONS = frozenset(_NATION_WORDS.split())
"""Words by which some outlets place a court that others name by its town."""

_TOKEN = re.compile(
    r"\d[\d,.]*(?:[ºªᵉ]|:[ea]\b|-[а-яїі]{1,3}\b|[^\W\d_]+)?|[^\W\d_]+(?:['’][^\W\d_]+)*"
)
_MONTH_NAMES = (
    "january february march april may june july august september october november december jan feb "
    "mar apr jun jul aug sep sept oct nov dec januar jänner februar märz mai juni juli oktober "
    "dezember januari februari maart mei augustus augusti marts maj janvier février mars avril "
    "juin juillet août septembre octobre novembre décembre enero febrero marzo abril mayo junio "
    "julio agosto septiembre octubre noviembre diciembre gennaio febbraio aprile maggio giugno "
    "luglio settembre ottobre dicembre janeiro fevereiro março maio junho julho setembro outubro "
    "novembro dezembro tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta "
    "heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta stycznia lutego marca kwietnia "
    "maja czerwca lipca sierpnia września października listopada grudnia ledna února března dubna "
    "května června července srpna září října listopadu prosince januára februára apríla mája júna "
    "júla augusta septembra októbra novembra decembra januarja februarja aprila junija julija "
    "avgusta siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna studenoga "
    "prosinca ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık января "
    "февраля марта апреля мая июня июля августа сентября октября ноября декабря січня лютого "
    "березня квітня травня червня липня серпня вересня жовтня листопада грудня"
)
_MONTHS = frozenset(_MONTH_NAMES.split())
"""Months as they stand behind a day."""
_QUARTERS = ("quarter", "quartal", "trimestr", "kwarta", "kvartal", "квартал")
_HEADS = frozenset("circuit day night week amendment tag jour día giorno dag".split())  # noqa: SIM905
"""Words that are the thing itself: those behind them are others."""
_FIRSTS = _HEADS | _UNIT_WORDS | frozenset("tour vuelta turno tura reading".split())  # noqa: SIM905
"""What has a first one of which the second is another event: days, rounds of an election."""
_OF = frozenset("of de des di do da der van".split())  # noqa: SIM905
_TALLY_WORDS = (
    "ld lead update time times straight consecutive successive row running half place century "
    "victim victims person people man men woman women child children boy girl baby worker "
    "soldier officer journalist patient passenger migrant hostage suspect arrest death deaths "
    "dead fatality body case cases survivor accuser floor storey president mayor governor "
    "minister premier pope king inning minute hour lap hole frame set goal win victory defeat "
    "loss title crown trophy medal gold career attempt try mal opfer toter tote toten "
    "verdächtiger sieg titel tor fois victime mort titre but vez víctima muerto víctimas título "
    "gol volta vittima morto titolo keer slachtoffer raz ofiara раз жертва"
)
_TALLIES = frozenset(_TALLY_WORDS.split())
"""What is counted while one event goes on, or counted otherwise by each outlet: no names of it."""
_THINGS = 3
"""Words behind an ordinal in which the thing is looked for: "18th EU sanctions package"."""

_WORD = r"[^\s,:;|()]+"
_FIXTURE = re.compile(rf"((?:{_WORD} ){{1,3}})(?:vs?\.?|versus|gegen|contre)((?: {_WORD}){{1,3}})")

TITLE_CHARS = 1000
"""What is read of a title: time grows with the square of a word without end."""


def numbered(title: str, language: str, common: Set[str]) -> Iterator[tuple[str, str]]:
    """Yield what a headline numbers, as (thing, number): ("package", "12"), ("day", "3").

    An ordinal comes with each of the words that may be its thing.

    Args:
        title: the headline.
        language: ISO 639-1.
        common: words that are no things.
    """
    title = title[:TITLE_CHARS]
    for match in _ISSUE.finditer(title):
        word = match["word"]
        number = _COUNTED.get(word.lower() if len(word) > 2 else word, "") if word else ""
        number = number or re.sub(r"\D", "", match["number"] or match["bare"] or "")
        if number and match["unit"]:
            yield match["unit"].lower().removesuffix("s"), str(int(number))
        if number and "#" in match.group():
            yield "#", str(int(number))
    for match in _NUMBERED.finditer(title):
        thing = match["thing"].lower()
        if thing not in common:
            yield thing, re.sub(r"\D", "", match["number"])
    for match in _QUARTER.finditer(title):
        yield "quarter", match[1] or match[2]
    for match in _EAST_ASIAN.finditer(title):
        yield (match[4] or match[2] or "第"), str(int(match[1] or match[3]))
    for match in _CIRCUIT.finditer(title):
        yield "circuit", match[1][0].lower()
    yield from _ordinals(title, language, common)


def _ordinals(title: str, language: str, common: Set[str]) -> Iterator[tuple[str, str]]:
    words = list(_TOKEN.finditer(title))
    for place, word in enumerate(words):
        number = ordinal(word.group(), language)
        if number is None:
            continue
        if number < 10 and place and _adjoin(title, words, place):
            number += tens(words[place - 1].group(), language)
        elif (
            tens(word.group(), language)
            and _adjoin(title, words, place + 1)
            and (ordinal(words[place + 1].group(), language) or 10) < 10
        ):
            continue  # "décimo" of "décimo segundo"
        for thing in _things(title, words, place, language, common, first=number == 1):
            yield thing, str(number)


def _adjoin(title: str, words: list[re.Match[str]], place: int) -> bool:
    """Tell whether a word (False: there is none) follows the one before it without a stop."""
    return place < len(words) and title[words[place - 1].end() : words[place].start()] in _GAPS


_GAPS = frozenset((" ", "-", "\u00a0"))


def _things(
    title: str,
    words: list[re.Match[str]],
    place: int,
    language: str,
    common: Set[str],
    first: bool,
) -> list[str]:
    """Return the words behind an ordinal, or before it in Romance languages, that it may number.

    "First" numbers few things: the "first Muslim mayor" is the "112th mayor".
    """
    found: list[str] = []
    for i in range(place + 1, len(words)):
        if not _adjoin(title, words, i):
            break
        word = words[i].group().lower()
        word = word[:-2] if word.endswith(("'s", "’s")) else word
        if word in _OF and (found or language in _ROMANCE):
            continue
        if word in _TALLIES or word.removesuffix("s") in _TALLIES:
            return []
        if word in _MONTHS or word[0].isdigit():
            return found
        if word in common:
            break
        if word.startswith(_QUARTERS):
            return ["quarter"]
        if first and word not in _FIRSTS:
            return found
        found.append(word)
        if len(found) == _THINGS or word in _HEADS:
            break
    if place and language in _ROMANCE and _adjoin(title, words, place):
        before = words[place - 1].group().lower()
        if before not in common and not before[0].isdigit() and not tens(before, language):
            found.append(before)
    return found


_ROMANCE = frozenset(("es", "fr", "it", "pt", "ca", "ro", "gl"))


def courts(title: str) -> Iterator[tuple[str, str]]:
    """Yield courts with the word before them: ("high court", "delhi").

    The word may be none of a place: "Loses High Court Case".
    """
    for match in _COURT.finditer(title[:TITLE_CHARS]):
        place = match[1].lower()
        if place not in _NATIONS:
            yield match[2].lower(), place


def sides(title: str) -> Iterator[tuple[str, bool]]:
    """Yield the words that may name the sides of a match or of a case in court ("A v. B").

    Each comes with whether it stands next to the "v": the words beyond may be others ("How to
    Watch Hawks v Kings").
    """
    for match in _FIXTURE.finditer(title[:TITLE_CHARS]):
        for words in (match[1].split()[::-1], match[2].split()):
            for place, word in enumerate(words):
                plain = word.strip(".'’\"“”‘")
                if not plain[:1].isupper():
                    break
                yield plain.lower(), not place
