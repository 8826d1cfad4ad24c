"""A backfill: archives and listings through the same graph, large ones in portions.

Each portion is a run of its own, committed with the place where it ended, and published: memory,
and what is lost when one breaks off, depend on the portion.  A backfill that broke off is gone on
with when it is started again.  What was read to its end is read anew by the next, which changes
nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from connectors.listings import holds_more, parts_of
from newsbeam.settings import Settings
from pipelines.parts import ENTRIES
from pipelines.report import RunReport, added
from pipelines.run import Progress, clock, run_and_publish


def backfill(
    settings: Settings,
    places: Sequence[str],
    *,
    portion: int = ENTRIES,
    progress: Progress | None = None,
) -> RunReport:
    """Take files, folders and addresses into the store; return the summary of all portions.

    Args:
        settings: of the operator.
        places: paths of archives and listings, or addresses of listings.
        portion: records of archives per transaction.
        progress: told of every step.

    Raises:
        StoreBusyError: another process holds the store.
    """
    todo = list(dict.fromkeys(part for place in places for part in _parts(place)))
    total: RunReport | None = None
    while True:
        report = run_and_publish(
            settings,
            kind="backfill",
            now=clock(),
            archives=todo,
            portion=portion,
            progress=progress,
        )
        total = _added(total, report) if total else report
        left = {*report.unfinished, *report.unread}
        todo = [place for place in todo if place in left]
        if not todo:
            return total


def _parts(place: str) -> list[str]:
    """Return what of a place is read on its own: the WARCs and GDELT files of a folder."""
    path = Path(place)
    if not path.is_dir():
        return [place]
    parts = [str(part) for part in parts_of(path)]
    return [place, *parts] if holds_more(path) or not parts else parts


def _added(one: RunReport, two: RunReport) -> RunReport:
    """Return the summary of two portions: an archive that was gone on with was counted before."""
    total = added(one, two)
    return replace(total, feeds=total.feeds - len(one.unfinished))
