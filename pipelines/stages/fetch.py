"""Entries to pages.

Through the connectors' polite client.  Pages stream on as they arrive: while one is read
(:mod:`pipelines.stages.extract`), the next are under way, and a slow host delays only itself.
"""

from collections.abc import Iterator, Mapping, Sequence

from connectors.pages import fetch_many
from newsbeam.records import Entry, Page, Verdict, record_id
from newsbeam.urls import outlet_of
from pipelines.job import Job
from pipelines.stages.items import Unread
from pipelines.stages.poll import entry_row
from pipelines.stages.stage import write_rows


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
