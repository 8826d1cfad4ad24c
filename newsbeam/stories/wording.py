"""A text's words in order, as far as they are the outlet's own: what copies are aligned by.

Two reports of one speech share its quotations word for word and are no copies; so long quotations
are left out.  Words are cut to their first letters, so that another ending is no other word.
Scripts that write no spaces are read as overlapping pairs of characters.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from newsbeam.stories.terms import WORDS_KEPT

OPENING = 96
"""Words of its own that are kept of a text."""
STEM = 6
"""Letters that count of a word."""
FACT = 0x8000
"""Bit of a number or of a word that is written like a name."""
QUOTE_CHARS = 20, 600
"""Characters of a quotation; fewer are a turn of phrase, more are a mark that was never closed."""
SMOOTH = 4
"""Words that count as not shared: a handful of words agree by chance."""

Words = NDArray[np.uint16]


@lru_cache(maxsize=1)
def _marked() -> re.Pattern[str]:
    r"""Return the pattern of words with combining marks.

    Python's ``\w`` ends a word at every vowel sign of Hindi or Thai.
    """
    every = chain(range(0x300, 0x20000), range(0xE0100, 0xE01F0))
    marks = [code for code in every if unicodedata.category(chr(code))[0] == "M"]
    spans: list[list[int]] = []
    for code in marks:
        if spans and code == spans[-1][1] + 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    ranges = "".join(f"{chr(a)}-{chr(b)}" if b > a else chr(a) for a, b in spans)
    return re.compile(rf"[\w{ranges}]+")


_SPACELESS = (
    "\u0e01-\u0e4e\u0e80-\u0ece\u1000-\u109f\u1780-\u17d3"  # Thai, Lao, Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = re.compile(f"[{_SPACELESS}]+")
_MARKED = re.compile("[\u0300-\u036f\u0483-\u0489\u0591-\u1fff\ua66f-\uabff]")
"""Scripts with combining marks, roughly: others are read by the quicker patterns."""
_WORD = re.compile(r"\w+")
_SPANS = {'"': '"', "“": '”"', "„": '”“"', "«": "»", "»": "«"}
_LONG = f"{{{QUOTE_CHARS[0]},{QUOTE_CHARS[1]}}}"
_OPENS = r"(?:^|(?<=[\s(\[—–-]))"
_QUOTATION = re.compile(
    rf"{_OPENS}(?:"
    + "|".join(rf"{a}(?=[\w\[(…'])[^{b}\n]{_LONG}(?:[{b}](?!\w)|$)" for a, b in _SPANS.items())
    + rf"|['‘‚](?=\w)(?:[^'’‘\n]|(?<=\w)['’](?=\w)){_LONG}['’‘](?!\w))|[「『][^」』\n]{_LONG}[」』]"
)
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
_DATELINE = re.compile(
    r"\W{0,3}(?:[^\n()]{2,70}\(\s?[A-Z][\w./ -]{1,30}\)"
    r"|[A-ZÀ-Þ]{3,}(?:[ ,]{1,2}[A-Z\d][\w./]*){0,6})(?:\s?(?:[–—]|--)\s?|\s-\s)"
)
"""Place, date and agency before a text, up to the dash."""


def split_words(text: str) -> list[str]:
    """Return the words of a text, lower case, in order."""
    words: list[str] = _words(text).findall(text.lower())
    if _RUN.search(text) is None:
        return words
    return [part for word in words for part in _parts(word)]


def without_addresses(text: str) -> str:
    """Return a text without addresses of the web: their parts are no words."""
    return _ADDRESS.sub(" ", text) if "://" in text or "www." in text else text


def without_dateline(text: str) -> str:
    """Return a text without place, date and agency in front of it."""
    found = _DATELINE.match(text)
    return text[found.end() :] if found else text


def own_words(text: str) -> str:
    """Return a text without its long quotations."""
    return _QUOTATION.sub(" ", text)


def _words(text: str) -> re.Pattern[str]:
    return _marked() if _MARKED.search(text) else _WORD


def spaceless(text: str) -> bool:
    """Tell whether most of a text is in a script that writes no spaces between words."""
    return 2 * sum(len(run) for run in _RUN.findall(text)) > len(text)


def _parts(word: str) -> Iterator[str]:
    """Yield a word, or the pairs of characters of one that is no single word."""
    end = 0
    for match in _RUN.finditer(word):
        if match.start() > end:
            yield word[end : match.start()]
        run, end = match.group(), match.end()
        yield from (run[i : i + 2] for i in range(max(1, len(run) - 1)))
    if end < len(word):
        yield word[end:]


def _inside(text: str, place: int) -> bool:
    """Tell whether a word stands inside a sentence, so that its capital says something."""
    before = text[max(0, place - 6) : place].rstrip(" \"'“„«‘([")
    return bool(before) and before[-1] not in ".!?:…。！？\n—–"


@lru_cache(maxsize=WORDS_KEPT)
def _code(word: str) -> int:
    return zlib.crc32(word[:STEM].encode(errors="surrogatepass")) & 0x7FFF


def opening(text: str) -> Words:
    """Return the first words of a text: (n,), n <= OPENING.

    Args:
        text: without quotations, see :func:`own_words`.
    """
    found: list[int] = []
    spaced = _RUN.search(text) is None
    for match in islice(_words(text).finditer(text), OPENING):
        word = match.group()
        fact = word[0].isdigit() or (word[0].isupper() and _inside(text, match.start()))
        bit = FACT if fact else 0
        if spaced:
            found.append(_code(word.lower()) | bit)
        else:
            found.extend(_code(part) | bit for part in _parts(word.lower()))
    return np.array(found[:OPENING], np.uint16)


@dataclass(frozen=True, slots=True)
class Alignment:
    """How much of the opening with fewer words stands in the other."""

    shared: float
    """Its words that stand there in the same order, of all of its words and :data:`SMOOTH`."""
    words: int
    """Words of the opening with fewer words."""
    facts: int
    """Its distinct numbers and names."""
    shared_facts: int
    """Those of them that the other has, too."""

    @property
    def whole(self) -> bool:
        """Whether each of its words stands in the other, in the same order."""
        return round(self.shared * (self.words + SMOOTH)) == self.words


def align(a: Words, b: Words) -> Alignment:
    """Align two openings by their longest common subsequence.

    Source: Hyyrö, "Bit-parallel LCS-length computation revisited", 2004: a row of the table is one
    whole number, so that two texts of 96 words take some 20 microseconds.
    """
    if len(a) > len(b):
        a, b = b, a
    ours, theirs = a.tolist(), b.tolist()
    masks: dict[int, int] = {}
    for place, code in enumerate(theirs):
        code &= FACT - 1  # "Officials said" and "officials said" are the same words
        masks[code] = masks.get(code, 0) | 1 << place
    full = row = (1 << len(theirs)) - 1
    for code in ours:
        both = row & masks.get(code & (FACT - 1), 0)
        row = (row + both | row - both) & full
    facts = {code & (FACT - 1) for code in ours if code & FACT}
    return Alignment(
        shared=(len(theirs) - row.bit_count()) / (len(ours) + SMOOTH),
        words=len(ours),
        facts=len(facts),
        shared_facts=sum(code in masks for code in facts),
    )
