"""``newsbeam export``: tables, feeds, and the weekly report, from the published database."""

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from newsbeam.errors import ConfigError
from newsbeam.settings import Settings, load_settings

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _output(required: bool = False) -> Decorator:
    return click.option(
        "--output",
        "-o",
        type=click.Path(path_type=Path),
        required=required,
        help="File to write." if required else "File to write.  [default: standard output]",
    )


@click.group()
def export() -> None:
    """Write CSV, Parquet, JSON Lines, feeds, reports, or the whole as one DuckDB file."""


@export.command(short_help="Write a view or a query to a file.")
@click.argument("view", required=False, default="mentions")
@click.option("--sql", help="Rows of this query instead of a whole view.")
@click.option(
    "--format", "form", type=click.Choice(["csv", "jsonl", "parquet"]), help="[default: by name]"
)
@click.option(
    "--partition-by", multiple=True, help="Column for folders column=value; Parquet only."
)
@_output(required=True)
@click.pass_obj
def table(
    config: Path | None,
    view: str,
    sql: str | None,
    form: str | None,
    partition_by: tuple[str, ...],
    output: Path,
) -> None:
    """Write a view (default: mentions) or a query as CSV, JSON Lines or Parquet.

    \b
    newsbeam export table articles -o articles.parquet
    newsbeam export table --sql "SELECT *, strftime(day, '%Y-%m') AS month FROM mentions" \\
        --format parquet --partition-by topic --partition-by month -o mentions/
    """  # noqa: D301 - click wants the backspace itself
    from sinks.export.tables import export_query
    from sinks.publish.reader import check_reading

    settings = load_settings(config)
    chosen = form or {".csv": "csv", ".jsonl": "jsonl", ".parquet": "parquet"}.get(output.suffix)
    if chosen is None:
        raise ConfigError("--format", "say csv, jsonl or parquet, or name the file so")
    if sql is None and not view.isidentifier():
        raise ConfigError(view, 'no name of a view; `newsbeam query "SHOW TABLES"` lists them')
    statement = (sql or f"FROM {view}").strip().rstrip(";")
    import duckdb

    try:
        check_reading(statement)
    except duckdb.Error as error:
        raise ConfigError("--sql", str(error).strip()) from error
    count = export_query(_publication(settings), statement, output, chosen, partition_by)
    click.echo(f"{count} rows in {output}", err=True)


@export.command(short_help="Write everything into one DuckDB file.")
@_output(required=True)
@click.pass_obj
def duckdb(config: Path | None, output: Path) -> None:
    """Write everything into one DuckDB file, to hand on: it needs no folder beside it."""
    from sinks.export.tables import export_copy

    count = export_copy(_publication(load_settings(config)), output)
    click.echo(f"{count} tables in {output}", err=True)


@export.command()
@click.argument("topic")
@click.option(
    "--format",
    "form",
    type=click.Choice(["rss", "atom", "json"]),
    default="rss",
    show_default=True,
    help="Which kind of feed.",
)
@click.option(
    "--limit",
    "-n",
    type=click.IntRange(1),
    default=50,
    show_default=True,
    help="Newest articles.",
)
@click.option(
    "--home", default="https://newsbeam.example/", help="URL that the feed names as home."
)
@_output()
@click.pass_obj
def feed(
    config: Path | None, topic: str, form: str, limit: int, home: str, output: Path | None
) -> None:
    """Write a topic's newest articles as RSS, Atom or JSON Feed."""
    from sinks.export import feeds
    from sinks.publish.reader import Reader

    with Reader(_publication(load_settings(config))) as reader:
        _known(reader.rows("SELECT DISTINCT topic FROM mention_rows ORDER BY 1"), topic)
        rows = reader.rows(feeds.ITEMS, [topic, limit])
    if form == "rss":
        text = feeds.rss(topic, rows, home)
    elif form == "atom":
        text = feeds.atom(topic, rows, home, datetime.now(UTC))
    else:
        text = feeds.json_feed(topic, rows, home)
    _write(text, output)


@export.command()
@_output()
@click.pass_obj
def opml(config: Path | None, output: Path | None) -> None:
    """Write the feeds that are read as OPML."""
    from sinks.export import feeds
    from sinks.publish.reader import Reader

    with Reader(_publication(load_settings(config))) as reader:
        rows = reader.rows(feeds.FEEDS)
    _write(feeds.opml(rows, datetime.now(UTC)), output)


@export.command(short_help="Write the weekly report on a topic as HTML.")
@click.argument("topic")
@click.option("--week-to", help="Last day of the week: 2026-11-15.  [default: yesterday's data]")
@_output()
@click.pass_obj
def report(config: Path | None, topic: str, week_to: str | None, output: Path | None) -> None:
    """Write the weekly report on a topic: one HTML file, printable, with charts and links."""
    from sinks.export.report import collect, html
    from sinks.publish.reader import Reader

    try:
        last = date.fromisoformat(week_to) if week_to else None
    except ValueError:
        raise ConfigError("--week-to", f"write a day like 2026-11-15; it is {week_to!r}") from None
    with Reader(_publication(load_settings(config))) as reader:
        _known(reader.rows("SELECT DISTINCT topic FROM mention_rows ORDER BY 1"), topic)
        if last is None:
            as_of: datetime = reader.rows("FROM publication")[0]["as_of"]
            last = as_of.date() - timedelta(days=1)
        page = html(collect(reader.rows, topic, last))
    _write(page, output)


def _publication(settings: Settings) -> Path:
    return settings.path(settings.publish.path)


def _known(rows: list[dict[str, str]], topic: str) -> None:
    names = [r["topic"] for r in rows]
    if topic not in names:
        raise ConfigError(topic, f"no article is on this topic; topics: {', '.join(names)}")


def _write(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    from sinks.export.files import whole_file

    with whole_file(output) as place:
        place.write_text(text, encoding="utf-8")
    click.echo(str(output), err=True)
