"""``newsbeam topics eval`` and ``calibrate``: how good the topics are, on labelled texts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsbeam.topics.learning import Row
from pipelines.cli.options import topics_folder

if TYPE_CHECKING:
    import duckdb

    from newsbeam.records import Article
    from newsbeam.settings import Settings
    from newsbeam.topics import TopicSet
    from newsbeam.topics.labelled import Labelled
    from newsbeam.topics.meaning import Encodes
    from newsbeam.topics.metrics import Quality
    from newsbeam.topics.model import Model
    from newsbeam.topics.topicset import Judged

AT_ONCE = 64
WORST = 5
"""Errors shown per topic and kind."""


@dataclass(frozen=True)
class Case:
    """One labelled text for one topic, with what the topic saw."""

    row: Row
    article: "Article"
    judged: "Judged | None"

    @property
    def probability(self) -> float:
        """What the topic in force says."""
        return self.judged.probability if self.judged else 0.0


@click.command(name="eval")
@click.argument("labels", nargs=-1, type=click.Path(path_type=Path), required=True)
@click.option("--topic", "names", multiple=True, help="Only this topic; may be repeated.")
@topics_folder
@click.option(
    "--cross-validate",
    is_flag=True,
    help="Score each text by a model fitted without it: honest figures on the labels that the "
    "topics were calibrated with.",
)
@click.option(
    "--plots",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the reliability and the precision-recall plot into this folder, as SVG.",
)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_obj
def evaluate(
    config: Path | None,
    labels: tuple[Path, ...],
    names: tuple[str, ...],
    folder: Path | None,
    cross_validate: bool,
    plots: Path | None,
    as_json: bool,
) -> None:
    """Measure topics on labelled texts: precision, recall, F1, calibration, the worst errors.

    LABELS are JSON lines: {"id", "title", "text", "topics": {name: true|false|null}}.
    """
    from newsbeam.errors import ConfigError
    from newsbeam.settings import load_settings
    from newsbeam.topics.labelled import read_labels
    from pipelines.cli.topics_report import print_evaluation, write_plots

    settings = load_settings(config)
    labelled = read_labels(labels)
    topics, encoder = _prepared(settings, folder)
    _tell_unknown(labelled, topics)
    cases = look_at(labelled, topics, encoder, names or topics.names)
    report = {
        name: measure(topics, name, found, cross_validate) for name, found in cases.items() if found
    }
    if not report:
        raise ConfigError(" ".join(map(str, labels)), "no text in it has an answer for a topic")
    if plots:
        write_plots(plots, report)
    print_evaluation(report, as_json)


@click.command()
@click.argument("names", nargs=-1)
@click.option(
    "--labels",
    multiple=True,
    type=click.Path(path_type=Path),
    help="File of labelled texts; may be repeated.  The store's labels are used as well.",
)
@topics_folder
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_obj
def calibrate(
    config: Path | None,
    names: tuple[str, ...],
    labels: tuple[Path, ...],
    folder: Path | None,
    as_json: bool,
) -> None:
    """Fit each topic's model to the labels, and choose its threshold for the precision it asks for.

    A topic without labels that was calibrated for another model learns from its own examples.
    Writes NAME.calibration.json beside the topic's file; for a topic of a pack, which starts from
    the pack's own calibration, into your folder of topics.  --topics writes beside in any case.
    """
    from newsbeam.errors import ConfigError
    from newsbeam.settings import load_settings
    from newsbeam.topics.calibration import write_calibration
    from newsbeam.topics.labelled import read_labels
    from newsbeam.topics.learning import calibrate as fit_topic
    from newsbeam.topics.model import generic_model
    from newsbeam.topics.topic import of_pack
    from pipelines.cli.topics_examples import add_examples
    from pipelines.cli.topics_precision import serve_other_precision
    from pipelines.cli.topics_report import print_calibrations
    from pipelines.cli.topics_tag import own_folder

    settings = load_settings(config)
    labelled = read_labels(labels)
    topics, encoder = _prepared(settings, folder, strict=False)
    names = tuple(dict.fromkeys(names)) or topics.names
    _tell_unknown(labelled, topics)
    cases = look_at(labelled, topics, encoder, names)
    _add_stored(cases, settings, topics, encoder)
    by_examples = add_examples(cases, topics, encoder)
    done = {}
    for name in names:
        active, rows = topics[name], [case.row for case in cases[name]]
        if not any(row.answer for row in rows):
            click.echo(f"{name}: no label says yes; left as it is", err=True)
            continue
        if active.path is None:
            raise ConfigError(f"topic {name}", "has no file to calibrate")
        version, wanted = active.topic.version, active.topic.precision
        generic = generic_model(active.topic.has_meaning, active.topic.parsed is not None)
        before = active.calibration.rows if active.calibration else 0
        if before > len(rows) and not of_pack(active.path):
            rested = f"{name}: rested on {before} labels so far, now on {len(rows)}"
            click.echo(f"{rested}; were there more files with --labels?", err=True)
        if folder is None and of_pack(active.path):
            generic = _of_the_pack(active.path, encoder.identity, generic)
        done[name], _ = fit_topic(rows, version, encoder.identity, wanted, generic)
        _tell_few(name, rows)
    by_labels = {name: c for name, c in done.items() if name not in by_examples}
    done |= serve_other_precision(by_labels, cases, settings.model, topics)
    for name, calibration in done.items():
        path = topics[name].path
        if path is None:
            continue
        if folder is None and of_pack(path):
            path, from_ours = own_folder(settings) / path.name, name not in by_examples
            start = "starts from the pack's own, " if from_ours else ""
            click.echo(f"{name}: {start}written to {path.parent}", err=True)
        write_calibration(path, calibration)
    print_calibrations({name: asdict(c) for name, c in done.items()}, as_json)


def _of_the_pack(path: Path, identity: str, generic: "Model") -> "Model":
    """Return what a pack's topic is calibrated to, if it is for this model."""
    from newsbeam.topics.calibration import read_calibration
    from newsbeam.topics.model import Model

    bound = read_calibration(path)
    if bound is None or not bound.serves(identity):
        return generic
    return Model({**generic.weights, **bound.weights}, bound.threshold)


