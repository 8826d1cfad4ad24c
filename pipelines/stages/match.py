"""Articles to mentions: which topics is each about, and why.

The deciding itself is ``newsbeam.topics``.
"""

import threading
from collections.abc import Iterable
from functools import lru_cache
from time import perf_counter

import apache_beam as beam

from newsbeam.encoder_process import remote_encoder
from newsbeam.settings import ModelSettings, Settings, TopicsSettings
from newsbeam.topics import TopicSet, configured_topics
from pipelines.job import Job
from pipelines.stages.items import Done, Vectors

_loading = threading.Lock()


def topic_set(settings: Settings) -> TopicSet:
    """Return the topics of the settings, loaded and prepared once per process.  Safe in threads."""
    with _loading:
        return _topics(settings.topics, settings.model, settings.home)


@lru_cache(maxsize=2)
def _topics(topics: TopicsSettings, model: ModelSettings, home: str) -> TopicSet:
    loaded = configured_topics(topics, home)
    loaded.prepare(remote_encoder(model))  # the model is needed only where an example has no vector
    return loaded


def forget_topics() -> None:
    """Load the topics anew when they are needed next: their files have changed."""
    _topics.cache_clear()


def match_article(item: Vectors, topics: TopicSet) -> Done:
    """Decide which topics an article is about."""
    instead = match_article(item.instead, topics) if item.instead else None
    return Done(item.entry, item.row, item.embedded, topics.match(item.embedded), instead)


class _Match(beam.DoFn):
    def __init__(self, job: Job) -> None:
        self._job = job
        self._spent = 0.0

    def process(self, item: Vectors | Done) -> Iterable[Done]:
        if isinstance(item, Done):
            yield item
            return
        began = perf_counter()
        matched = match_article(item, topic_set(self._job.settings))
        self._spent += perf_counter() - began
        yield matched

    def finish_bundle(self) -> None:
        beam.metrics.Metrics.counter("newsbeam", "ms/match").inc(round(self._spent * 1000))
        self._spent = 0.0


class MatchTopics(beam.PTransform):
    """Decide each article's topics.

    Input   PCollection[Vectors | Done].
    Output  PCollection[Done]: every input once.
    """

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def expand(self, items: beam.PCollection) -> beam.PCollection:
        """Wire the graph; no work happens here."""
        return items | "Match" >> beam.ParDo(_Match(self._job))
