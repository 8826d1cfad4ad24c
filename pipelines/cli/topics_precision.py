"""Whether a calibration serves the model's other precision too: measured, not assumed.

A laptop computes in fp32 and a server in bf16; the same weights give vectors that differ in the
third digit.  ``newsbeam topics calibrate`` scores the labelled texts under both and keeps the
difference in the calibration.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from newsbeam.records import Article
    from newsbeam.settings import ModelSettings
    from newsbeam.topics import TopicSet
    from newsbeam.topics.calibration import Calibration, Served
    from newsbeam.topics.meaning import Encodes
    from newsbeam.topics.topicset import Judged
    from pipelines.cli.topics_measure import Case


def serve_other_precision(
    done: "Mapping[str, Calibration]",
    cases: "Mapping[str, Sequence[Case]]",
    model: "ModelSettings",
    topics: "TopicSet",
) -> "dict[str, Calibration]":
    """Return the calibrations with the other precision added where it serves.

    Args:
        done: fresh calibrations by topic, made with ``model``.
        cases: what they were made from.
        model: the settings of the model.
        topics: the topics, prepared.
    """
    from newsbeam.encoder import LazyEncoder, resolve_precision
    from newsbeam.topics.calibration import MAX_SHIFT

    concerned = {n: c for n, c in done.items() if topics[n].topic.has_meaning}
    if not concerned:
        return dict(done)
    other: Literal["fp32", "bf16"] = "fp32" if resolve_precision(model) == "bf16" else "bf16"
    encoder = LazyEncoder(replace(model, precision=other))
    topics.prepare(encoder, strict=False)
    again = _judge_again(concerned, cases, topics, encoder)
    found = dict(done)
    for name, calibration in concerned.items():
        served = _compared(name, calibration, cases[name], again)
        if served.largest <= MAX_SHIFT:
            found[name] = replace(calibration, also={encoder.identity: served})
        else:
            click.echo(
                f"{name}: in {other} the probability of a text moves by {served.largest:.3f}; "
                "calibrate there again",
                err=True,
            )
    return found


def _judge_again(
    names: "Mapping[str, Calibration]",
    cases: "Mapping[str, Sequence[Case]]",
    topics: "TopicSet",
    encoder: "Encodes",
) -> "dict[str, dict[str, Judged]]":
    """Return article id -> topic -> verdict under the encoder, for all candidates."""
    from pipelines.cli.topics_measure import AT_ONCE, judge_all

    articles: dict[str, Article] = {
        case.article.id: case.article for n in names for case in cases[n] if case.judged
    }
    some, found = list(articles.values()), {}
    for start in range(0, len(some), AT_ONCE):
        batch = some[start : start + AT_ONCE]
        judged = judge_all(batch, topics, encoder, None)
        found.update({a.id: j for a, j in zip(batch, judged, strict=True)})
    return found


def _compared(
    name: str,
    calibration: "Calibration",
    cases: "Sequence[Case]",
    again: "Mapping[str, Mapping[str, Judged]]",
) -> "Served":
    from newsbeam.topics.calibration import compare

    scorer = calibration.scorer
    one, other = [0.0] * len(cases), [0.0] * len(cases)
    for i, case in enumerate(cases):
        if case.row.values is not None:
            one[i] = scorer.probability(case.row.values)
            judged = again[case.article.id].get(name)
            other[i] = scorer.probability(judged.look.values) if judged else 0.0
    return compare(one, other, scorer.threshold, sum(c.row.values is not None for c in cases))
