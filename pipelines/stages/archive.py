"""Archives to articles: texts, pages and records that need no fetching.

``read_archives`` does the work; ``ReadArchives`` spreads it over files.  An archive is polled
like a feed: it has rows in ``polls`` and the ledger, and a second backfill of it changes nothing.
"""

from collections.abc import Generator, Iterable, Iterator
from itertools import islice
from pathlib import Path
from time import perf_counter

import apache_beam as beam

from connectors.archives import Reading
from newsbeam.records import START, Entry, LedgerRow, Page, Verdict, record_id
from pipelines.job import Job
from pipelines.stages.embed import preload
from pipelines.stages.extract import extract_pages
from pipelines.stages.items import Archive, Done, Polled, Portion, Read
from pipelines.stages.known import Known, load_known
from pipelines.stages.resume import stopped_at
from pipelines.stages.timing import timed
from sinks.store.rows import fingerprint, key

AT_ONCE = 64
"""Records per batch: of a page that is one of many, little else is in memory."""


def read_archives(portion: Portion, known: Known, job: Job) -> Iterator[Polled | Read | Done]:
    """Read archives, one after the other, until the portion is full.

    Yields one ``Polled`` for each of which something was read, and one output per record that is
    not known.  A file that cannot be opened is a row with the reason, not an error.  Where the
    portion ends, the cursor says where to go on.
    """
    left = portion.most
    for archive in portion.archives:
        polled = yield from _read_archive(archive, left, known, job)
        if left is not None and (left := left - polled.entries) <= 0:
            return


def _read_archive(
    archive: Archive, most: int | None, known: Known, job: Job
) -> Generator[Polled | Read | Done, None, Polled]:
    began, path = perf_counter(), archive.place
    reading = Reading(Path(path), now=job.now, begin=archive.begin, warcs=most is None)
    entries = fresh = 0
    cursor = None
    verdict, reason = str(Verdict.FEED_OK), None
    seen: set[tuple[int, int]] = set()

    def fresh_one(entry: Entry) -> bool:
        """Say whether neither the store nor this reading had it: files of one text are one."""
        had = (key(entry.id), fingerprint(entry))
        if had in seen or known.entry(entry, job.now) == "known":
            return False
        seen.add(had)
        return True

    try:
        records = iter(reading)
        while batch := list(islice(records, min(AT_ONCE, AT_ONCE if most is None else most))):
            entries += len(batch)
            new = [i for i in batch if isinstance(i, LedgerRow) or fresh_one(i.entry)]
            fresh += len(new)
            for item in new:
                if isinstance(item, LedgerRow):
                    yield Done(None, item)
            if pages := [i for i in new if isinstance(i, Page)]:
                preload(job.settings)
                yield from extract_pages(pages, job)
            if most is not None and (most := most - len(batch)) <= 0:
                cursor = stopped_at(path, reading.position, job.now)
                break
        if not entries and archive.begin == START:
            folder = Path(path).is_dir()
            what = ".txt, .html, .jsonl or .warc file" if folder else "article and no page"
            verdict, reason = Verdict.EMPTY, f"no {what} is in it"
        if cursor is None and archive.begin != START:
            cursor = stopped_at(path, None, job.now)  # to its end: no more to resume
    except OSError as error:
        verdict, reason = Verdict.DAMAGED, f"{error.strerror or error} after {entries} records"
        cursor = stopped_at(path, None, job.now)  # the next backfill tries it anew
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
    polled = Polled(row, cursor, None, None, None, entries, entries - fresh, fresh)
    yield polled
    return polled


class _Read(beam.DoFn):
    def __init__(self, job: Job, known: str) -> None:
        self._job, self._known = job, known

    def process(self, portion: Portion) -> Iterable[Polled | Read | Done]:
        yield from timed("read", read_archives(portion, load_known(self._known), self._job))


class ReadArchives(beam.PTransform):
    """Read archives.

    Input   PCollection[Portion], bounded: files that every worker sees.
    Output  PCollection[Polled | Read | Done]: one ``Polled`` per archive that was reached.
    """

    def __init__(self, job: Job, known: str) -> None:
        super().__init__()
        self._job, self._known = job, known

    def expand(self, archives: beam.PCollection) -> beam.PCollection:
        """Wire the graph; no work happens here."""
        return archives | "Read" >> beam.ParDo(_Read(self._job, self._known))
