"""What tells headlines of one pattern apart: which issue of a series, which fixture.

"Key events, day 1,410" and "… day 1,411" are two articles of a series, "How to watch Lions v Bears"
and "How to watch Hawks v Kings" two matches, however alike their words are; so are two cases in
court.  The marks only ever keep headlines apart: they carry no weight of their own.
"""

import re
from collections.abc import Iterator

_UNITS = (
    "day days week weekend part episode ep season chapter round stage matchday game match issue "
    "volume vol edition lesson heat leg number no "
    "tag woche teil folge staffel runde spieltag ausgabe etappe nummer nr "
    "jour semaine partie épisode saison journée numéro étape "
    "día semana parte episodio temporada jornada número etapa "
    "giorno settimana puntata stagione giornata numero tappa "
    "dia semana parte episódio temporada rodada jornada "
    "deel aflevering seizoen ronde speelronde "
    "dzień tydzień część odcinek sezon kolejka runda numer"
)
_UNIT = "|".join(sorted(set(_UNITS.split()), key=len, reverse=True))
_ISSUE = re.compile(
    rf"\b({_UNIT})\b\.?[ \u00a0]#?(\d[\d,.]*)|(?<!\w)#(\d+)\b",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    r"(?<![\w.,])(\d{1,4})(?:\.?[ºª]|(?:e|er|ère|ème|ième)(?!\w))"  # 12.º, 12ª, 1er, 12e
    r"|[第제]\s?(\d{1,4})|(?<![\d.,])(\d{1,4})(?:号|號|弾|話|届|屆)"
)
_DOTTED = re.compile(r"(?<![\w.,])(\d{1,3})\.[ \u00a0](?=[^\W\d_])")
_DOT_MEANS_TH = frozenset("de da no nb nn is fi et lv cs sk pl sl hr sr bs hu tr".split())  # noqa: SIM905
"""Languages that write "12." for "12th"."""
_WORD = r"[^\s,:;|()]+"
_FIXTURE = re.compile(rf"((?:{_WORD} ){{1,3}})(?:vs?\.?|versus|gegen|contre)((?: {_WORD}){{1,3}})")

TITLE_CHARS = 1000
"""What is read of a title: time grows with the square of a word without end."""


def issues(title: str, language: str = "en") -> Iterator[str]:
    """Yield which issue of a series a headline says it is, as ``unit number``.

    Ordinals of other languages than English ("12.º paquete", "13e paquet", "12. Paket", "台風18号")
    come as ``#12.``, the term of the English ones.
    """
    for match in _ORDINAL.finditer(title[:TITLE_CHARS]):
        yield f"#{int(next(filter(None, match.groups())))}."
    if language in _DOT_MEANS_TH:
        for match in _DOTTED.finditer(title[:TITLE_CHARS]):
            yield f"#{int(match[1])}."
    for match in _ISSUE.finditer(title[:TITLE_CHARS]):
        unit, number, bare = match.groups()
        digits = re.sub(r"\D", "", number or bare)
        yield f"{(unit or '#').lower()} {digits}"


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
