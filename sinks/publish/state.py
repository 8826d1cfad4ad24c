"""What the publisher remembers: its segments, and which rows in them no longer count.

``data/state.json`` is replaced by rename, so a crash leaves the last good one.  Everything else in
the folder can be made again from it (the catalog) or from the store (all of it).
"""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FORMAT = 3
"""Raise it when segments or catalog of an older newsbeam can no longer be read: all is rebuilt."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One immutable Parquet file of one table."""

    file: str
    """Name in the data folder."""
    rows: int
    bytes: int


@dataclass(slots=True)
class State:
    """The publisher's memory between two publications."""

    number: int = 0
    """Of the last publication, counted from 1."""
    seen: int = 0
    """Highest ``run_order.number`` that is published."""
    latest: str = ""
    """Start of the latest run that is published, as DuckDB writes it."""
    published: str = ""
    """When, ISO 8601 in UTC."""
    lineage: int = 0
    """Rows of ``story_lineage`` that are published."""
    small: dict[str, int] = field(default_factory=dict)
    """Rows of the tables that are copied whole: another number means something changed."""
    documents: int = 0
    """Document numbers given out so far (the index for search)."""
    files: int = 0
    """Segment files named so far: names are never used again."""
    segments: dict[str, list[Segment]] = field(default_factory=dict)
    columns: dict[str, list[list[str]]] = field(default_factory=dict)
    """Name and type of each column, by table."""
    dead: dict[str, int] = field(default_factory=dict)
    """Superseded keys, by table; they lie in ``dead-N.parquet``."""
    dead_checked: dict[str, int] = field(default_factory=dict)
    """How many there were when it was last checked which still supersede something."""
    dead_file: str | None = None
    replaced: dict[str, float] = field(default_factory=dict)
    """Files that no longer count, with the time (seconds since 1970) when that was noticed."""


def load(folder: Path) -> State:
    """Return the state of a data folder; a new one where there is none, or an unreadable one."""
    try:
        raw: dict[str, Any] = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return State()
    if raw.pop("format", None) != FORMAT:
        return State()
    raw["segments"] = {
        table: [Segment(**segment) for segment in segments]
        for table, segments in raw["segments"].items()
    }
    return State(**raw)


def save(folder: Path, state: State) -> None:
    """Replace the state of a data folder, durably."""
    text = json.dumps({"format": FORMAT, **asdict(state)})
    target = folder / "state.json"
    fresh = target.with_suffix(".tmp")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(target)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
