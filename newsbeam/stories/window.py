"""The articles that a newcomer may be compared with: those of the last days.

Arrays with one row per article in order of arrival, an inverted index from terms to rows, and the
terms' frequencies.  What has left the window is forgotten everywhere, so that memory is bounded and
a window rebuilt from the store's rows equals one that was kept warm.

Cost: a newcomer looks at no more than :data:`POSTINGS` latest articles of each of its
:data:`INDEXED` heaviest terms, so its cost does not grow with the window.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsbeam.stories.features import TERMS, TOTALS, Features, Floats, Frequencies, Rows

INDEXED = 20
"""Terms by which an article is found."""
POSTINGS = 32
"""Latest articles that one term leads to."""
CANDIDATES = 32
"""Articles that a newcomer is compared with in full."""


class Window:
    """A bounded, ordered set of articles with a look-up by shared terms."""

    def __init__(self, dimensions: int = 384) -> None:
        self.frequencies = Frequencies()
        self.first = 0
        """Number of the oldest article here; articles are numbered by arrival."""
        self.next = 0
        """Number that the next article gets."""
        self._base = 0  # number of the article in row 0
        self._dimensions = dimensions
        self._allocate(1024)
        self._postings: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return self.next - self.first

    def _allocate(self, rows: int) -> None:
        self._ids = np.zeros((rows, TERMS), np.uint32)
        self._weights = np.zeros((rows, TERMS), np.float32)
        self._rarity = np.zeros((rows, TERMS), np.float32)
        self._bits = np.zeros((rows, TERMS), np.uint8)
        self._vectors = np.zeros((rows, self._dimensions), np.float32)
        self._days = np.zeros((rows, 7), np.float32)
        self._totals = np.zeros((rows, TOTALS), np.float32)

    def _arrays(self) -> tuple[NDArray[Any], ...]:
        rows = (self._ids, self._weights, self._rarity, self._bits, self._vectors)
        return (*rows, self._days, self._totals)

    def _make_room(self) -> None:
        """Drop the rows that have left, or double the arrays."""
        used = slice(self.first - self._base, self.next - self._base)
        old = self._arrays()
        count = used.stop - used.start
        self._allocate(max(1024, 2 * count))
        new = self._arrays()
        for source, target in zip(old, new, strict=True):
            target[:count] = source[used]
        self._base = self.first

    def add(self, features: Features) -> int:
        """Take one article in; return its number."""
        if self.next - self._base == len(self._ids):
            self._make_room()
        number, row, n = self.next, self.next - self._base, len(features.ids)
        self._ids[row, :n] = features.ids
        self._weights[row, :n] = features.weights
        self._rarity[row, :n] = features.rarity
        self._bits[row, :n] = features.bits
        self._days[row] = features.days
        self._totals[row] = features.totals
        if features.vector is not None:
            self._vectors[row] = features.vector
        self.frequencies.add(features.ids)
        for key in self._keys(features):
            posting = self._postings.setdefault(key, [])
            posting.append(number)
            if len(posting) > 2 * POSTINGS:
                del posting[:-POSTINGS]
        self.next += 1
        return number

    def expire(self, first: int) -> None:
        """Forget the articles numbered below ``first``."""
        while self.first < first:
            row = self.first - self._base
            ids = self._ids[row]
            self.frequencies.remove(ids[ids > 0])
            for key in ids.tolist():
                posting = self._postings.get(key)
                if posting and posting[0] <= self.first:
                    del posting[0]
                    if not posting:
                        del self._postings[key]
            self.first += 1

    def candidates(self, features: Features) -> NDArray[np.int64]:
        """Return the numbers of the articles that share most with the newcomer, best first."""
        scores: dict[int, float] = {}
        weight_of = dict(zip(features.ids.tolist(), features.weights.tolist(), strict=True))
        for key in self._keys(features):
            weight = weight_of[key]
            for number in self._postings.get(key, ())[-POSTINGS:]:
                scores[number] = scores.get(number, 0.0) + weight
        # equal scores: the later article first, so that the order is fixed
        numbers = np.fromiter(scores, np.int64, len(scores))
        worth = np.fromiter(scores.values(), np.float64, len(scores))
        return numbers[np.lexsort((-numbers, -np.round(worth, 6)))[:CANDIDATES]]

    def rows(self, numbers: Sequence[int] | NDArray[np.int64]) -> Rows:
        """Return the features of some articles, to compare with."""
        at = np.asarray(numbers, np.int64) - self._base
        return Rows(
            ids=self._ids[at],
            weights=self._weights[at],
            rarity=self._rarity[at],
            bits=self._bits[at],
            vectors=self._vectors[at],
            days=self._days[at],
            totals=self._totals[at],
        )

    @staticmethod
    def _keys(features: Features) -> list[int]:
        """Return the terms by which an article is filed and found: the heaviest."""
        weights: Floats = features.weights
        if len(weights) <= INDEXED:
            return features.ids.tolist()  # type: ignore[no-any-return]
        heaviest = np.lexsort((features.ids, -weights))[:INDEXED]
        return features.ids[heaviest].tolist()  # type: ignore[no-any-return]
