"""The graph: one definition for batch, live and distributed runs.

::

    feeds ─ PollFeeds ┬─ PickEntries ─ ReadPages ┐
                      └─ StageParquet            ├─ EmbedArticles ─ MatchTopics ─ StageParquet
    archives ─ ReadArchives ─────────────────────┘
    listings ─ ReadListings ─ PickEntries … like feeds

The branches are not flattened: the embedded runner would keep all pages in memory.  Beam does what
is parallel and has no history; what needs order and history happens in the commit.
"""

from collections.abc import Sequence

import apache_beam as beam

from newsbeam.records import Cursor, Entry, Feed
from pipelines.job import Job
from pipelines.stages.archive import ReadArchives
from pipelines.stages.dedupe import PickEntries
from pipelines.stages.embed import EmbedArticles
from pipelines.stages.extract import ReadPages
from pipelines.stages.items import Archive, Polled, Portion
from pipelines.stages.listing import ReadListings, split
from pipelines.stages.match import MatchTopics
from pipelines.stages.poll import PollFeeds
from pipelines.stages.stage import StageParquet


def build(
    pipeline: beam.Pipeline,
    job: Job,
    *,
    feeds: Sequence[tuple[Feed, Cursor]] = (),
    entries: Sequence[Entry] = (),
    archives: Sequence[Archive] = (),
    most: int | None = None,
    known: str,
) -> list[beam.PCollection]:
    """Wire the graph; return the names of the staged files, by branch.

    Args:
        pipeline: with its runner chosen.
        job: the run.
        feeds: to poll, each with what is remembered of it.
        entries: of feeds that were polled before there was a graph.
        archives: to read, and listings among them; every worker must see the files.
        most: records of archives to read: in one process of all together, else of each; None: all.
        known: file of what the store knows (:mod:`pipelines.stages.known`).
    """
    staged = []
    if feeds:
        fresh, ended = (
            pipeline
            | "Feeds" >> beam.Create(list(feeds), reshuffle=_distributed(job))
            | "PollFeeds" >> PollFeeds(job, known)
            | "Fresh" >> beam.Partition(_is_ended, 2)
        )
        staged += [ended | "StagePolls" >> StageParquet(job), _read(fresh, job, known)]
    elif entries:
        staged.append(_read(pipeline | "Entries" >> beam.Create(list(entries)), job, known))
    listings, holding = split(archives)
    if listings:
        fresh, ended = (
            pipeline
            | "Listings" >> beam.Create(listings, reshuffle=_distributed(job))
            | "ReadListings" >> ReadListings(job, known)
            | "Named" >> beam.Partition(_is_ended, 2)
        )
        staged += [ended | "StageListings" >> StageParquet(job), _read(fresh, job, known)]
    if holding:
        spread = [(a,) for a in holding] if _distributed(job) else [tuple(holding)]
        portions = [Portion(some, most) for some in spread]
        records, ended = (
            pipeline
            | "Archives" >> beam.Create(portions, reshuffle=_distributed(job))
            | "ReadArchives" >> ReadArchives(job, known)
            | "Records" >> beam.Partition(_is_polled, 2)
        )
        staged += [ended | "StageReads" >> StageParquet(job), _understand(records, job, "Records")]
    return staged


def _read(entries: beam.PCollection, job: Job, known: str) -> beam.PCollection:
    read = entries | "PickEntries" >> PickEntries(job, known) | "ReadPages" >> ReadPages(job)
    return _understand(read, job, "Pages")


def _understand(read: beam.PCollection, job: Job, name: str) -> beam.PCollection:
    return (
        read
        | f"EmbedArticles{name}" >> EmbedArticles(job)
        | f"MatchTopics{name}" >> MatchTopics(job)
        | f"StageParquet{name}" >> StageParquet(job)
    )


def _is_ended(item: object, _: int) -> int:
    return int(not isinstance(item, Entry))


def _is_polled(item: object, _: int) -> int:
    return int(isinstance(item, Polled))


def _distributed(job: Job) -> bool:
    """Whether work must be spread by a shuffle; in one process that is pure cost (measured)."""
    return job.settings.run.runner != "FnApiRunner"
