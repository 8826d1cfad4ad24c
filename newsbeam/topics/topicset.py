"""All topics in force, matched together.

::

    topics = load_topics(["ai"], [Path("topics")])
    topics.prepare(encoder)         once; vectors of the examples are kept beside the topics
    topics.passages(article)        what must be embedded for the words of a topic; often ()
    topics.more_passages(…)         what else, where what was embedded reads like a topic
    topics.match(embedded)          pure, given the vectors

``newsbeam.topics.embedding`` does the two in the middle.

A prepared set can be pickled and sent to workers.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsbeam.encoder import is_bundled, reads
from newsbeam.errors import ConfigError
from newsbeam.records import Article, Embedded, Mention, Passage, record_id
from newsbeam.topics.calibration import Calibration
from newsbeam.topics.evidence import collect_evidence, matched_by
from newsbeam.topics.features import HARDLY, Look, look
from newsbeam.topics.meaning import Compared, Encodes, TopicVectors, example_vectors
from newsbeam.topics.model import Model, generic_model
from newsbeam.topics.query import Query, QuerySet
from newsbeam.topics.topic import Topic, of_pack
from newsbeam.topics.view import ArticleView

if TYPE_CHECKING:
    import numpy as np

    Vectors = np.ndarray[Any, np.dtype[np.float32]]

VIEWS = 320
"""Articles that are kept between ``passages`` and ``match``, at most: more than a batch of the
graph, or each would push out the one that is asked for next."""
WORDED = 64
"""Those of them whose words are kept, too, 0.2 MB each: where most articles of a batch concern a
topic, the others are cut into words twice, which takes 3 ms each."""
MAX_EMBEDDED = 16
"""Passages embedded per article at most; those in which a query is true come first, then those that
have a topic's words."""
OPENS = HARDLY
"""Meaning of headline and beginning, as one text, from which all passages of an article are
embedded.  With less, a passage counts nothing towards reading like a topic.  Chosen among .2, .25,
.3, .35 and .4, docs/benchmarks.md."""
STARTS = 0.2
"""The same from which all passages of an article that has a topic's words are embedded, as the rest
may speak of it in other words.  Chosen among .05 to .25, docs/benchmarks.md.  A passage with the
words that itself reads like the topic, even hardly, does, too."""
ASKS = 0.5
"""The same from which a topic is asked although the article lacks its words, where the model reads
its language.  Where the article speaks of the topic's context, the first bar is enough.  Chosen
among .3, .42, .46, .5 and .55, docs/benchmarks.md."""


@dataclass(frozen=True)
class ActiveTopic:
    """A topic with all that is needed to score it."""

    topic: Topic
    path: Path | None = None
    calibration: Calibration | None = None
    vectors: TopicVectors | None = None
    own: Path | None = None
    """Of a topic of a pack: where in the operator's folder that file would be beside which vectors
    of another model than the bundled one are kept, as newsbeam's own files stay as they are."""

    def kept_beside(self, encoder: Encodes) -> Path | None:
        """Return the file beside which the vectors of the examples are kept; None: nowhere."""
        of_ours = self.path is not None and of_pack(self.path)
        return self.own if of_ours and not is_bundled(encoder.identity) else self.path

    @property
    def model(self) -> Model:
        """The calibrated model, or the generic one."""
        if self.calibration:
            return self.calibration.scorer
        topic = self.topic
        return generic_model(topic.has_meaning, topic.parsed is not None)

    @property
    def version(self) -> str:
        """Definition and calibration together: what a mention names."""
        suffix = self.calibration.id if self.calibration else "generic"
        return f"{self.topic.version}-{suffix}"


@dataclass(frozen=True)
class Judged:
    """What a topic says of an article, mention or not."""

    active: ActiveTopic
    look: Look
    probability: float
    read: bool = True
    """The model reads the article's language."""
    asked: bool = True
    """The gate lets the article through to the topic: it has the topic's words, or reads like it in
    the right context."""

    @property
    def passes(self) -> bool:
        """Whether the topic is asked and the score reaches its threshold."""
        return self.asked and self.probability >= self.active.model.threshold


