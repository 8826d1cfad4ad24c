"""An article's title and text as weighted terms: what stories are compared by.

Terms are hashed (CRC-32 of the stem), so that an article's features are a few small arrays that a
store can keep and give back.  Each term says where it stands (title, lead, body) and what it is:
a name, a number, a date.  Names are found by heuristics, not by a model: words that are written
with a capital where the language would not ask for one, and acronyms.

Everything here is pure: no state, no clock.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from threading import local
from typing import Any

from newsbeam.stories.marks import courts, numbered, sides
from newsbeam.stories.vector_text import own_words

WORDS_KEPT = 4_096
"""Words remembered by each cache: what running text repeats.  News never stops to bring new names,
so a cache is always full in the end; a word that is not there costs some microseconds."""

IN_TITLE, THING, NAME, NUMBER, DATE, PAIR, ORDINAL, SIDE = 1, 2, 4, 8, 16, 32, 64, 128
"""Bits of a term: where it stands and what it is.  Of what a headline numbers ("13th package") the
thing is a term of its own, and the thing with its number (``ORDINAL``) is another."""

COMMON = 3000
"""Of English words by how common they are: words before this one are no names of sides."""
RARE = 6000
"""Rank from which a word that is written with a capital is a name."""
TEXT_CHARS = 6000
"""What is read of a text: later paragraphs are background more often than the event."""

_WORD = re.compile(
    r"\d+(?:[.,:]\d+)*(?:st|nd|rd|th|bn|m|k|%)?(?!\w)|[^\W_]+(?:['’.](?=[^\W_])[^\W_]+)*"
)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
_PARTS = re.compile(rf"{_CJK.pattern}|\d+(?:[.,]\d+)*|(?:(?!{_CJK.pattern})[^\W\d_])+|_+")
_MONTHS = {
    form: number
    for number, name in enumerate(
        (
            "january", "february", "march", "april", "may", "june", "july", "august", "september",
            "october", "november", "december",
        ),
        start=1,
    )
    for form in (name, name[:3])
} | {"sept": 9}  # fmt: skip
_NUMBER_WORDS = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14",
    "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19",
    "twenty": "20",
}  # fmt: skip
_ORDINAL_WORDS = {
    "second": "2",
    "third": "3", "fourth": "4", "fifth": "5", "sixth": "6", "seventh": "7", "eighth": "8",
    "ninth": "9", "tenth": "10", "eleventh": "11", "twelfth": "12", "thirteenth": "13",
    "fourteenth": "14", "fifteenth": "15",
}  # fmt: skip
_LANGUAGES = {
    "da": "danish", "de": "german", "en": "english", "es": "spanish", "fi": "finnish",
    "fr": "french", "hu": "hungarian", "it": "italian", "nl": "dutch", "no": "norwegian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish",
    "tr": "turkish", "cs": "czech", "el": "greek", "ar": "arabic",
}  # fmt: skip


@dataclass(slots=True)
class Term:
    """One distinct term of an article."""

    text: str
    count: int
    bits: int


def hash_term(text: str) -> int:
    """Return 32 bits of a term; the same on every machine."""
    return zlib.crc32(text.encode(errors="surrogatepass"))


@lru_cache(maxsize=1)
def common_ranks() -> dict[str, int]:
    """Return the 10,000 commonest English words with their rank from 0.

    Source: vocabulary of bert-base-uncased in its own order, which is by frequency in books and
    Wikipedia (https://huggingface.co/google-bert/bert-base-uncased, Apache-2.0).
    """
    return {word: rank for rank, word in enumerate(_resource("words.txt"))}


@lru_cache(maxsize=1)
def capitalised() -> frozenset[str]:
    """Return common English words that are names: their capital says so even in a headline."""
    return frozenset(word for word in _resource("names.txt") if word[0] != "#")


@lru_cache(maxsize=1)
def stopwords() -> frozenset[str]:
    """Return the function words of a dozen languages, and the commonest English ones."""
    words = {w for line in _resource("stopwords.txt") if line[0] != "#" for w in line.split()[1:]}
    return frozenset(words | set(_resource("words.txt")[:110]) - {"new", "two", "war"})


def _resource(name: str) -> list[str]:
    text = resources.files("newsbeam.stories").joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.split("\n") if line]


_stemmers = local()


@lru_cache(maxsize=WORDS_KEPT)
def stem(word: str, language: str) -> str:
    """Return the stem of a lower-case word; of an unknown language, the word itself.

    Source: https://snowballstem.org/ (its C library, by PyStemmer).
    """
    name = _LANGUAGES.get(language)
    if name is None or len(word) < 4 or not word.isalpha():
        return word
    if language != "en" and word.isascii() and word in common_ranks():
        name = "english"  # English names and words in other languages' news
    made: dict[str, Any] = _stemmers.__dict__
    if name not in made:
        import Stemmer

        made[name] = Stemmer.Stemmer(name)
    found: str = made[name].stemWord(word)
    return found


def article_terms(title: str | None, text: str | None, language: str | None) -> dict[str, Term]:
    """Return the terms of a title and of the beginning of its text, by their text."""
    lang = (language or "en")[:2].lower()
    terms: dict[str, Term] = {}
    names = _read(terms, (text or "")[:TEXT_CHARS], lang, 0, frozenset())
    _read(terms, own_words(title or ""), lang, IN_TITLE, names)
    for thing, number in _marks(title or "", lang):
        _add(terms, f"nth {thing}", IN_TITLE | PAIR | THING)
        _add(terms, f"{number} {thing}", IN_TITLE | PAIR | ORDINAL)
    for side, beside in sides(title or ""):
        if beside or common_ranks().get(side, COMMON) >= COMMON:
            _add(terms, f"{side} v", IN_TITLE | PAIR | SIDE)
    return terms


_COMPOUNDS = frozenset("de nl sv da no nb fi hu".split())  # noqa: SIM905
"""Languages that write "Sanktionspaket": the end of the word is the thing."""
_COMPOUND = 5


def _marks(title: str, lang: str) -> Iterator[tuple[str, str]]:
    """Yield what a title numbers, and its courts by their places."""
    for word, number in numbered(title, lang, stopwords()):
        yield stem(word[-_COMPOUND:] if lang in _COMPOUNDS else word, lang), number
    for court, place in courts(title):
        if place in capitalised() or common_ranks().get(place, RARE + 1) > RARE:
            yield court, place


def as_written(text: str, language: str | None) -> dict[str, str]:
    """Return the words of a text as it writes them first, by the terms that they are."""
    lang = (language or "en")[:2].lower()
    written: dict[str, str] = {}
    words = list(_words(text))
    for place, (word, _) in enumerate(words):
        key = _look(word, _month(words, place, text), lang)[0]
        if key is not None:
            written.setdefault(key, word)
    return written


def _read(
    terms: dict[str, Term], text: str, lang: str, bits: int, names: frozenset[str]
) -> frozenset[str]:
    """Add one text's terms; return the words that it writes with a capital inside a sentence."""
    words = list(_words(text))
    title_case = bits and _is_title_case(words)
    capitals_tell = lang != "de" and not title_case
    found: set[str] = set()
    last_name: str | None = None
    end = 0
    for place, (word, start) in enumerate(words):
        month = _month(words, place, text) if word[0].isdigit() else ""
        key, kind, rare = _look(word, month, lang)
        gap = text[end:start]
        end = start + len(word)
        if key is None:
            last_name = None
            continue
        is_name = False
        if not kind and word[0].isupper():
            inside = capitals_tell and start > 0 and gap in _INSIDE
            if inside:
                found.add(key)
            rare = rare and not (title_case and key in _BUSINESS)
            is_name = inside or rare or key in names or (capitals_tell and word.isupper())
        _add(terms, key, bits | kind | (NAME if is_name else 0))
        if is_name and last_name and gap in _TIES:
            _add(terms, f"{last_name} {key}", bits | NAME | PAIR)
        last_name = key if is_name else None
    return frozenset(found)


_INSIDE = frozenset((" ", ", ", "-", " (", "’", "'", " & ", "/"))
"""What may stand between two words of one sentence."""
_TIES = frozenset((" ", "-", ". ", "’", "'"))
"""What may stand between two words of one name."""


def _words(text: str) -> Iterator[tuple[str, int]]:
    for match in _WORD.finditer(text):
        word = match.group()
        if not word.isascii() and _CJK.search(word):
            yield from _spaceless(word, match.start())
        else:
            yield word, match.start()


def _spaceless(word: str, start: int) -> Iterator[tuple[str, int]]:
    """Yield numbers and other words in what is written without spaces, and pairs of the rest."""
    for part in _PARTS.finditer(word):
        piece, at = part.group(), start + part.start()
        if _CJK.match(piece):
            yield from ((piece[i : i + 2], at + i) for i in range(max(1, len(piece) - 1)))
        else:
            yield piece, at


_DATE_ENDS = re.compile(r"\s*(?:$|\d{4}\b|[^\w\s])")
"""Behind a day and a short month: "Phone 2 May Cost More" has no date."""


def _month(words: list[tuple[str, int]], place: int, text: str) -> str:
    """Return the month that a number is a day of ("May 3", "3 May"); "" where of none."""
    word, start = words[place]
    if not word[0].isdigit() or len(word) > 4:
        return ""
    before = words[place - 1][0].lower() if place else ""
    if before in _MONTHS or place + 1 == len(words):
        return before if before in _MONTHS else ""
    after, at = words[place + 1]
    if not after[0].isupper() or after.lower() not in _MONTHS:
        return ""
    if text[start + len(word) : at] != " ":
        return ""
    verb = len(after) < 6 and not _DATE_ENDS.match(text, at + len(after))
    return "" if verb else after.lower()


def _is_title_case(words: list[tuple[str, int]]) -> bool:
    long = [w for w, _ in words if len(w) > 3 and w[0].isalpha()]
    return len(long) > 2 and sum(w[0].isupper() for w in long) > 0.7 * len(long)


_BUSINESS_WORDS = (
    "beats boosts buyback climbs dividend earnings estimates exceeds expectations forecasts "
    "guidance jumps lifts misses outlook plunges profits quarterly raises recalls reports revenues "
    "slumps soars surges tops tumbles"
)
_BUSINESS = frozenset(stem(word, "en") for word in _BUSINESS_WORDS.split())
"""What the headlines of all companies' results share; rare as words go, but no names."""
_QUARTERS = frozenset(("q1", "q2", "q3", "q4"))


@lru_cache(maxsize=WORDS_KEPT)
def _look(word: str, month: str, lang: str) -> tuple[str | None, int, bool]:
    """Return a word's term (None: not one), its kind, and whether its capital makes it a name.

    Args:
        word: as written.
        month: that it is a day of, where it is a number.
        lang: ISO 639-1.
    """
    lower = word.lower()
    number = _number(lower, month, lang)
    if number is not None:
        return number[0], number[1], False
    base = lower[:-2] if lower.endswith(("'s", "’s")) else lower
    base = base.replace(".", "").replace("’", "'")
    if base in stopwords() or (len(base) < 2 and not _CJK.match(base)):
        return None, 0, False
    if base in _QUARTERS:
        return base, ORDINAL, False
    rare = common_ranks().get(base, RARE + 1) > RARE or (word.isupper() and 1 < len(word) < 5)
    named = rare or (lang == "en" and base in capitalised())
    return stem(base, lang), 0, named and lang != "de"


def _number(lower: str, month: str, lang: str) -> tuple[str, int] | None:
    """Return a number's term and bits; None where the word is not a number."""
    if lower[0].isdigit():
        day = lower.rstrip("stndrh")
        if month and day.isdecimal() and 0 < int(day) < 32:
            return f"@{_MONTHS[month]}-{int(day)}", DATE
        plain = lower.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+", lower) else lower
        if re.fullmatch(r"(19|20)\d\d", plain):
            return plain, 0  # a year is a word like others
        if len(plain) > 2 and plain[-2:] in ("st", "nd", "rd", "th"):
            return f"#{plain[:-2]}.", NUMBER | ORDINAL
        return "#" + plain.rstrip("bnmk%"), NUMBER
    if lang == "en" and lower in _NUMBER_WORDS:
        return "#" + _NUMBER_WORDS[lower], NUMBER
    if lang == "en" and lower in _ORDINAL_WORDS:
        return f"#{_ORDINAL_WORDS[lower]}.", NUMBER | ORDINAL
    return None


def _add(terms: dict[str, Term], text: str, bits: int) -> None:
    term = terms.get(text)
    if term is None:
        terms[text] = Term(text, 1, bits)
    else:
        term.count += 1
        term.bits |= bits
