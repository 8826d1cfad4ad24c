"""What a topic's model looks at: twelve named numbers per article, each between about -1 and 1.

All say something that holds for any topic and any outlet: where the query is true, how often, and
how near the passages are to the topic's examples.  No word, name or outlet is a feature.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsbeam.topics.query.evaluate import Evaluation
from newsbeam.topics.query.nodes import Node, Phrase
from newsbeam.topics.topic import Topic
from newsbeam.topics.view import LEADING, ArticleView

if TYPE_CHECKING:
    import numpy as np

NAMES = (
    "query",
    "title_query",
    "title_wide",
    "lead_query",
    "body_query",
    "body_share",
    "variety",
    "meaning_title",
    "meaning_best",
    "meaning_top3",
    "meaning_query",
    "has_text",
)
"""In the order of the model's weights."""

MEANING = tuple(n for n in NAMES if n.startswith("meaning"))
"""Those that need vectors."""


@dataclass(frozen=True, slots=True)
class TopicVectors:
    """The vectors of a topic's examples, float32, rows L2-normalised."""

    about: "np.ndarray[Any, np.dtype[np.float32]]"
    not_about: "np.ndarray[Any, np.dtype[np.float32]]"

    def meaning(
        self, vectors: "np.ndarray[Any, np.dtype[np.float32]]"
    ) -> "np.ndarray[Any, np.dtype[np.float32]]":
        """Return for each passage how much it reads like the topic, float32 (n,), about -0.5 to 1.

        Half is the nearness to the closest examples (mean of three, less half of that to the two
        closest counter-examples), half the nearness to all of them: each alone misses passages
        that the other finds.
        """
        import numpy as np

        about = np.sort(vectors @ self.about.T, axis=1)[:, ::-1]
        near = about[:, :3].mean(axis=1)
        whole = about.mean(axis=1)
        if len(self.not_about):
            other = np.sort(vectors @ self.not_about.T, axis=1)[:, ::-1]
            near = near - 0.5 * other[:, :2].mean(axis=1)
            whole = whole - 0.5 * other.mean(axis=1)
        meaning: np.ndarray[Any, np.dtype[np.float32]] = (near + whole).astype(np.float32)
        return meaning


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

    def named(self) -> dict[str, float]:
        """Return the features by name."""
        return dict(zip(NAMES, self.values, strict=True))


def look(topic: Topic, view: ArticleView, meaning: Mapping[int, float]) -> Look:
    """Return the features of an article for a topic.

    Args:
        topic: the topic.
        view: the article.
        meaning: passage -> meaning, for the passages that were embedded.
    """
    root = topic.parsed.root if topic.parsed else None
    gate = topic.gate.root if topic.gate else None
    title, prose = view.title, view.prose
    whole = root is not None and view.evaluation.truth(root)
    found = [i for i in prose if root is not None and view.passage(i).truth(root)]
    in_title = title is not None and root is not None and view.passage(title).truth(root)
    wide_title = title is not None and (gate is None or view.passage(title).truth(gate))
    in_text = sorted((meaning[i] for i in prose if i in meaning), reverse=True)
    at_title = meaning.get(title, 0.0) if title is not None else 0.0
    best = in_text[0] if in_text else at_title
    values = (
        float(whole),
        float(in_title),
        float(wide_title),
        float(any(i in prose[:LEADING] for i in found)),
        min(1.0, math.log2(1 + len(found)) / 3),
        len(found) / max(4, len(prose)),
        min(1.0, math.log2(1 + _variety(root, view, found)) / 5),
        at_title,
        best,
        sum(in_text[:3]) / max(1, len(in_text[:3])),
        max((meaning.get(i, 0.0) for i in found), default=0.0),
        float(bool(prose)),
    )
    queried = (*((title,) if in_title and title is not None else ()), *found)
    return Look(values, queried, meaning, whole)


def _variety(root: Node | None, view: ArticleView, found: Sequence[int]) -> int:
    """Return how many different terms of the query occur in one paragraph where it is true.

    A passing mention has three or four, reporting on the topic a dozen.
    """
    if root is None:
        return 0
    return max((len(_terms(root, view.passage(i))) for i in found), default=0)


def _terms(root: Node, evaluation: Evaluation) -> set[str]:
    nodes = (hit.node for hit in evaluation.hits(root))
    return {node.source.casefold() for node in nodes if isinstance(node, Phrase)}
