"""The ``newsbeam`` command.

Commands are loaded when they are called: ``newsbeam --help`` imports click and nothing else.
Exit codes: 0 ok, 1 failed, 2 usage or configuration, 3 partial (some feeds failed), 75 another
process holds the store, 130 interrupted.
"""

import atexit
import importlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from newsbeam import __version__
from newsbeam.errors import ConfigError, NewsbeamError, QueryError, StoreBusyError

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_PARTIAL, EXIT_BUSY, EXIT_INTERRUPTED = 0, 1, 2, 3, 75, 130

HEAVY = frozenset({"apache_beam", "torch"})
"""Modules that take long to unload."""

Commands = Mapping[str, tuple[str, str, str]]
"""name -> (module, attribute, help in one line)"""

COMMANDS: Commands = {
    # first steps
    "demo": ("pipelines.cli.demo", "demo", "Run the main job on the bundled sample newsroom."),
    "init": ("pipelines.cli.init", "init", "Write newsbeam.toml, feeds.opml and a topics folder."),
    "doctor": ("pipelines.cli.doctor", "doctor", "Check the set-up: model, feeds, disk, lock."),
    # the main job
    "run": ("pipelines.cli.run", "run", "Poll the feeds once and store what is new."),
    "backfill": ("pipelines.cli.run", "backfill", "Take archives (files, folders) into the store."),
    "watch": ("pipelines.cli.watch", "watch", "Run for good, and alert."),
    "status": ("pipelines.cli.status", "status", "Say what the store holds and how it is doing."),
    # what is watched
    "feeds": ("pipelines.cli.feeds", "feeds", "List, add, check, import and export feeds."),
    "topics": ("pipelines.cli.topics", "topics", "Write, test, calibrate and explain topics."),
    "stories": ("pipelines.cli.stories", "stories", "List, show, merge and split stories."),
    "alerts": ("pipelines.cli.alerts", "alerts", "Preview, explain, retry and mute alerts."),
    # for analysts
    "query": ("pipelines.cli.query", "query", "Ask the published database in SQL (read-only)."),
    "search": ("pipelines.cli.search", "search", "Full-text search with the topics' language."),
    "export": ("pipelines.cli.export", "export", "Write CSV, Parquet, JSON Lines, feeds, reports."),
    "dashboard": ("pipelines.cli.dashboard", "dashboard", "Open the dashboard in a browser."),
    "store": ("pipelines.cli.store", "store", "Stats, backup, restore, compact, prune."),
    # for scripts and debugging
    "inspect": ("pipelines.cli.inspect", "inspect", "One stage on one input, as JSON lines."),
}


class ReaderGone(Exception):  # noqa: N818 - no error: nobody need do anything
    """Who read our output has closed it; click itself would take that for a failure."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called.

    Source: https://click.palletsprojects.com/en/stable/complex/#lazily-loading-subcommands
    """

    def __init__(self, *args: Any, lazy: Commands | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = dict(lazy or {})

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGone from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self._lazy, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._lazy:
            return super().get_command(ctx, cmd_name)
        module, attribute, _ = self._lazy[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, text) for name, (_, _, text) in self._lazy.items()]
        for name in super().list_commands(ctx):
            command = super().get_command(ctx, name)
            rows.append((name, command.get_short_help_str(60) if command else ""))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 ok, 1 failed, 2 usage or configuration, 3 partial, 75 store busy, "
    "130 interrupted.",
)
@click.version_option(__version__, prog_name="newsbeam")
@click.option(
    "--config",
    "-c",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="NEWSBEAM_CONFIG",
    help="Settings file.  [default: ./newsbeam.toml where there is one, else the defaults]",
)
@click.pass_context
def cli(ctx: click.Context, config: Path | None) -> None:
    """Watch the news: feeds in, articles, topics, stories and alerts out."""
    if os.environ.get("NO_COLOR"):  # https://no-color.org; click does not look
        ctx.color = False
    here = Path("newsbeam.toml")
    ctx.obj = config or (here if here.exists() else None)


def main() -> None:
    """Run the command line; print our own errors as one clear line."""
    try:
        code = _run()
    except (ReaderGone, BrokenPipeError):  # `newsbeam … | head` has read enough: no failure
        code = EXIT_OK
    _end(code)


def _run() -> int:
    code: Any
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except SystemExit as stop:  # a command's own exit code, or its last words
        code = stop.code
        if isinstance(code, str):
            click.echo(code, err=True)
            code = EXIT_FAILED
    except StoreBusyError as error:
        click.echo(f"newsbeam: {error}", err=True)
        code = EXIT_BUSY
    except (ConfigError, QueryError) as error:
        click.echo(f"newsbeam: {error}", err=True)
        code = EXIT_USAGE
    except NewsbeamError as error:
        click.echo(f"newsbeam: {error}", err=True)
        code = EXIT_FAILED
    except BaseException as error:
        if not _interrupted(error):
            raise
        click.echo("newsbeam: interrupted; nothing is half written", err=True)
        sys.stdout.flush()
        # at once: the libraries under way (torch, Beam) do not survive an orderly end here, and the
        # store needs none, it is safe against worse
        os._exit(EXIT_INTERRUPTED)
    return code if isinstance(code, int) else EXIT_OK


def _end(code: int) -> None:
    """End the process; where torch or Beam is loaded, without taking them apart.

    That alone takes half a second.  What was registered for the end is done first.
    """
    heavy = HEAVY & sys.modules.keys()
    if heavy:
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:  # or Python would complain when it flushes again
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    if heavy:
        os._exit(code)
    else:
        sys.exit(code)


def _interrupted(error: BaseException | None) -> bool:
    """Whether a Ctrl-C is at the root of an error; Beam wraps what it meets."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt | click.exceptions.Abort):
            return True
        error = error.__cause__ or error.__context__
    return False
