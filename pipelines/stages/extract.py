"""Pages to articles.

The reading itself is ``newsbeam.articles``; here it runs in killable worker processes, which stay
warm between runs of one process.  A page that could not be had is read from the feed's own text,
where there is any: a 403 must not lose a story.
"""

import atexit
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import apache_beam as beam

from newsbeam.articles.pool import Reader
from newsbeam.articles.read import read_entry
from newsbeam.records import Article, LedgerRow, Page, Verdict
from newsbeam.settings import ExtractSettings
from pipelines.job import Job
from pipelines.stages.items import Done, Read, Unread
from pipelines.stages.poll import entry_row
from pipelines.stages.timing import timed

AT_ONCE = 32
"""Pages handed to the readers together; with two workers the last one to finish costs 3 %."""

READABLE = frozenset(
    {Verdict.ARTICLE, Verdict.LIVE_BLOG, Verdict.DISCUSSION, Verdict.TEASER, Verdict.TOO_SHORT}
)
"""Verdicts whose text is about something; of the others only the ledger knows."""

_readers: dict[ExtractSettings, Reader] = {}


def reader(settings: ExtractSettings) -> Reader:
    """Return this process's pool of readers, started on first use."""
    if settings not in _readers:
        _readers[settings] = Reader(settings)
        atexit.register(_readers[settings].close)
    return _readers[settings]


def extract_pages(items: Sequence[Page | Unread], job: Job) -> Iterator[Read | Done]:
    """Read pages; exactly one output per input, in any order."""
    pages = {p.entry.id: p for p in items if isinstance(p, Page)}
    for item in items:
        if isinstance(item, Unread):
            yield read_feed_text(item, job)
    for outcome in reader(job.settings.extract).map(pages.values(), now=job.now):
        if isinstance(outcome, Article):
            page = pages[outcome.entry_id or ""]
            yield judged(page, outcome, job)
        else:
            yield read_feed_text(Unread(pages[outcome.subject].entry, outcome), job)


def judged(page: Page, article: Article, job: Job) -> Read | Done:
    """Send a readable article on; end the others with their verdict."""
    row = entry_row(
        page.entry, "extract", str(article.verdict), "; ".join(article.reasons) or None, job
    )
    if (article.verdict in READABLE and article.text) or (article.partial and article.text):
        return Read(page.entry, article, replace(row, article_id=article.id))
    return Done(page.entry, row)


def read_feed_text(unread: Unread, job: Job) -> Read | Done:
    """Let the feed's text stand for a page that could not be had, where it says enough.

    A full text makes an article; a summary makes a partial one and leaves the page's verdict in the
    ledger.
    """
    entry, row = unread.entry, unread.row
    if not (entry.content or entry.summary or entry.title):
        return Done(entry, row)
    article = read_entry(entry, now=job.now)
    if article is None or not (article.text or article.title):
        return Done(entry, row)
    if not article.partial:
        reason = f"feed text used; page: {row.verdict}: {row.reason or ''}".rstrip(": ")
        row = replace(row, verdict=str(article.verdict), reason=reason)
    return Read(entry, article, replace(row, article_id=article.id))


class _Extract(beam.DoFn):  # type: ignore[misc]
    def __init__(self, job: Job) -> None:
        self._job = job

    def process(self, pages: Sequence[Page | Unread]) -> Iterable[Read | Done]:
        yield from timed("extract", extract_pages(pages, self._job))


class ExtractArticles(beam.PTransform):  # type: ignore[misc]
    """Extract each page's article.

    Input   PCollection[Page | Unread | Done].
    Output  PCollection[Read | Done]: every input once.
    """

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def expand(self, items: beam.PCollection) -> beam.PCollection:
        """Wire the graph; no work happens here."""
        pages, done = items | "Split" >> beam.Partition(_is_done, 2)
        read = (
            pages
            | "Batch" >> beam.BatchElements(min_batch_size=AT_ONCE, max_batch_size=AT_ONCE)
            | "Extract" >> beam.ParDo(_Extract(self._job))
        )
        return (read, done) | beam.Flatten()


def _is_done(item: object, _: int) -> int:
    return int(isinstance(item, Done))


def failed(row: LedgerRow) -> bool:
    """Whether a ledger row of this stage says that reading broke."""
    return row.verdict == Verdict.EXTRACT_ERROR
