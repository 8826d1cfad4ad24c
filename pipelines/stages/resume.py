"""Where the reading of an archive stopped, in the archive's row of ``feed_cursors``."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from connectors.folders import files_of
from newsbeam.records import START, Cursor, Position, Verdict


def stopped_at(path: str, position: Position | None, now: datetime) -> Cursor:
    """Return the cursor of an archive that was read up to a position; None: to its end.

    Raises:
        OSError: the file is gone.
    """
    memory = None
    if position is not None:
        memory = json.dumps({**asdict(position), "state": _state(Path(path))})
    return replace(
        Cursor(path, last_poll=now, last_success=now), verdict=Verdict.FEED_OK, history=memory
    )


def position_of(path: str, cursor: Cursor | None) -> Position:
    """Return where to begin: at the start unless the same archive was read in part before."""
    try:
        memory = json.loads(cursor.history) if cursor and cursor.history else {}
        state, position = memory.pop("state"), Position(**memory)
        return position if _state(Path(path)) == state else START
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return START


def still_to_read(
    archives: Sequence[str], known: Mapping[str, Cursor], reached: set[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the archives that were read in part, and those that were not reached.

    Args:
        archives: that were to be read.
        known: what is remembered of each.
        reached: those of which something was read.
    """
    part = (p for p in archives if position_of(p, known.get(p)) != START)
    return tuple(p for p in part if p in reached), tuple(p for p in archives if p not in reached)


def _state(path: Path) -> int | str:
    """Return what tells an archive from another under the same name: sizes, of a folder's files."""
    if not path.is_dir():
        return path.stat().st_size
    sizes = "".join(f"{file.relative_to(path)}\0{file.stat().st_size}\0" for file in files_of(path))
    return hashlib.sha1(sizes.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()