def _tell_unknown(labelled: Sequence["Labelled"], topics: "TopicSet") -> None:
    """Say on stderr which answers are for no topic: the name may be misspelt."""
    given = Counter(
        name for row in labelled for name, answer in row.answers.items() if answer is not None
    )
    unknown = [f"{name} ({n})" for name, n in given.items() if name not in topics.names]
    if unknown:
        known = ", ".join(topics.names)
        click.echo(f"answers for no topic: {', '.join(unknown)}; known: {known}", err=True)


def _tell_few(name: str, rows: Sequence[Row]) -> None:
    from newsbeam.topics.learning import MIN_POSITIVES

    yes = sum(row.answer for row in rows)
    if yes < MIN_POSITIVES:
        click.echo(
            f"{name}: {yes} {'label says' if yes == 1 else 'labels say'} yes, fewer than "
            f"{MIN_POSITIVES}: the generic threshold is kept, and the figures say little",
            err=True,
        )
    if yes == len(rows):
        click.echo(f"{name}: no label says no, so precision cannot be told", err=True)


def _prepared(
    settings: "Settings", folder: Path | None, strict: bool = True
) -> "tuple[TopicSet, Encodes]":
    from newsbeam.encoder import LazyEncoder
    from pipelines.cli.topics_tag import load_topics_for

    topics, encoder = load_topics_for(settings, folder), LazyEncoder(settings.model)
    topics.prepare(encoder, strict=strict)
    return topics, encoder


def look_at(
    labelled: Sequence["Labelled"], topics: "TopicSet", encoder: "Encodes", names: Sequence[str]
) -> dict[str, list[Case]]:
    """Judge labelled texts; return the cases of each topic."""
    from newsbeam.records import Article
    from pipelines.cli.topics_tag import make_article

    cases: dict[str, list[Case]] = {topics[name].topic.name: [] for name in names}
    for start in range(0, len(labelled), AT_ONCE):
        batch = labelled[start : start + AT_ONCE]
        made = [make_article(r.id, r.title, r.text, r.language) for r in batch]
        pairs = [(r, a) for r, a in zip(batch, made, strict=True) if isinstance(a, Article)]
        judged = judge_all([a for _, a in pairs], topics, encoder, None)
        for (label, article), found in zip(pairs, judged, strict=True):
            for name in cases:
                answer = label.answers.get(name)
                if answer is not None:
                    cases[name].append(_case(label.id, label.group, answer, article, found, name))
    return cases


def judge_all(
    articles: Sequence["Article"],
    topics: "TopicSet",
    encoder: "Encodes",
    names: Sequence[str] | None,
) -> "list[dict[str, Judged]]":
    """Return what the topics say of each article: name -> verdict, candidates only (or names)."""
    from pipelines.cli.topics_tag import embed

    return [
        {j.active.topic.name: j for j in topics.judge(e, names)}
        for e in embed(articles, topics, encoder)
    ]


