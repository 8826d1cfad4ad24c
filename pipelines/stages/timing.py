"""Time per stage, and progress for people.

Seconds are a Beam counter in milliseconds (``newsbeam``, ``ms/<stage>``), so they come back from
any runner; a generator's time is what is spent *inside* it, not in the stages it feeds.  Progress
is a hook of the driver's process: it sees the embedded runner only.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from time import perf_counter
from typing import TypeVar

from apache_beam.metrics import Metrics

T = TypeVar("T")

NAMESPACE = "newsbeam"

_progress: Counter[str] = Counter()
_watchers: list[Callable[[Counter[str]], None]] = []


class _Account(threading.local):
    """Of one thread."""

    spent = 0.0
    """Seconds in all stages together."""


_account = _Account()


def timed(stage: str, items: Iterable[T]) -> Iterator[T]:
    """Pass items on; add the time that it takes to make them to the stage's counter.

    What another stage takes, whose items these are made of, is counted there.
    """
    spent, iterator = 0.0, iter(items)
    try:
        while True:
            began, elsewhere = perf_counter(), _account.spent
            try:
                item = next(iterator)
            except StopIteration:
                return
            finally:
                own = perf_counter() - began - (_account.spent - elsewhere)
                spent += own
                _account.spent += own
            advance(stage)
            yield item
    finally:
        Metrics.counter(NAMESPACE, f"ms/{stage}").inc(round(spent * 1000))


def advance(name: str, count: int = 1) -> None:
    """Tell the watchers that something was done."""
    _progress[name] += count
    for watcher in _watchers:
        watcher(_progress)


class watching:  # noqa: N801  # used as `with watching(f):`
    """While open, the function gets the counts of this process at every step."""

    def __init__(self, watcher: Callable[[Counter[str]], None] | None) -> None:
        self._watcher = watcher

    def __enter__(self) -> None:
        _progress.clear()
        if self._watcher:
            _watchers.append(self._watcher)

    def __exit__(self, *_: object) -> None:
        if self._watcher:
            _watchers.remove(self._watcher)
