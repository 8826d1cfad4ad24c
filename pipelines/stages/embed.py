"""Articles to vectors.

Every article gets one vector, of headline and lead, for the stories; its passages are embedded
only where a topic may be concerned, by its words or by that vector.  All texts of a batch go to
the model together, which works on as many at once as there are cores.  The model is loaded while
pages are fetched, and stays warm in a process of its own.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from time import perf_counter

import apache_beam as beam

from newsbeam.encoder_process import remote_encoder
from newsbeam.errors import NewsbeamError
from newsbeam.settings import Settings
from newsbeam.stories.vector_text import beginning
from newsbeam.topics import TopicSet
from newsbeam.topics.embedding import embed_articles as embed
from pipelines import early
from pipelines.job import Job
from pipelines.stages.items import Done, Read, Vectors, under_way
from pipelines.stages.match import topic_set
from pipelines.stages.timing import timed

AT_ONCE = 256
"""Articles per batch: while the first are read, the model loads; readers and model then take turns
rarely, for each turn costs the end of the slower core."""


def pick_passages(item: Read, topics: TopicSet) -> Read:
    """Find the passages of an article that may concern a topic."""
    instead = pick_passages(item.instead, topics) if item.instead else None
    return replace(item, passages=topics.passages(item.article), instead=instead)


def embed_articles(items: Sequence[Read], job: Job) -> Iterator[Vectors]:
    """Give articles and their picked passages their vectors, in order."""
    encoder = remote_encoder(job.settings.model)
    spare = [item.instead for item in items if item.instead]
    every = [*items, *spare]
    embedded = embed(
        [item.article for item in every],
        [beginning(item.article) for item in every],
        [item.passages for item in every],
        topic_set(job.settings),
        encoder,
    )
    found = [Vectors(item.entry, one, item.row) for item, one in zip(every, embedded, strict=True)]
    spares = iter(found[len(items) :])
    for item, one in zip(items, found, strict=False):
        yield replace(one, instead=next(spares)) if item.instead else one


def preload(settings: Settings) -> None:
    """Begin to load parsers, model and topics in the background; who needs them waits.

    An error is not lost: the stages meet it again and raise it.
    """

    def load() -> None:
        with suppress(NewsbeamError):
            early.start(settings)
            topic_set(settings)

    Thread(target=load, name="preload", daemon=True).start()


class _Pick(beam.DoFn):
    """One by one, and before the batches are made: the next pages are being read meanwhile."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._spent = 0.0

    def process(self, item: Read | Done) -> Iterable[Read | Done]:
        if isinstance(item, Read):
            began = perf_counter()
            item = pick_passages(item, topic_set(self._job.settings))
            self._spent += perf_counter() - began
        yield item

    def finish_bundle(self) -> None:
        beam.metrics.Metrics.counter("newsbeam", "ms/match").inc(round(self._spent * 1000))
        self._spent = 0.0


class _Embed(beam.DoFn):
    def __init__(self, job: Job) -> None:
        self._job = job

    def process(self, items: Sequence[Read | Done]) -> Iterable[Vectors | Done]:
        read, done = under_way(items)
        yield from done
        if read:
            yield from timed("embed", embed_articles(read, self._job))


class EmbedArticles(beam.PTransform):
    """Give each article its vectors.

    Input   PCollection[Read | Done].
    Output  PCollection[Vectors | Done]: every input once.
    """

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def expand(self, items: beam.PCollection) -> beam.PCollection:
        """Wire the graph; no work happens here."""
        return (
            items
            | "Pick" >> beam.ParDo(_Pick(self._job))
            | "Batch" >> beam.BatchElements(min_batch_size=AT_ONCE, max_batch_size=AT_ONCE)
            | "Embed" >> beam.ParDo(_Embed(self._job))
        )
