"""``newsbeam status``: what the store holds and how it is doing, also while `watch` runs."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from newsbeam.errors import ConfigError
from newsbeam.settings import Settings, load_settings

OLD = timedelta(minutes=2)
"""A running `watch` writes its status every few seconds, but not during a cycle."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(config: Path | None, as_json: bool) -> None:
    """Say what the store holds and how it is doing.

    It reads what was published and what `watch` has left behind, so it never waits and never
    disturbs.  Exit code 3: something needs attention (dead letters, failing feeds, no cycles).
    """
    settings = load_settings(config)
    found = gather(settings, datetime.now(UTC))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, default=str, indent=1))
    else:
        _print(found)
    sys.exit(3 if found["attention"] else 0)


def gather(settings: Settings, now: datetime) -> dict[str, Any]:
    """Return everything that status shows; ``attention`` lists what somebody should look at."""
    from pipelines.watch_state import read_status
    from sinks.store.store import holder

    store = settings.path(settings.store.path)
    held = holder(store.with_suffix(".lock")) if store.exists() else "nobody"
    watch = read_status(settings)
    running = bool(watch and watch["running"] and f"process {watch['pid']} " in held)
    attention: list[str] = []
    if not store.exists():
        attention.append(f"there is no store yet at {store}; `newsbeam run` makes one")
    if watch and watch["running"] and not running:
        attention.append("watch has ended without saying so; start it again")
    if running and watch and watch["error"]:
        attention.append(f"watch: {watch['error']}")
    if running and watch and now - datetime.fromisoformat(watch["updated"]) > OLD:
        attention.append(f"watch has been busy since {watch['updated']}")
    if running and watch:
        attention += [
            f"nothing can be sent to {channel}: its token or its settings are missing"
            for channel in watch.get("no_way", [])
        ]
    published = _published(settings)
    letters = watch["dead_letters"] if running and watch else published.get("dead_letters", [])
    attention += [
        f"dead letter {d['alert_id']} for {d['channel']}: {d['error']} (`newsbeam alerts retry`)"
        for d in letters[:5]
    ]
    attention += [
        f"{c['channel']} is not reached: {c['error']}" for c in published.get("channels", [])
    ]
    failing = published.get("failing_feeds", [])
    attention += [f"feed fails: {f['url']}: {f['reason'] or f['verdict']}" for f in failing[:5]]
    if len(failing) > 5:
        attention.append(f"… and {len(failing) - 5} more feeds (`newsbeam feeds health`)")
    return {
        "store": str(store),
        "bytes": store.stat().st_size if store.exists() else 0,
        "held_by": held,
        "watch": watch if running else None,
        **published,
        "attention": attention,
    }


def _published(settings: Settings) -> dict[str, Any]:
    """Return counts from the publication; empty where there is none."""
    from sinks.publish.reader import open_publication
    from sinks.store.alert_facts import rows

    try:
        with open_publication(settings.path(settings.publish.path)) as db:
            counts = {
                name: db.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]  # noqa: S608
                for name, table in _COUNTED.items()
            }
            last = rows(db, "SELECT kind, started, finished, feeds, feeds_failed, articles "
                            "FROM runs ORDER BY started DESC LIMIT 1")  # fmt: skip
            return {
                "counts": counts,
                "last_run": last[0] if last else None,
                "outbox": dict(
                    db.execute(
                        "SELECT status, count(*) FROM alert_outbox GROUP BY 1 ORDER BY 1"
                    ).fetchall()
                ),
                "dead_letters": rows(
                    db,
                    "SELECT alert_id, channel, error, decided FROM alert_outbox "
                    "WHERE status = 'dead' ORDER BY decided",
                ),
                "channels": rows(
                    db, "SELECT channel, error, failures FROM alert_channels WHERE failures > 2"
                ),
                "failing_feeds": rows(
                    db,
                    "SELECT c.url, c.verdict, c.reason, c.failures, c.last_success "
                    "FROM feed_cursors c JOIN feeds f USING (url) "
                    "WHERE f.active AND c.failures >= 1 ORDER BY c.failures DESC, c.url",
                ),
            }
    except ConfigError:  # nothing is published yet
        return {}


_COUNTED = {
    "feeds": "feeds", "entries": "entries", "articles": "article_rows", "mentions": "mention_rows",
    "stories": "story_rows", "runs": "runs",
}  # fmt: skip


def _one(name: str) -> str:
    return (
        "story" if name == "stories" else "entry" if name == "entries" else name.removesuffix("s")
    )


def _print(found: dict[str, Any]) -> None:
    watch = found["watch"]
    if watch:
        click.echo(
            f"watch runs (process {watch['pid']}) since {watch['started']}: {watch['cycles']} "
            f"cycles, the last ended {watch['last_cycle'] or 'not yet'}, {watch['feeds']} feeds"
        )
    elif found["held_by"] == "nobody":
        click.echo("watch does not run; nobody holds the store")
    else:
        click.echo(f"the store is held by {found['held_by']}")
    if "counts" in found:
        counts = found["counts"]
        click.echo(
            " · ".join(f"{n:,} {_one(name) if n == 1 else name}" for name, n in counts.items())
        )
    if found["bytes"]:
        click.echo(f"store {found['store']}: {found['bytes'] / 1e6:,.1f} MB")
    if run := found.get("last_run"):
        what = "archives" if run["kind"] == "backfill" else "feeds"
        click.echo(
            f"last {run['kind']} {run['started']:%Y-%m-%d %H:%M:%S} UTC: {run['feeds']} {what}, "
            f"{run['feeds_failed']} failed, {run['articles']} new articles"
        )
    outbox = (watch or found).get("outbox") or {}
    if outbox:
        click.echo("alerts: " + ", ".join(f"{n} {word}" for word, n in outbox.items()))
    for line in found["attention"]:
        click.secho(f"! {line}", fg="yellow")
    if not found["attention"]:
        click.secho("nothing needs attention", fg="green")
