"""``newsbeam alerts``: preview, explain, list, send again, mute."""

import getpass
import json
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from newsbeam.errors import ConfigError, StoreBusyError
from newsbeam.settings import Settings, load_settings

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@click.group(name="alerts")
def alerts() -> None:
    """Preview, explain, retry and mute alerts."""


def moment(text: str | None, now: datetime) -> datetime | None:
    """Read ``7d``, ``90m`` or an ISO time; without a zone it is UTC.

    Raises:
        ConfigError: it is neither.
    """
    if text is None:
        return None
    try:
        if back := span_of(text):
            return now - back
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise ConfigError(text, "write a time like 7d, 12h or 2026-03-01T08:00") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def span_of(text: str) -> timedelta | None:
    """Read ``7d`` or ``90m``; None where it is something else.

    Raises:
        OverflowError: it is longer than any calendar.
    """
    found = re.fullmatch(r"(\d{1,9})([mhdw])", text, re.ASCII)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None


@alerts.command(short_help="Show which messages would be sent.")
@click.argument("articles", nargs=-1)
@click.option("--since", metavar="7d|TIME", help="All runs from this time on, instead of ARTICLES.")
@click.option("--until", metavar="TIME", help="Up to this time.")
@click.option("--rule", "only", metavar="NAME", help="Only this rule.")
@click.option("--json", "as_json", is_flag=True, help="With the Block Kit JSON of each message.")
@click.pass_obj
def preview(
    config: Path | None,
    articles: tuple[str, ...],
    since: str | None,
    until: str | None,
    only: str | None,
    as_json: bool,
) -> None:
    """Show which messages would be sent, by the rules as they are in the settings now.

    ARTICLES are ids or URLs, as though they came now and together.  Nothing is sent or stored;
    it reads the published database, so it works while `watch` runs.
    """
    from sinks.publish.reader import open_publication
    from sinks.store.rehearsal import rehearse

    settings, now = load_settings(config), datetime.now(UTC)
    if not settings.alerts.rules:
        raise ConfigError("alerts.rules", "there is no rule, so nothing would be sent")
    if only:
        chosen = tuple(r for r in settings.alerts.rules if r.name == only)
        if not chosen:
            names = ", ".join(r.name for r in settings.alerts.rules)
            raise ConfigError("--rule", f"no rule {only!r}; there are: {names}")
        settings = replace(settings, alerts=replace(settings.alerts, rules=chosen))
    if not articles and not since:
        raise ConfigError("alerts preview", "name articles, or a time: --since 7d")
    if not as_json:
        _warn_of_topics(settings)
    with open_publication(settings.path(settings.publish.path)) as db:
        ids = [_article_id(db, a) for a in articles]
        said, outcomes = rehearse(
            db, settings, articles=ids, since=moment(since, now), until=moment(until, now)
        )
    (_print_json if as_json else _print_text)(said, outcomes, settings)


def _warn_of_topics(settings: Settings) -> None:
    """Say which rules ask for topics that are not there: they would never alert."""
    from newsbeam.alerts.filters import topics_without
    from pipelines.cli.topics_tag import load_topics_for

    names = load_topics_for(settings).names
    for rule, wrong in topics_without(settings.alerts.rules, names).items():
        said = f"rule {rule!r}: no topic is called {' or '.join(map(repr, wrong))}"
        click.echo(f"{said}; known: {', '.join(names)}", err=True)


def _print_json(said: list[Any], outcomes: list[dict[str, Any]], settings: Settings) -> None:
    from sinks.slack.blocks import render

    zone = settings.alerts.timezone
    messages = []
    for one in said:
        text, blocks = render(one.delivery.message, zone, buttons=settings.alerts.feedback)
        messages.append(
            {
                "at": one.at.isoformat(),
                "channel": one.delivery.channel,
                "kind": one.delivery.kind,
                "alert_id": one.delivery.alert_id,
                "story_id": one.delivery.story_id,
                "thread_of": one.delivery.thread_ts,
                "text": text,
                "blocks": blocks,
            }
        )
    found = {"messages": messages, "decisions": outcomes}
    click.echo(json.dumps(found, ensure_ascii=False, default=str, indent=1))


