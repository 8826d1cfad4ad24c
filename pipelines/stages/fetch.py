"""Entries to pages.

``fetch_entries`` does the work, through the connectors' polite client; ``FetchPages`` spreads it.
Pages stream on as they arrive: while one is read, the next are under way, and a slow host delays
only itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import apache_beam as beam

from connectors.pages import fetch_many
from newsbeam.records import Entry, Page, Verdict, record_id
from newsbeam.urls import outlet_of
from pipelines.job import Job
from pipelines.readers import warm
from pipelines.stages.embed import preload
from pipelines.stages.items import Done, Unread, under_way
from pipelines.stages.poll import entry_row
from pipelines.stages.stage import write_rows
from pipelines.stages.timing import timed

AT_ONCE = 4096
"""Entries per batch: slow hosts of one batch are waited for together."""


def fetch_entries(entries: Sequence[Entry], job: Job) -> Iterator[Page | Unread]:
    """Fetch the pages of entries, in order of arrival; exactly one output per entry."""
    linked = {e.id: e for e in entries if e.url is not None}
    for entry in entries:
        if entry.url is None:
            row = entry_row(entry, "fetch", Verdict.NO_LINK, "no link; the feed's text serves", job)
            yield Unread(entry, row)
    signals: dict[tuple[str, str], str] = {}
    for answer in fetch_many(list(linked.values()), job.settings.fetch, job.now):
        if isinstance(answer, Page):
            for signal in answer.ai_optout:
                signals.setdefault((outlet_of(answer.url), signal), answer.url)
            yield answer
        else:
            yield Unread(linked[answer.subject], answer)
    if signals:
        _stage_signals(signals, job)


def _stage_signals(signals: Mapping[tuple[str, str], str], job: Job) -> None:
    """Write what outlets say against AI training beside the other staged files."""
    rows = [
        {"outlet": outlet, "signal": signal, "url": url}
        for (outlet, signal), url in sorted(signals.items())
    ]
    digest = record_id("signals", *(f"{row['outlet']} {row['signal']}" for row in rows))
    job.folder.mkdir(parents=True, exist_ok=True)
    write_rows("signals", rows, job.folder, digest)


class _Fetch(beam.DoFn):
    def __init__(self, job: Job) -> None:
        self._job = job

    def process(self, items: Sequence[Entry | Done]) -> Iterable[Page | Unread | Done]:
        entries, done = under_way(items)
        yield from done
        if entries:
            warm(self._job.settings.extract)  # both load while we wait for servers
            preload(self._job.settings)
            yield from timed("fetch", fetch_entries(entries, self._job))


class FetchPages(beam.PTransform):
    """Fetch each entry's page.

    Input   PCollection[Entry | Done].
    Output  PCollection[Page | Unread | Done]: every input once.
    """

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def expand(self, items: beam.PCollection) -> beam.PCollection:
        """Wire the graph; no work happens here."""
        return (
            items
            | "Batch" >> beam.BatchElements(min_batch_size=AT_ONCE, max_batch_size=AT_ONCE)
            | "Fetch" >> beam.ParDo(_Fetch(self._job))
        )
