"""From keys (terms, runs of words) to the articles that have them, in order of arrival."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Index:
    """Latest articles by key; articles are numbered by arrival.

    Args:
        most: articles that one key leads to; more are forgotten, the oldest first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._numbers: dict[int, list[int]] = {}

    def add(self, number: int, keys: Sequence[int]) -> None:
        """File one article, the latest so far."""
        for key in keys:
            found = self._numbers.setdefault(key, [])
            found.append(number)
            if len(found) > 2 * self._most:
                del found[: -self._most]

    def fill(self, keys: NDArray[np.uint32], numbers: NDArray[np.int64]) -> None:
        """File many articles at once, in an empty index.

        Args:
            keys: (n,).
            numbers: (n,), ascending; the article that each key is of.
        """
        order = np.argsort(keys, kind="stable")
        keys, ordered = keys[order], numbers[order].tolist()
        starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else order
        ends = [*starts[1:].tolist(), len(keys)]
        for key, start, end in zip(keys[starts].tolist(), starts.tolist(), ends, strict=False):
            self._numbers[key] = ordered[max(start, end - self._most) : end]

    def expire(self, number: int, keys: Sequence[int]) -> None:
        """Forget the oldest article."""
        for key in keys:
            found = self._numbers.get(key)
            if found and found[0] <= number:
                del found[0]
                if not found:
                    del self._numbers[key]

    def latest(self, key: int) -> list[int]:
        """Return the latest articles with a key, the oldest of them first."""
        return self._numbers.get(key, [])[-self._most :]
