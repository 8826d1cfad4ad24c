"""Articles to vectors.

Every article gets one vector, of headline and lead, for the stories; its passages are embedded only
where a topic may be concerned.  All texts of a batch go to the model together, which sorts them by
length.  The model is loaded when the first text comes, and stays warm in the process.
"""

from collections.abc import Iterable, Iterator, Sequence

import apache_beam as beam

from newsbeam.encoder import load_encoder
from newsbeam.records import Embedded, Passage
from newsbeam.stories.vector_text import vector_text
from pipelines.job import Job
from pipelines.stages.items import Done, Read, Vectors, under_way
from pipelines.stages.match import topic_set
from pipelines.stages.timing import timed

AT_ONCE = 64
"""Articles per batch: some hundred texts, enough for sorting by length to pay."""


def embed_articles(items: Sequence[Read], job: Job) -> Iterator[Vectors]:
    """Give articles their vectors, in order."""
    encoder = load_encoder(job.settings.model)
    topics = topic_set(job.settings)
    parts: list[tuple[Passage, ...]] = [topics.passages(i.article) for i in items]
    texts = [vector_text(i.article.title, i.article.text) for i in items]
    texts += [p.text for passage in parts for p in passage]
    vectors = encoder.encode(texts)
    at = len(items)
    for place, item in enumerate(items):
        own = parts[place]
        yield Vectors(
            item.entry,
            Embedded(
                article=item.article,
                model=encoder.identity,
                vector=vectors[place].tobytes(),
                passages=own,
                vectors=vectors[at : at + len(own)].tobytes() if own else None,
            ),
            item.row,
        )
        at += len(own)


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
            | "Batch" >> beam.BatchElements(min_batch_size=AT_ONCE, max_batch_size=AT_ONCE)
            | "Embed" >> beam.ParDo(_Embed(self._job))
        )
