"""Entries of one URL become one: feeds overlap, and sections list the same article.

The one barrier of the graph.  It carries entries, which are small, never pages.  Which entry goes
on does not depend on the order of arrival.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import apache_beam as beam

from newsbeam.records import Entry, Verdict
from pipelines.job import Job
from pipelines.stages.items import Done
from pipelines.stages.known import Known, article_id, load_known
from pipelines.stages.poll import entry_row


def pick_entry(same: Iterable[Entry], known: Known, job: Job) -> Iterator[Entry | Done]:
    """Yield the entry that goes on first, then the others as ``duplicate_url``.

    The best has the most text; then the least feed URL and id.  If the store has the article and
    all entries are new, none goes on: the page was read under another entry.
    """
    entries = sorted(
        {e.id: e for e in same}.values(),
        key=lambda e: (-len(e.content or ""), -len(e.summary or ""), e.feed_url, e.id),
    )
    wanted = article_id(entries[0])
    had = wanted is not None and known.article(wanted)
    changed = any(known.entry(e, job.now) in {"changed", "retry"} for e in entries)
    for place, entry in enumerate(entries):
        if place == 0 and (not had or changed):
            yield entry
            continue
        row = entry_row(entry, "poll", Verdict.DUPLICATE_URL, "another entry has this URL", job)
        yield Done(entry, replace(row, article_id=wanted))


class _Pick(beam.DoFn):
    def __init__(self, job: Job, known: str) -> None:
        self._job, self._known = job, known

    def process(self, group: tuple[str, Iterable[Entry]]) -> Iterable[Entry | Done]:
        yield from pick_entry(group[1], load_known(self._known), self._job)


class PickEntries(beam.PTransform):
    """Let one entry per URL go on.

    Input   PCollection[Entry], bounded.
    Output  PCollection[Entry | Done]: every input once, ``Done`` where it goes no further.
    """

    def __init__(self, job: Job, known: str) -> None:
        super().__init__()
        self._job, self._known = job, known

    def expand(self, entries: beam.PCollection) -> beam.PCollection:
        """Wire the graph; no work happens here."""
        return (
            entries
            | "ByUrl" >> beam.Map(_keyed)
            | "Group" >> beam.GroupByKey()
            | "Pick" >> beam.ParDo(_Pick(self._job, self._known))
        )


def _keyed(entry: Entry) -> tuple[str, Entry]:
    return article_id(entry) or entry.id, entry
