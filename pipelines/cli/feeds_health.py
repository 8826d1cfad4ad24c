"""``newsbeam feeds health``: each feed compared with its own history."""

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from newsbeam.errors import StoreBusyError
from newsbeam.records import Cursor
from newsbeam.settings import Settings, load_settings
from pipelines.cli import EXIT_PARTIAL
from pipelines.cli.feeds import _all_feeds, _print_json, _print_table, as_json

if TYPE_CHECKING:
    from connectors.health import Health


@click.command()
@click.option("--all", "all_", is_flag=True, help="Also the feeds that are well.")
@as_json
@click.pass_context
def health(ctx: click.Context, all_: bool, json_: bool) -> None:
    """Show the state of each feed: broken, failing or silent compared with its own history.

    Ends with 3 when a feed is broken or silent, so that a cron job notices.
    """
    from connectors.health import ORDER, judge

    settings = load_settings(ctx.obj)
    now = datetime.now(UTC)
    known = _cursors(settings)
    found = [judge(feed, known.get(feed.url), now) for feed in _all_feeds(settings)]
    found.sort(key=lambda h: ORDER.index(h.state))
    shown = found if all_ or json_ else [h for h in found if h.state != "ok"]
    if json_:
        _print_json([_fields(h) for h in shown])
    else:
        _print_table(
            ("feed", "state", "last success", "usual gap", "silent since", "next poll", "reason"),
            [_row(h) for h in shown],
            _summary(found),
        )
    if any(h.state in {"broken", "silent"} for h in found):
        ctx.exit(EXIT_PARTIAL)


def _cursors(settings: Settings) -> dict[str, Cursor]:
    """Return what is remembered of every feed; nothing before the first run.

    While `watch` holds the store, what it has published is read.
    """
    path = settings.path(settings.store.path)
    if not path.exists():
        return {}
    from sinks.store.read import cursors
    from sinks.store.store import open_store

    try:
        with open_store(path, "newsbeam feeds health") as db:
            return cursors(db)
    except StoreBusyError:
        from sinks.publish.reader import open_publication

        with open_publication(settings.path(settings.publish.path)) as db:
            return cursors(db)


def _summary(found: "list[Health]") -> str:
    counts = Counter(h.state for h in found)
    return f"{len(found)} feeds: " + ", ".join(f"{n} {state}" for state, n in counts.items())


def _row(h: "Health") -> tuple[str, ...]:
    return (
        h.feed.title or h.feed.url,
        h.state,
        _day(h.last_success),
        _span(h.median_gap_s),
        _day(h.silent_since),
        "pushed" if h.pushed else _day(h.next_poll),
        (h.reason or "") + (f" (moved to {h.moved_to})" if h.moved_to else ""),
    )


def _fields(h: "Health") -> dict[str, Any]:
    return {
        "url": h.feed.url,
        "title": h.feed.title,
        "state": h.state,
        "reason": h.reason,
        "last_success": _iso(h.last_success),
        "median_gap_s": h.median_gap_s,
        "interval_s": h.interval_s,
        "silent_since": _iso(h.silent_since),
        "next_poll": _iso(h.next_poll),
        "polls": h.polls,
        "pushed": h.pushed,
        "moved_to": h.moved_to,
    }


def _iso(time: datetime | None) -> str | None:
    return time.isoformat().replace("+00:00", "Z") if time else None


def _day(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M}" if time else ""


def _span(seconds: int | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
