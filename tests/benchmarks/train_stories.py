"""Fit the pair model of stories, and say what it is worth on a set that it has not seen.

    NEWSBEAM_DATA=… python tests/benchmarks/train_stories.py

Prints the weights for ``newsbeam/stories/model.py`` (full texts, headlines), fitted on all
labelled sets, and, for each set, the BCubed F1 with weights and threshold chosen on the others, in
the order of arrival and as the mean of three orders.  Vetoes are left out: they are rules.
"""

import random
import sys
from dataclasses import dataclass, replace

import numpy as np
from bench_stories import bcubed, load_any, sets_for, with_vectors

from newsbeam.stories.features import PAIR_FEATURES, compare, make_features, term_table
from newsbeam.stories.grouper import MEMBERS, STORIES
from newsbeam.stories.model import VETO, PairModel, Rule, load_model
from newsbeam.stories.terms import article_terms
from newsbeam.stories.window import Window

TRAINED = [PAIR_FEATURES.index(name) for name in ("vector", "title_in_other")]
VETOES = [i for i, name in enumerate(PAIR_FEATURES) if name.endswith("_veto")]
NEGATIVES = 3.0
"""Weight of all pairs of different events, against 1 for all pairs of one event."""

THRESHOLDS = np.arange(0.0, 1.3, 0.25)


@dataclass(frozen=True, eq=False)
class Ordered:
    """A set in one order of arrival."""

    events: list[int]
    pairs: np.ndarray
    """(n, n, len(TRAINED)), newcomer by earlier article."""
    rules: np.ndarray
    """(n, n): log odds that vetoes, time and shortness add."""


def ordered(name: str, short: bool, seed: int) -> Ordered:
    """Return a set in one order (0: of created_at)."""
    found = load_any(name)
    items = with_vectors([replace(i, text=None) if short else i for _, i in found])
    order = list(range(len(items)))
    if seed:
        random.Random(seed).shuffle(order)
    n, window = len(items), Window()
    pairs, rules = np.zeros((n, n, len(TRAINED)), np.float32), np.zeros((n, n), np.float32)
    bare = without_weights()
    days = np.array([items[i].published.timestamp() / 86_400 for i in order])
    for place, i in enumerate(order):
        item = items[i]
        terms = article_terms(item.title, item.text, item.language)
        has_text = item.text is not None
        features = make_features(term_table(terms), window.frequencies, item.vector, has_text)
        if place:
            earlier = np.arange(place)
            compared = compare(features, window.rows(earlier))
            pairs[place, :place] = compared[:, TRAINED]
            rules[place, :place] = bare.odds(
                compared,
                window.has_text(earlier) & has_text,
                window.brief(earlier) | features.brief,
                np.abs(days[:place] - days[place]).astype(np.float32),
                place / max(1.0, float(np.ptp(days[:place]))),
            )
        window.add(features, None)
    return Ordered([found[i][0] for i in order], pairs, rules)


def without_weights() -> PairModel:
    """Return the model with its rules alone."""
    kept = np.zeros(len(PAIR_FEATURES), np.float32)
    kept[VETOES] = VETO
    return replace(load_model(), full=kept, full_bias=0.0, short=kept, short_bias=0.0)


def fit(sets: list[Ordered]) -> tuple[np.ndarray, float]:
    """Return weights and bias of a logistic model; each set counts the same."""
    from sklearn.linear_model import LogisticRegression

    features, same, weights = [], [], []
    for one in sets:
        low = np.tril_indices(len(one.events), -1)
        events = np.array(one.events)
        is_same = (events[:, None] == events[None])[low]
        features.append(one.pairs[low])
        same.append(is_same)
        weights.append(np.where(is_same, 1 / is_same.sum(), NEGATIVES / (~is_same).sum()))
    model = LogisticRegression(C=10.0, max_iter=3000)
    model.fit(
        np.concatenate(features), np.concatenate(same), sample_weight=100 * np.concatenate(weights)
    )
    return model.coef_[0], float(model.intercept_[0])


def group(odds: np.ndarray, rule: Rule) -> list[str]:
    """Return the stories that the rule makes of log odds (n, n), in order of arrival."""
    stories: list[list[int]] = []
    found = np.zeros(len(odds), np.int64)
    for i, row in enumerate(odds):
        best = np.full(len(stories), -np.inf)
        np.maximum.at(best, found[:i], row[:i])
        scores = [(-9.0, len(stories))] * 2
        for place in np.argsort(-best, kind="stable")[:STORIES].tolist():
            part = row[stories[place][-MEMBERS:]]
            mean = float(part.mean())
            scores.append(
                (rule.best_share * float(part.max()) + (1 - rule.best_share) * mean, place)
            )
        (top, place), (rival, _) = sorted(scores, reverse=True)[:2]
        if place == len(stories) or top < rule.bar(rival):
            place = len(stories)
            stories.append([])
        stories[place].append(i)
        found[i] = place
    return [str(place) for place in found]


def score(one: Ordered, weights: tuple[np.ndarray, float], rule: Rule) -> float:
    """Return the BCubed F1 of a set in one order."""
    w, bias = weights
    return bcubed(one.events, group(one.pairs @ w + bias + one.rules, rule))[2]


def main() -> None:
    for short in (False, True):
        rule = load_model().rule(not short)
        names = sets_for(short)
        data = {name: [ordered(name, short, seed) for seed in (0, 1, 2)] for name in names}
        weights, bias = fit([one for sets in data.values() for one in sets])
        print("headlines only" if short else "texts")
        for place, value in zip(TRAINED, weights, strict=True):
            print(f"  {PAIR_FEATURES[place]:18} {value:6.2f}")
        print(f"  {'bias':18} {bias:6.2f}")
        rules = [replace(rule, threshold=float(t)) for t in THRESHOLDS]
        for held in names:
            others = [name for name in names if name != held]
            chosen = fit([one for name in others for one in data[name]])
            best = max(
                rules, key=lambda r: sum(score(one, chosen, r) for n in others for one in data[n])
            )
            found = [score(one, chosen, best) for one in data[held]]
            print(
                f"  unseen {held:16} F1 {found[0]:.3f} ({np.mean(found):.3f} in three orders; "
                f"threshold {best.threshold:.2f} chosen on the others)",
                flush=True,
            )


if __name__ == "__main__":
    sys.exit(main())
