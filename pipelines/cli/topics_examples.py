"""Calibrate a topic by its own examples: what there is for a new model before anyone has labelled.

The examples fall into :data:`FOLDS` parts; each part is judged by a topic that has only the others,
as texts that nobody has shown it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import numpy as np

    from newsbeam.topics import TopicSet
    from newsbeam.topics.labelled import Labelled
    from newsbeam.topics.meaning import Encodes
    from newsbeam.topics.topic import Topic
    from newsbeam.topics.topicset import ActiveTopic
    from pipelines.cli.topics_measure import Case

FOLDS = 5
SENTENCE_ENDS = (".", "!", "?", "…", "”", '"', "。")
"""How a passage ends; what ends otherwise is a headline."""


def add_examples(
    cases: "dict[str, list[Case]]", topics: "TopicSet", encoder: "Encodes"
) -> list[str]:
    """Add their own examples to topics that were calibrated for another model, and have no label.

    For a pack's topic the examples count beside any labels, too: they are in the place of what its
    makers have learnt with the bundled model.  Return the names of these topics.
    """
    seen, done = Remembering(encoder), []
    for name, found in cases.items():
        if _needs_examples(topics[name], encoder.identity, found):
            seen.remember(topics[name])
            shown = cases_of_examples(topics[name], seen)
            found += shown
            click.echo(
                f"{name}: learns from {len(shown)} of its own examples, each judged without "
                "itself; labels of your own articles say more",
                err=True,
            )
            done.append(name)
    return done


def _needs_examples(active: "ActiveTopic", identity: str, found: "Sequence[Case]") -> bool:
    from newsbeam.topics.calibration import read_calibration
    from newsbeam.topics.topic import of_pack

    of_ours = active.path if active.path and of_pack(active.path) else None
    bound = read_calibration(of_ours) if of_ours else active.calibration
    if bound is None or bound.serves(identity) or not active.topic.has_meaning:
        return False
    return of_ours is not None or not any(case.row.answer for case in found)


class Remembering:
    """An encoder that gives a text that it has seen its vector again."""

    def __init__(self, encoder: "Encodes") -> None:
        self.identity = encoder.identity
        self._encoder = encoder
        self._known: dict[str, np.ndarray] = {}

    def remember(self, active: "ActiveTopic") -> None:
        """Take over the vectors that a topic's examples have already."""
        if active.vectors is None:
            return
        texts = [*active.topic.examples.about, *active.topic.examples.not_about]
        self._known |= zip(texts, active.vectors.own, strict=True)
        self._known |= zip(
            (e.text for e in active.topic.shared), active.vectors.shared, strict=True
        )

    def encode(self, texts: Sequence[str]) -> "np.ndarray":
        """Return float32 (n, d), L2-normalised; rows follow the texts."""
        import numpy as np

        if not texts:
            return self._encoder.encode(texts)
        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(fresh, self._encoder.encode(fresh), strict=True))
        return np.stack([self._known[text] for text in texts])


def cases_of_examples(active: "ActiveTopic", encoder: "Encodes") -> "list[Case]":
    """Return a topic's examples as labelled texts, each judged by the topic without it."""
    from rich.console import Console
    from rich.progress import track

    from newsbeam.topics import TopicSet
    from pipelines.cli.topics_measure import look_at

    topic = active.topic
    parts: list[list[Labelled]] = [[] for _ in range(FOLDS)]
    for number, row in enumerate(_labelled(topic)):
        parts[number % FOLDS].append(row)
    cases: list[Case] = []
    err = Console(stderr=True)
    for part in track(parts, topic.name, console=err, transient=True, disable=not err.is_terminal):
        rest = TopicSet([replace(active, topic=_without(topic, part), path=None, vectors=None)])
        rest.prepare(encoder, strict=False)
        cases += look_at(part, rest, encoder, [topic.name])[topic.name]
    return cases


def _labelled(topic: "Topic") -> "list[Labelled]":
    from newsbeam.topics.labelled import Labelled

    said = dict.fromkeys(topic.examples.about, True) | dict.fromkeys(
        topic.examples.not_about, False
    )
    said |= {e.text: topic.name in e.about for e in topic.shared if topic.name not in e.open}
    # yes and no dealt out in turn, so that each part has its share of both
    ordered = sorted(said.items(), key=lambda pair: not pair[1])
    return [
        Labelled(
            id=f"examples/{number}",
            title="" if text.endswith(SENTENCE_ENDS) else text,
            text=text if text.endswith(SENTENCE_ENDS) else "",
            language=None,
            answers={topic.name: answer},
        )
        for number, (text, answer) in enumerate(ordered)
    ]


def _without(topic: "Topic", part: "Sequence[Labelled]") -> "Topic":
    gone = {row.title or row.text for row in part}
    return replace(
        topic,
        examples=replace(
            topic.examples,
            about=tuple(e for e in topic.examples.about if e not in gone),
            not_about=tuple(e for e in topic.examples.not_about if e not in gone),
        ),
        shared=tuple(e for e in topic.shared if e.text not in gone),
    )
