"""Words as the query language sees them: where they begin and end, and how they are folded.

* A word is a run of letters, marks and digits; scripts written without spaces (Han, Hiragana,
  Thai, Lao, Khmer, Burmese) give one word per character, so that a term in them is a phrase.
* Hyphens and slashes part words (``open-source`` is two); decimals (``3.5``), abbreviations with
  dots (``U.S.``, ``A.I.``) and the English possessive (``Meta's``) are one.
* Folding drops case, diacritics of Latin, Greek, Cyrillic, Arabic and Hebrew, compatibility forms
  (full width, ligatures), the dots of abbreviations and the possessive: ``Meta’s`` -> ``meta``.

Source: https://unicode.org/reports/tr29/ (default word boundaries, simplified where it says).
"""

import re
import unicodedata
from functools import lru_cache

import regex

WORDS_KEPT = 4_096
"""Words remembered by each cache: what running text repeats.  News never stops to bring new names,
so a cache is always full in the end; a word that is not there costs some microseconds."""

_NO_SPACES = r"\p{Han}\p{Hiragana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"


_HIDDEN = "\xad\u200c\u200d\u200e\u200f\u2060\ufeff"
"""Signs that nobody sees (soft hyphens, joiners, marks of direction): within a word, not of it."""


def _pattern(also: str) -> "regex.Pattern[str]":
    letters = rf"[[\p{{L}}\p{{M}}\p{{N}}{also}]--[{_NO_SPACES}]]"
    letter = rf"[\p{{L}}--[{_NO_SPACES}]]"
    return regex.compile(
        rf"(?V1){letter}(?:\.{letter}(?![\p{{L}}\p{{M}}\p{{N}}]))+\.?(?:['’ʼ]s(?!\p{{L}}))?"
        rf"|[{_NO_SPACES}]\p{{M}}*"
        rf"|{letters}+(?:[{_HIDDEN}]+{letters}+)*(?:(?<=\p{{N}})[.,][\p{{N}}{also}]{letters}*)*"
        rf"(?:['’ʼ＇][sS](?![\p{{L}}\p{{N}}]))?"
    )


_ANY_SCRIPT = _pattern("")
_IN_QUERY = _pattern(r"*?")
_FAST = re.compile(
    r"[^\W\d_](?:\.[^\W\d_](?![^\W_]))+\.?(?:['’ʼ]s(?![^\W\d_]))?"
    r"|[^\W_]+(?:(?<=\d)[.,]\d[^\W_]*)*(?:['’ʼ][sS](?![^\W_]))?"
)
"""The same for text without combining marks and without the scripts above: 4 times faster."""
_NEEDS_FULL = re.compile(
    f"[{_HIDDEN}]|[^\x00-\u02ff\u0370-\u03ff\u0400-\u0481\u2000-\u206f\u20a0-\u20cf\u2122]"
)

_HIDDEN_SIGNS = re.compile(f"[{_HIDDEN}]")
_MARKS = re.compile(f"[{_HIDDEN}\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u064b-\u065f\u0670\u0640]")
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe"}
    | {"þ": "th", "’": "'", "ʼ": "'"}
    | {"ة": "ه", "ى": "ي", "ی": "ي", "ک": "ك"}  # as Lucene's Arabic and Persian normalisation
)
"""Letters that Unicode does not decompose, as a searcher would type them."""

_SIGNS = str.maketrans({"’": "'", "ʼ": "'"} | dict.fromkeys("“”‘„–—…•\xa0", " "))
"""Signs as ASCII, one for one, so that the offsets stay; only quotes are ever part of a word."""

_PARTING = {n: " " for n in range(128) if not (chr(n).isalnum() or chr(n) in ".,'")}
"""The ASCII signs that are never part of a word, as spaces."""


_HOLDING = {"concurrent": False}
"""Else `regex` lets go of the interpreter at each word, and waits 5 ms to have it back wherever
another thread is at work: loading the topics took 3.6 instead of 0.9 s beside one."""


def find_words(text: str) -> list[tuple[int, int]]:
    """Return start and end of each word of the text, in order."""
    if _NEEDS_FULL.search(text):
        return [m.span() for m in _ANY_SCRIPT.finditer(text, **_HOLDING)]
    return [m.span() for m in _FAST.finditer(text)]


def folded_words(text: str) -> list[str]:
    """Return the folded words of a text: those of :func:`find_words`, in the same order.

    Text that is ASCII but for quotation marks and dashes (most English news) is cut at spaces, and
    only what then has another sign in it is looked at closely: six times as fast.
    """
    letters = text if text.isascii() else text.translate(_SIGNS)
    if not letters.isascii():
        return [fold(text[a:b]) for a, b in find_words(text)]
    # a full stop or comma before a space is never part of a word, but for the last one of "U.S.",
    # which is folded away
    letters = f"{letters.lower().translate(_PARTING)} "
    words = letters.replace(", ", " ").replace(". ", " ").split()
    if "".join(words).isalnum():
        return words
    odd = [place for place, simple in enumerate(map(str.isalnum, words)) if not simple]
    for place in reversed(odd):
        words[place : place + 1] = _inner_words(words[place])
    return words


@lru_cache(maxsize=WORDS_KEPT)
def _inner_words(piece: str) -> tuple[str, ...]:
    """Return the words of lower-case ASCII without spaces: ``meta's`` or ``court.``."""
    return tuple(plain(word) for word in _FAST.findall(piece))


def query_words(text: str) -> list[str]:
    """Return the words of a term or phrase of a query, unfolded; ``*`` and ``?`` are letters."""
    return [m.group() for m in _IN_QUERY.finditer(text, **_HOLDING)]


@lru_cache(maxsize=WORDS_KEPT)
def fold(word: str) -> str:
    """Return the form of a word that is compared."""
    return plain(fold_letters(word))


def fold_letters(text: str) -> str:
    """Return a text without case, diacritics and compatibility forms."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", _MARKS.sub("", text)).translate(_LETTERS)


@lru_cache(maxsize=WORDS_KEPT)
def plain(word: str) -> str:
    """Return a word without possessive, hidden signs and dots of an abbreviation; case is kept."""
    if not word.isascii():
        word = _HIDDEN_SIGNS.sub("", word)
    if len(word) > 2 and word[-1] in "sS" and word[-2] in "'’ʼ＇":
        word = word[:-2]
    if "." in word and not any(c.isdigit() for c in word):
        word = word.replace(".", "")
    return word


STEMMED = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian",
    "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch",
    "no": "norwegian", "nb": "norwegian", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
    "yi": "yiddish",
}  # fmt: skip
"""Language -> its Snowball stemmer."""


@lru_cache(maxsize=64)
def _stemmer(language: str) -> object:
    import Stemmer

    return Stemmer.Stemmer(STEMMED.get(language, "english"))


@lru_cache(maxsize=WORDS_KEPT)
def stem(word: str, language: str | None) -> str:
    """Return the stem of a folded word in a language (ISO 639-1; unknown ones as English)."""
    stemmed: str = _stemmer(language or "en").stemWord(word)  # type: ignore[attr-defined]
    return stemmed
