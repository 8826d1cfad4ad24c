"""From keys (terms, runs of words) to the articles that have them, in order of arrival."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

FRESH = 4_096
"""Filings that may wait for being sorted in: at most one in :data:`SHARE` of all, or so many."""
SHARE = 50


class Index:
    """Latest articles by key; articles are numbered by arrival.

    Two sorted arrays hold nearly all of it, 8 bytes a filing; lists in a dictionary took 200.  What
    was filed last waits in a dictionary until enough has come to be sorted in.

    Args:
        most: articles that one key leads to; more are forgotten, the oldest first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._first = 0
        self._keys = np.zeros(0, np.uint32)
        """(n,), ascending"""
        self._numbers = np.zeros(0, np.uint32)
        """(n,), ascending for each key"""
        self._fresh: dict[int, list[int]] = {}
        self._waiting = 0

    def add(self, number: int, keys: Sequence[int]) -> None:
        """File one article, the latest so far."""
        for key in keys:
            found = self._fresh.setdefault(key, [])
            found.append(number)
            if len(found) > 2 * self._most:
                del found[: -self._most]
        self._waiting += len(keys)
        if self._waiting > max(FRESH, len(self._keys) // SHARE):
            self._sort_in()

    def fill(self, keys: NDArray[np.uint32], numbers: NDArray[np.int64]) -> None:
        """File many articles at once, in an empty index.

        Args:
            keys: (n,).
            numbers: (n,), ascending; the article that each key is of.
        """
        self._keep(keys, numbers.astype(np.uint32))

    def expire(self, first: int) -> None:
        """Forget the articles numbered below ``first``."""
        self._first = first

    def latest(self, keys: NDArray[np.uint32]) -> Iterator[list[int]]:
        """Yield for each key the latest articles that have it, the oldest of them first."""
        starts = self._keys.searchsorted(keys).tolist()
        ends = self._keys.searchsorted(keys, "right").tolist()
        for key, start, end in zip(keys.tolist(), starts, ends, strict=True):
            found: list[int] = self._numbers[start:end].tolist() if start < end else []
            found.extend(self._fresh.get(key, ()))
            if found and found[0] < self._first:
                found = [number for number in found if number >= self._first]
            yield found[-self._most :]

    def _sort_in(self) -> None:
        counts = [len(found) for found in self._fresh.values()]
        keys = np.repeat(np.fromiter(self._fresh, np.uint32, len(counts)), counts)
        numbers = np.fromiter((n for f in self._fresh.values() for n in f), np.uint32, len(keys))
        self._fresh.clear()
        self._waiting = 0
        there = self._numbers >= self._first
        self._keep(
            np.concatenate((self._keys[there], keys)),
            np.concatenate((self._numbers[there], numbers)),
        )

    def _keep(self, keys: NDArray[np.uint32], numbers: NDArray[np.uint32]) -> None:
        """Sort by key, and keep the latest articles of each.

        Args:
            keys: (n,).
            numbers: (n,), ascending for each key.
        """
        order = np.argsort(keys, kind="stable")
        keys, numbers = keys[order], numbers[order]
        more = np.zeros(len(keys), np.bool_)  # whether enough later articles have the same key
        more[: -self._most] = keys[: -self._most] == keys[self._most :]
        self._keys, self._numbers = keys[~more], numbers[~more]
