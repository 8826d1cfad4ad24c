"""``newsbeam demo``: the main job on the bundled sample newsroom, over real HTTP on loopback."""

import json
import shlex
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsbeam.errors import ConfigError, SinkError

if TYPE_CHECKING:
    from pipelines.newsroom.server import Newsroom
    from pipelines.report import RunReport

MARK = "# Written by `newsbeam demo`"
"""First words of the demo's settings: only folders that carry them are emptied again."""

TICKS = {
    1: "Daybreak reprints the agency's report on Meta and Llama under a headline of its own",
    2: "the judge's order appears; two articles change their headlines and figures",
    3: "the Harbour Courier corrects a figure",
}


QUERY = "SELECT topic, outlet, title FROM mentions ORDER BY topic, outlet"
"""A first question to what the demo has stored."""


@click.command()
@click.option(
    "--keep",
    "folder",
    default="demo",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for settings and store; a demo that is there is started afresh.",
)
@click.option("--serve", is_flag=True, help="Keep the newsroom up afterwards, for `watch`.")
@click.option(
    "--every",
    type=click.FloatRange(0),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="With --serve: news comes in at this pace, three times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def demo(folder: Path, serve: bool, every: float, as_json: bool) -> None:
    """Run the main job on the bundled sample newsroom: twelve fictional outlets, on this machine.

    Nothing is asked of the internet.  What the job finds stays in a folder, to be explored.
    """
    from newsbeam.settings import load_settings
    from pipelines.cli.run import progress_bar, show
    from pipelines.early import start_where_all_is_new
    from pipelines.newsroom.server import Newsroom

    start_afresh(folder)
    with Newsroom() as newsroom:
        config = write_settings(folder, newsroom)
        if not as_json:
            click.echo(f"The sample newsroom is up: {len(newsroom.feeds)} feeds on loopback.")
        settings = load_settings(config)
        start_where_all_is_new(settings)
        from pipelines.run import clock, run_and_publish

        with progress_bar() as progress:
            report = run_and_publish(settings, kind="demo", now=clock(), progress=progress)
        show(report, as_json=as_json)
        if not as_json:
            click.echo(_next_steps(config, report, serve))
        if serve:
            _serve(newsroom, every)


def start_afresh(folder: Path) -> None:
    """Empty a folder that an earlier demo has made; make it otherwise.

    Raises:
        ConfigError: there is something else in it.
        SinkError: it cannot be written to.
    """
    config = folder / "newsbeam.toml"
    try:
        if folder.exists() and any(folder.iterdir()):
            if not (config.exists() and config.read_text(encoding="utf-8").startswith(MARK)):
                raise ConfigError(
                    f"--keep {folder}", "the folder holds something else; name an empty one"
                )
            _check_free(folder)
            shutil.rmtree(folder / "newsroom", ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"{folder}: cannot be written: {error.strerror or error}") from error


def _check_free(folder: Path) -> None:
    """Open the store of the earlier demo once: StoreBusyError if someone else holds it."""
    store = folder / "newsroom" / "store.duckdb"
    if store.exists():
        from sinks.store.store import open_store

        with open_store(store, "newsbeam demo"):
            pass


def write_settings(folder: Path, newsroom: "Newsroom") -> Path:
    """Write the settings and feed list of a demo; return the settings' path."""
    hosts = "\n".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in newsroom.hosts.items())
    config = folder / "newsbeam.toml"
    config.write_text(
        f"""{MARK}: the sample newsroom, served on loopback.

[fetch]
allow_networks = ["127.0.0.0/8"] # the newsroom lives there; the default allows no private range
min_gap_s = 0.02 # it is ours: no need to be slow
robots = true

[poll] # short intervals, for `newsbeam watch` on `newsbeam demo --serve`
default_interval_s = 10
min_interval_s = 5
max_interval_s = 15

[fetch.hosts] # where the fictional outlets answer
{hosts}
""",
        encoding="utf-8",
    )
    (folder / "feeds.opml").write_text(_opml(), encoding="utf-8")
    return config


def _opml() -> str:
    from html import escape

    from pipelines.newsroom.content import broken_feeds, outlets

    groups: dict[str, list[tuple[str, str, str]]] = {}
    for outlet in outlets():
        row = (outlet.name, outlet.feed_url, outlet.language)
        groups.setdefault(f"{outlet.kind}/{outlet.language}", []).append(row)
    groups["broken"] = [(b.name, b.feed_url, "en") for b in broken_feeds()]
    lines = ['<?xml version="1.0" encoding="utf-8"?>', '<opml version="2.0">']
    lines += ["<head><title>The sample newsroom</title></head>", "<body>"]
    for group, rows in groups.items():
        lines.append(f'<outline text="{escape(group)}">')
        for name, url, language in rows:
            lines.append(
                f'  <outline type="rss" text="{escape(name)}" language="{language}" '
                f'xmlUrl="{escape(url)}"/>'
            )
        lines.append("</outline>")
    return "\n".join([*lines, "</body>", "</opml>", ""])


def _next_steps(config: Path, report: "RunReport", serve: bool) -> str:
    newsbeam = f"newsbeam -c {shlex.quote(str(config))}"
    steps = [
        f'  {newsbeam} query "{QUERY}"',
        f"  {newsbeam} stories list",
        f"  {newsbeam} dashboard",
    ]
    watch = f"  {newsbeam} watch      (in another terminal, while the newsroom is up)"
    more = watch if serve else "  newsbeam demo --serve      keeps the newsroom up for `watch`"
    failed = ""
    if report.feeds_failed:
        failed = (
            f"\n{report.feeds_failed} feeds and some pages fail: they are broken on purpose, "
            "to show where failures end."
        )
    return "\n".join([failed, "Next:", *steps, more]).lstrip("\n")


def _serve(newsroom: "Newsroom", every: float) -> None:
    click.echo("\nServing until Ctrl-C.", err=True)
    never = threading.Event()
    try:
        for tick, what in TICKS.items():
            never.wait(every)
            newsroom.at(tick)
            click.echo(f"tick {tick}: {what}", err=True)
        never.wait()
    except KeyboardInterrupt:  # that is how serving ends
        click.echo("The sample newsroom is closed.", err=True)
