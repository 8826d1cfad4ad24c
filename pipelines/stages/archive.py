"""Archives to articles: texts, pages and records that need no fetching.

``read_archives`` does the work; ``ReadArchives`` spreads it over files.  An archive is polled
like a feed: it has rows in ``polls`` and the ledger, and a second backfill of it changes nothing.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from time import perf_counter

import apache_beam as beam

from connectors.archives import kind_of, read_archive
from connectors.warc import Warc
from newsbeam.records import LedgerRow, Page, Verdict, record_id
from pipelines.job import Job
from pipelines.stages.embed import preload
from pipelines.stages.extract import AT_ONCE, extract_pages
from pipelines.stages.items import Archive, Done, Polled, Read
from pipelines.stages.known import Known, load_known
from pipelines.stages.resume import stopped_at
from pipelines.stages.timing import timed


def read_archives(archive: Archive, known: Known, job: Job) -> Iterator[Polled | Read | Done]:
    """Read one archive; yield one ``Polled``, and one output per record that is not known.

    A file that cannot be opened is a row with the reason, not an error.  Of a WARC at most
    ``archive.most`` records are read; the cursor then says where to go on.
    """
    began, path = perf_counter(), archive.place
    cursor = None
    entries = fresh = 0
    verdict, reason = str(Verdict.FEED_OK), None
    try:
        warc = _warc(archive, job)
        records = iter(warc or read_archive(Path(path), now=job.now, warcs=archive.most is None))
        most = archive.most if warc and archive.most else None
        while batch := list(islice(records, AT_ONCE if most is None else min(AT_ONCE, most))):
            entries += len(batch)
            new = [
                i
                for i in batch
                if isinstance(i, LedgerRow) or known.entry(i.entry, job.now) != "known"
            ]
            fresh += len(new)
            for item in new:
                if isinstance(item, LedgerRow):
                    yield Done(None, item)
            if pages := [i for i in new if isinstance(i, Page)]:
                preload(job.settings)
                yield from extract_pages(pages, job)
            if most is not None and warc and (most := most - len(batch)) <= 0:
                cursor = stopped_at(path, warc.position, job.now)
                break
        if cursor is None and archive.offset:
            cursor = stopped_at(path, None, job.now)  # to its end: no more to resume
    except OSError as error:
        verdict, reason = Verdict.DAMAGED, f"{error.strerror or error} after {entries} records"
    row = LedgerRow(
        subject=record_id("archive", path),
        kind="feed",
        url=path,
        stage="poll",
        verdict=verdict,
        reason=reason,
        at=job.now,
        feed_url=path,
        seconds=round(perf_counter() - began, 3),
    )
    yield Polled(row, cursor, None, None, None, entries, entries - fresh, fresh)


def _warc(archive: Archive, job: Job) -> Warc | None:
    path = Path(archive.place)
    if path.is_dir() or kind_of(path) != "warc":
        return None
    return Warc(path, now=job.now, offset=archive.offset)


class _Read(beam.DoFn):
    def __init__(self, job: Job, known: str) -> None:
        self._job, self._known = job, known

    def process(self, archive: Archive) -> Iterable[Polled | Read | Done]:
        yield from timed("read", read_archives(archive, load_known(self._known), self._job))


class ReadArchives(beam.PTransform):
    """Read each archive.

    Input   PCollection[Archive], bounded: files that every worker sees.
    Output  PCollection[Polled | Read | Done]: one ``Polled`` per path.
    """

    def __init__(self, job: Job, known: str) -> None:
        super().__init__()
        self._job, self._known = job, known

    def expand(self, archives: beam.PCollection) -> beam.PCollection:
        """Wire the graph; no work happens here."""
        return archives | "Read" >> beam.ParDo(_Read(self._job, self._known))
