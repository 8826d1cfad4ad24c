"""What ``newsbeam topics`` prints: tables for people, JSON for machines, plots as SVG."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from newsbeam.headlines import headline, shown
from pipelines.cli.tables import console

FEW = 8
"""Texts about a topic below which its figures say little (as for calibrating)."""


def print_evaluation(report: Mapping[str, Mapping[str, Any]], as_json: bool) -> None:
    """Print figures and worst errors."""
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False, indent=1))
        return

    out = console()
    table = _table("topic", "texts", "n", "yes", "found", "P", "R", "F1 (95 %)", "cal.")
    for name, one in report.items():
        for group, q in one["quality"].items():
            table.add_row(
                name if group == "all" else "",
                group,
                str(q["rows"]),
                str(q["positives"]),
                str(q["found"]),
                _figure(q["precision"]),
                _figure(q["recall"]),
                "-" if q["f1"] is None else f"{q['f1']:.3f} ({q['f1_low']:.2f}-{q['f1_high']:.2f})",
                f"{q['calibration_error']:.3f}",
            )
    out.print(table)
    out.print(
        "P precision, R recall, F1 with its 95 % interval; cal.: mean distance of the stated "
        "probability from the observed share; -: nothing to tell it from"
    )
    for name, one in report.items():
        every = one["quality"]["all"]
        if (yes := every["positives"]) < FEW:
            few = f"only {yes} of {every['rows']} texts are about it: so few say little"
            out.print(f"{name}: {few}", style="yellow")
        if one["calibrated_on_these"] and not one["cross_validated"]:
            out.print(
                f"{name} was calibrated on these labels: --cross-validate gives honest figures",
                style="yellow",
            )
        _print_errors(out, name, one["errors"])


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _print_errors(out: Any, name: str, errors: list[dict[str, Any]]) -> None:
    from rich.markup import escape

    for error in errors:
        word = "wrongly found" if error["kind"] == "wrong" else "missed"
        out.print(
            f"[bold]{name}[/] {word} ({error['probability']:.2f}): "
            f"{escape(headline(error['title']))} [dim]{escape(error['id'])}[/]"
        )
        for place in error["evidence"]:
            why = place["term"] or f"reads like the topic, {place['score']:.2f}"
            out.print(f"    {escape(why)}: {escape(shown(place['sentence'])[:160])}", style="dim")


def write_plots(folder: Path, report: Mapping[str, Mapping[str, Any]]) -> None:
    """Write ``reliability.svg`` and ``precision-recall.svg``."""
    from newsbeam.errors import ConfigError
    from newsbeam.topics.metrics import Bin
    from newsbeam.topics.plots import curve_svg, reliability_svg

    bins = {name: [Bin(**b) for b in one["reliability"]] for name, one in report.items()}
    curves = {name: one["curve"] for name, one in report.items()}
    dots = {
        name: (one["quality"]["all"]["precision"], one["quality"]["all"]["recall"])
        for name, one in report.items()
        if None not in one["quality"]["all"].values()
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "reliability.svg").write_text(reliability_svg(bins), encoding="utf-8")
        (folder / "precision-recall.svg").write_text(curve_svg(curves, dots), encoding="utf-8")
    except OSError as error:
        raise ConfigError(str(folder), f"cannot be written: {error.strerror}") from error


def print_calibrations(done: Mapping[str, Mapping[str, Any]], as_json: bool) -> None:
    """Print what was calibrated."""
    if as_json:
        click.echo(json.dumps(done, indent=1))
        return

    if not done:
        return
    table = _table("topic", "labels", "yes", "threshold", "precision", "recall", "F1")
    for name, one in done.items():
        table.add_row(
            name,
            str(one["rows"]),
            str(one["positives"]),
            f"{one['threshold']:.2f}",
            f"{one['precision']:.2f}",
            f"{one['recall']:.2f}",
            f"{one['f1']:.3f}",
        )
    console().print(table)
    models = ", ".join(sorted({one["model"] for one in done.values()}))
    click.echo(f"precision, recall and F1 are cross-validated; model: {models}")


def _table(*names: str) -> Any:
    """Return a table of one line a row, narrow enough for 80 columns."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 1))
    for name in names:
        right = name not in ("topic", "texts")
        table.add_column(name, no_wrap=True, justify="right" if right else "left")
    return table
