"""The graph: one definition for batch, live and distributed runs.

::

    feeds ── PollFeeds ──┬─ Entry ─ PickEntries ─ FetchPages ─ ExtractArticles ─┐
                         │                                                      ├─ EmbedArticles
    archives ── ReadArchives ───────────────────────────────────────────────────┘        │
                         │                                                          MatchTopics
                         └─ Polled, Done ───────────────────────► StageParquet ◄─────────┘

Beam does what is parallel and has no history.  What needs order and history happens in the commit.
"""

from collections.abc import Sequence

import apache_beam as beam

from newsbeam.records import Cursor, Entry, Feed
from pipelines.job import Job
from pipelines.stages.archive import ReadArchives
from pipelines.stages.dedupe import PickEntries
from pipelines.stages.embed import EmbedArticles
from pipelines.stages.extract import ExtractArticles
from pipelines.stages.fetch import FetchPages
from pipelines.stages.items import Polled
from pipelines.stages.match import MatchTopics
from pipelines.stages.poll import PollFeeds
from pipelines.stages.stage import StageParquet


def build(
    pipeline: beam.Pipeline,
    job: Job,
    *,
    feeds: Sequence[tuple[Feed, Cursor]] = (),
    archives: Sequence[str] = (),
    known: str,
) -> beam.PCollection:
    """Wire the graph; return the names of the staged files.

    Args:
        pipeline: with its runner chosen.
        job: the run.
        feeds: to poll, each with what is remembered of it.
        archives: paths to read; every worker must see them.
        known: file of what the store knows (:mod:`pipelines.stages.known`).
    """
    read, rest = [], []
    if feeds:
        polled = (
            pipeline
            | "Feeds" >> beam.Create(list(feeds), reshuffle=_distributed(job))
            | "PollFeeds" >> PollFeeds(job, known)
        )
        entries, ended = polled | "Fresh" >> beam.Partition(_is_ended, 2)
        read.append(
            entries
            | "PickEntries" >> PickEntries(job, known)
            | "FetchPages" >> FetchPages(job)
            | "ExtractArticles" >> ExtractArticles(job)
        )
        rest.append(ended)
    if archives:
        records, ended = (
            pipeline
            | "Archives" >> beam.Create(list(archives), reshuffle=_distributed(job))
            | "ReadArchives" >> ReadArchives(job, known)
            | "Records" >> beam.Partition(_is_polled, 2)
        )
        read.append(records)
        rest.append(ended)
    done = (
        read
        | "Read" >> beam.Flatten(pipeline=pipeline)
        | "EmbedArticles" >> EmbedArticles(job)
        | "MatchTopics" >> MatchTopics(job)
    )
    return (
        [done, *rest]
        | "Everything" >> beam.Flatten(pipeline=pipeline)
        | "StageParquet" >> StageParquet(job)
    )


def _is_ended(item: object, _: int) -> int:
    return int(not isinstance(item, Entry))


def _is_polled(item: object, _: int) -> int:
    return int(isinstance(item, Polled))


def _distributed(job: Job) -> bool:
    """Whether work must be spread by a shuffle; in one process that is pure cost (measured)."""
    return job.settings.run.runner != "FnApiRunner"
