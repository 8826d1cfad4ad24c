"""Ordinals in a dozen languages, as headlines write them: "12th", "twelfth", "12.º", "18-й".

Words are known up to twenty, English ones up to ninety-nine; figures need no list.
"""

import re

_ENDINGS: dict[str, tuple[str, str]] = {
    "en": ("", "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
           "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"),
    "de": ("e[rnsm]?", "erst zweit dritt viert fünft sechst siebt acht neunt zehnt elft zwölft "
           "dreizehnt vierzehnt fünfzehnt sechzehnt siebzehnt achtzehnt neunzehnt zwanzigst"),
    "fr": ("", "premi(?:er|ère) (?:deuxième|seconde?) troisième quatrième cinquième sixième "
           "septième huitième neuvième dixième onzième douzième treizième quatorzième quinzième "
           "seizième dix-septième dix-huitième dix-neuvième vingtième"),
    "es": ("[oa]?", "primer segund tercer cuart quint sext séptim octav noven décim undécim "
           "duodécim decimotercer decimocuart decimoquint decimosext decimoséptim decimoctav "
           "decimonoven vigésim"),
    "it": ("[oa]", "prim second terz quart quint sest settim ottav non decim undicesim dodicesim "
           "tredicesim quattordicesim quindicesim sedicesim diciassettesim diciottesim "
           "diciannovesim ventesim"),
    # "segunda" to "sexta" are days of the week
    "pt": ("", "primeir[oa] segundo terceir[oa] quarto quinto sexto sétim[oa] oitav[oa] non[oa] "
           "décim[oa]"),
    "nl": ("e", "eerst tweed derd vierd vijfd zesd zevend achtst negend tiend elfd twaalfd "
           "dertiend veertiend vijftiend zestiend zeventiend achttiend negentiend twintigst"),
    "sv": ("", "första andra tredje fjärde femte sjätte sjunde åttonde nionde tionde elfte tolfte "
           "trettonde fjortonde femtonde sextonde sjuttonde artonde nittonde tjugonde"),
    "da": ("", "første anden tredje fjerde femte sjette syvende ottende niende tiende ellevte "
           "tolvte trettende fjortende femtende sekstende syttende attende nittende tyvende"),
    "pl": ("(?:[yaeią]|i?ego|i?emu|i?ej|[yi]m|ia|ie)", "pierwsz drug trzec czwart piąt szóst "
           "siódm ósm dziewiąt dziesiąt jedenast dwunast trzynast czternast piętnast szesnast "
           "siedemnast osiemnast dziewiętnast dwudziest"),
    "ru": ("(?:[ыои]й|ая|ья|[оь]е|[ое]го|[ое]му|[ыи]м|[ое]м|ую|ью|ей)", "перв втор трет четв[её]рт "
           "пят шест седьм восьм девят десят одиннадцат двенадцат тринадцат четырнадцат пятнадцат "
           "шестнадцат семнадцат восемнадцат девятнадцат двадцат"),
}  # fmt: skip
"""By language: how the words end, and their stems from the first on."""
_WORDS = {
    language: re.compile(f"(?:{'|'.join(f'({stem})' for stem in stems.split())}){end}")
    for language, (end, stems) in _ENDINGS.items()
}
_TENS = {
    "en": dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(),  # noqa: SIM905
                   range(20, 100, 10), strict=True)),
    "fr": {"dix": 10, "vingt": 20},
    "es": {"décimo": 10, "décima": 10, "vigésimo": 20, "vigésima": 20},
    "pt": {"décimo": 10, "décima": 10, "vigésimo": 20, "vigésima": 20},
}  # fmt: skip
"""Words before an ordinal that add to it: "twenty-first", "décimo segundo"."""
_LIKE = {"no": "da", "nb": "da", "nn": "da", "uk": "ru", "be": "ru"}

_FIGURE = re.compile(
    r"(\d{1,4})(?:st|nd|rd|th|\.?[ºªᵉ]|e|er|ère|ème|ième|de|ste|:[ea]"
    r"|-(?:[йяеїа]|ий|ый|ая|ое|[гм]о|м?у|[хю]|[ої]го|та|ту|ти))",
    re.IGNORECASE,
)
_DOTTED = re.compile(r"(\d{1,3})\.")
_DOT_MEANS_TH = frozenset("de da no nb nn is fi et lv cs sk pl sl hr sr bs hu tr".split())  # noqa: SIM905
"""Languages that write "12." for "12th"."""


def ordinal(word: str, language: str) -> int | None:
    """Return the number of an ordinal in words or figures; None where it is none.

    Args:
        word: as written, with what belongs to its figures ("12.", "12.º", "18-й").
        language: ISO 639-1.
    """
    if word[0].isdigit():
        figures = _FIGURE.fullmatch(word)
        if figures is None and language in _DOT_MEANS_TH:
            figures = _DOTTED.fullmatch(word)
        return int(figures[1]) if figures else None
    known = _WORDS.get(_LIKE.get(language, language))
    found = known.fullmatch(word.lower()) if known else None
    if found is None:
        return None
    return next(place for place, stem in enumerate(found.groups(), start=1) if stem)


def tens(word: str, language: str) -> int:
    """Return what a word adds to the ordinal behind it: 20 for "twenty" in "twenty-first"."""
    return _TENS.get(language, {}).get(word.lower(), 0)
