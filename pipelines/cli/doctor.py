"""``newsbeam doctor``: is this set-up fit to run?  Each check says what to do where it is not."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from newsbeam.errors import ConfigError, NewsbeamError
from newsbeam.settings import Settings, load_settings
from pipelines.cli import EXIT_FAILED, EXIT_OK

LEAST_FREE_GB = 1.0
"""Below this a long run may fill the disk: an article costs some 10 kB."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    found: str


@click.command()
@click.option("--offline", is_flag=True, help="Do not ask the feeds.")
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON lines.")
@click.pass_obj
def doctor(config: Path | None, offline: bool, as_json: bool) -> None:
    """Check the set-up: settings, model, topics, store, disk, alert rules, feeds."""
    settings = load_settings(config)
    bad = 0
    for check in checks(settings, config, offline=offline):
        bad += not check.ok
        if as_json:
            click.echo(json.dumps(asdict(check)))
        else:
            mark = click.style("ok  ", fg="green") if check.ok else click.style("BAD ", fg="red")
            click.echo(f"{mark} {check.name}: {check.found}")
    sys.exit(EXIT_FAILED if bad else EXIT_OK)


def checks(settings: Settings, config: Path | None, *, offline: bool) -> Iterator[Check]:
    """Run the checks, the quick ones first."""
    source = str(config) if config else "none; the defaults are used (`newsbeam init` writes one)"
    yield Check("settings", True, source)
    yield _checked("disk", _disk, settings)
    yield _checked("store", _store, settings)
    yield _checked("model", _model, settings)
    yield _checked("topics", _topics, settings)
    if settings.alerts.rules:
        yield _checked("alerts", _alerts, settings)
    if not offline:
        yield from _feeds(settings)


def _checked(name: str, look: Callable[[Settings], str], settings: Settings) -> Check:
    try:
        return Check(name, True, look(settings))
    except NewsbeamError as error:
        return Check(name, False, str(error))


def _disk(settings: Settings) -> str:
    folder = settings.path(settings.store.path).absolute().parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 1e9
    if free < LEAST_FREE_GB:
        raise NewsbeamError(f"{free:.1f} GB free at {folder}: free some, or move store.path")
    return f"{free:.0f} GB free at {folder}"


def _store(settings: Settings) -> str:
    from sinks.store.store import open_store

    path = settings.path(settings.store.path)
    if not path.exists():
        return f"{path}: not there yet, the first run makes it"
    with open_store(path, "newsbeam doctor") as db:
        row = db.execute("SELECT count(*) FROM article_rows").fetchone()
    return f"{path}: opens, {row[0] if row else 0} articles, nobody else holds it"


def _model(settings: Settings) -> str:
    from newsbeam.encoder import load_encoder

    encoder = load_encoder(settings.model)
    return f"{encoder.identity}, {encoder.encode(['ready']).shape[1]} dimensions"


def _topics(settings: Settings) -> str:
    from newsbeam.encoder import LazyEncoder
    from pipelines.cli.topics_tag import load_topics_for  # without Beam, and what Beam logs

    topics = load_topics_for(settings)
    topics.prepare(LazyEncoder(settings.model))
    return ", ".join(topics.names) or "none"


def _alerts(settings: Settings) -> str:
    from newsbeam.alerts.filters import topics_without
    from pipelines.cli.topics_tag import load_topics_for
    from sinks.channels.registry import Registry

    rules = settings.alerts.rules
    names = load_topics_for(settings).names
    for rule, wrong in topics_without(rules, names).items():
        raise ConfigError(
            f"alerts.rules: {rule!r}",
            f"no topic is called {' or '.join(map(repr, wrong))}; known: {', '.join(names)}",
        )
    registry = Registry(settings, os.environ)
    registry.check()
    shut = sorted({rule.channel for rule in rules if registry(rule.channel) is None})
    said = f"{len(rules)} rule{'s' * (len(rules) != 1)}"
    # no fault: a service may have its secrets from a file that this shell does not read
    return said + (f"; the environment has no token for {', '.join(shut)}" if shut else "")


def _feeds(settings: Settings) -> Iterator[Check]:
    from connectors.poll import poll_each
    from newsbeam.records import Cursor
    from pipelines.run import clock, configured_feeds

    try:
        feeds = configured_feeds(settings)
    except NewsbeamError as error:
        yield Check("feeds", False, str(error))
        return
    good, unknown = 0, 0
    for poll in poll_each([(f, Cursor(f.url)) for f in feeds], settings.fetch, clock()):
        if poll.ok:
            good += 1
        else:
            unknown += poll.reason == "no such host"
            yield Check(f"feed {poll.feed.url}", False, f"{poll.verdict}: {poll.reason}")
    cure = "; not one name was found: is this machine online?" if unknown == len(feeds) else ""
    yield Check("feeds", good > 0, f"{good} of {len(feeds)} answer{cure}")
