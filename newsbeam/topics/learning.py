"""From answers to a calibrated topic: fit the small model, cross-validate, choose the threshold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsbeam.topics.calibration import Calibration
from newsbeam.topics.features import NAMES
from newsbeam.topics.labelled import labels_hash
from newsbeam.topics.metrics import scores
from newsbeam.topics.model import GENERIC, Model, fit

if TYPE_CHECKING:
    import numpy as np

FOLDS, REPEATS = 5, 3
"""Cross-validation: folds, and repeats with other folds (few positives make one split noisy)."""
MIN_POSITIVES = 8
"""With fewer positives the generic threshold is kept: a chosen one would be chance."""
UNLABELLED = Model()
"""Of a topic with query and examples that has no labels."""
PLATEAU = 0.02
"""Thresholds whose F1 is this near to the best are equally good; the one nearest to the generic
threshold is taken, as the others were found on fewer labels."""


@dataclass(frozen=True, slots=True)
class Row:
    """One text for one topic."""

    id: str
    group: str
    """``article`` or ``headline``: folds hold the same share of both."""
    values: tuple[float, ...] | None
    """Features; None: no candidate (its probability is 0)."""
    answer: bool


def cross_validate(
    rows: Sequence[Row], seed: int = 0, prior: Mapping[str, float] = GENERIC
) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Return for each row the probability from models that have not seen it, float64 (n,).

    The mean over :data:`REPEATS` splits into :data:`FOLDS` folds, stratified by group and answer.
    """
    import numpy as np

    table, answers, known = _table(rows)
    total = np.zeros(len(rows))
    for repeat in range(REPEATS):
        folds = _folds(rows, seed + repeat)
        for fold in range(FOLDS):
            train = (folds != fold) & known
            test = (folds == fold) & known
            weights = fit(table[train], answers[train], prior=prior)
            model = Model(weights)
            total[test] += [model.probability(values) for values in table[test]]
    return total / REPEATS


def calibrate(
    rows: Sequence[Row],
    topic_version: str,
    model: str,
    precision: float,
    generic: Model = UNLABELLED,
) -> tuple[Calibration, "np.ndarray[Any, np.dtype[np.float64]]"]:
    """Fit a topic's model and choose its threshold.

    Args:
        rows: answers with features.
        topic_version: version of the definition.
        model: identity of the sentence model.
        precision: the least that the topic asks for.
        generic: the model of such a topic without labels: the weights stay near its weights, and
            of equally good thresholds the one nearest to its threshold is taken.

    Returns:
        The calibration, with cross-validated figures; and the cross-validated probabilities.
    """
    import numpy as np

    table, answers, known = _table(rows)
    held_out = cross_validate(rows, prior=generic.weights)
    truth = answers.astype(bool)
    groups = np.array([row.group for row in rows])
    threshold = choose_threshold(truth, held_out, precision, generic.threshold, groups)
    p, r, f1 = scores(truth, held_out >= threshold)
    weights = fit(table[known], answers[known], prior=generic.weights)
    return (
        Calibration(
            topic_version=topic_version,
            model=model,
            labels=labels_hash((row.id, row.answer) for row in rows),
            rows=len(rows),
            positives=int(np.sum(answers)),
            precision=round(p, 4),
            recall=round(r, 4),
            f1=round(f1, 4),
            threshold=round(threshold, 3),
            weights=weights,
        ),
        held_out,
    )


def choose_threshold(
    truth: "np.ndarray[Any, Any]",
    probability: "np.ndarray[Any, Any]",
    precision: float,
    generic: float,
    groups: "np.ndarray[Any, Any] | None" = None,
) -> float:
    """Return the threshold with the best F1 among those that reach the precision.

    The F1 is the mean of those of the groups that have enough positives, so that many headlines do
    not decide for the pages.  Where no threshold reaches the precision, the best F1 of all.  Few
    positives: the generic threshold of such a topic, as the weights are then nearly the generic
    ones, which it was chosen with.
    """
    import numpy as np

    if int(truth.sum()) < MIN_POSITIVES:
        return generic
    masks = [groups == g for g in sorted(set(groups.tolist()))] if groups is not None else []
    masks = [m for m in masks if truth[m].sum() >= MIN_POSITIVES] or [np.ones(len(truth), bool)]
    grid = np.arange(0.15, 0.9, 0.01)
    table = [
        (
            t,
            scores(truth, probability >= t)[0],
            sum(scores(truth[m], probability[m] >= t)[2] for m in masks) / len(masks),
        )
        for t in grid
    ]
    enough = [row for row in table if row[1] >= precision] or table
    best = max(row[2] for row in enough)
    good = [row[0] for row in enough if row[2] >= best - PLATEAU]
    return float(min(good, key=lambda t: abs(t - generic)))


def _table(rows: Sequence[Row]) -> "tuple[np.ndarray[Any, Any], ...]":
    import numpy as np

    empty = (0.0,) * len(NAMES)
    table = np.array([row.values or empty for row in rows], dtype=float).reshape(-1, len(NAMES))
    answers = np.array([row.answer for row in rows], dtype=int)
    return table, answers, np.array([row.values is not None for row in rows], dtype=bool)


def _folds(rows: Sequence[Row], seed: int) -> "np.ndarray[Any, np.dtype[np.int64]]":
    import numpy as np

    rng = np.random.default_rng(seed)
    folds = np.zeros(len(rows), dtype=np.int64)
    kinds = sorted({(row.group, row.answer) for row in rows})
    for kind in kinds:
        places = np.array([i for i, row in enumerate(rows) if (row.group, row.answer) == kind])
        rng.shuffle(places)
        folds[places] = np.arange(len(places)) % FOLDS
    return folds