def _print_text(said: list[Any], outcomes: list[dict[str, Any]], settings: Settings) -> None:
    from newsbeam.alerts.text import body

    words = {"story": "new message", "reply": "reply in thread", "digest": "digest",
             "update": "edit, nobody is notified", "operations": "operations"}  # fmt: skip
    zone = settings.alerts.timezone
    for one in said:
        kind = one.delivery.kind
        click.secho(
            f"{one.at:%Y-%m-%d %H:%M:%S} → {one.delivery.channel}  ({words[kind]})", bold=True
        )
        text = body(one.delivery.message, zone)
        click.echo("\n".join(f"  {line}" for line in text.splitlines()) + "\n")
    counts: dict[str, int] = {}
    for row in outcomes:
        counts[row["outcome"]] = counts.get(row["outcome"], 0) + 1
    sent = sum(one.delivery.kind != "update" for one in said)
    why = ", ".join(f"{n} {w.replace('_', ' ')}" for w, n in sorted(counts.items()))
    click.echo(f"{sent} messages, {len(said) - sent} edits.  Decisions: {why or 'none'}.")


def _article_id(db: Any, name: str) -> str:
    found = db.execute(
        "SELECT article_id FROM article_rows WHERE article_id = $1 OR url = $1 "
        "OR canonical_url = $1 LIMIT 1",
        [name],
    ).fetchone()
    if found is None:
        raise ConfigError(name, "no such article in the published database")
    return str(found[0])


@alerts.command()
@click.argument("article")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def explain(config: Path | None, article: str, as_json: bool) -> None:
    """Say why ARTICLE (id or URL) did or did not alert."""
    from sinks.publish.reader import open_publication
    from sinks.store.explain import explain_article

    settings = load_settings(config)
    with open_publication(settings.path(settings.publish.path)) as db:
        found = explain_article(db, _article_id(db, article), settings)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, default=str, indent=1))
        return
    click.secho(found["title"] or found["article_id"], bold=True)
    click.echo(f"{found['outlet']} · first seen {found['first_fetched']:%Y-%m-%d %H:%M} UTC")
    for line in found["because"]:
        click.echo(f"• {line}")


@alerts.command("list")
@click.option("--since", default="2d", show_default=True, metavar="7d|TIME", help="From when.")
@click.option("--status", metavar="WORD", help="pending, sent, dead, cancelled, rolled …")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(config: Path | None, since: str, status: str | None, as_json: bool) -> None:
    """List what was decided and how it fared, newest first."""
    from newsbeam.alerts.messages import from_json
    from newsbeam.alerts.text import headline
    from sinks.publish.reader import open_publication
    from sinks.store.alert_facts import rows

    settings = load_settings(config)
    with open_publication(settings.path(settings.publish.path)) as db:
        found = rows(
            db,
            "SELECT alert_id, decided, sent, channel, rule, topic, story_id, article_id, kind, "
            "state, status, attempts, error, reason, message FROM alert_outbox "
            "WHERE decided >= $1::TIMESTAMP AND status = coalesce($2, status) "
            "ORDER BY decided DESC, alert_id",
            [_naive(moment(since, datetime.now(UTC))), status],
        )
    for row in found:
        row["text"] = headline(from_json(row.pop("message")))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, default=str, indent=1))
        return
    for row in found:
        error = f"  {row['error']}" if row["error"] else ""
        click.echo(f"{row['decided']:%m-%d %H:%M} {row['status']:<9} {row['kind']:<6} "
                   f"{row['channel']}  {row['text']}{error}  [{row['alert_id']}]")  # fmt: skip
    if not found:
        click.echo("Nothing was decided in this time.")


def _naive(time: datetime | None) -> datetime | None:
    return time.astimezone(UTC).replace(tzinfo=None) if time else None


@alerts.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All dead letters.")
@click.pass_obj
def retry(config: Path | None, ids: tuple[str, ...], every: bool) -> None:
    """Send dead letters again: those with these IDS, or --all."""
    if not ids and not every:
        raise ConfigError("alerts retry", "name alert ids (`newsbeam status` shows them), or --all")
    _ask(load_settings(config), {"what": "retry", "ids": list(ids)})


def _end_of(span: str | None, now: datetime) -> datetime | None:
    if span is None:
        return None
    length = span_of(span)
    if length is None:
        raise ConfigError("--for", f"{span!r} is no span of time; write 12h or 7d")
    return now + length


