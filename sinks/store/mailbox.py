"""Requests to the process that holds the store.

While `watch` runs nobody else can write: a command leaves its request as a file, and `watch` takes
it up within seconds.  Files appear by rename and are removed after their request was committed; a
request that is carried out twice changes nothing more.
"""

import json
import os
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

from newsbeam.errors import SinkError

Request = dict[str, Any]


def mailbox(store: Path) -> Path:
    """Return the folder of requests of a store."""
    return store.with_suffix(".requests")


def leave(store: Path, request: Request, now: datetime) -> Path:
    """Leave a request.

    Raises:
        SinkError: the folder cannot be written.
    """
    folder = mailbox(store)
    name = f"{now:%Y%m%dT%H%M%S%f}-{token_hex(6)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f"{name}.part"
        part.write_text(json.dumps(request), encoding="utf-8")
        done = folder / f"{name}.json"
        os.replace(part, done)
    except OSError as error:
        raise SinkError(f"cannot leave a request in {folder}: {error.strerror}") from error
    return done


def requests(store: Path) -> list[tuple[Path, Request | None]]:
    """Return what was left, oldest first; None for a file that is no request."""
    found: list[tuple[Path, Request | None]] = []
    folder = mailbox(store)
    if not folder.is_dir():
        return found
    for path in sorted(folder.glob("*.json")):
        try:
            read = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            read = None
        found.append((path, read if isinstance(read, dict) else None))
    return found
