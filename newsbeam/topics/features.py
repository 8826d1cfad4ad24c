"""What a topic's model looks at: sixteen named numbers per article, each between about -1 and 1.

All say something that holds for any topic and any outlet: where the query is true, how often, and
how near the passages are to the topic's examples.  No word, name or outlet is a feature.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from newsbeam.topics.topic import Topic
from newsbeam.topics.view import LEADING, ArticleView

NAMES = (
    "query",
    "title_query",
    "title_alone",
    "title_wide",
    "lead_query",
    "body_query",
    "body_share",
    "agreeing",
    "meaning_title",
    "meaning_best",
    "meaning_top3",
    "meaning_query",
    "meaning_count",
    "has_text",
    "worded",
    "length",
)
"""In the order of the model's weights."""

HARDLY, CLEARLY = 0.3, 0.6
"""Meanings between which a passage counts in part towards ``meaning_count``."""
BARELY, WELL = 0.25, 0.5
"""The same for ``agreeing``, where the query is true too: both agree, so less meaning is enough."""
UNREAD = 0.45
"""What a passage in which the query is true is taken to mean at least, in a language that the model
does not read and so finds too little in: as much as speaks for a topic by itself."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one topic saw in one article."""

    values: tuple[float, ...]
    """In the order of NAMES."""
    queried: tuple[int, ...]
    """Passages in which the query is true."""
    meaning: Mapping[int, float]
    """Passage -> how much it reads like the topic; only those that were embedded."""
    query: bool
    """The query is true of the article as a whole."""
    aside: tuple[int, ...] = ()
    """Passages of ``queried`` that do not count, as they deal with another topic."""

    def named(self) -> dict[str, float]:
        """Return the features by name."""
        return dict(zip(NAMES, self.values, strict=True))


def look(
    topic: Topic,
    view: ArticleView,
    meaning: Mapping[int, float],
    read: bool = True,
    aside: Collection[int] = (),
) -> Look:
    """Return the features of an article for a topic.

    Args:
        topic: the topic.
        view: the article.
        meaning: passage -> meaning, for the passages that were embedded.
        read: whether the model reads the article's language.
        aside: passages that deal with another topic: but for the headline, the query does not
            count there.
    """
    root = topic.parsed.root if topic.parsed else None
    gate = topic.gate.root if topic.gate else None
    title, prose = view.title, view.prose
    whole = root is not None and view.evaluation.truth(root)
    worded = whole or gate is None or view.evaluation.truth(gate)
    true = [i for i in prose if root is not None and view.passage(i).truth(root)]
    found = [i for i in true if i not in aside or not read]
    in_title = title is not None and root is not None and view.passage(title).truth(root)
    wide_title = title is not None and (gate is None or view.passage(title).truth(gate))
    heading = (title,) if in_title and title is not None else ()
    queried = (*heading, *found)
    embedded = meaning
    if not read:
        meaning = {i: max(m, UNREAD) if i in queried else m for i, m in embedded.items()}
    in_text = sorted((meaning[i] for i in prose if i in meaning), reverse=True)
    at_title = meaning.get(title, 0.0) if title is not None else 0.0
    best = in_text[0] if in_text else at_title
    values = (
        float(whole),
        float(in_title),
        float(in_title and bool(prose) and not found),
        float(wide_title),
        float(any(i in prose[:LEADING] for i in found)),
        min(1.0, math.log2(1 + len(found)) / 3),
        len(found) / max(1, len(prose)),
        min(1.0, math.log2(1 + sum(_agrees(meaning.get(i, 0.0)) for i in found)) / 2),
        at_title,
        best,
        sum(in_text[:3]) / max(1, len(in_text[:3])),
        max((meaning.get(i, 0.0) for i in queried), default=0.0),
        min(1.0, math.log2(1 + sum(map(_reads, in_text))) / 3),
        float(bool(prose)),
        float(worded),
        min(1.0, math.log2(1 + len(prose)) / 6),
    )
    unlike = tuple(i for i in true if i not in found)
    return Look(values, (*heading, *true), embedded, whole, unlike)


def _reads(meaning: float) -> float:
    """Return from 0 to 1 how clearly a passage reads like the topic."""
    return min(1.0, max(0.0, (meaning - HARDLY) / (CLEARLY - HARDLY)))


def _agrees(meaning: float) -> float:
    """Return from 0 to 1 how well the meaning of a passage agrees with a query that is true."""
    return min(1.0, max(0.0, (meaning - BARELY) / (WELL - BARELY)))
