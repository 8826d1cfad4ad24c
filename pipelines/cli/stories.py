"""``newsbeam stories``: look at stories, correct them, and group a stream of your own.

``list`` and ``show`` read the publication, so they never wait; ``merge`` and ``split`` write to the
store and publish the change.
"""

import getpass
import json
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import click

from newsbeam.errors import ConfigError
from newsbeam.headlines import headline
from newsbeam.settings import Settings, load_settings
from pipelines.cli.tables import console

Rows = list[dict[str, Any]]

SHORT = 10
"""Digits of a story's id that lists show; any unmistakable beginning of an id will do."""

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(name="stories")
def stories() -> None:
    """List, show, merge and split stories; group a stream of articles."""


@stories.command(name="list", short_help="List stories, the widest covered first.")
@click.option("--topic", metavar="NAME", help="Only stories on this topic.")
@click.option(
    "--days",
    type=click.FloatRange(0),
    default=7.0,
    show_default=True,
    help="Last so many days.",
)
@click.option(
    "--newsrooms",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="At least N newsrooms.",
)
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=30,
    show_default=True,
    help="How many at the most.",
)
@_json
@click.pass_obj
def list_(
    config: Path | None,
    topic: str | None,
    days: float,
    newsrooms: int,
    limit: int,
    as_json: bool,
) -> None:
    """List stories, the widest covered first; days count back from the newest story."""
    settings = load_settings(config)
    found = _ask(
        settings,
        """
        WITH fitting AS (
            SELECT *, last_seen >= (SELECT max(last_seen) FROM stories)
                      - to_seconds(least($days, 36500) * 86400) AS late
            FROM stories
            WHERE ($topic IS NULL OR list_contains(topics, $topic)) AND newsrooms >= $least)
        SELECT story_id, title, newsrooms, articles, copies, outlets, first_seen, last_seen,
               first_outlet, topics, count(*) OVER () AS all_late,
               (SELECT count(*) FROM fitting WHERE NOT late) AS older
        FROM fitting WHERE late
        ORDER BY newsrooms DESC, articles DESC, last_seen DESC, story_id LIMIT $limit
        """,
        topic=topic,
        least=newsrooms,
        days=days,
        limit=limit,
    )
    if topic and not found:
        _check_topic(settings, topic)
    counts = [(row.pop("all_late"), row.pop("older")) for row in found]
    if as_json:
        _print_json(found)
        return
    if not found:
        click.echo("no stories match")
        return
    _print_stories(settings, found)
    click.echo("rooms: independent newsrooms; c: copies.  `newsbeam stories show STORY` tells more")
    late, older = counts[0]
    if late > len(found):
        click.echo(f"{late - len(found)} more match: --limit {late} shows them")
    if older:
        click.echo(f"{older} older than {days:g} days: --days shows them")


def _print_stories(settings: Settings, found: Rows) -> None:
    from rich.table import Table
    from rich.text import Text

    firsts = _reporters(settings, [row["story_id"] for row in found])
    table = Table("story", "rooms", "articles", "last (UTC)", "first by", "headline", box=None)
    for column in table.columns[:4]:
        column.no_wrap = True
    for row in found:
        cells = (
            row["story_id"][:SHORT],
            str(row["newsrooms"]),
            f"{row['articles']}" + (f" ({row['copies']}c)" if row["copies"] else ""),
            f"{row['last_seen']:%m-%d %H:%M}",
            firsts.get(row["story_id"]) or row["first_outlet"] or "?",
            headline(row["title"]),
        )
        table.add_row(*(Text(cell) for cell in cells))  # titles are data, not markup
    console().print(table)


def _reporters(settings: Settings, stories: Sequence[str]) -> dict[str, str]:
    """Return the outlet that reported each story first: a press release is no report."""
    rows = _ask(
        settings,
        """
        WITH shown AS (
            SELECT * FROM story_timeline WHERE story_id IN (SELECT unnest($stories)))
        SELECT t.story_id, arg_min(t.outlet, t.position) AS outlet
        FROM shown t LEFT JOIN shown o ON o.article_id = t.copy_of
        WHERE t.newsroom_kind = 'agency' OR t.newsroom_kind = 'newsroom'
              AND (t.independent OR o.newsroom_kind = 'aggregator')
        GROUP BY t.story_id
        """,
        stories=list(stories),
    )
    return {row["story_id"]: row["outlet"] for row in rows}


def _check_topic(settings: Settings, topic: str) -> None:
    """Say so where a topic is neither in force nor of any story.

    Raises:
        ConfigError: there is no such topic.
    """
    from pipelines.cli.topics_tag import load_topics_for

    stored = _ask(settings, "SELECT DISTINCT unnest(topics) AS topic FROM stories")
    known = {row["topic"] for row in stored} | set(load_topics_for(settings).names)
    if topic not in known:
        names = ", ".join(sorted(known))
        raise ConfigError("--topic", f"there is no topic {topic!r}; known: {names}")


