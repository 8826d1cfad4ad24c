"""``newsbeam feeds``: the list of what is polled, and how it is doing."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from newsbeam.errors import ConfigError, RecordError
from newsbeam.records import FEED_KINDS, Cursor, Feed
from newsbeam.settings import Settings, load_settings
from pipelines.cli import EXIT_FAILED, EXIT_PARTIAL, LazyGroup
from pipelines.cli.tables import console

if TYPE_CHECKING:
    from connectors.discover import FoundFeed
    from connectors.poll import Poll

as_json = click.option("--json", "json_", is_flag=True, help="One JSON document, for machines.")


@click.group(
    cls=LazyGroup,
    lazy={
        "health": (
            "pipelines.cli.feeds_health",
            "health",
            "Show which feeds are broken or silent.",
        ),
    },
)
def feeds() -> None:
    """List, add, check, import and export feeds; see how they are doing."""


@feeds.command("list")
@click.option("--tag", help="Only feeds with this tag.")
@as_json
@click.pass_context
def list_(ctx: click.Context, tag: str | None, json_: bool) -> None:
    """List the feeds of the OPML files and the settings."""
    found = [f for f in _all_feeds(load_settings(ctx.obj)) if not tag or tag in f.tags]
    if json_:
        _print_json([_feed_fields(feed) for feed in found])
        return
    rows = [(f.title or "", f.url, ", ".join(f.tags), f.kind) for f in found]
    _print_table(("title", "url", "tags", "kind"), rows, f"{len(found)} feeds")


@feeds.command(short_help="Add feeds by their address or their site's.")
@click.argument("urls", nargs=-1, required=True)
@click.option("--tag", "tags", multiple=True, help="Tag of the feeds; may be repeated.")
@click.option("--title", help="What to call the feed (with one URL).")
@click.option(
    "--kind",
    type=click.Choice(FEED_KINDS),
    default="feed",
    show_default=True,
    help="Which connector reads it.",
)
@click.option("--no-check", is_flag=True, help="Do not ask the server first.")
@click.pass_context
def add(
    ctx: click.Context,
    urls: tuple[str, ...],
    tags: tuple[str, ...],
    title: str | None,
    kind: str,
    no_check: bool,
) -> None:
    """Add feeds by their address, or by their site's: its feed is looked for.

    Each is asked once, so that nothing is added that cannot be read.  Of a feed that is in the
    list already only what the options say is changed.
    """
    settings = load_settings(ctx.obj)
    file = _own_file(settings)
    wanted = [_absolute(url) for url in urls]
    new = [Feed(u, title=title, tags=tags, kind=kind) for u in wanted]
    if not no_check:
        new = [f for feed in new for f in _checked(settings, feed)]
    kept = {feed.url: feed for feed in _read_own(file)}
    said_kind = ctx.get_parameter_source("kind") is not ParameterSource.DEFAULT
    for feed in new:
        done, old = "added", kept.get(feed.url)
        if old is not None:  # its outlet, language and tags may have been written by hand
            feed = replace(
                old,
                title=title or old.title or feed.title,
                tags=tags or old.tags,
                kind=kind if said_kind else old.kind,
            )
            done = "unchanged" if feed == old else "changed"
        kept[feed.url] = feed
        click.echo(f"{done} {feed.url}  {feed.title or ''}".rstrip())
    _write(file, list(kept.values()))
    if len(new) < len(wanted):
        ctx.exit(EXIT_PARTIAL if new else EXIT_FAILED)


@feeds.command()
@click.argument("urls", nargs=-1, required=True)
@click.pass_context
def remove(ctx: click.Context, urls: tuple[str, ...]) -> None:
    """Remove feeds from the OPML files.  What the store holds of them stays."""
    settings = load_settings(ctx.obj)
    missing = set(urls)
    for file in _files(settings):
        if not file.exists():
            continue
        before = _read_own(file)
        after = [feed for feed in before if feed.url not in urls]
        if len(after) < len(before):
            _write(file, after)
            gone = {feed.url for feed in before} - {feed.url for feed in after}
            missing -= gone
            for url in sorted(gone):
                click.echo(f"removed {url} from {file}")
    for url in sorted(missing):
        click.echo(f"not in the list: {url}", err=True)
    if missing:
        ctx.exit(EXIT_FAILED)


@feeds.command("import", short_help="Take the feeds of an OPML file.")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--tag", "tags", multiple=True, help="Tag for all of them; may be repeated.")
@click.pass_context
def import_(ctx: click.Context, file: Path, tags: tuple[str, ...]) -> None:
    """Take the feeds of another reader's OPML file; its folders become tags."""
    from connectors.opml import read_opml

    own = _own_file(load_settings(ctx.obj))
    kept = {feed.url: feed for feed in _read_own(own)}
    before = len(kept)
    found = read_opml(file)
    for feed in found:
        known = kept.get(feed.url)
        merged = tuple(dict.fromkeys([*(known.tags if known else ()), *feed.tags, *tags]))
        kept[feed.url] = replace(known or feed, tags=merged)
    _write(own, list(kept.values()))
    click.echo(f"{len(found)} feeds read, {len(kept) - before} of them new, in {own}")


