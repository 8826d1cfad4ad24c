"""A backfill: archives and listings through the same graph, large ones in portions.

Each portion of a WARC is a run of its own, committed with the place where it ended: a backfill that
broke off goes on there when it is started again.  What was read to its end is read anew by the next
backfill, which changes nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from connectors.listings import holds_more, parts_of
from newsbeam.settings import Settings
from pipelines.report import RunReport, added
from pipelines.run import Progress, clock, run_and_publish

PORTION = 2_000
"""Records of a WARC per transaction: minutes of work, so that little is lost when one breaks."""


def backfill(
    settings: Settings,
    places: Sequence[str],
    *,
    portion: int = PORTION,
    progress: Progress | None = None,
) -> RunReport:
    """Take files, folders and addresses into the store; return the summary of all portions.

    Args:
        settings: of the operator.
        places: paths of archives and listings, or addresses of listings.
        portion: records of a WARC per transaction.
        progress: told of every step.

    Raises:
        StoreBusyError: another process holds the store.
    """
    todo = [part for place in places for part in _parts(place)]
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
        todo = list(report.unfinished)
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
    """Return the summary of two portions: an archive that is gone on with was counted before."""
    fresh = len(set(two.unfinished) - set(one.unfinished))
    return replace(added(one, two), feeds=one.feeds + fresh)
