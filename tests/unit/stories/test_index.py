"""The index of the window against the plainest one that does the same."""

import random
import tracemalloc

import numpy as np
import pytest

from newsbeam.stories import index
from newsbeam.stories.index import Index

MOST = 3
KEYS = 40


@pytest.mark.parametrize("fresh", [0, 7, 500, 100_000])
def test_leads_to_the_latest_articles_that_are_there(
    fresh: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However seldom filings are sorted in: after each, now and then, never."""
    monkeypatch.setattr(index, "FRESH", fresh)
    chance = random.Random(fresh)
    ours, first = Index(MOST), 0
    plain: dict[int, list[int]] = {}
    for number in range(600):
        keys = sorted(chance.sample(range(1, KEYS), chance.randint(0, 6)))
        if number == 300:
            keys.append(0xFFFFFFFF)
        ours.add(number, keys)
        for key in keys:
            plain.setdefault(key, []).append(number)
        if chance.random() < 0.05:
            first = chance.randint(first, number + 1)
            ours.expire(first)
        asked = [0, *chance.sample(range(1, KEYS), 5), 0xFFFFFFFF]
        wanted = [[n for n in plain.get(key, []) if n >= first][-MOST:] for key in asked]
        assert list(ours.latest(np.array(asked, np.uint32))) == wanted


def test_filled_at_once_equals_filled_one_by_one() -> None:
    chance = random.Random(1)
    one, many = Index(MOST), Index(MOST)
    keys, numbers = [], []
    for number in range(200):
        some = chance.sample(range(KEYS), 4)
        one.add(number, some)
        keys += some
        numbers += [number] * 4
    many.fill(np.array(keys, np.uint32), np.array(numbers, np.int64))
    every = np.arange(KEYS, dtype=np.uint32)
    for index_ in (one, many):
        index_.expire(150)
        index_.add(200, [1, 2])
    assert list(one.latest(every)) == list(many.latest(every))
    assert max(map(len, one.latest(every))) == MOST


def test_a_filing_takes_a_dozen_bytes() -> None:
    """A window of a week has millions of them."""
    chance = np.random.default_rng(0)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        ours = Index(MOST)
        for number in range(10_000):
            ours.add(number, chance.integers(1, 2**32 - 1, 10).tolist())
        held = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert held < 12 * 100_000 + 1_000_000  # beside those that wait for being sorted in
