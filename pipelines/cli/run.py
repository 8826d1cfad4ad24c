"""``newsbeam run`` and ``newsbeam backfill``."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsbeam.errors import ConfigError
from newsbeam.settings import load_settings
from pipelines.cli import EXIT_OK, EXIT_PARTIAL
from pipelines.cli.tables import console
from pipelines.early import start_where_all_is_new
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
    start_where_all_is_new(settings)
    with without_collecting():
        from pipelines.run import clock, run_and_publish

    with progress_bar() as progress:
        report = run_and_publish(
            settings, kind="run", now=clock(), every_feed=every_feed, progress=progress
        )
    show(report, as_json=as_json)
    sys.exit(EXIT_PARTIAL if report.feeds_failed else EXIT_OK)


@click.command()
@click.argument("places", nargs=-1, required=True, metavar="PLACES...")
@click.option(
    "--portion",
    type=click.IntRange(min=1),
    default=1_000,
    show_default=True,
    help="Records of archives per transaction; a broken backfill goes on after the last.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.pass_obj
def backfill(config: Path | None, places: tuple[str, ...], portion: int, as_json: bool) -> None:
    """Take archives through the same graph.

    PLACES are files or folders of .txt, .html(.gz), .jsonl(.gz), .warc(.gz), and what names
    articles of other places, whose pages are then fetched: GDELT files and lists, saved feeds and
    sitemaps, on disk or at an http(s) address.  A backfill never alerts.
    """
    from newsbeam.urls import is_web_url

    for place in places:
        if not is_web_url(place) and not Path(place).exists():
            raise ConfigError(place, "no such file or folder, and no http(s) address")
    settings = load_settings(config)
    start_where_all_is_new(settings)
    with without_collecting():
        from pipelines.backfill import backfill as take
    with progress_bar() as progress:
        report = take(settings, places, portion=portion, progress=progress)
    show(report, as_json=as_json)
    sys.exit(EXIT_PARTIAL if report.feeds_failed else EXIT_OK)


def show(report: "RunReport", *, as_json: bool) -> None:
    """Print a run's summary."""
    if as_json:
        click.echo(report.to_json())
        return
    report.print(console(soft_wrap=False))


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
