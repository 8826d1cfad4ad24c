"""Entries to pages to articles.

Fetching and reading are one stage, as a reader is given each page when it arrives: were they two,
with a batch of pages between them, each would wait for the other.

The reading itself is ``newsbeam.articles``; here it runs in killable worker processes, which stay
warm between runs of one process.  A page that could not be had is read from the feed's own text,
where there is any: a 403 must not lose a story.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import apache_beam as beam

from newsbeam.articles.outlets import suspect
from newsbeam.records import Article, Entry, LedgerRow, Page, Verdict
from pipelines.job import Job
from pipelines.readers import READING, reader
from pipelines.stages.embed import preload
from pipelines.stages.fetch import fetch_entries
from pipelines.stages.items import Done, Read, Unread, under_way
from pipelines.stages.poll import entry_row
from pipelines.stages.timing import timed

AT_ONCE = 4096
"""Entries per batch: slow hosts of one batch are waited for together."""

READABLE = frozenset(
    {Verdict.ARTICLE, Verdict.LIVE_BLOG, Verdict.DISCUSSION, Verdict.TEASER, Verdict.TOO_SHORT}
)
"""Verdicts whose text is about something; of the others only the ledger knows."""


def extract_pages(items: Iterable[Page | Unread], job: Job) -> Iterator[Read | Done]:
    """Read pages as they come; exactly one output per input.

    An entry whose page could not be had, or could not be read, is read from its feed's text, when
    all pages have been read.
    """
    unread: list[Unread] = []
    doubted: list[Read] = []
    given: deque[Page] = deque()

    def pages() -> Iterator[Page]:
        for item in items:
            if isinstance(item, Unread):
                unread.append(item)
            else:
                given.append(item)
                yield item

    for result in _results(pages(), job):
        page = given.popleft()
        if isinstance(result, LedgerRow):
            unread.append(Unread(page.entry, result))
            continue
        found = judged(page, result, job)
        if isinstance(found, Read) and may_be_a_wall(found):
            doubted.append(found)
        else:
            yield found
    for short, result in zip(doubted, _results([d.entry for d in doubted], job), strict=True):
        yield replace(short, instead=spoken_for(short, result))
    spoken: list[Unread] = []
    for one in unread:
        if one.entry.content or one.entry.summary or one.entry.title:
            spoken.append(one)
        else:
            yield Done(one.entry, one.row)
    for one, result in zip(spoken, _results([u.entry for u in spoken], job), strict=True):
        yield from_feed(one, result if isinstance(result, Article) else None)


def _results(items: Iterable[Page | Entry], job: Job) -> Iterator[Article | LedgerRow]:
    """Read pages, in order; the next are being read while the caller works on one."""
    with READING:  # a run with nothing new starts no process
        yield from reader(job.settings.extract).map(items, now=job.now)


def judged(page: Page, article: Article, job: Job) -> Read | Done:
    """Send a readable article on; end the others with their verdict."""
    row = entry_row(
        page.entry, "extract", str(article.verdict), "; ".join(article.reasons) or None, job
    )
    if (article.verdict in READABLE and article.text) or (article.partial and article.text):
        return Read(page.entry, article, replace(row, article_id=article.id))
    return Done(page.entry, row)


def may_be_a_wall(item: Read) -> bool:
    """Say whether the outlet's other pages may yet show an article to be a wall.

    Its feed's text is then read as well: the commit, which knows the other pages, embeds nothing.
    """
    entry, article = item.entry, item.article
    if article.source != "page" or not (entry.content or entry.summary):
        return False
    return suspect(entry.title or article.title or "", article.text)


def spoken_for(item: Read, result: Article | LedgerRow) -> Read | None:
    """Return the feed's text in place of a page that may be a wall, where there is any."""
    return Read(item.entry, result, item.row) if isinstance(result, Article) else None


def from_feed(unread: Unread, article: Article | None) -> Read | Done:
    """Let the feed's text stand for a page that could not be had, where it says enough.

    A full text makes an article; a summary makes a partial one and leaves the page's verdict in the
    ledger.
    """
    row = unread.row
    if article is None:
        return Done(unread.entry, row)
    if not article.partial:
        reason = f"feed text used; page: {row.verdict}: {row.reason or ''}".rstrip(": ")
        row = replace(row, verdict=str(article.verdict), reason=reason)
    return Read(unread.entry, article, replace(row, article_id=article.id))


class _Read(beam.DoFn):
    def __init__(self, job: Job) -> None:
        self._job = job

    def process(self, items: Sequence[Entry | Done]) -> Iterable[Read | Done]:
        entries, done = under_way(items)
        yield from done
        if entries:
            preload(self._job.settings)  # while we wait for servers
            pages = timed("fetch", fetch_entries(entries, self._job))
            yield from timed("extract", extract_pages(pages, self._job))


class ReadPages(beam.PTransform):
    """Fetch each entry's page and extract its article.

    Input   PCollection[Entry | Done].
    Output  PCollection[Read | Done]: every input once.
    """

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def expand(self, items: beam.PCollection) -> beam.PCollection:
        """Wire the graph; no work happens here."""
        return (
            items
            | "Batch" >> beam.BatchElements(min_batch_size=AT_ONCE, max_batch_size=AT_ONCE)
            | "Read" >> beam.ParDo(_Read(self._job))
        )
