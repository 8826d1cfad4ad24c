"""The model that joins query and meaning: one logistic regression of sixteen numbers per topic.

It is fitted with a Gaussian prior around the weights in :data:`GENERIC`, which were fitted on all
topics of the ``ai`` pack together: a topic without labels uses those, one with few stays near.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from newsbeam.topics.features import NAMES

if TYPE_CHECKING:
    import numpy as np

GENERIC: Mapping[str, float] = {
    "bias": -5.4,
    "query": 0.0,
    "title_query": 4.2,
    "title_alone": -1.1,
    "title_wide": 0.7,
    "lead_query": 1.0,
    "body_query": 0.2,
    "body_share": 0.0,
    "agreeing": 1.3,
    "meaning_title": 2.0,
    "meaning_best": 6.3,
    "meaning_top3": 4.6,
    "meaning_query": 0.0,
    "meaning_count": 3.3,
    "has_text": 1.1,
    "worded": -0.3,
    "length": -5.0,
}
"""Weights for a topic without labels: fitted by ``tests/benchmarks/train_topics.py`` on the five
topics together, on the development sets, on texts written for newsbeam, on articles retold and on
feed entries.  Most of those texts are short and clean, while the pages of the development sets are
long and begin with their navigation: alone, those would say that the beginning means little.  Each
page counts twice.  Those that came out below zero are 0, but for ``length`` (the best of many
passages says less), ``title_alone`` (a text should bear its headline out) and ``worded`` (if
nothing else follows from the words, they spoke of something else); ``has_text`` might be, too."""
QUERY_ONLY: Mapping[str, float] = {
    **dict.fromkeys(NAMES, 0.0),
    "bias": -4.0,
    "query": 4.4,
    "title_query": 1.5,
    "lead_query": 0.5,
    "body_query": 1.0,
    "body_share": 0.5,
}
"""Weights for a topic without labels and without examples: what the query says is a mention, as in
other monitors, and the score ranks by where and how often."""
MEANING_ONLY: Mapping[str, float] = {
    **dict.fromkeys(NAMES, 0.0),
    "bias": -4.4,
    "meaning_title": 4.5,
    "meaning_best": 8.2,
    "meaning_top3": 3.7,
    "has_text": -1.3,
}
"""Weights for a topic without labels and without a query: fitted like :data:`GENERIC`, on the
numbers of meaning alone."""
MEANING_THRESHOLD = 0.55
"""Without a query to agree with, meaning must be surer: by weights of the other topics, the
precision of ai-regulation is .65 on pages with 0.45, and .69 with this; with 0.65 recall falls."""
GENERIC_THRESHOLD = 0.45
PRIOR_STRENGTH = 5.0
"""Precision (1 / variance) of the prior; cross-validated on the dev sets, docs/benchmarks.md."""


@dataclass(frozen=True)
class Model:
    """Weights, bias and threshold of one topic."""

    weights: Mapping[str, float] = field(default_factory=lambda: dict(GENERIC))
    threshold: float = GENERIC_THRESHOLD

    def parts(self, values: Sequence[float]) -> dict[str, float]:
        """Return what each feature adds to the score, in log-odds, with ``bias``."""
        parts = {"bias": self.weights["bias"]}
        for name, value in zip(NAMES, values, strict=True):
            if value and name in self.weights:  # a calibration may be older than a feature
                parts[name] = self.weights[name] * value
        return parts

    def probability(self, values: Sequence[float]) -> float:
        """Return the calibrated probability that the article is about the topic."""
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, sum(self.parts(values).values())))))


def generic_weights(has_meaning: bool, has_query: bool = True) -> Mapping[str, float]:
    """Return the weights of a topic without labels."""
    if not has_query:
        return MEANING_ONLY
    return GENERIC if has_meaning else QUERY_ONLY


def generic_model(has_meaning: bool, has_query: bool) -> Model:
    """Return the model of a topic without labels."""
    threshold = GENERIC_THRESHOLD if has_query else MEANING_THRESHOLD
    return Model(generic_weights(has_meaning, has_query), threshold)


def fit(
    rows: "np.ndarray[Any, Any]",
    labels: "np.ndarray[Any, Any]",
    strength: float = PRIOR_STRENGTH,
    prior: Mapping[str, float] = GENERIC,
    weights: "np.ndarray[Any, Any] | None" = None,
) -> dict[str, float]:
    """Return the most probable weights, given the labels and the prior.

    Args:
        rows: float (n, len(NAMES)).
        labels: 0 or 1, (n,).
        strength: of the prior, on every weight but the bias (a tenth of it there).
        prior: weights to stay near.
        weights: of the rows; None: all 1.
    """
    import numpy as np

    x = np.hstack([np.ones((len(rows), 1)), rows])
    y = labels.astype(float)
    count = np.ones(len(y)) if weights is None else weights
    start = np.array([prior["bias"], *(prior[n] for n in NAMES)])
    pull = np.full(len(start), strength)
    pull[0] = strength / 10
    w = start.copy()
    for _ in range(50):  # Newton's method; the problem is convex
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        gradient = x.T @ (count * (p - y)) + pull * (w - start)
        curvature = (x * (count * p * (1 - p))[:, None]).T @ x + np.diag(pull)
        step = np.linalg.solve(curvature, gradient)
        w = w - step / max(1.0, float(np.abs(step).max()) / 3)
        if np.abs(step).max() < 1e-8:
            break
    return dict(zip(("bias", *NAMES), (round(float(v), 4) for v in w), strict=True))
