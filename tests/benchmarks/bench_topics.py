"""How good the topics of the ``ai`` pack are, against a plain cosine and a plain keyword rule.

Run: ``NEWSBEAM_DATA=… python tests/benchmarks/bench_topics.py``.  All in one run, on the two
labelled development sets, cross-validated (5 folds, 3 times): no text is scored by a model that
was fitted on it; the baselines' thresholds are chosen on the other folds too.  Also prints the
same for articles retold from the web, what share of the passages is embedded, and what the gate
loses against looking at every passage of every text.
"""

import os
import platform
import re
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from topic_labels import DEV, HELD_OUT, RETOLD, UNSEEN, WRITTEN, learning_sets, sample
from topic_labels import LABELS as FOLDER

from newsbeam.encoder import LazyEncoder
from newsbeam.settings import ModelSettings, Settings
from newsbeam.topics import topicset
from newsbeam.topics.features import NAMES
from newsbeam.topics.labelled import Labelled, read_labels
from newsbeam.topics.learning import FOLDS, cross_validate
from newsbeam.topics.metrics import quality, scores
from newsbeam.topics.model import Model, fit
from pipelines.cli.topics_measure import AT_ONCE, Case, judge_all, look_at
from pipelines.cli.topics_tag import embed, load_topics_for, make_article