@alerts.command(short_help="Be quiet about a story, a topic or an outlet.")
@click.argument("kind", type=click.Choice(["story", "topic", "outlet"]))
@click.argument("value")
@click.option("--channel", help="Only in this channel.  [default: in all]")
@click.option("--for", "span", metavar="12h|7d", help="[default: for good]")
@click.pass_obj
def mute(config: Path | None, kind: str, value: str, channel: str | None, span: str | None) -> None:
    """Be quiet about a story (its id or the beginning), a topic or an outlet."""
    try:
        end = _end_of(span, datetime.now(UTC))
    except OverflowError:
        raise ConfigError("--for", f"{span} is longer than any calendar") from None
    settings = load_settings(config)
    request = {
        "what": "mute", "kind": kind, "value": _named(settings, kind, value), "channel": channel,
        "until": end.isoformat() if end else None, "who": getpass.getuser(),
    }  # fmt: skip
    _ask(settings, request)


def _named(settings: Settings, kind: str, value: str) -> str:
    """Return what is meant: a story by the beginning of its id, too.

    Raises:
        ConfigError: there is no such story.
    """
    if kind == "story":
        from pipelines.cli.stories import find_story

        return find_story(settings, value)
    if kind == "topic":
        from pipelines.cli.topics_tag import load_topics_for

        if value not in (names := load_topics_for(settings).names):
            click.echo(f"no topic {value!r} is in force; known: {', '.join(names)}", err=True)
    if kind == "outlet":
        from newsbeam.urls import is_web_url, outlet_of

        value = outlet_of(value) if is_web_url(value) else value.removeprefix("www.")
    return value


@alerts.command()
@click.argument("kind", type=click.Choice(["story", "topic", "outlet"]))
@click.argument("value")
@click.option("--channel", help="Only in this channel.  [default: in all]")
@click.pass_obj
def unmute(config: Path | None, kind: str, value: str, channel: str | None) -> None:
    """Take a mute back."""
    settings = load_settings(config)
    with suppress(ConfigError):  # a mute outlives its story
        value = _named(settings, kind, value) if kind != "topic" else value
    _ask(settings, {"what": "unmute", "kind": kind, "value": value, "channel": channel})


def _ask(settings: Settings, request: dict[str, Any]) -> None:
    """Carry a request out; where `watch` holds the store, leave it to `watch`."""
    from pipelines.watch_state import apply_request
    from sinks.store.mailbox import leave
    from sinks.store.store import existing, open_store

    store, now = existing(settings.path(settings.store.path)), datetime.now(UTC)
    try:
        with open_store(store, "newsbeam alerts") as db:
            click.echo(apply_request(db, request, now))
    except StoreBusyError:
        leave(store, request, now)
        click.echo("left for the process that holds the store; `watch` takes it up within seconds")


@alerts.command(short_help="Send what is due and stop, without polling.")
@click.pass_obj
def send(config: Path | None) -> None:
    """Send what is due and stop, without polling: after `newsbeam run` in cron."""
    import os
    import time

    from newsbeam.settings import SECRETS
    from sinks.channels.dispatch import Dispatcher
    from sinks.channels.registry import Registry
    from sinks.slack.renames import follow_renames
    from sinks.store import outbox
    from sinks.store.store import existing, open_store

    settings = load_settings(config)
    store = existing(settings.path(settings.store.path))
    secrets: dict[str, str] = {n: os.environ[n] for n in SECRETS if os.environ.get(n)}
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731
    with open_store(store, "newsbeam alerts send") as db:
        registry = Registry(settings, secrets)
        registry.check()
        follow_renames(db, settings.alerts, registry)
        sender = Dispatcher(db, settings.alerts, registry, clock)
        end = clock() + timedelta(seconds=60)
        while (again := sender.step()) is not None and again < end:
            time.sleep(max(0.0, (again - clock()).total_seconds()))
        left = outbox.summary(db)
    click.echo(f"{sender.counts['sent']} sent; {left.get('pending', 0)} wait; "
               f"{left.get('dead', 0)} dead letters")  # fmt: skip
    sys.exit(0 if not left.get("dead") else 3)
