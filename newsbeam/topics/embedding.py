"""Articles to vectors, for the topics: what the gate chose, then what the vectors say is needed.

One rule for pipeline, command line and benchmarks.  Each article has one vector of its headline and
beginning in any case (``newsbeam.stories`` says of what); it is the second gate to the topics.
"""

from collections.abc import Iterator, Sequence

from newsbeam.records import Article, Embedded, Passage
from newsbeam.topics.meaning import Encodes
from newsbeam.topics.topicset import TopicSet


def embed_articles(
    articles: Sequence[Article],
    beginnings: Sequence[str],
    chosen: Sequence[tuple[Passage, ...]],
    topics: TopicSet,
    encoder: Encodes,
) -> Iterator[Embedded]:
    """Yield the articles with their vectors, in order.

    Args:
        articles: a batch; all its texts go to the model in two calls, the second a short one.
        beginnings: headline and beginning of each article, one text.
        chosen: for each article what :meth:`TopicSet.passages` returned.
        topics: prepared.
        encoder: the model.
    """
    import numpy as np

    count = len(articles)
    first = encoder.encode([*beginnings, *(p.text for found in chosen for p in found)])
    more = topics.more_passages(articles, chosen, first[:count], first[count:])
    # A bare headline is its own beginning: its vector is there.
    texts = [
        p.text for b, found in zip(beginnings, more, strict=True) for p in found if p.text != b
    ]
    second = encoder.encode(texts) if texts else first[:0]
    at, then = count, 0
    for i, article in enumerate(articles):
        rows = [first[at : at + len(chosen[i])]]
        at += len(chosen[i])
        for passage in more[i]:
            if passage.text == beginnings[i]:
                rows.append(first[i : i + 1])
            else:
                rows.append(second[then : then + 1])
                then += 1
        passages = (*chosen[i], *more[i])
        yield Embedded(
            article=article,
            model=encoder.identity,
            vector=first[i].tobytes(),
            passages=passages,
            vectors=np.vstack(rows).tobytes() if passages else None,
        )