DATA = Path(os.environ.get("NEWSBEAM_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
AI = r"\bAI\b|artificial intelligence|machine learning|chatbot|language model|OpenAI|ChatGPT"
KEYWORDS = {
    "ai-copyright": (AI, r"copyright|fair use|intellectual property"),
    "open-source-ai": (AI, r"open[- ]source|open[- ]weight|open model"),
    "ai-regulation": (AI, r"regulat|legislat|AI Act|executive order|lawmaker"),
    "ai-capex": (AI + "|data cent", r"data cent(er|re)|capex|capital expenditure|GPUs"),
    "llama-monetization": (r"\bLlama\b|Meta AI", r"revenue|moneti|licens|subscription|\bads?\b"),
}
"""A plain rule per topic: both patterns occur in headline or text."""


def keyword_rule(name: str, case: Case) -> float:
    """Return 1 where both patterns of the rule occur."""
    text = f"{case.article.title or ''}\n{case.article.text}"
    return float(all(re.search(p, text, re.I if p != AI else 0) for p in KEYWORDS[name]))


def threshold_by_folds(truth: Any, values: Any, seed: int = 0) -> Any:
    """Return which texts are found, each by the threshold that is best on the other folds."""
    rng = np.random.default_rng(seed)
    folds = rng.permutation(len(truth)) % FOLDS
    found = np.zeros(len(truth), dtype=bool)
    for fold in range(FOLDS):
        train = folds != fold
        options = np.quantile(values[train], np.linspace(0.5, 1, 200))
        best = max(options, key=lambda t: scores(truth[train], values[train] >= t)[2])
        found[~train] = values[~train] >= best
    return found


def main() -> None:
    """Print the tables."""
    files = [DATA / "topics" / f"{name}-dev.jsonl.gz" for name in ("articles", "headlines")]
    if not all(f.exists() for f in files):
        raise SystemExit(f"no labelled sets under {DATA}: set NEWSBEAM_DATA")
    encoder = LazyEncoder(ModelSettings())
    topics = load_topics_for(Settings())
    topics.prepare(encoder, strict=False)
    labelled = read_labels(files)
    began = perf_counter()
    cases = look_at(labelled, topics, encoder, topics.names)
    spent = perf_counter() - began
    print(f"{platform.machine()}, Python {platform.python_version()}, {encoder.identity}")
    print(f"{len(labelled)} texts judged in {spent:.0f} s\n")
    articles = {c.row.id: c.article for found in cases.values() for c in found}
    ids = list(articles)
    leads = [f"{articles[i].title or ''}\n{articles[i].text[:600]}" for i in ids]
    vectors = dict(zip(ids, encoder.encode(leads), strict=True))
    print(f"{'topic':20}{'texts':10}{'yes':>5}  newsbeam: P    R    F1 (95 %)          ", end="")
    print("cosine F1  keywords F1")
    for name in topics.names:
        report(name, cases[name], topics[name], vectors, encoder)
    in_force(topics, encoder)
    cold_start(cases)
    print("\narticles retold from the web, cross-validated among themselves:")
    for name, found in look_at(read_retold(), topics, encoder, topics.names).items():
        retold(name, found, topics[name].model.threshold)
    gate(labelled, topics, encoder)
    embedded(list(articles.values()), topics, encoder)
    fresh(topics, encoder)


def report(name: str, cases: list[Case], active: Any, vectors: Any, encoder: Any) -> None:
    """Print the rows of one topic."""
    held_out = cross_validate([c.row for c in cases])
    truth = np.array([c.row.answer for c in cases])
    description = encoder.encode([active.topic.description.strip()])[0]
    cosine = np.array([vectors[c.row.id] @ description for c in cases])
    words = np.array([keyword_rule(name, c) for c in cases])
    groups = np.array([c.row.group for c in cases])
    for group in ("article", "headline"):
        some = groups == group
        q = quality(truth[some].tolist(), held_out[some].tolist(), active.model.threshold)
        plain = scores(truth[some], threshold_by_folds(truth[some], cosine[some]))[2]
        rule = scores(truth[some], words[some] > 0)[2]
        print(
            f"{name:20}{group:10}{q.positives:>5}          {q.precision:5.2f}{q.recall:5.2f} "
            f"{q.f1:6.3f} ({q.f1_low:.2f}-{q.f1_high:.2f}) {plain:14.2f} {rule:12.2f}"
        )


def in_force(topics: Any, encoder: Any) -> None:
    """Print the same by models fitted as those in force are: on all labels, but the fold's."""
    rows: dict[str, list[Any]] = {name: [] for name in topics.names}
    for texts in learning_sets(DATA).values():
        for name, cases in look_at(texts, topics, encoder, topics.names).items():
            rows[name] += [c.row for c in cases]
    print("\nfitted on the labels of all sets, cross-validated; on the development sets:")
    for name, every in rows.items():
        found = cross_validate(every) >= topics[name].model.threshold
        for group in DEV:
            some = np.array([row.id.startswith(group) for row in every])
            truth = np.array([row.answer for row in every])[some]
            p, r, f1 = scores(truth, found[some])
            print(f"{name:20}{group:15}{truth.sum():>4} yes  P {p:.2f}  R {r:.2f}  F1 {f1:.3f}")


def cold_start(cases: dict[str, list[Case]]) -> None:
    """Print how good a topic is without labels: by weights fitted on the other topics alone."""
    print("\nwithout labels, by weights of the other topics:")
    for name, own in cases.items():
        others = [c.row for n, found in cases.items() if n != name for c in found if c.row.values]
        nothing = {"bias": -4.0, **dict.fromkeys(NAMES, 0.0)}
        table = np.array([row.values for row in others])
        answers = np.array([row.answer for row in others], dtype=int)
        model = Model(fit(table, answers, strength=0.5, prior=nothing))
        for group in ("article", "headline"):
            some = [c.row for c in own if c.row.group == group]
            truth = np.array([row.answer for row in some])
            found = [bool(r.values) and model.probability(r.values or ()) >= 0.45 for r in some]
            p, r, f1 = scores(truth, np.array(found))
            print(f"{name:20}{group:10}{truth.sum():>5} yes  P {p:.2f}  R {r:.2f}  F1 {f1:.3f}")


def read_retold() -> list[Labelled]:
    """Return the articles retold from the web."""
    return read_labels([FOLDER / f"{name}.jsonl" for name in RETOLD])


def retold(name: str, cases: list[Case], threshold: float) -> None:
    """Print a topic's row for them."""
    truth = np.array([c.row.answer for c in cases])
    found = np.array(cross_validate([c.row for c in cases])) >= threshold
    p, r, f1 = scores(truth, found)
    print(f"{name:20}{truth.sum():>4} yes  P {p:.2f}  R {r:.2f}  F1 {f1:.3f}")


def gate(labelled: list[Labelled], topics: Any, encoder: Any) -> None:
    """Print what the topics in force find with the gate, and with every passage embedded."""
    sets = {
        "development sets": labelled,
        **{name: read_labels([FOLDER / f"{name}.jsonl"]) for name in (*RETOLD, *WRITTEN, *UNSEEN)},
    }
    print()
    for name, texts in sets.items():
        with_gate = passing(texts, topics, encoder)
        bar, topicset.OPENS = topicset.OPENS, -1.0
        without = passing(texts, topics, encoder, topics.names)
        topicset.OPENS = bar
        yes = [key for key, (answer, _) in with_gate.items() if answer]
        found = {key for key in yes if with_gate[key][1]}
        lost = {key for key in yes if without[key][1]} - found
        wrong = [sum(p and not a for a, p in v.values()) for v in (with_gate, without)]
        print(
            f"gate: {name}: {len(yes)} positives, {len(found)} found; without a gate "
            f"{len(lost)} more ({len(lost) / len(yes):.1%}); wrong {wrong[0]}, without {wrong[1]}"
        )


def reaches(judged: Any) -> bool:
    """Whether the score is enough, whatever the gate says."""
    return bool(judged.probability >= judged.active.model.threshold)


def passing(
    texts: list[Labelled], topics: Any, encoder: Any, asked: Any = None
) -> dict[Any, tuple[bool, bool]]:
    """Return (text, topic) -> its answer, and whether the topic in force says yes.

    None: the topics that the gate asks; else those that are named.
    """
    found = {}
    for start in range(0, len(texts), AT_ONCE):
        batch = texts[start : start + AT_ONCE]
        made = [make_article(r.id, r.title, r.text, r.language) for r in batch]
        answers = judge_all([a for a in made if not isinstance(a, str)], topics, encoder, asked)
        for row, verdicts in zip(batch, answers, strict=True):
            for name, answer in row.answers.items():
                if answer is not None:
                    judged = verdicts.get(name)
                    found[row.id, name] = answer, judged is not None and reaches(judged)
    return found


def embedded(articles: list[Any], topics: Any, encoder: Any) -> None:
    """Print what share of articles and passages is embedded."""
    from newsbeam.topics.view import ArticleView

    for group, some in (
        ("articles", [a for a in articles if a.text.strip()]),
        ("headlines", [a for a in articles if not a.text.strip()]),
    ):
        by_words = [len(topics.passages(a)) for a in some]
        chosen = [len(e.passages) for e in embed(some, topics, encoder)]
        views = [ArticleView(a) for a in some]
        every = sum(len(v.prose) + (v.title is not None) for v in views)
        print(
            f"{group}: {sum(c > 0 for c in chosen) / len(some):.0%} embedded, "
            f"{sum(chosen) / every:.0%} of their passages; by words alone "
            f"{sum(c > 0 for c in by_words) / len(some):.0%} and {sum(by_words) / every:.0%}"
        )


def fresh(topics: Any, encoder: Any) -> None:
    """Print how good the topics in force are on feed entries and on headlines written for it."""
    sets = {
        "headlines of feeds": list(sample(DATA, "stream-headlines", False)),
        "entries of feeds, last days (held out)": list(sample(DATA, HELD_OUT, True)),
        **{
            f"of {name} (in no calibration)": read_labels([FOLDER / f"{name}.jsonl"])
            for name in UNSEEN
        },
    }
    for title, texts in sets.items():
        print(f"\n{len(texts)} {title}; the topics in force:")
        for name, cases in look_at(texts, topics, encoder, topics.names).items():
            truth = np.array([c.row.answer for c in cases])
            passes = np.array([c.judged is not None and c.judged.passes for c in cases])
            precision, recall, f1 = scores(truth, passes)
            wrong = int((passes & ~truth).sum())
            print(
                f"{name:20}{truth.sum():>4} yes  P {precision:.2f}  R {recall:.2f}  F1 {f1:.3f}"
                f"  wrong {wrong}"
            )


if __name__ == "__main__":
    main()
