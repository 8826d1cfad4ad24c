"""Fit the rule for the border of being copies, and say what it is worth on pairs it has not seen.

    NEWSBEAM_DATA=… python tests/benchmarks/train_copies.py

Prints the weights for ``newsbeam/stories/copies.py``, fitted on the hand-checked pairs; precision
and recall with weights and bar chosen on seven eighths of the clusters and tested on the rest; and
the same of the second sample of pairs, on which nothing is chosen.
"""

import numpy as np
from bench_stories import FRESH, LABELS, Pair, labelled_pairs
from sklearn.linear_model import LogisticRegression

from newsbeam.stories.copies import clear_case, evidence

PRECISION = 0.98


def clusters(pairs: list[Pair]) -> np.ndarray:
    """Return a number per pair; pairs that share an article, at any remove, share a number."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for _, (a, b), *_ in pairs:
        parent[root(a)] = root(b)
    names = [root(pair[1][0]) for pair in pairs]
    return np.unique(names, return_inverse=True)[1]


def matrix(pairs: list[Pair]) -> np.ndarray:
    return np.array([[evidence(f), a.shared, terms] for _, _, f, a, terms in pairs])


def model(x: np.ndarray, y: np.ndarray) -> LogisticRegression:
    return LogisticRegression(C=100.0, max_iter=5000).fit(x, y)


def scores_of(pairs: list[Pair], fitted: LogisticRegression) -> np.ndarray:
    """Return log odds; beyond any bar where the rules around the model decide."""
    clear = [clear_case(f, a, terms) for _, _, f, a, terms in pairs]
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
    hits = (said & y).sum()
    return f"precision {hits / said.sum():.3f}  recall {hits / y.sum():.3f}"


def main() -> None:
    pairs = [p for p in labelled_pairs(LABELS) if p[0] != "unclear"]
    y, groups = np.array([p[0] == "copy" for p in pairs]), clusters(pairs)
    x = matrix(pairs)
    precisions, recalls = [], []
    for seed in range(10):
        fold = np.random.default_rng(seed).integers(0, 8, groups.max() + 1)[groups]
        said = np.zeros(len(y), bool)
        for k in range(8):
            rest = [p for p, f in zip(pairs, fold, strict=True) if f != k]
            fitted = model(x[fold != k], y[fold != k])
            bar = bar_for(scores_of(rest, fitted), y[fold != k])
            held_out = [p for p, f in zip(pairs, fold, strict=True) if f == k]
            if held_out:
                said[fold == k] = scores_of(held_out, fitted) >= bar
        precisions.append((said & y).sum() / said.sum())
        recalls.append((said & y).sum() / y.sum())
    print(f"cross-validated, clusters apart, {len(y)} pairs, mean of 10 partitions: ", end="")
    print(f"precision {np.mean(precisions):.3f}  recall {np.mean(recalls):.3f}")
    fitted = model(x, y)
    scores = scores_of(pairs, fitted)
    bar = bar_for(scores, y)
    print(f"fitted on all: {figures(scores >= bar, y)}")
    print(f"  weights {fitted.coef_[0].round(2)}  bar {bar - fitted.intercept_[0]:.2f}")
    fresh = [p for p in labelled_pairs(FRESH) if p[0] != "unclear"]
    truth = np.array([p[0] == "copy" for p in fresh])
    print(f"second sample, {len(fresh)}: {figures(scores_of(fresh, fitted) >= bar, truth)}")


if __name__ == "__main__":
    main()
