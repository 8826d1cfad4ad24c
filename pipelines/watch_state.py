"""What `watch` shares with other commands: its status file, and the requests it takes up."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from newsbeam.errors import NewsbeamError
from newsbeam.settings import Settings
from sinks.store import outbox
from sinks.store.housekeeping import backup_open
from sinks.store.mailbox import requests
from sinks.store.story_edits import merge_stories, split_story
from sinks.store.topics import Label, add_label


def status_path(settings: Settings) -> Path:
    """Return the file in which `watch` says how it is doing."""
    return settings.path(settings.store.path).with_suffix(".status.json")


def write_status(status: dict[str, Any], settings: Settings) -> None:
    """Write the status, by rename; a full disk is no reason to stop."""
    path = status_path(settings)
    part = path.with_suffix(".part")
    try:
        part.write_text(json.dumps(status, ensure_ascii=False), encoding="utf-8")
        os.replace(part, path)
    except OSError:
        return  # the next cycle reports the disk


def read_status(settings: Settings) -> dict[str, Any] | None:
    """Return the last status that a `watch` wrote; None: there is none."""
    try:
        found = json.loads(status_path(settings).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def apply_request(
    db: duckdb.DuckDBPyConnection, request: dict[str, Any] | None, now: datetime
) -> str:
    """Carry out what another command left; return what was done, in words.

    Raises:
        KeyError, TypeError, ValueError: the request is not one.
    """
    if request is None:
        raise ValueError("not a JSON object")
    what = request["what"]
    if what == "label":
        label = Label(
            request["article"], request["topic"], bool(request["about"]), request["who"], now,
            source=request.get("source", "slack"), note=request.get("note"),
        )  # fmt: skip
        add_label(db, label)
        return f"labelled {label.article_id} on {label.topic}: {label.about}"
    if what == "mute":
        until = request.get("until")
        outbox.mute(
            db,
            kind=request["kind"],
            value=request["value"],
            channel=_channel(db, request),
            until=datetime.fromisoformat(until) if until else None,
            who=request["who"],
            now=now,
        )
        return f"muted {request['kind']} {request['value']}"
    if what == "unmute":
        count = outbox.unmute(db, request["kind"], request["value"], request.get("channel"))
        return f"took back {count} {'mute' if count == 1 else 'mutes'}"
    if what == "retry":
        count = outbox.retry(db, list(request["ids"]), now)
        return f"{count} dead {'letter is' if count == 1 else 'letters are'} sent again"
    if what == "merge":
        keep, others, why, who = (request[k] for k in ("keep", "others", "reason", "by"))
        moved = merge_stories(db, keep, *others, reason=why, by=who, at=now)
        return f"merged {moved} articles into story {keep}"
    if what == "split":
        story, articles, why, who = (request[k] for k in ("story", "articles", "reason", "by"))
        made, moved = split_story(db, story, articles, reason=why, by=who, at=now)
        return f"split {moved} articles off story {story} as {made}"
    if what == "backup":
        size = backup_open(db, Path(request["target"]))
        return f"backed up {size} bytes to {request['target']}"
    raise ValueError(f"unknown request {what!r}")


def take_requests(db: duckdb.DuckDBPyConnection, store: Path, now: datetime) -> list[str]:
    """Carry out what other commands left while the store was held; say what was done."""
    said = []
    for path, request in requests(store):
        try:
            said.append(apply_request(db, request, now))
        except (KeyError, TypeError, ValueError, duckdb.Error, NewsbeamError) as error:
            said.append(f"a request cannot be carried out: {type(error).__name__}: {error}")
        path.unlink(missing_ok=True)
    return said


def _channel(db: duckdb.DuckDBPyConnection, request: dict[str, Any]) -> str | None:
    """Return the channel as the rules name it; a press in Slack knows only its id."""
    named: str | None = request.get("channel")
    if named or not request.get("place"):
        return named
    row = db.execute(
        "SELECT channel FROM alert_channels WHERE place = ? ORDER BY channel", [request["place"]]
    ).fetchone()
    return str(row[0]) if row else None


def next_poll(db: duckdb.DuckDBPyConnection, now: datetime) -> datetime | None:
    """Return when the next feed is due; None: at once, or there is none.

    A feed that was polled in the future is due at once: the clock has been put right since.
    """
    row = db.execute(
        "SELECT min(CASE WHEN c.last_poll > $1 THEN TIMESTAMP '1970-01-01' "
        "ELSE coalesce(c.next_poll, TIMESTAMP '1970-01-01') END) "
        "FROM feeds f LEFT JOIN feed_cursors c USING (url) WHERE f.active",
        [now.replace(tzinfo=None)],
    ).fetchone()
    at: datetime | None = row[0] if row else None
    return at.replace(tzinfo=UTC) if at else None
