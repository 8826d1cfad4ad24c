"""``newsbeam query``: ask the published database in SQL; it can never write."""

import csv
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

import click

from newsbeam.errors import ConfigError
from newsbeam.settings import load_settings
from pipelines.cli.tables import console

LEAST_WIDTH = 10
"""Characters that a column of a table needs; where there are fewer, rows are written downwards."""


@click.command(
    epilog="Views: articles, mentions, stories, coverage_by_day, share_of_voice, outlets, ledger … "
    '(docs/schema.md); `newsbeam query "SHOW TABLES"` lists them, docs/cookbook.md has examples.'
)
@click.argument("sql", required=False)
@click.option("--file", "-f", type=click.File(), help="Read the statement from a file; - is stdin.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "jsonl", "parquet"]),
    help="[default: table on a terminal, csv else]",
)
@click.option("--json", "as_json", is_flag=True, help="Same as --format json.")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write.  [default: standard output]",
)
@click.option(
    "--limit",
    "-n",
    type=click.IntRange(0),
    default=200,
    show_default=True,
    help="Rows of a table; 0: all.",
)
@click.pass_obj
def query(
    config: Path | None,
    sql: str | None,
    file: Any,
    form: str | None,
    as_json: bool,
    output: Path | None,
    limit: int,
) -> None:
    """Ask the published database in SQL (read-only).

    The publication is opened read-only and without access to other files: no statement can write.
    """
    import duckdb

    from sinks.publish.reader import check_reading, open_publication

    text = (file.read() if file else sql or "").strip().rstrip(";")
    if not text:
        raise ConfigError("query", 'give a statement: newsbeam query "FROM mentions LIMIT 5"')
    form = "json" if as_json else form or _guess(output)
    settings = load_settings(config)
    try:
        check_reading(text)
        with open_publication(settings.path(settings.publish.path)) as db:
            if form == "parquet":
                _parquet(db.sql(text).to_arrow_table(), output)
                return
            result = db.execute(text)
            names = [column[0] for column in result.description or []]
            rows = result.fetchmany(limit + 1) if form == "table" and limit else result.fetchall()
    except duckdb.Error as error:
        raise ConfigError("query", str(error).strip()) from error
    _write(form, names, rows, limit, output)


def _guess(output: Path | None) -> str:
    known = {".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".parquet": "parquet"}
    if output:
        return known.get(output.suffix, "csv")
    return "table" if sys.stdout.isatty() else "csv"


def _parquet(table: Any, output: Path | None) -> None:
    import pyarrow.parquet as pq

    from sinks.export.files import whole_file

    if output is None and sys.stdout.isatty():
        raise ConfigError("--output", "name a file for Parquet, or pipe it")
    if output is None:
        pq.write_table(table, sys.stdout.buffer, compression="zstd")
        return
    with whole_file(output) as place:
        pq.write_table(table, place, compression="zstd")


def _write(
    form: str, names: Sequence[str], rows: Sequence[Sequence[Any]], limit: int, output: Path | None
) -> None:
    if form == "table" and output is None:
        _print_table(names, rows, limit)
        return
    if output is None:
        _write_rows(sys.stdout, form, names, rows)
        return
    from sinks.export.files import whole_file

    with whole_file(output) as place, place.open("w", encoding="utf-8", newline="") as stream:
        _write_rows(stream, form, names, rows)


def _write_rows(
    stream: TextIO, form: str, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    if form in ("csv", "table"):
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
        return
    keys = _unique(names)
    records = ({k: _plain(v) for k, v in zip(keys, row, strict=True)} for row in rows)
    if form == "json":
        json.dump(list(records), stream, default=str, ensure_ascii=False, indent=1)
        stream.write("\n")
    else:
        for record in records:
            stream.write(json.dumps(record, default=str, ensure_ascii=False) + "\n")


def _unique(names: Sequence[str]) -> list[str]:
    """Tell columns of one name apart, as DuckDB does: ``title``, ``title_1``."""
    made: dict[str, None] = {}
    for name in names:
        number, key = 0, name
        while key in made:
            number += 1
            key = f"{name}_{number}"
        made[key] = None
    return list(made)


def _plain(value: Any) -> Any:
    """Return null for what JSON has no number for: NaN and the infinities."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return value


def _print_table(names: Sequence[str], rows: Sequence[Sequence[Any]], limit: int) -> None:
    from rich.table import Table
    from rich.text import Text

    out = console()
    shown = rows[:limit] if limit else rows
    if len(shown) and len(names) * LEAST_WIDTH > out.width:  # a column per line of each row
        for row in shown:
            table = Table(box=None, show_header=False, pad_edge=False)
            table.add_column(style="bold", no_wrap=True)
            table.add_column(overflow="fold")
            for name, value in zip(names, row, strict=True):
                table.add_row(Text(name), Text(_short(value)))
            out.print(table)
            out.print()
    else:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for name in names:
            table.add_column(name, overflow="fold")
        for row in shown:
            table.add_row(*(Text(_short(value)) for value in row))
        out.print(table)
    if limit and len(rows) > limit:
        out.print(f"… more than {limit} rows; --limit 0 prints all", style="dim")


def _short(value: Any) -> str:
    """Return a value as one harmless line: titles may hold codes that move a terminal's cursor."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    text = "".join(c if c.isprintable() else " " for c in str(value))
    return text if len(text) <= 300 else text[:299] + "…"
