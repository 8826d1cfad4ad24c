"""Which of the keys that thousands of queries ask for a document has.

All keys are numbered, and a document is turned into one array that says of each number whether it
has the key.  Looking up words one by one in a dict costs mostly the waiting for memory; here a few
numpy calls look up all words at once.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from newsbeam.topics.query.document import IN_TITLE, TWICE, Document

Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

ALWAYS, NEVER = 0, 1
"""Numbers of a key that every document has, and of one that none has."""


class KeyTable:
    """Numbers keys: words, pairs of neighbours, words of the headline, repeated words.

    A word is found by its 64-bit hash, which is different in every process: the chance that a word
    of an article is taken for one of 100,000 others is one in 10^11 articles.

    Args:
        keys: as :attr:`Document.keys` has them; no beginnings of words.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._numbers: dict[str, int] = {}
        pairs: list[tuple[int, ...]] = []
        titled: list[tuple[int, ...]] = []
        twice: list[tuple[int, ...]] = []
        for key in dict.fromkeys(keys):
            first, space, second = key.partition(" ")
            if space:
                pairs.append((self._number(first), self._number(second), self._number(key)))
            elif key.startswith(IN_TITLE):
                titled.append((self._number(key.removeprefix(IN_TITLE)), self._number(key)))
            elif key.startswith(TWICE):
                twice.append((self._number(key.removeprefix(TWICE)), self._number(key)))
            else:
                self._number(key)
        self._titled, self._twice = _columns(titled, 2), _columns(twice, 2)
        first, second, number = _columns(pairs, 3)
        order = np.argsort(_joined(first, second))
        self._pairs, self._pair_numbers = _joined(first, second)[order], number[order]
        self._hashes, self._slots = _hash_table(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers) + 2

    def __getitem__(self, key: str) -> int:
        return self._numbers[key]

    def _number(self, key: str) -> int:
        return self._numbers.setdefault(key, len(self._numbers) + 2)

    def held(self, document: Document) -> Flags:
        """Return for each number whether the document has that key, bool (len(self),)."""
        words = self._words(document)
        held = _flags(len(self), words)
        held[ALWAYS], held[NEVER] = True, False
        if len(self._titled[0]):
            held[self._titled[1]] = _flags(len(self), words[: document.titled])[self._titled[0]]
        if len(self._twice[0]):
            ordered = np.sort(words)
            repeated = ordered[1:][ordered[1:] == ordered[:-1]]
            held[self._twice[1]] = _flags(len(self), repeated)[self._twice[0]]
        if len(self._pairs):
            known = words != NEVER
            both = np.flatnonzero(known[:-1] & known[1:])
            pairs = _joined(words[both], words[both + 1])
            at = np.minimum(np.searchsorted(self._pairs, pairs), len(self._pairs) - 1)
            held[self._pair_numbers[at[self._pairs[at] == pairs]]] = True
        return held

    def _words(self, document: Document) -> Numbers:
        """Return the number of the word at each place; NEVER where no query asks for it."""
        hashes = np.fromiter(map(hash, document.words), np.int64, len(document.words))
        slots = hashes & (len(self._hashes) - 1)
        found = self._hashes[slots]
        away = np.flatnonzero((found != hashes) & (found != 0))
        while len(away):  # taken by another word: it may be in the next one
            slots[away] = (slots[away] + 1) & (len(self._hashes) - 1)
            found = self._hashes[slots[away]]
            away = away[(found != hashes[away]) & (found != 0)]
        numbers: Numbers = self._slots[slots]
        return numbers

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the keys alone: hashes are of one process."""
        return (KeyTable, (tuple(self._numbers),))


def _hash_table(numbers: dict[str, int]) -> tuple[Ints, Numbers]:
    """Return hashes and numbers by slot: a word's is the first free one after its hash."""
    size = 1 << (6 * len(numbers) + 6).bit_length()  # mostly empty: few second looks
    hashes, slots = np.zeros(size, np.int64), np.full(size, NEVER, np.int32)
    for key, number in numbers.items():
        code = hash(key)
        slot = code & (size - 1)
        while hashes[slot]:
            slot = (slot + 1) & (size - 1)
        hashes[slot], slots[slot] = code, number
    return hashes, slots


def _columns(rows: list[tuple[int, ...]], width: int) -> Ints:
    return np.array(rows, np.int64).reshape(-1, width).T.copy()


def _joined(first: Ints | Numbers, second: Ints | Numbers) -> Ints:
    """Return one number for two."""
    return (first.astype(np.int64) << 32) | second


def _flags(size: int, numbers: Ints | Numbers) -> Flags:
    flags = np.zeros(size, np.bool_)
    flags[numbers] = True
    return flags