@dataclass(slots=True)
class _Seen:
    """What is kept of an article between ``passages`` and ``match``."""

    view: ArticleView
    candidates: list[str] | None = None
    alike: frozenset[str] | None = None
    """Topics that are asked because headline and beginning read like them."""
    worded: bool = False
    """Its words are among those that are kept."""

    def forget_words(self) -> None:
        """Keep what the article was cut into, without the words."""
        self.view = ArticleView(self.view.article, self.view.passages)


class TopicSet:
    """Topics that are matched together."""

    def __init__(self, topics: Sequence[ActiveTopic]) -> None:
        self._topics = {active.topic.name: active for active in topics}
        for active in topics:
            if self._topics[active.topic.name] is not active:
                other = self._topics[active.topic.name].path
                message = f"its topic is called {active.topic.name}, as that of {other}: rename one"
                raise ConfigError(str(active.path), message)
        queries: dict[str, Query] = {}
        self._open: list[str] = []
        for name, active in self._topics.items():
            gate = active.topic.gate
            if gate is None:
                self._open.append(name)
                continue
            queries[f"wide {name}"] = gate
            if active.topic.parsed is not None:
                queries[f"query {name}"] = active.topic.parsed
        self._gates = QuerySet(queries)
        self._model: str | None = None
        self._views: dict[str, _Seen] = {}
        self._lock = threading.Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the topics."""
        return tuple(self._topics)

    def __getitem__(self, name: str) -> ActiveTopic:
        try:
            return self._topics[name]
        except KeyError:
            known = ", ".join(self._topics) or "none"
            raise ConfigError("topic", f"there is no topic {name!r}; known: {known}") from None

    def version(self, name: str) -> str:
        """Return the version of a topic: definition and calibration."""
        return self[name].version

    def prepare(self, encoder: Encodes, strict: bool = True) -> None:
        """Get the vectors of the examples; nothing is embedded where they are stored.

        Args:
            encoder: the model that embeds the articles.
            strict: refuse topics that were calibrated for another model.

        Raises:
            ConfigError: a topic was calibrated for another model.
        """
        for name, active in self._topics.items():
            bound = active.calibration
            if strict and active.topic.has_meaning and bound and not bound.serves(encoder.identity):
                raise ConfigError(
                    f"topic {name}",
                    f"calibrated for the model {bound.model}; this is {encoder.identity}: run "
                    "`newsbeam topics calibrate`",
                )
            vectors = example_vectors(active.topic, active.kept_beside(encoder), encoder)
            self._topics[name] = replace(active, vectors=vectors)
        self._model = encoder.identity

    def candidates(self, view: ArticleView) -> list[str]:
        """Return the topics that an article may be about: their wide query or query is true."""
        hits = self._gates.match(view.document, view.evaluation)
        found = {hit.partition(" ")[2] for hit in hits} | set(self._open)
        return [name for name in self._topics if name in found]

    def passages(self, article: Article) -> tuple[Passage, ...]:
        """Return the passages that must be embedded for the words of the topics, in order.

        These are the passages (title, lead, paragraphs) that have the words of some topic: its
        wide query or its query is true of the passage alone.
        """
        seen = self._seen(article)
        found = self._chosen(seen)
        if seen.candidates:
            with self._lock:
                seen.worded = sum(other.worded for other in self._views.values()) < WORDED
            if not seen.worded:
                seen.forget_words()
        return found

    def _chosen(self, seen: _Seen) -> tuple[Passage, ...]:
        names = [n for n in self._found(seen) if self._topics[n].topic.has_meaning]
        view = seen.view
        if not names:
            return ()
        interest = {i: max(self._interest(n, view, i) for n in names) for i in _places(view)}
        worded = sorted((i for i in interest if interest[i]), key=lambda i: -interest[i])
        return tuple(view.cleaned(i) for i in sorted(worded[:MAX_EMBEDDED]))

    def more_passages(
        self,
        articles: Sequence[Article],
        chosen: Sequence[tuple[Passage, ...]],
        beginnings: "Vectors",
        vectors: "Vectors",
    ) -> list[tuple[Passage, ...]]:
        """Return for each article the passages to embed beside those that its words chose.

        All of them, up to :data:`MAX_EMBEDDED`, where headline and beginning read like a topic.  In
        an article that has a topic's words it is enough that they begin to, or that a passage with
        the words reads like it.

        Args:
            articles: a batch.
            chosen: what ``passages`` returned for each.
            beginnings: float32 (n, d), of headline and beginning, rows follow the articles.
            vectors: float32 (m, d), of the passages chosen, article by article.
        """
        more = []
        begun = Compared(beginnings)
        alike = self._alike(begun, len(articles))
        starts = self._starts(articles, chosen, begun, Compared(vectors))
        for article, found, near, open_ in zip(articles, chosen, alike, starts, strict=True):
            seen = self._seen(article)
            seen.alike = self._asked(near, seen.view)
            view = seen.view
            known = {(p.zone, p.start, p.end) for p in found}
            rest = [view.cleaned(i) for i in _places(view)] if near or open_ else []
            rest = [p for p in rest if (p.zone, p.start, p.end) not in known]
            more.append(tuple(rest[: MAX_EMBEDDED - len(found)]))
        return more

    def _starts(
        self,
        articles: Sequence[Article],
        chosen: Sequence[tuple[Passage, ...]],
        begun: Compared,
        worded: Compared,
    ) -> list[bool]:
        """Return which articles begin to read like a topic whose words they have.

        Args:
            articles: a batch.
            chosen: their passages with the words.
            begun: the beginnings.
            worded: the passages chosen, article by article.
        """
        words = [self._found(self._seen(article)) for article in articles]
        near = {}
        for name in {name for names in words for name in names}:
            if (known := self._topics[name].vectors) is not None:
                near[name] = known.meaning(begun) >= STARTS, known.meaning(worded) >= HARDLY
        found, at = [], 0
        for i, (names, passages) in enumerate(zip(words, chosen, strict=True)):
            rows = slice(at, at + len(passages))
            at = rows.stop
            parts = [near[name] for name in names if name in near]
            found.append(any(begins[i] or speaks[rows].any() for begins, speaks in parts))
        return found

    def _alike(self, begun: Compared, count: int) -> list[dict[str, float]]:
        """Return for each beginning how near it is to the topics that open all passages to it.

        Those that need their words are none of them.
        """
        found: list[dict[str, float]] = [{} for _ in range(count)]
        for name, active in self._topics.items():
            if active.vectors is not None and not active.topic.needs_words:
                meaning = active.vectors.meaning(begun)
                for i in (meaning >= OPENS).nonzero()[0]:
                    found[i][name] = float(meaning[i])
        return found

    def _asked(self, alike: Mapping[str, float], view: ArticleView) -> frozenset[str]:
        """Return the topics that are asked whether their words are there or not."""
        if not reads(self._model, view.article.language):
            return frozenset()
        return frozenset(n for n, meaning in alike.items() if self._may_ask(n, meaning, view))

    def _may_ask(self, name: str, meaning: float, view: ArticleView) -> bool:
        context = self._topics[name].topic.surroundings
        return meaning >= ASKS or (context is not None and view.evaluation.truth(context.root))

    def _interest(self, name: str, view: ArticleView, i: int) -> int:
        topic = self._topics[name].topic
        evaluation = view.passage(i)
        if topic.parsed is not None and evaluation.truth(topic.parsed.root):
            return 2
        return int(topic.gate is None or evaluation.truth(topic.gate.root))

    def judge(self, embedded: Embedded, names: Sequence[str] | None = None) -> list[Judged]:
        """Return what each topic that may be concerned says of an article.

        Args:
            embedded: the article, with the vectors of the passages that ``passages`` named.
            names: look at these topics, asked or not; None: at those whose words the article
                has, or that headline and beginning read like.

        Raises:
            ConfigError: the vectors are of another model than ``prepare`` saw.
        """
        kept = self._seen(embedded.article)
        view = kept.view
        vectors = self._vectors(embedded, view)
        read = reads(self._model, embedded.article.language)
        compared = None
        if vectors:
            import numpy as np

            compared = Compared(np.stack(list(vectors.values())))
        judged = []
        concerned = self._concerned(kept, embedded)
        for name in concerned if names is None else names:
            active = self[name]
            meaning: Mapping[int, float] = {}
            aside: list[int] = []
            if active.vectors is not None and compared is not None:
                scores = active.vectors.meaning(compared)
                meaning = dict(zip(vectors, map(float, scores), strict=True))
                apart = active.vectors.aside(compared)
                aside = [i for i, is_apart in zip(vectors, apart, strict=True) if is_apart]
            seen = look(active.topic, view, meaning, read, aside)
            probability = active.model.probability(seen.values)
            judged.append(Judged(active, seen, probability, read, name in concerned))
        return judged

    def match(self, embedded: Embedded) -> tuple[Mention, ...]:
        """Return the mentions of an article: topics whose score reaches their threshold."""
        judged = [j for j in self.judge(embedded) if j.passes]
        view = self._seen(embedded.article).view
        with self._lock:  # nobody asks for it after this
            self._views.pop(embedded.article.id, None)
        return tuple(mention(j, view) for j in judged)

    def _seen(self, article: Article) -> _Seen:
        """Return an article cut up; ``passages`` and ``match`` ask for the same one in turn."""
        with self._lock:
            seen = self._views.pop(article.id, None)
            if seen is None or seen.view.article is not article:
                seen = _Seen(ArticleView(article))
            self._views[article.id] = seen
            if len(self._views) > VIEWS:
                self._views.pop(next(iter(self._views)))
        return seen

    def _found(self, seen: _Seen) -> list[str]:
        if seen.candidates is None:
            view = seen.view
            seen.candidates = self.candidates(view)
            if not seen.candidates:  # most articles: the words of a batch of them take 40 MB
                seen.forget_words()
        return seen.candidates

    def _concerned(self, seen: _Seen, embedded: Embedded) -> list[str]:
        found = self._found(seen)
        if seen.alike is None:
            if embedded.vector is None:
                return found
            import numpy as np

            vector = np.frombuffer(embedded.vector, dtype=np.float32)
            seen.alike = self._asked(self._alike(Compared(vector[None]), 1)[0], seen.view)
        alike = seen.alike
        return [n for n in self._topics if n in found or n in alike] if alike else found

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what a worker makes for itself."""
        return {k: v for k, v in self.__dict__.items() if k not in ("_views", "_lock")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _views={}, _lock=threading.Lock())

    def _vectors(
        self, embedded: Embedded, view: ArticleView
    ) -> "dict[int, np.ndarray[Any, np.dtype[np.float32]]]":
        """Return passage -> vector, for the passages that were embedded."""
        if self._model is not None and embedded.model not in (None, self._model):
            raise ConfigError("model.name", f"vectors of {embedded.model}, topics of {self._model}")
        if not embedded.vectors or not embedded.passages:
            return {}
        import numpy as np

        rows = np.frombuffer(embedded.vectors, dtype=np.float32)
        rows = rows.reshape(len(embedded.passages), -1)
        places = {(p.zone, p.start, p.end): i for i, p in enumerate(view.passages)}
        found = {}
        for passage, row in zip(embedded.passages, rows, strict=True):
            place = places.get((passage.zone, passage.start, passage.end))
            if place is not None:
                found[place] = row
        return found


def _places(view: ArticleView) -> list[int]:
    """Return the places of the passages that may be embedded: the title, and the sentences."""
    return [*((view.title,) if view.title is not None else ()), *view.prose]


def mention(judged: Judged, view: ArticleView) -> Mention:
    """Return the record of a topic's verdict, with evidence."""
    active, article = judged.active, view.article
    parts = active.model.parts(judged.look.values)
    return Mention(
        id=record_id("mention", article.id, active.topic.name),
        article_id=article.id,
        topic=active.topic.name,
        score=round(judged.probability, 4),
        matched_by=matched_by(judged.look),
        topic_version=active.version,
        evidence=collect_evidence(active.topic, judged.look, view),
        parts=tuple((k, round(v, 3)) for k, v in parts.items()),
        partial=article.partial,
    )
