"""``newsbeam inspect pages``: saved pages to articles, one JSON line each."""

import gzip
import sys
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import click

from newsbeam.errors import reason_of
from newsbeam.records import Article, Entry, LedgerRow, Page, Verdict, record_id
from newsbeam.settings import ExtractSettings, load_settings
from pipelines.cli.lines import Lines, print_line, read_json

MAX_BYTES = 50_000_000
"""Largest page, after decompression."""


@click.command("pages")
@click.argument("list_file", metavar="LIST.jsonl|-", type=click.File("rb"))
@click.pass_context
def pages(ctx: click.Context, list_file: BinaryIO) -> None:
    """Read saved pages; one JSON line per input line, in order.

    LIST.jsonl has lines {"path": "page.html", "url": "https://…"}; - reads them from stdin.  Paths
    are relative to the current folder; .gz is allowed.  A line that cannot be read gives a line
    with an "error".
    """
    config = ctx.obj if isinstance(ctx.obj, Path) else None
    settings = load_settings(config).extract
    lines = Lines(list_file, getattr(list_file, "name", "<stdin>"))
    for row in read_list(lines, settings):
        print_line(row)
    lines.report()


def read_list(lines: Iterable[bytes | str], settings: ExtractSettings) -> Iterator[dict[str, Any]]:
    """Yield one row per line, in order."""
    from newsbeam.articles.pool import Reader

    wrong: dict[int, dict[str, Any]] = {}
    now = datetime.now(UTC)
    done = 0
    with Reader(settings) as reader:
        for result in reader.map(_pages(lines, now, wrong), now=now):
            while done in wrong:
                yield wrong.pop(done)
                done += 1
            yield _row(result)
            done += 1
            _progress(done)
        while done in wrong:
            yield wrong.pop(done)
            done += 1
    if sys.stderr.isatty() and done:
        click.echo("", err=True)


def _pages(
    lines: Iterable[bytes | str], now: datetime, wrong: dict[int, dict[str, Any]]
) -> Iterator[Page]:
    number = 0
    for line in lines:
        if not line.strip():
            continue
        try:
            yield _page(line, now)
        except (OSError, EOFError, zlib.error) as error:
            reason = f"cannot be read: {reason_of(error)}"
            wrong[number] = _failed(_url_in(line), Verdict.DAMAGED, reason)
        except ValueError as error:
            wrong[number] = _failed(_url_in(line), Verdict.DAMAGED, str(error))
        number += 1


def _page(line: bytes | str, now: datetime) -> Page:
    try:
        item = read_json(line)
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(item, dict) or not isinstance(item.get("path"), str):
        raise ValueError(
            'the line must be an object like {"path": "page.html", "url": "https://…"}'
        )
    url = item.get("url")
    if not isinstance(url, str) or not url:
        raise ValueError('the line has no "url"')
    raw = Path(item["path"])
    with raw.open("rb") as file:
        body = file.read(MAX_BYTES)
    if body[:2] == b"\x1f\x8b":
        with gzip.open(raw, "rb") as packed:
            body = packed.read(MAX_BYTES)
    entry = Entry(record_id("entry", "file:", url), "file:", url, url)
    return Page(entry, url, body, now)


def _url_in(line: bytes | str) -> str | None:
    try:
        item = read_json(line)
    except ValueError:
        return None
    url = item.get("url") if isinstance(item, dict) else None
    return url if isinstance(url, str) else None


def _row(result: Article | LedgerRow) -> dict[str, Any]:
    if isinstance(result, LedgerRow):
        return _failed(result.url, result.verdict, result.reason or "could not be read")
    return {
        "url": result.url,
        "verdict": str(result.verdict),
        "title": result.title,
        "text": result.text,
        "published": result.published.isoformat() if result.published else None,
        "published_confidence": result.published_confidence,
        "authors": list(result.authors),
        "language": result.language,
        "zones": [{"kind": str(z.kind), "start": z.start, "end": z.end} for z in result.zones],
        "reasons": list(result.reasons),
        "partial": result.partial,
        "modified": result.modified.isoformat() if result.modified else None,
        "site_name": result.site_name,
        "canonical_url": result.canonical_url,
        "image": result.image,
        "section": result.section,
        "keywords": list(result.keywords),
    }


def _failed(url: str | None, verdict: str, message: str) -> dict[str, Any]:
    return {
        "url": url,
        "verdict": str(verdict),
        "title": None,
        "text": "",
        "published": None,
        "published_confidence": None,
        "authors": [],
        "language": None,
        "zones": [],
        "error": message,
    }


def _progress(done: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done} pages", err=True, nl=False)
