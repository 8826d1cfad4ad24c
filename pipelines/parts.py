"""A run over many entries goes through the graph in parts, each committed by itself.

So memory and what a crash costs depend on the part, not on how many entries there are.  Each part
is a run in the store, as each portion of a large archive is; all start at the same time.

* Parts follow the entries' dates, so stories see the articles in the order of their publication.
* Entries of one address stay together: which of them goes on does not depend on the parts.
* What is remembered of the feeds is committed with the last part.  A run that breaks off before
  leaves its feeds as if they had not been asked: the next run asks them again, knows the entries
  of the parts that were committed, and goes on with the others.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsbeam.records import Entry
from pipelines.job import Job
from pipelines.memory import sweep
from pipelines.shelf import Laid
from pipelines.stages.known import article_id

ENTRIES = 1000
"""Entries per part: under half a minute of work, beside which starting a graph is nothing."""


@dataclass(frozen=True, slots=True)
class Part:
    """What was staged of a run and waits for its commit."""

    job: Job
    stages: dict[str, float]
    """Seconds of work per stage."""
    last: bool = True


def cut(entries: Sequence[Entry], now: datetime) -> Iterator[list[Entry]]:
    """Yield the entries in parts, the oldest first; without entries, one empty part.

    Args:
        entries: of all feeds.
        now: stands for a missing date, or one of the future.
    """
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(article_id(entry) or entry.id, []).append(entry)

    def age(name: str) -> tuple[datetime, str]:
        return min(min(entry.published or now, now) for entry in groups[name]), name

    part: list[Entry] = []
    for name in sorted(groups, key=age):
        if part and len(part) + len(groups[name]) > ENTRIES:
            yield part
            part = []
        part += groups[name]
    yield part


def in_turn(parts: Iterable[list[Entry]], folder: Path) -> Iterator[tuple[list[Entry], bool]]:
    """Yield each part, and whether it is the last; the others wait in files.

    Args:
        parts: of :func:`cut`.
        folder: of the run.

    Raises:
        OSError: the disk is full or read-only.
    """
    first, *others = parts
    laid = [Laid(part, folder / f"part-{n}.pickle") for n, part in enumerate(others, start=1)]
    if laid:
        others.clear()
        sweep()
    yield first, not laid
    del first
    for left, part in zip(reversed(range(len(laid))), laid, strict=True):
        yield part.take(), not left
