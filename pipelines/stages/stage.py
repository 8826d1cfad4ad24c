"""Everything found, to Parquet files that the committer loads.

A file's name is the hash of the ids in it, and it appears by a rename: a bundle that is run again
writes the same file over itself, and half a file is never seen.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow.parquet as pq

from newsbeam.errors import SinkError
from pipelines.job import Job
from pipelines.stages.items import Done, Polled
from pipelines.stages.timing import timed
from sinks.store.rows import (
    article_row,
    cursor_row,
    entry_row,
    ledger_row,
    mention_row,
    to_table,
)

AT_ONCE = 500
"""Records per file."""


def staged_rows(items: Sequence[Done | Polled]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a batch, by staged table."""
    polls = [i for i in items if isinstance(i, Polled)]
    done = [i for i in items if isinstance(i, Done)]
    instead = [d.instead for d in done if d.instead]
    return {
        "polls": [_poll_row(p) for p in polls],
        "cursors": [cursor_row(p.cursor) for p in polls if p.cursor],
        "ledger": [ledger_row(i.row) for i in items],
        "entries": [entry_row(d.entry) for d in done if d.entry],
        "articles": [article_row(d.embedded) for d in done if d.embedded],
        "mentions": [mention_row(m) for d in done for m in d.mentions],
        "instead_articles": [article_row(d.embedded) for d in instead if d.embedded],
        "instead_mentions": [mention_row(m) for d in instead for m in d.mentions],
    }


def _poll_row(polled: Polled) -> dict[str, Any]:
    return {
        "url": polled.row.url,
        "title": polled.title,
        "verdict": polled.row.verdict,
        "reason": polled.row.reason,
        "status": polled.status,
        "bytes": polled.bytes,
        "seconds": polled.row.seconds,
        "entries": polled.entries,
        "known": polled.known,
        "fresh": polled.fresh,
    }


def stage_batch(items: Sequence[Done | Polled], folder: Path) -> list[str]:
    """Write a batch; return the names of its files.

    Raises:
        SinkError: the folder cannot be written (disk full, read-only).
    """
    digest = hashlib.sha1(usedforsecurity=False)
    for subject in sorted(i.row.subject for i in items):
        digest.update(subject.encode())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [
            write_rows(name, rows, folder, digest.hexdigest())
            for name, rows in staged_rows(items).items()
            if rows
        ]
    except OSError as error:  # an error of ours is found again under what Beam makes of it
        raise SinkError(
            f"cannot stage in {folder.parent}: {error}; nothing of it was committed"
        ) from error


def write_rows(name: str, rows: Sequence[Mapping[str, Any]], folder: Path, digest: str) -> str:
    """Write the rows of one staged table to ``<name>-<digest>.parquet``, by a rename."""
    target = folder / f"{name}-{digest}.parquet"
    partial = target.with_suffix(".tmp")
    # read once, and whole: dictionaries of texts and vectors would take 30 MB to make (measured)
    options = {"compression": "zstd", "use_dictionary": False, "write_statistics": False}
    pq.write_table(to_table(name, rows), partial, **options)
    partial.replace(target)
    return target.name


class _Stage(beam.DoFn):
    def __init__(self, folder: str) -> None:
        self._folder = folder

    def process(self, items: Sequence[Done | Polled]) -> Iterable[str]:
        yield from timed("stage", stage_batch(items, Path(self._folder)))


class StageParquet(beam.PTransform):
    """Write everything to Parquet files of the job's folder; the graph's only sink.

    Input   PCollection[Done | Polled].
    Output  PCollection[str]: names of files.  At least once; the same bundle, the same files.
    """

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._folder = str(job.folder)

    def expand(self, items: beam.PCollection) -> beam.PCollection:
        """Wire the graph; no work happens here."""
        return (
            items
            | "Batch" >> beam.BatchElements(min_batch_size=AT_ONCE, max_batch_size=AT_ONCE)
            | "Write" >> beam.ParDo(_Stage(self._folder))
        )
