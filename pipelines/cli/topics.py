"""``newsbeam topics``: write, test, calibrate and explain topics.

``tag`` is a contract for scripts (docs/topics.md): one JSON line per input line, in order.
"""

import sys
from pathlib import Path

import click

from pipelines.cli import LazyGroup
from pipelines.cli.options import topics_folder


@click.group(
    cls=LazyGroup,
    lazy={
        "eval": ("pipelines.cli.topics_measure", "evaluate", "Measure topics on labelled texts."),
        "calibrate": (
            "pipelines.cli.topics_measure",
            "calibrate",
            "Fit the topics to labels; choose their thresholds.",
        ),
        "list": ("pipelines.cli.topics_write", "list_topics", "List the topics in force."),
        "lint": ("pipelines.cli.topics_write", "lint", "Check topic files and queries."),
        "new": ("pipelines.cli.topics_write", "new", "Begin a topic from example articles."),
        "explain": ("pipelines.cli.topics_explain", "explain", "Say why, or why not."),
        "label": ("pipelines.cli.topics_store", "label", "Say whether a mention is right."),
        "backtest": (
            "pipelines.cli.topics_store",
            "backtest",
            "Try an edited topic on the stored articles.",
        ),
        "retag": (
            "pipelines.cli.topics_store",
            "retag",
            "Apply the topics to the stored articles; alerts nobody.",
        ),
    },
)
def topics() -> None:
    """Write, test, calibrate and explain topics."""


@topics.command(short_help="Tag texts: JSON lines in, JSON lines out.")
@click.argument("source", default="-", type=click.Path(path_type=Path))
@topics_folder
@click.pass_obj
def tag(config: Path | None, source: Path, folder: Path | None) -> None:
    """Tag texts: JSON lines in (id, title, text[, language]), one JSON line out for each, in order.

    SOURCE is a file, or `-` for stdin.  A line that cannot be used gives a line with "error".
    """
    from newsbeam.errors import ConfigError
    from newsbeam.settings import load_settings
    from pipelines.cli.lines import Lines, print_line
    from pipelines.cli.topics_tag import load_topics_for, tag_lines

    settings = load_settings(config)
    topics = load_topics_for(settings, folder)
    try:
        stream = sys.stdin.buffer if str(source) == "-" else source.open("rb")
    except OSError as error:
        raise ConfigError(str(source), f"cannot be read: {error.strerror}") from error
    with stream:
        lines = Lines(stream, "<stdin>" if str(source) == "-" else str(source))
        for line in tag_lines(lines, topics, settings.model):
            print_line(line)
        lines.report()