def _case(
    id_: str, group: str, answer: bool, article: "Article", found: "dict[str, Judged]", name: str
) -> Case:
    judged = found.get(name)
    return Case(Row(id_, group, judged.look.values if judged else None, answer), article, judged)


def _add_stored(
    cases: dict[str, list[Case]], settings: "Settings", topics: "TopicSet", encoder: "Encodes"
) -> None:
    """Add the labels that people gave in the store, where there is one."""
    if not settings.path(settings.store.path).exists():
        return
    from pipelines.cli.stored import read_stored
    from sinks.store.topics import undecided

    with read_stored(settings) as db:
        for name, found in cases.items():
            found += _stored_cases(db, name, topics, encoder)
            if split := undecided(db, name):
                articles = "1 article" if split == 1 else f"{split} articles"
                click.echo(f"{name}: left out {articles} on which people disagree", err=True)


def _stored_cases(
    db: "duckdb.DuckDBPyConnection", name: str, topics: "TopicSet", encoder: "Encodes"
) -> list[Case]:
    from sinks.store.topics import answers, stored_articles

    known = answers(db, name)
    cases = []
    for batch in stored_articles(db, ids=list(known)) if known else ():
        for article, found in zip(batch, judge_all(batch, topics, encoder, None), strict=True):
            cases.append(_case(article.id, "article", known[article.id], article, found, name))
    return cases


def measure(
    topics: "TopicSet", name: str, cases: Sequence[Case], cross_validated: bool
) -> dict[str, Any]:
    """Return the figures of one topic, by group of texts and together, and the worst errors."""
    from newsbeam.topics.labelled import labels_hash
    from newsbeam.topics.learning import cross_validate
    from newsbeam.topics.metrics import curve, quality, reliability
    from newsbeam.topics.model import generic_weights

    active = topics[name]
    rows = [case.row for case in cases]
    prior = generic_weights(active.topic.has_meaning, active.topic.parsed is not None)
    held_out = (
        cross_validate(rows, prior=prior) if cross_validated else [c.probability for c in cases]
    )
    probability = [float(p) for p in held_out]
    truth = [row.answer for row in rows]
    threshold = active.model.threshold
    groups = {"all": range(len(rows))} | {
        group: [i for i, row in enumerate(rows) if row.group == group]
        for group in sorted({row.group for row in rows})
    }
    bound = active.calibration
    seen = bound is not None and bound.labels == labels_hash((r.id, r.answer) for r in rows)
    return {
        "topic": name,
        "version": active.version,
        "threshold": threshold,
        "cross_validated": cross_validated,
        "calibrated_on_these": seen,
        "quality": {
            group: _figures(quality([truth[i] for i in g], [probability[i] for i in g], threshold))
            for group, g in groups.items()
        },
        "reliability": [asdict(b) for b in reliability(truth, probability)],
        "curve": curve(truth, probability) if any(truth) else [],
        "errors": _errors(cases, probability, threshold),
    }


def _figures(found: "Quality") -> dict[str, Any]:
    """Return the figures; None where there is nothing that they could be told from."""
    figures = asdict(found)
    if not found.found:
        figures["precision"] = None
    if not found.positives:
        figures |= dict.fromkeys(("recall", "f1", "f1_low", "f1_high"))
    return figures


def _errors(
    cases: Sequence[Case], probability: Sequence[float], threshold: float
) -> list[dict[str, Any]]:
    wrong = [
        (abs(p - threshold), p, c)
        for p, c in zip(probability, cases, strict=True)
        if (p >= threshold) != c.row.answer
    ]
    shown = []
    for kind in (False, True):
        worst = sorted((w for w in wrong if w[2].row.answer is kind), key=lambda w: -w[0])[:WORST]
        shown += [_error(case, p) for _, p, case in worst]
    return shown


def _error(case: Case, probability: float) -> dict[str, Any]:
    from newsbeam.topics.topicset import mention
    from newsbeam.topics.view import ArticleView

    evidence = []
    if case.judged:
        found = mention(case.judged, ArticleView(case.article)).evidence
        evidence = [{"term": e.term, "score": e.score, "sentence": e.sentence} for e in found[:3]]
    return {
        "id": case.row.id,
        "title": case.article.title,
        "kind": "missed" if case.row.answer else "wrong",
        "probability": round(probability, 3),
        "evidence": evidence,
    }
