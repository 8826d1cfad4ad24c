"""``newsbeam run`` and ``newsbeam backfill``."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsbeam.errors import ConfigError
from newsbeam.settings import Settings, load_settings
from pipelines.cli import EXIT_OK, EXIT_PARTIAL
from pipelines.quick_beam import without_collecting

if TYPE_CHECKING:
    from pipelines.report import RunReport
    from pipelines.run import Progress


@click.command()
@click.option("--all", "every_feed", is_flag=True, help="Poll feeds that are not due, too.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.pass_obj
def run(config: Path | None, every_feed: bool, as_json: bool) -> None:
    """Poll the feeds that are due, store what is new, and say what was done.

    Made for cron, systemd timers and Airflow: start it as often as you like, each feed is asked no
    more often than it should be.  Exit code 3: some feeds failed.
    """
    settings = load_settings(config)
    report = _run(settings, "run", every_feed=every_feed)
    show(report, as_json=as_json)
    sys.exit(EXIT_PARTIAL if report.feeds_failed else EXIT_OK)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.pass_obj
def backfill(config: Path | None, paths: tuple[Path, ...], as_json: bool) -> None:
    """Take archives through the same graph.

    PATHS are files or folders of .txt, .html(.gz), .jsonl(.gz), .warc(.gz).  A backfill never
    alerts.
    """
    for path in paths:
        if not path.exists():
            raise ConfigError(str(path), "no such file or folder")
    report = _run(load_settings(config), "backfill", archives=paths)
    show(report, as_json=as_json)
    sys.exit(EXIT_PARTIAL if report.feeds_failed else EXIT_OK)


def _run(
    settings: Settings, kind: str, *, archives: tuple[Path, ...] = (), every_feed: bool = False
) -> "RunReport":
    with without_collecting():
        from pipelines.run import clock, run_and_publish

    with progress_bar() as progress:
        return run_and_publish(
            settings,
            kind=kind,
            now=clock(),
            every_feed=every_feed,
            archives=archives,
            progress=progress,
        )


def show(report: "RunReport", *, as_json: bool) -> None:
    """Print a run's summary."""
    if as_json:
        click.echo(report.to_json())
        return
    from rich.console import Console

    report.print(Console(soft_wrap=False))


@contextmanager
def progress_bar() -> Iterator["Progress | None"]:
    """Show what the stages have done, on stderr, if that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def update(done: Counter[str]) -> None:
            words = {"poll": "polled", "fetch": "pages", "extract": "read", "embed": "embedded"}
            text = " · ".join(f"{done[k]} {w}" for k, w in words.items() if done[k])
            bar.update(task, description=text or "starting")

        yield update
