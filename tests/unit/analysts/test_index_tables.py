"""The index's rows are made portion by portion; what they are made of is not kept."""

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from sinks.search import index

AT = datetime(2026, 11, 20, tzinfo=UTC).replace(tzinfo=None)
WORDS = ("court", "licence", "copyright", "authors", "water", "bridge", "council", "harbour")


def rows(count: int) -> Iterator[tuple[Any, ...]]:
    for n in range(count):
        text = " ".join(f"{word}{n % 97 + i}" for i, word in enumerate(WORDS * 5))
        yield f"a{n:05}", f"Ferry {n}", text, None, "article", AT, AT, "m", [1.0, -0.5, n / count]


def test_portions_make_the_tables_that_all_at_once_make(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = index.tables(rows(10), 7)
    for size in (1, 3, 5, 10, 11):
        monkeypatch.setattr(index, "PORTION", size)
        docs, postings, following = index.tables(rows(10), 7)
        assert (docs.to_pylist(), postings.to_pylist()) == tuple(t.to_pylist() for t in whole[:2])
        assert following == whole[2] == 17
    assert [table.num_rows for table in index.tables(rows(0), 0)[:2]] == [0, 0]


def test_what_the_rows_are_made_of_is_not_kept() -> None:
    index.tables(rows(1), 0)  # what is loaded and kept at the first use

    def peak(count: int) -> int:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        index.tables(rows(count), 0)
        return tracemalloc.get_traced_memory()[1] - before

    tracemalloc.start()
    try:
        few, many = peak(index.PORTION), peak(6 * index.PORTION)
    finally:
        tracemalloc.stop()
    assert many < 2.5 * few  # the rows themselves, as arrays
