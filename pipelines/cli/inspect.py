"""``newsbeam inspect``: one stage on one input, one JSON line per input, in order.

The lines are a contract (docs/formats.md): scripts may rely on their keys.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from newsbeam.errors import reason_of
from newsbeam.records import FEED_KINDS
from pipelines.cli import LazyGroup
from pipelines.cli.lines import Lines, print_line


@click.group(
    cls=LazyGroup,
    lazy={
        "pages": ("pipelines.cli.inspect_pages", "pages", "Extract pages: text, zones, dates."),
    },
)
def inspect() -> None:
    """Run one stage on one input and print one JSON line per input, in order."""


@inspect.command(short_help="Parse feeds that are files.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--kind",
    type=click.Choice(FEED_KINDS),
    default="feed",
    show_default=True,
    help="Which connector reads them; sitemaps and GDELT files are known by their looks.",
)
@click.option(
    "--base-url", metavar="URL", help="Where the files come from; relative links start here."
)
def feeds(files: tuple[Path, ...], kind: str, base_url: str | None) -> None:
    """Parse feeds that are files: title and entries of each, or the error.

    `-` stands for the files that stdin names, one a line.

    Relative links start at --base-url, else at the feed's own address or its site.
    """
    for file in files:
        for name in _lines(file) if str(file) == "-" else (str(file),):
            print_line(_feed_line(name, kind, base_url))


@inspect.command(short_help="Print canonical form and outlet of URLs.")
@click.argument("source", default="-", type=click.Path(path_type=Path))
def urls(source: Path) -> None:
    """Print the canonical form and the outlet of URLs, one a line, from a file or `-` (stdin).

    Both are null for what is no http(s) URL, and the line has an "error".
    """
    from newsbeam.urls import canonical_url, is_web_url, outlet_of, tidy_url

    for line in _lines(source):
        web = is_web_url(tidy_url(line))
        canonical = canonical_url(line) if web else None
        outlet = outlet_of(line) if web else None
        wrong = {} if web else {"error": "no http(s) URL"}
        print_line({"url": line, "canonical": canonical, "outlet": outlet, **wrong})


def _feed_line(name: str, kind: str, base_url: str | None) -> dict[str, Any]:
    from connectors.kinds import parser_of
    from newsbeam.errors import ParseError
    from newsbeam.settings import FetchSettings

    line: dict[str, Any] = {"source": name, "title": None, "entries": [], "error": None}
    most = FetchSettings().max_feed_bytes
    try:
        with Path(name).open("rb") as file:
            body = file.read(most + 1)
        if len(body) > most:
            return {**line, "error": f"more than {most:,} bytes"}
        parsed = parser_of(kind, body)(base_url or "", body, now=datetime.now(UTC))
    except OSError as error:
        return {**line, "error": f"cannot be read: {error.strerror}"}
    except ValueError as error:  # no name that a file can have
        return {**line, "error": f"cannot be read: {reason_of(error)}"}
    except ParseError as error:
        return {**line, "error": error.message}
    line["title"] = parsed.title
    line["entries"] = [
        {
            "url": entry.url,
            "guid": entry.guid or None,
            "title": entry.title,
            "published": _iso(entry.published),
            "author": ", ".join(entry.authors) or None,
            "summary": entry.summary,
            "content": entry.content,
        }
        for entry in parsed.entries
    ]
    return line


def _iso(time: datetime | None) -> str | None:
    return time.isoformat().replace("+00:00", "Z") if time else None


def _lines(source: Path) -> Iterator[str]:
    """Yield the lines that are not blank, whatever bytes they hold.

    Raises:
        ConfigError: the file cannot be read.
    """
    from newsbeam.errors import ConfigError

    try:
        with sys.stdin.buffer if str(source) == "-" else source.open("rb") as stream:
            lines = Lines(stream, "<stdin>" if str(source) == "-" else str(source))
            for raw in lines:
                if line := raw.decode("utf-8", "replace").removeprefix("\ufeff").strip():
                    yield line
            lines.report()
    except OSError as error:
        raise ConfigError(str(source), f"cannot be read: {error.strerror}") from error
