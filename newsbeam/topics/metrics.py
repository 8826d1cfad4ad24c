"""How good a topic is: precision, recall, F1 with confidence intervals, and calibration."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

RESAMPLES = 1000
"""Bootstrap resamples for the intervals: the limits move by less than .01 with more."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures of one topic on one set of answers."""

    rows: int
    positives: int
    found: int
    """Texts that the topic would mention."""
    precision: float
    recall: float
    f1: float
    f1_low: float
    """Lower limit of the 95 % interval of F1 (bootstrap over the texts)."""
    f1_high: float
    calibration_error: float
    """Mean distance of stated probability and observed share, weighted by texts (10 bins)."""


def scores(truth: "np.ndarray[Any, Any]", found: "np.ndarray[Any, Any]") -> tuple[float, ...]:
    """Return precision, recall, F1 of boolean arrays; 1, 1, 1 where there is nothing to find."""
    hits = int((truth & found).sum())
    n_found, n_true = int(found.sum()), int(truth.sum())
    precision = hits / n_found if n_found else 1.0
    recall = hits / n_true if n_true else 1.0
    return precision, recall, 2 * hits / (n_found + n_true) if n_found + n_true else 1.0


def quality(
    truth: Sequence[bool], probability: Sequence[float], threshold: float, seed: int = 0
) -> Quality:
    """Return the figures for probabilities that are turned into mentions at a threshold."""
    import numpy as np

    y, p = np.asarray(truth, dtype=bool), np.asarray(probability, dtype=float)
    found = p >= threshold
    precision, recall, f1 = scores(y, found)
    rng = np.random.default_rng(seed)
    resampled = []
    for _ in range(RESAMPLES if len(y) else 0):
        rows = rng.integers(0, len(y), len(y))
        resampled.append(scores(y[rows], found[rows])[2])
    low, high = np.quantile(resampled, (0.025, 0.975)) if resampled else (f1, f1)
    error = sum(abs(b.stated - b.observed) * b.rows for b in reliability(truth, probability))
    return Quality(
        rows=len(y),
        positives=int(y.sum()),
        found=int(found.sum()),
        precision=precision,
        recall=recall,
        f1=f1,
        f1_low=float(low),
        f1_high=float(high),
        calibration_error=error / max(1, len(y)),
    )


@dataclass(frozen=True, slots=True)
class Bin:
    """Texts with about the same probability."""

    stated: float
    """Mean probability."""
    observed: float
    """Share that is about the topic."""
    rows: int


def reliability(truth: Sequence[bool], probability: Sequence[float], bins: int = 10) -> list[Bin]:
    """Return the reliability diagram's points; empty bins are left out."""
    import numpy as np

    y, p = np.asarray(truth, dtype=float), np.asarray(probability, dtype=float)
    places = np.minimum((p * bins).astype(int), bins - 1)
    return [
        Bin(float(p[places == b].mean()), float(y[places == b].mean()), int((places == b).sum()))
        for b in range(bins)
        if (places == b).any()
    ]


def curve(truth: Sequence[bool], probability: Sequence[float]) -> list[tuple[float, float, float]]:
    """Return (threshold, precision, recall) for each distinct probability, falling."""
    import numpy as np

    y, p = np.asarray(truth, dtype=bool), np.asarray(probability, dtype=float)
    return [
        (float(t), *scores(y, p >= t)[:2])  # type: ignore[misc]
        for t in sorted(set(p.tolist()), reverse=True)
        if t > 0
    ]
