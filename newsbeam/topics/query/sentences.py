"""Where the sentences of a paragraph begin."""

import bisect
import re
from collections.abc import Sequence

from newsbeam.topics.query.words import plain

_ENDS = re.compile(r"[!?…。！？؟।]|\.(?!\w)")
_TAIL = re.compile(r"[^\w\s]{1,3}")
_SHORT = frozenset(
    """mr mrs ms dr prof st vs v inc corp co ltd llc jr sr no fig dept gen gov sen rep hon art al
    bzw ca usw nr z.b d.h p pp vol ed approx est jan feb mar apr jun jul aug sep sept oct nov dec
    sra av mme mlle""".split()  # noqa: SIM905
)
"""Words after which a full stop does not end the sentence."""

Offsets = Sequence[tuple[int, int]]
"""Start and end of each word, in characters, ascending."""


def sentence_begins(text: str, words: Offsets) -> list[int]:
    """Return the numbers of the words of a paragraph with which a sentence begins, 0 among them.

    Only the gaps between words that hold a full stop or its like are looked at.
    """
    begins = [0]
    starts = [start for start, _ in words]
    at = 0
    for end in _ENDS.finditer(text, words[0][1], words[-1][0]):
        word = bisect.bisect_right(starts, end.start(), at)
        if word in (at, len(words)) or words[word - 1][1] > end.start():
            continue  # another sign in the same gap, or one inside a word
        at = word
        if _ends_sentence(text, words[at - 1], starts[at]):
            begins.append(at)
    return begins


def sentence_end(text: str, end: int) -> int:
    """Return where a sentence ends whose last word ends at ``end``: behind its full stop."""
    tail = _TAIL.match(text, end)
    return tail.end() if tail else end


def _ends_sentence(text: str, word: tuple[int, int], start: int) -> bool:
    """Whether a sentence ends between a word (its start and end) and the start of the next."""
    found = _ENDS.search(text, word[1], start)
    if not found:
        return False
    if found.group() != ".":
        return True
    if start == found.end():  # example.com
        return False
    if is_short(text[word[0] : word[1]]):
        return False
    return not text[start].islower()


def is_short(word: str) -> bool:
    """Whether a word is an abbreviation, so that a full stop behind it ends no sentence."""
    word = plain(word)
    return word.lower() in _SHORT or (len(word) == 1 and word.isupper())
