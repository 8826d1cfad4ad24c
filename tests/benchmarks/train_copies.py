"""Fit the rule for the border of being copies, and say what it is worth on pairs it has not seen.

    NEWSBEAM_DATA=… python tests/benchmarks/train_copies.py

Prints the weights for ``newsbeam/stories/copies.py``, fitted on the hand-checked pairs of all
samples without the half of the third that is held out; precision and recall with weights and bar
chosen on seven eighths of the clusters and tested on the rest, by sample; and the same of the half
held out, on which nothing is chosen.
"""

import numpy as np
from copy_labels import FIRST, SECOND, THIRD, Pair, clusters, labelled_pairs
from sklearn.linear_model import LogisticRegression

from newsbeam.stories.copies import clear_case, measures

PRECISION = 0.98
SEEDS = 10


def matrix(pairs: list[Pair]) -> np.ndarray:
    return np.array([measures(p.found, p.aligned, p.terms) for p in pairs])


def model(x: np.ndarray, y: np.ndarray) -> LogisticRegression:
    return LogisticRegression(C=100.0, max_iter=5000).fit(x, y)


def scores_of(pairs: list[Pair], fitted: LogisticRegression) -> np.ndarray:
    """Return log odds; beyond any bar where the rules around the model decide."""
    clear = [clear_case(p.found, p.aligned, p.terms, p.title) for p in pairs]
    odds = fitted.decision_function(matrix(pairs))
    return np.array(
        [o if c is None else 99 if c else -99 for o, c in zip(odds, clear, strict=True)]
    )


def bar_for(scores: np.ndarray, y: np.ndarray) -> float:
    """Return the bar of the highest recall with the wanted precision."""
    bars = np.unique(scores[y])
    good = [b for b in bars if y[scores >= b].mean() >= PRECISION]
    return float(min(good, default=99))


def figures(said: np.ndarray, y: np.ndarray) -> str:
    """Return precision and recall; rows are partitions."""
    hits = (said & y).sum()
    of = f"{hits / len(said):.1f} of {y.sum()}" if said.ndim > 1 else f"{hits} of {y.sum()}"
    recall = hits / (y.sum() * (len(said) if said.ndim > 1 else 1))
    return f"precision {hits / max(1, said.sum()):.3f}  recall {recall:.3f} ({of})"


def main() -> None:
    every = [p for p in labelled_pairs(FIRST, SECOND, THIRD) if p.label != "unclear"]
    pairs = [p for p in every if p.part != "test"]
    sample = np.array([p.sample for p in pairs])
    y, groups = np.array([p.copy for p in pairs]), clusters(pairs)
    x, said = matrix(pairs), np.zeros((SEEDS, len(pairs)), bool)
    for seed in range(SEEDS):
        fold = np.random.default_rng(seed).integers(0, 8, groups.max() + 1)[groups]
        for k in set(fold):
            fitted = model(x[fold != k], y[fold != k])
            scores = scores_of(pairs, fitted)
            said[seed, fold == k] = (scores >= bar_for(scores[fold != k], y[fold != k]))[fold == k]
    print(f"cross-validated, clusters apart, mean of {SEEDS} partitions, {len(y)} pairs:")
    print(f"  all       {figures(said, y)}")
    for name in (FIRST, SECOND, THIRD):
        of = sample == name
        print(f"  {name}: {of.sum()} pairs  {figures(said[:, of], y[of])}")
    fitted = model(x, y)
    scores = scores_of(pairs, fitted)
    bar = bar_for(scores, y)
    print(f"fitted on all of them: {figures(scores >= bar, y)}")
    print(f"  weights {fitted.coef_[0].round(2)}  bar {bar - fitted.intercept_[0]:.2f}")
    held_out = [p for p in every if p.part == "test"]
    truth = np.array([p.copy for p in held_out])
    said = scores_of(held_out, fitted) >= bar
    print(f"half of the third sample held out, {len(held_out)} pairs: {figures(said, truth)}")


if __name__ == "__main__":
    main()
