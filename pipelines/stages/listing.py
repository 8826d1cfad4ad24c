"""Listings to entries: what a backfill is given that names articles of other places.

``read_listings`` does the work; ``ReadListings`` spreads it.  A listing is a GDELT file or list, a
saved feed or a sitemap, on disk or at an address; it has rows in ``polls`` and the ledger and no
cursor.  Entries of any age are taken: that is what a backfill is for.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import apache_beam as beam

from connectors.listings import is_listing, read_listing
from newsbeam.errors import ParseError
from newsbeam.records import Cursor, Entry, Feed, LedgerRow, Verdict, record_id
from newsbeam.urls import is_web_url
from pipelines.job import Job
from pipelines.stages.items import Archive, Done, Polled
from pipelines.stages.known import Known, LateKnown, load_known
from pipelines.stages.poll import poll_feeds, take_entries
from pipelines.stages.timing import timed


def split(archives: Sequence[Archive]) -> tuple[list[str], list[Archive]]:
    """Return the listings among what a backfill is given, and what holds articles itself."""
    listings = [a.place for a in archives if is_listing(a.place)]
    return listings, [a for a in archives if a.place not in listings]


def read_listings(
    places: Sequence[str], known: Known | LateKnown, job: Job
) -> Iterator[Polled | Entry | Done]:
    """Yield one ``Polled`` for each listing and each file that it lists, and their entries."""
    asked = [place for place in places if is_web_url(place)]
    for place in places:
        if not is_web_url(place):
            asked += yield from _read_file(place, known, job)
    feeds = [(Feed(url), Cursor(url)) for url in dict.fromkeys(asked)]
    for item in poll_feeds(feeds, known, job):
        yield replace(item, cursor=None) if isinstance(item, Polled) else item


def _read_file(
    place: str, known: Known | LateKnown, job: Job
) -> Generator[Polled | Entry | Done, None, tuple[str, ...]]:
    """Read a file; return the addresses of the files that it lists."""
    verdict, reason = str(Verdict.FEED_OK), None
    entries: tuple[Entry, ...] = ()
    more: tuple[str, ...] = ()
    try:
        parsed = read_listing(Path(place), now=job.now)
        entries, more = parsed.entries, parsed.more
    except ParseError as error:
        verdict, reason = error.verdict, error.message
    fresh, _ = yield from take_entries(entries, known, job)
    row = LedgerRow(
        subject=record_id("archive", place),
        kind="feed",
        url=place,
        stage="poll",
        verdict=verdict,
        reason=reason,
        at=job.now,
        feed_url=place,
    )
    yield Polled(row, None, None, None, None, len(entries), len(entries) - fresh, fresh)
    return more


class _Read(beam.DoFn):
    def __init__(self, job: Job, known: str) -> None:
        self._job, self._known = job, known

    def process(self, places: Sequence[str]) -> Iterable[Polled | Entry | Done]:
        yield from timed("poll", read_listings(places, load_known(self._known), self._job))


class ReadListings(beam.PTransform):
    """Read each listing.

    Input   PCollection[str], bounded: addresses, and paths that every worker sees.
    Output  PCollection[Polled | Entry | Done]: at least one ``Polled`` per listing.
    """

    def __init__(self, job: Job, known: str) -> None:
        super().__init__()
        self._job, self._known = job, known

    def expand(self, places: beam.PCollection) -> beam.PCollection:
        """Wire the graph; no work happens here."""
        return (
            places
            | "Batch" >> beam.BatchElements(min_batch_size=100, max_batch_size=100)
            | "Read" >> beam.ParDo(_Read(self._job, self._known))
        )
