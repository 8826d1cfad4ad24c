"""``newsbeam search``: full text in the topics' query language, and more like one article."""

import json
import sys
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from newsbeam.errors import ConfigError
from newsbeam.headlines import headline
from newsbeam.settings import Settings, load_settings


@click.command(
    epilog='Examples: newsbeam search "copyright NEAR/5 lawsuit"; '
    "newsbeam search 'title:llama AND (licen* OR revenue)' --since 2026-11-01; "
    "newsbeam search --like ARTICLE_ID.  The language: docs/query-language.md."
)
@click.argument("query", required=False)
@click.option("--like", metavar="ARTICLE_ID", help="Articles whose meaning is nearest to this one.")
@click.option("--topic", help="Only articles on this topic.")
@click.option("--outlet", "outlets", multiple=True, help="Only this outlet; may be repeated.")
@click.option("--language", "languages", multiple=True, help="Only this language (ISO 639-1).")
@click.option("--since", help="Published on this day or later: 2026-11-01.")
@click.option("--until", help="Published on this day or earlier.")
@click.option(
    "--limit",
    "-n",
    default=10,
    show_default=True,
    type=click.IntRange(1, 10_000),
    help="How many at the most.",
)
@click.option("--newest", is_flag=True, help="Newest first, not best first.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_obj
def search(
    config: Path | None,
    query: str | None,
    like: str | None,
    topic: str | None,
    outlets: tuple[str, ...],
    languages: tuple[str, ...],
    since: str | None,
    until: str | None,
    limit: int,
    newest: bool,
    as_json: bool,
) -> None:
    """Search headlines and texts, in the language of the topics' queries."""
    from sinks.publish.reader import Reader
    from sinks.search.find import Filters
    from sinks.search.find import search as find

    if bool(query) == bool(like):
        raise ConfigError("search", 'give a query, or --like ARTICLE_ID: newsbeam search "llama"')
    settings = load_settings(config)
    reader = Reader(settings.path(settings.publish.path))
    try:
        reader.follow()
        if like:
            _like(reader, like, limit, as_json)
            return
        filters = Filters(topic, outlets, languages, _day("--since", since), _day("--until", until))
        found = find(reader, query or "", filters, limit=limit, newest=newest)
        if topic and not found.total:
            _check_topic(reader, settings, topic)
    finally:
        reader.close()
    if as_json:
        json.dump(asdict(found), sys.stdout, default=_plain, ensure_ascii=False, indent=1)
        click.echo()
        return
    for result in found.results:
        _print(result.title, result.outlet, result.published, result.score, result.url)
        click.echo(f"    {_bold(result.snippet, result.words)}")
    about = "" if found.exact else "about "
    click.echo(f"{about}{found.total} article{'s' * (found.total != 1)}", err=True)
    if not found.total:
        _hint(query or "")


def _hint(query: str) -> None:
    """Say what of a query that finds nothing is probably meant otherwise, or never true."""
    from newsbeam.topics.lint import lint_query

    for warning in lint_query(query):
        if warning.kind in ("meant", "never"):
            click.echo(f"{warning.source}: {warning.message}", err=True)


def _check_topic(reader: Any, settings: Settings, topic: str) -> None:
    """Tell a topic on which nothing was found from a name that is none."""
    from newsbeam.topics import configured_topics

    known = set(configured_topics(settings.topics, settings.home).names)
    known |= {row["topic"] for row in reader.rows("SELECT DISTINCT topic FROM mentions")}
    if topic not in known:
        names = ", ".join(sorted(known)) or "none"
        raise ConfigError("--topic", f"there is no topic {topic!r}; there are: {names}")


def _like(reader: Any, article: str, limit: int, as_json: bool) -> None:
    from sinks.search.like import like_this

    rows = like_this(reader, article, limit=limit)
    if as_json:
        json.dump(rows, sys.stdout, default=_plain, ensure_ascii=False, indent=1)
        click.echo()
        return
    for row in rows:
        _print(row["title"], row["outlet"], row["published"], row["likeness"], row["url"])


def _print(title: str | None, outlet: str, at: datetime, score: float, url: str) -> None:
    click.echo(click.style(headline(title), bold=True))
    click.echo(f"    {outlet} · {at:%Y-%m-%d %H:%M} · {score:.2f} · {url}")


def _bold(text: str, words: tuple[str, ...]) -> str:
    import re

    found = sorted({w for w in words if w}, key=len, reverse=True)
    if not found:
        return text
    pattern = re.compile("|".join(map(re.escape, found)), re.IGNORECASE)
    return pattern.sub(lambda m: click.style(m[0], bold=True, fg="yellow"), text)


def _day(option: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(option, f"write a day like 2026-11-01; it is {text!r}") from None


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
