"""Fit the generic weights of the topics' join, and write the labels to calibrate the pack with.

Run: ``NEWSBEAM_DATA=… python tests/benchmarks/train_topics.py FOLDER``.  Prints the weights for
``newsbeam/topics/model.py`` and the F1 of each set by weights fitted on the others; writes one
label file per set into FOLDER, for ``newsbeam topics
calibrate --topics newsbeam/topics/packs/ai --labels FOLDER/…``.
"""

import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from topic_labels import learning_sets, write_jsonl

from newsbeam.encoder import LazyEncoder
from newsbeam.settings import ModelSettings, Settings
from newsbeam.topics.features import NAMES
from newsbeam.topics.learning import Row
from newsbeam.topics.metrics import scores
from newsbeam.topics.model import GENERIC_THRESHOLD, Model, fit
from pipelines.cli.topics_measure import look_at
from pipelines.cli.topics_tag import load_topics_for

DATA = Path(os.environ.get("NEWSBEAM_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
WEIGHT = {"articles-dev": 2.0}
"""Of a text; pages are few, and what holds for short texts (where all is the beginning) does not
hold for them."""
NOTHING = {"bias": -4.0, **dict.fromkeys(NAMES, 0.0)}
STRENGTH = 0.5
"""Of the pull to NOTHING."""
FREE = ("title_alone", "has_text", "worded", "length")
"""May be below zero: less evidence in a headline than in a text says the same; an article without
the topic's words is looked at only where its beginning reads like the topic; and of many passages
the best says less."""

Rows = list[tuple[str, str, Row]]
"""Set, topic, row."""


def generic(rows: Rows) -> dict[str, float]:
    """Return weights fitted on all rows; those that come out below zero are 0."""
    known = [(name, row) for name, _, row in rows if row.values is not None]
    table = np.array([row.values for _, row in known])
    answers = np.array([row.answer for _, row in known], dtype=int)
    weights = np.array([WEIGHT.get(name, 1.0) for name, _ in known])
    while True:
        found = fit(table, answers, STRENGTH, NOTHING, weights)
        below = [n for n in NAMES if n not in FREE and found[n] < 0]
        if not below:
            return found
        table[:, [NAMES.index(n) for n in below]] = 0


def main() -> None:
    """Print the weights and the figures."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    encoder = LazyEncoder(ModelSettings())
    topics = load_topics_for(Settings())
    topics.prepare(encoder, strict=False)
    rows: Rows = []
    for name, texts in learning_sets(DATA).items():
        write_jsonl(texts, folder / f"{name}.jsonl")
        for topic, cases in look_at(texts, topics, encoder, topics.names).items():
            rows += [(name, topic, case.row) for case in cases]
    print({n: round(w, 1) for n, w in generic(rows).items()})
    for name in dict.fromkeys(name for name, _, _ in rows):
        model = Model(generic([row for row in rows if row[0] != name]))
        for topic in topics.names:
            report(name, topic, model, [r for s, t, r in rows if (s, t) == (name, topic)])


def report(name: str, topic: str, model: Model, rows: list[Row]) -> None:
    """Print how good weights are that were fitted on the other sets."""
    truth = np.array([row.answer for row in rows])
    passes: Any = [
        row.values is not None and model.probability(row.values) >= GENERIC_THRESHOLD
        for row in rows
    ]
    precision, recall, f1 = scores(truth, np.array(passes))
    if truth.any():
        print(f"{name:18}{topic:20}{truth.sum():>4} P {precision:.2f} R {recall:.2f} F1 {f1:.3f}")


if __name__ == "__main__":
    main()
