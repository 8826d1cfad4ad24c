"""Where the reading of an archive stopped, in the archive's row of ``feed_cursors``."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from newsbeam.records import Cursor, Verdict


def stopped_at(path: str, offset: int | None, now: datetime) -> Cursor:
    """Return the cursor of an archive that was read up to a byte; None: to its end.

    Raises:
        OSError: the file is gone.
    """
    memory = None
    if offset is not None:
        memory = json.dumps({"offset": offset, "size": Path(path).stat().st_size})
    return replace(
        Cursor(path, last_poll=now, last_success=now), verdict=Verdict.FEED_OK, history=memory
    )


def offset_of(path: str, cursor: Cursor | None) -> int:
    """Return the byte at which to begin: 0 unless the same file was read in part before."""
    try:
        memory = json.loads(cursor.history) if cursor and cursor.history else {}
        offset, size = int(memory["offset"]), int(memory["size"])
        return offset if Path(path).stat().st_size == size >= offset >= 0 else 0
    except (OSError, ValueError, TypeError, KeyError):
        return 0


def unfinished(known: Mapping[str, Cursor], places: Sequence[Path | str]) -> tuple[str, ...]:
    """Return the archives of which a part is still to be read."""
    return tuple(str(p) for p in places if offset_of(str(p), known.get(str(p))) > 0)