@stories.command()
@click.argument("story")
@click.option("--as-of", metavar="TIME", help="As the story stood then: 2026-03-01T08:00 (UTC).")
@click.option("--ids", is_flag=True, help="With the ids of its articles, for `stories split`.")
@_json
@click.pass_obj
def show(config: Path | None, story: str, as_of: str | None, ids: bool, as_json: bool) -> None:
    """Tell a story in words: coverage, who first, timeline, what changed.

    STORY is an id, its beginning, or the URL of an article; a story that was merged away shows
    the one it is in now.
    """
    from newsbeam.stories.page import story_page

    settings = load_settings(config)
    if as_of is not None:
        _show_then(settings, story, as_of, ids, as_json)
        return
    story_id = find_story(settings, story)
    about = _ask(settings, "FROM stories WHERE story_id = $id", id=story_id)[0]
    timeline = _ask(
        settings, "FROM story_timeline WHERE story_id = $id ORDER BY position", id=story_id
    )
    events = _ask(
        settings,
        "FROM story_events WHERE article_id IN "
        "(SELECT article_id FROM story_timeline WHERE story_id = $id) ORDER BY at_time, event_id",
        id=story_id,
    )
    for event in events:
        event["evidence"] = json.loads(event["evidence"])
    lineage = _ask(
        settings,
        "FROM story_lineage WHERE from_story = $id OR to_story = $id ORDER BY at_time, lineage_id",
        id=story_id,
    )
    if as_json:
        _print_json({**about, "timeline": timeline, "events": events, "lineage": lineage})
    else:
        click.echo(story_page(about, timeline, events, lineage, ids=ids))


def _show_then(settings: Settings, story: str, as_of: str, ids: bool, as_json: bool) -> None:
    try:
        then = datetime.fromisoformat(as_of)
        then = then.astimezone(UTC).replace(tzinfo=None) if then.tzinfo else then
    except (ValueError, OverflowError):
        raise ConfigError("--as-of", f"{as_of!r} is no time; write 2026-03-01T08:00") from None
    story_id = _one_story(settings, story)["story_id"]
    found = _ask(
        settings,
        """
        SELECT h.story_id, h.article_id, a.outlet, a.title, h.valid_from, h.valid_to, h.change
        FROM story_history h LEFT JOIN articles a USING (article_id)
        LEFT JOIN story_timeline t USING (article_id)
        WHERE h.story_id = $id AND h.valid_from <= $then
          AND (h.valid_to IS NULL OR h.valid_to > $then)
        ORDER BY t.arrived, h.valid_from, h.article_id
        """,
        id=story_id,
        then=then,
    )
    if as_json:
        _print_json(found)
        return
    click.echo(f"story {story_id} as of {then:%Y-%m-%d %H:%M} UTC: {_articles(len(found))}")
    for row in found:
        id_ = f"  {row['article_id']}" if ids else ""
        at, outlet = f"{row['valid_from']:%Y-%m-%d %H:%M}", row["outlet"] or "?"
        click.echo(f"  {at}  {outlet}: {headline(row['title'])}{id_}")
    if not found:
        click.echo(_why_none(settings, story_id, then))


def _why_none(settings: Settings, story_id: str, then: datetime) -> str:
    """Say why a story had no article at a time: it had not begun, or is part of another."""
    held = _ask(
        settings,
        "SELECT min(valid_from) AS began, max(valid_to) FILTER (valid_to <= $then) AS ended "
        "FROM story_history WHERE story_id = $id",
        id=story_id,
        then=then,
    )[0]
    if held["began"] is None or held["began"] > then:
        began = f"{held['began']:%Y-%m-%d %H:%M} UTC" if held["began"] else "an unknown time"
        return f"  it began at {began}"
    taken = _ask(
        settings,
        "SELECT to_story, at_time FROM story_lineage WHERE from_story = $id AND at_time <= $then "
        "ORDER BY at_time DESC LIMIT 1",
        id=story_id,
        then=then,
    )
    if not taken:
        return f"  its last article left it at {held['ended']:%Y-%m-%d %H:%M} UTC"
    into, at = taken[0]["to_story"], taken[0]["at_time"]
    return f"  it became part of story {into} at {at:%Y-%m-%d %H:%M} UTC"