@feeds.command(short_help="Write all feeds as OPML, for other readers.")
@click.argument("file", default="-", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def export(ctx: click.Context, file: Path) -> None:
    """Write all feeds as OPML, for other readers; `-` is standard output."""
    from connectors.opml import render_opml, write_opml

    found = _all_feeds(load_settings(ctx.obj))
    now = datetime.now(UTC)
    if str(file) == "-":
        click.echo(render_opml(found, now=now).decode())
        return
    write_opml(file, found, now=now)
    click.echo(f"{len(found)} feeds written to {file}", err=True)


@feeds.command()
@click.argument("url")
@as_json
@click.pass_context
def discover(ctx: click.Context, url: str, json_: bool) -> None:
    """Find the feeds of a site."""
    found = _discovered(load_settings(ctx.obj), _absolute(url))
    if json_:
        _print_json([_found_fields(f) for f in found])
    else:
        rows = [(f.url, f.kind, f.title or "", str(f.entries), f.why) for f in found]
        _print_table(
            ("url", "kind", "title", "entries", "found because"), rows, f"{len(found)} feeds"
        )
    if not found:
        ctx.exit(EXIT_FAILED)


@feeds.command(short_help="Ask feeds now and say what they answer.")
@click.argument("urls", nargs=-1)
@as_json
@click.pass_context
def check(ctx: click.Context, urls: tuple[str, ...], json_: bool) -> None:
    """Ask feeds now (all of them, or those named) and say what they answer; nothing is stored."""
    from connectors.poll import poll_many

    settings = load_settings(ctx.obj)
    listed = {feed.url: feed for feed in _listed(settings)} if urls else {}
    wanted = [listed.get(u) or Feed(u) for u in map(_absolute, urls)] or _all_feeds(settings)
    now = datetime.now(UTC)
    polls = poll_many([(feed, Cursor(feed.url)) for feed in wanted], settings.fetch, now)
    if json_:
        _print_json([_poll_fields(poll) for poll in polls])
    else:
        rows = [_poll_row(poll) for poll in polls]
        good = sum(poll.ok for poll in polls)
        _print_table(
            ("feed", "verdict", "entries", "newest", "seconds", "reason"),
            rows,
            f"{good} of {len(polls)} feeds answer",
        )
    failed = sum(not poll.ok for poll in polls)
    if failed:
        ctx.exit(EXIT_FAILED if failed == len(polls) else EXIT_PARTIAL)


def _all_feeds(settings: Settings) -> list[Feed]:
    """Return the feeds of all OPML files and of ``feeds.urls``, each once."""
    from connectors.opml import read_opml

    found: dict[str, Feed] = {}
    for file in _files(settings):
        for feed in read_opml(file):
            found.setdefault(feed.url, feed)
    for url in settings.feeds.urls:
        found.setdefault(url, Feed(url))
    return list(found.values())


def _listed(settings: Settings) -> list[Feed]:
    """Return the feeds of the list, where there is one."""
    return _all_feeds(settings) if all(file.exists() for file in _files(settings)) else []


def _files(settings: Settings) -> list[Path]:
    return [settings.path(name) for name in settings.feeds.opml]


def _own_file(settings: Settings) -> Path:
    """Return the file that is edited: the first of ``feeds.opml``.

    Raises:
        ConfigError: the settings name none.
    """
    files = _files(settings)
    if not files:
        raise ConfigError("feeds.opml", 'names no file to write to; set opml = ["feeds.opml"]')
    return files[0]


def _read_own(file: Path) -> list[Feed]:
    from connectors.opml import read_opml

    return list(read_opml(file)) if file.exists() else []


def _write(file: Path, found: Sequence[Feed]) -> None:
    from connectors.opml import write_opml

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_opml(file, found, now=datetime.now(UTC))
    except OSError as error:
        raise ConfigError(str(file), f"cannot be written: {error.strerror}") from error


def _absolute(url: str) -> str:
    from newsbeam.urls import is_web_url

    full = url if "://" in url else f"https://{url}"
    if not is_web_url(full):
        raise ConfigError(url, "is no http(s) address")
    return full


def _checked(settings: Settings, feed: Feed) -> list[Feed]:
    """Ask a feed before it is added; where it is a site, return the feeds that it declares."""
    from connectors.poll import poll_many

    poll = poll_many([(feed, Cursor(feed.url))], settings.fetch, datetime.now(UTC))[0]
    if poll.ok:
        return [replace(feed, title=feed.title or poll.title, language=poll.language)]
    if poll.verdict == "not_a_feed":
        found = _discovered(settings, feed.url)
        if found:
            click.echo(f"{feed.url} is a site; its feed is {found[0].url}", err=True)
            return [replace(feed, url=found[0].url, title=feed.title or found[0].title)]
    click.echo(f"not added: {feed.url}: {poll.verdict}: {poll.reason}", err=True)
    return []


def _discovered(settings: Settings, url: str) -> "list[FoundFeed]":
    from connectors.client import Client
    from connectors.discover import discover as find

    async def ask() -> "list[FoundFeed]":
        async with Client(settings.fetch) as client:
            return await find(client, url, now=datetime.now(UTC))

    try:
        return asyncio.run(ask())
    except RecordError as error:
        click.echo(f"{url}: {error.verdict}: {error.message}", err=True)
        return []


def _feed_fields(feed: Feed) -> dict[str, Any]:
    return {
        "url": feed.url,
        "title": feed.title,
        "tags": list(feed.tags),
        "language": feed.language,
        "kind": feed.kind,
    }


def _found_fields(found: "FoundFeed") -> dict[str, Any]:
    return {
        "url": found.url,
        "kind": found.kind,
        "title": found.title,
        "entries": found.entries,
        "why": found.why,
    }


def _poll_fields(poll: "Poll") -> dict[str, Any]:
    return {
        "url": poll.feed.url,
        "verdict": str(poll.verdict),
        "reason": poll.reason,
        "status": poll.status,
        "title": poll.title,
        "entries": len(poll.entries),
        "bytes": poll.bytes,
        "seconds": round(poll.seconds, 3),
        "hub": poll.cursor.hub,
    }


def _poll_row(poll: "Poll") -> tuple[str, ...]:
    newest = max((e.published for e in poll.entries if e.published), default=None)
    return (
        poll.feed.title or poll.title or poll.feed.url,
        str(poll.verdict),
        str(len(poll.entries)),
        f"{newest:%Y-%m-%d %H:%M}" if newest else "",
        f"{poll.seconds:.2f}",
        poll.reason or "",
    )


def _print_json(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    click.echo(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def _print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], summary: str) -> None:
    from rich.table import Table
    from rich.text import Text

    said = [at for at in range(len(columns)) if any(row[at] for row in rows)]
    table = Table(box=None, header_style="bold", pad_edge=False)
    for at in said:  # names and reasons may be folded, dates and counts not
        table.add_column(columns[at], no_wrap=0 < at < len(columns) - 1, overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[at]) for at in said))  # titles are data, not markup
    out = console()
    if rows:
        out.print(table)
    out.print(summary)
