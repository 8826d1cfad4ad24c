"""Fit the pair model of stories, and say what it is worth on a set that it has not seen.

    NEWSBEAM_DATA=… python tests/benchmarks/train_stories.py

Prints the weights for ``newsbeam/stories/model.py`` (full texts, headlines), fitted on all labelled
sets, and, for each set, the BCubed F1 with weights and threshold chosen on the others.  Vetoes are
left out: they are rules.
"""

import random
import sys
from dataclasses import replace
from typing import Any

import numpy as np
from bench_stories import SETS, bcubed, load_set, with_vectors

from newsbeam.stories.features import PAIR_FEATURES, compare, make_features, term_table
from newsbeam.stories.model import Rule, load_model
from newsbeam.stories.terms import article_terms, weekdays
from newsbeam.stories.window import Window

TRAINED = [i for i, name in enumerate(PAIR_FEATURES) if not name.endswith("_veto")]
NEGATIVES = 3.0
"""Weight of all pairs of different events, against 1 for all pairs of one event."""

Pairs = tuple[np.ndarray, list[int]]


def pairs_of(name: str, short: bool, seed: int) -> Pairs:
    """Return float32 (n, n, features) of a set in one order (0: of created_at), and the events."""
    found = load_set(name)
    items = with_vectors([replace(i, text=None) if short else i for _, i in found])
    order = list(range(len(items)))
    if seed:
        random.Random(seed).shuffle(order)
    window, made = Window(), np.zeros((len(items), len(items), len(PAIR_FEATURES)), np.float32)
    for place, i in enumerate(order):
        item = items[i]
        terms = article_terms(item.title, item.text, item.language)
        days = weekdays(item.text)
        features = make_features(
            term_table(terms), window.frequencies, item.vector, item.text is not None, days
        )
        if place:
            made[place, :place] = compare(features, window.rows(np.arange(place)))
        window.add(features, None)
    return made, [found[i][0] for i in order]


def fit(sets: list[Pairs]) -> tuple[np.ndarray, float]:
    """Return weights and bias of a logistic model; each set counts the same."""
    from sklearn.linear_model import LogisticRegression

    features, same, weights = [], [], []
    for pairs, labels in sets:
        low = np.tril_indices(len(labels), -1)
        events = np.array(labels)
        is_same = (events[:, None] == events[None])[low]
        features.append(pairs[low][:, TRAINED])
        same.append(is_same)
        weights.append(np.where(is_same, 1 / is_same.sum(), NEGATIVES / (~is_same).sum()))
    model = LogisticRegression(C=1.0, max_iter=3000)
    model.fit(
        np.concatenate(features), np.concatenate(same), sample_weight=1000 * np.concatenate(weights)
    )
    found = np.zeros(len(PAIR_FEATURES), np.float32)
    found[TRAINED] = model.coef_[0]
    return found, float(model.intercept_[0])


def group(odds: np.ndarray, rule: Rule) -> list[str]:
    """Return the stories that the rule makes of log odds (n, n), in order of arrival."""
    stories: list[list[int]] = []
    found: list[str] = []
    for i in range(len(odds)):
        scores = [
            rule.best_share * odds[i, s].max() + (1 - rule.best_share) * odds[i, s].mean()
            for s in stories
        ]
        ranked = sorted(scores, reverse=True)
        rival = ranked[1] if len(ranked) > 1 else -9.0
        if ranked and ranked[0] >= rule.bar(rival):
            place = scores.index(ranked[0])
        else:
            place = len(stories)
            stories.append([])
        stories[place].append(i)
        found.append(str(place))
    return found


def score(pairs: list[Pairs], weights: Any, rule: Rule) -> float:
    """Return the mean BCubed F1 over some orders of a set."""
    w, bias = weights
    return float(np.mean([bcubed(labels, group(p @ w + bias, rule))[2] for p, labels in pairs]))


def main() -> None:
    for short in (False, True):
        rule = load_model().rule(not short)
        data = {name: [pairs_of(name, short, seed) for seed in (0, 1, 2)] for name in SETS}
        weights, bias = fit([pairs for sets in data.values() for pairs in sets])
        print("headlines only" if short else "full texts")
        for name, value in zip(PAIR_FEATURES, weights, strict=True):
            print(f"  {name:18} {value:6.2f}")
        print(f"  {'bias':18} {bias:6.2f}")
        for held in SETS:
            others = [name for name in SETS if name != held]
            chosen = fit([pairs for name in others for pairs in data[name]])
            rules = [replace(rule, threshold=t) for t in np.arange(-1.0, 2.1, 0.5)]
            best = max(rules, key=lambda r: sum(score(data[n], chosen, r) for n in others))
            print(
                f"  unseen {held:16} F1 {score(data[held], chosen, best):.3f} "
                f"(threshold {best.threshold:.1f} chosen on the others)"
            )


if __name__ == "__main__":
    sys.exit(main())
