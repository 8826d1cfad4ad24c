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

from newsbeam.stories.copies import Sketch
from newsbeam.stories.features import TERMS, Features, Floats, Frequencies, Rows
from newsbeam.stories.index import Index
from newsbeam.stories.pack import HAS_TEXT, ROW, UNREAD, Packed, pack

INDEXED = 20
"""Terms by which an article is found."""
POSTINGS = 32
"""Latest articles that one term leads to."""
CANDIDATES = 32
"""Articles that a newcomer is compared with in full."""
RUNS = 6
"""Smallest hashes of a sketch by which a copy is found."""
COPIES = 8
"""Latest articles that one run leads to."""


class Window:
    """A bounded, ordered set of articles with a look-up by shared terms and by shared runs.

    Args:
        bundled: the vectors will be of the model that comes with newsbeam.
    """

    def __init__(self, bundled: bool = True) -> None:
        self.bundled = bundled
        self.frequencies = Frequencies()
        self.first = 0
        """Number of the oldest article here; articles are numbered by arrival."""
        self.next = 0
        """Number that the next article gets."""
        self._base = 0  # number of the article in row 0
        self._dimensions = 384  # of the bundled model, until a vector says otherwise
        self._allocate(1024)
        self._terms = Index(POSTINGS)
        self._copies = Index(COPIES)

    def __len__(self) -> int:
        return self.next - self.first

    def __getstate__(self) -> dict[str, Any]:
        """Return what a file must keep: rows without an article would double it."""
        used = slice(self.first - self._base, self.next - self._base)
        rows = {name: getattr(self, name)[used] for name in ("_packed", "_vectors", "_embedded")}
        return self.__dict__ | rows | {"_base": self.first}

    def _allocate(self, rows: int) -> None:
        self._packed = np.zeros(rows, ROW)
        # in half precision: 768 bytes an article, and a cosine changes by less than 0.0001
        self._vectors = np.zeros((rows, self._dimensions), np.float16)
        self._embedded = np.zeros(rows, np.bool_)

    def _make_room(self) -> None:
        """Drop the rows that have left, or double the arrays."""
        used = slice(self.first - self._base, self.next - self._base)
        old = self._packed, self._vectors, self._embedded
        count = used.stop - used.start
        self._allocate(max(1024, 2 * count))
        for source, target in zip(old, (self._packed, self._vectors, self._embedded), strict=True):
            target[:count] = source[used]
        self._base = self.first

    def add(self, features: Features, print_: Sketch | None) -> int:
        """Take one article in; return its number."""
        if self.next - self._base == len(self._packed):
            self._make_room()
        number, row = self.next, self.next - self._base
        self._packed[row] = pack(features, print_)[0]
        if features.vector is not None:
            self._vectors[row], self._embedded[row] = features.vector, True
        self.frequencies.add(features.ids)
        self._terms.add(number, features.ids[_heaviest(features)].tolist())
        self._copies.add(number, runs(print_))
        self.next += 1
        return number

    def fit(self, dimensions: int) -> None:
        """Make room for vectors of this length, where no article here has one."""
        if dimensions != self._dimensions and not self._embedded.any():
            self._dimensions = dimensions
            self._vectors = np.zeros((len(self._packed), dimensions), np.float16)

    def fill(self, packed: Packed, vectors: Floats, embedded: NDArray[np.bool_]) -> None:
        """Take many articles at once into an empty window.

        Args:
            packed: (n,), in order of arrival.
            vectors: (n, d); rows without a vector are zeros.
            embedded: (n,), whether there is a vector.
        """
        n = len(packed)
        self._dimensions = vectors.shape[1]
        self._allocate(max(1024, n + n // 4))
        self._packed[:n], self._vectors[:n], self._embedded[:n] = packed, vectors, embedded
        self.next = n
        ids, weights, sketches = packed["ids"], packed["weights"], packed["sketch"][:, :RUNS]
        self.frequencies.fill(ids[ids > 0], n)
        keys = np.empty((n, INDEXED), np.uint32)
        for start in range(0, n, 2000):  # parts that stay in the processor's cache
            part = slice(start, start + 2000)
            heaviest = np.argsort(-weights[part].astype(np.float32), axis=1, kind="stable")
            keys[part] = np.take_along_axis(ids[part], heaviest[:, :INDEXED], 1)
        for index, found in ((self._terms, keys), (self._copies, sketches)):
            there = (
                found > 0 if index is self._terms else np.arange(RUNS) < packed["hashes"][:, None]
            )
            row, _ = np.nonzero(there)
            index.fill(np.ascontiguousarray(found[there]), row)

    def expire(self, first: int) -> None:
        """Forget the articles numbered below ``first``."""
        while self.first < first:
            row = self._packed[self.first - self._base]
            self.frequencies.remove(row["ids"][: row["terms"]])
            self.first += 1
        self._terms.expire(self.first)
        self._copies.expire(self.first)

    def candidates(self, features: Features) -> NDArray[np.int64]:
        """Return the numbers of the articles that share most with the newcomer, best first."""
        scores: dict[int, float] = {}
        heaviest = _heaviest(features)
        weights = features.weights[heaviest].tolist()
        for weight, found in zip(weights, self._terms.latest(features.ids[heaviest]), strict=True):
            for number in found:
                scores[number] = scores.get(number, 0.0) + weight
        # equal scores: the later article first, so that the order is fixed
        numbers = np.fromiter(scores, np.int64, len(scores))
        worth = np.fromiter(scores.values(), np.float64, len(scores))
        return numbers[np.lexsort((-numbers, -np.round(worth, 6)))[:CANDIDATES]]

    def sharing_runs(self, print_: Sketch) -> set[int]:
        """Return the numbers of the latest articles that are filed under a hash of a text."""
        return {number for found in self._copies.latest(print_.hashes) for number in found}

    def with_shared_runs(self, print_: Sketch, numbers: Sequence[int]) -> list[int]:
        """Return those of some articles that have any of a text's hashes."""
        if not numbers:
            return []
        theirs = self._packed["sketch"][np.asarray(numbers, np.int64) - self._base]
        at = np.searchsorted(print_.hashes, theirs)
        shared = (print_.hashes[np.minimum(at, len(print_.hashes) - 1)] == theirs).any(axis=1)
        return [n for n, has in zip(numbers, shared.tolist(), strict=True) if has]

    def rows(self, numbers: Sequence[int] | NDArray[np.int64]) -> Rows:
        """Return the features of some articles, to compare with."""
        at = np.asarray(numbers, np.int64) - self._base
        found = self._packed[at]
        return Rows(
            ids=np.ascontiguousarray(found["ids"]),
            weights=found["weights"].astype(np.float32),
            rarity=found["rarity"].astype(np.float32),
            bits=np.ascontiguousarray(found["bits"]),
            vectors=self._vectors[at].astype(np.float32),
            totals=np.ascontiguousarray(found["totals"]),
            bundled=self.bundled,
        )

    def has_text(self, numbers: Sequence[int] | NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return for each of some articles whether it has a text: (n,)."""
        at = np.asarray(numbers, np.int64) - self._base
        return np.asarray(self._packed["flags"][at] & HAS_TEXT > 0)

    def unread(self, numbers: Sequence[int] | NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return for each of some articles whether the model does not read its language: (n,)."""
        at = np.asarray(numbers, np.int64) - self._base
        return np.asarray(self._packed["flags"][at] & UNREAD > 0)

    def brief(self, numbers: Sequence[int] | NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return for each of some articles whether it has fewer terms than are kept: (n,)."""
        at = np.asarray(numbers, np.int64) - self._base
        return np.asarray(self._packed["terms"][at] < TERMS)

    def packed(self, number: int) -> Packed:
        """Return one article's row, shape (1,)."""
        at = number - self._base
        return self._packed[at : at + 1]

    @property
    def vectors(self) -> tuple[Floats, NDArray[np.bool_]]:
        """The vectors in order of arrival, (n, d), zeros where there is none; and where there is
        one, (n,).
        """
        used = slice(self.first - self._base, self.next - self._base)
        return self._vectors[used].astype(np.float32), self._embedded[used].copy()

    def vector(self, number: int) -> Floats | None:
        """Return one article's vector; None: not embedded."""
        at = number - self._base
        return self._vectors[at].astype(np.float32) if self._embedded[at] else None

    def features(self, number: int) -> Features:
        """Return one article's features, as they came."""
        row = self._packed[number - self._base]
        n = row["terms"]
        return Features(
            ids=row["ids"][:n],
            weights=row["weights"][:n].astype(np.float32),
            rarity=row["rarity"][:n].astype(np.float32),
            bits=row["bits"][:n],
            vector=self.vector(number),
            has_text=bool(row["flags"] & HAS_TEXT),
            unread=bool(row["flags"] & UNREAD),
            totals=row["totals"],
        )

    def sketch(self, number: int) -> Sketch | None:
        """Return one article's sketch; None where its text was too short for one."""
        row = self._packed[number - self._base]
        if not row["hashes"]:
            return None
        kept = row["sketch"][: row["hashes"]], int(row["runs"]), row["opening"][: row["words"]]
        return Sketch(*kept)


def _heaviest(features: Features) -> NDArray[np.int64]:
    """Return the places of the terms by which an article is filed and found."""
    return np.lexsort((features.ids, -features.weights))[:INDEXED]


def runs(print_: Sketch | None) -> list[int]:
    """Return the hashes by which a copy is filed and found."""
    return [] if print_ is None else print_.hashes[:RUNS].tolist()