@stories.command()
@click.argument("keep")
@click.argument("others", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why; kept with the change.")
@click.option("--by", help="Who; your user name where not given.")
@click.pass_obj
def merge(
    config: Path | None, keep: str, others: tuple[str, ...], reason: str, by: str | None
) -> None:
    """Put the articles of OTHERS into the story KEEP.  Ids of OTHERS go on to work."""
    from sinks.store.story_edits import merge_stories

    why, who = _signed(reason, by)

    def edit(db: Any, now: datetime) -> str:
        moved = merge_stories(db, keep, *others, reason=why, by=who, at=now)
        return f"moved {_articles(moved)} into {keep}"

    def request(settings: Settings) -> dict[str, Any]:
        kept, merged = find_story(settings, keep), [find_story(settings, o) for o in others]
        if kept in merged:
            raise ConfigError(keep, "a story is not merged with itself")
        return {"what": "merge", "keep": kept, "others": merged, "reason": why, "by": who}

    _edit(load_settings(config), "stories merge", edit, request)


@stories.command()
@click.argument("story")
@click.argument("articles", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why; kept with the change.")
@click.option("--by", help="Who; your user name where not given.")
@click.pass_obj
def split(
    config: Path | None, story: str, articles: tuple[str, ...], reason: str, by: str | None
) -> None:
    """Move ARTICLES out of STORY into a story of their own.

    It is a new one; where a merge is taken back, the one that was merged away.
    ARTICLES are ids, beginnings of ids (`stories show STORY --ids` lists them) or URLs.
    """
    from sinks.store.story_edits import member, parted_copies, split_story

    why, who = _signed(reason, by)

    def edit(db: Any, now: datetime) -> str:
        made, moved = split_story(db, story, articles, reason=why, by=who, at=now)
        said = f"moved {_articles(moved)} into story {made}"
        if parted := parted_copies(db, made):
            copies = "1 copy is" if parted == 1 else f"{parted} copies are"
            said += f"; {copies} now in another story than what they repeat"
        return said

    def request(settings: Settings) -> dict[str, Any]:
        found = find_story(settings, story)
        rows = _ask(
            settings, "SELECT article_id, url FROM story_timeline WHERE story_id = $id", id=found
        )
        members = [(row["article_id"], row["url"]) for row in rows]
        leaving = sorted({member(key, members, found) for key in articles})
        return {"what": "split", "story": found, "articles": leaving, "reason": why, "by": who}

    _edit(load_settings(config), "stories split", edit, request)


@stories.command()
@click.argument("source", metavar="IN.jsonl|-", type=click.File("rb"))
@click.pass_obj
def group(config: Path | None, source: BinaryIO) -> None:
    """Group articles in order of arrival; one JSON line out per line in.

    \b
    in   {"id", "title", "text", "published", "outlet"}   (text may be empty)
    out  {"id", "story", "copy_of", "similarity"}

    A line that cannot be read gives {"id", "error"} and the run goes on; exit code 3 at the end.
    """  # noqa: D301 - click wants the backspace itself
    from pipelines.cli.lines import Lines, print_line
    from pipelines.cli.stories_group import group_lines

    model, seen = load_settings(config).model, Counter[str]()
    lines = Lines(source, getattr(source, "name", "<stdin>"))
    for answer in group_lines((line.decode("utf-8", "replace") for line in lines), model, seen):
        print_line(answer)
    lines.report()
    if again := seen["again"]:
        many = "1 line has" if again == 1 else f"{again} lines have"
        click.echo(f"{many} an id that was there before, and got its story", err=True)
    if broken := seen["broken"]:
        click.echo(f"{broken} {'line' if broken == 1 else 'lines'} could not be read", err=True)
        sys.exit(3)


def _signed(reason: str, by: str | None) -> tuple[str, str]:
    """Return why and who, without spaces around.

    Raises:
        ConfigError: there is no reason.
    """
    if not reason.strip():
        raise ConfigError("--reason", "is empty; say why: it is kept with the change")
    return reason.strip(), (by or "").strip() or getpass.getuser()


def _edit(settings: Settings, command: str, edit: Any, request: Any) -> None:
    """Change the store and publish what changed; or leave the request to who holds the store."""
    from newsbeam.errors import StoreBusyError
    from sinks.publish.publish import publish
    from sinks.store.mailbox import leave
    from sinks.store.store import existing, open_store

    path, now = existing(settings.path(settings.store.path)), datetime.now(UTC)
    try:
        with open_store(path, f"newsbeam {command}") as db:
            click.echo(edit(db, now))
            publish(db, settings.path(settings.publish.path), settings.publish, now=now, force=True)
    except StoreBusyError:
        leave(path, request(settings), now)
        click.echo("left for the process that holds the store; `watch` does it within seconds")


def _articles(number: int) -> str:
    return "1 article" if number == 1 else f"{number} articles"


def find_story(settings: Settings, story: str) -> str:
    """Return the living story that an id, or the beginning of one, stands for.

    Raises:
        ConfigError: none, or several begin so.
    """
    for _ in range(100):
        found = _one_story(settings, story)
        if found["merged_into"] is None:
            return str(found["story_id"])
        story = found["merged_into"]
    raise ConfigError(story, "its merges go round in a circle")


def _one_story(settings: Settings, story: str) -> dict[str, Any]:
    """Return the story, living or merged away, that an id, its beginning or a URL stands for."""
    from sinks.store.story_edits import STORY_OF, story_key

    found = _ask(settings, STORY_OF, **dict(zip("12", story_key(story), strict=True)))
    if len(found) != 1 or not story:
        many = "several stories begin so; write more of the id" if found else "no such story"
        raise ConfigError(story or "STORY", f"{many}; `newsbeam stories list` shows them")
    return found[0]


def _ask(settings: Settings, sql: str, **values: Any) -> Rows:
    from sinks.publish.reader import open_publication

    with open_publication(settings.path(settings.publish.path)) as db:
        result = db.execute(sql, values)
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _print_json(value: Sequence[Any] | dict[str, Any]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))
