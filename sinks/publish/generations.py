"""Generations: which catalogs somebody still has open, and which files can go.

Each publication is a small DuckDB file, the catalog, kept as ``data/catalog-N.duckdb`` and
hard-linked to ``news.duckdb``.  Who opened ``news.duckdb`` holds DuckDB's lock on that generation
as long as it stays open; so an exclusive lock that is refused tells us to keep its data.
"""

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sinks.publish.state import State, sync_folder

YOUNG_S = 60.0
"""A generation is kept this long whatever its locks say: a reader may be just opening it."""

_mine: dict[tuple[int, int], int] = {}
"""Generations that this process reads, by device and inode.  A process does not see its own locks,
and would lose them by closing the file."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Mark a file as read by this process."""
    info = path.stat()
    key = (info.st_dev, info.st_ino)
    _mine[key] = _mine.get(key, 0) + 1
    try:
        yield
    finally:
        _mine[key] -= 1
        if not _mine[key]:
            del _mine[key]


def catalog(folder: Path, number: int) -> Path:
    """Return the path of a generation's catalog."""
    return folder / f"catalog-{number:08d}.duckdb"


def catalogs(folder: Path) -> dict[int, Path]:
    """Return the generations of a data folder, by number."""
    found = {}
    for path in folder.glob("catalog-*.duckdb"):
        if match := re.fullmatch(r"catalog-(\d+)", path.stem):
            found[int(match[1])] = path
    return dict(sorted(found.items()))


def show(fresh: Path, target: Path) -> None:
    """Make a generation the one that readers open, in one step that nobody can see half done."""
    link = target.with_name(f".{target.name}.new")
    link.unlink(missing_ok=True)
    try:
        os.link(fresh, link)
    except OSError:  # a file system without hard links
        shutil.copy2(fresh, link)
    link.replace(target)
    # left by a client that opened an older generation for writing, and was killed
    target.with_name(f"{target.name}.wal").unlink(missing_ok=True)
    sync_folder(target.parent)


def is_read(path: Path) -> bool:
    """Say whether some process has the file open with DuckDB."""
    info = path.stat()
    if (info.st_dev, info.st_ino) in _mine | _own_files():
        return True
    try:
        path.chmod(0o644)  # an exclusive lock needs a handle that could write
        with path.open("rb+") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # refused, or this file system knows no locks: keep
        return True
    finally:
        path.chmod(0o444)
    return False


def _own_files() -> dict[tuple[int, int], int]:
    """Return device and inode of what this process has open, where the system tells."""
    found: dict[tuple[int, int], int] = {}
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        return found
    for handle in folder.iterdir():
        try:
            info = handle.stat()
        except OSError:  # a socket, or closed meanwhile
            continue
        found[(info.st_dev, info.st_ino)] = 1
    return found


def clean(folder: Path, state: State, keep_s: float, now: float) -> int:
    """Remove catalogs that nobody reads, and data files that no catalog needs; return how many.

    Args:
        folder: the data folder.
        state: of the last publication; forgets the files that went.
        keep_s: replaced data files are kept at least this long, seconds.
        now: seconds since 1970.
    """
    removed = 0
    needed: set[str] = set()
    for number, path in catalogs(folder).items():
        if number >= state.number:
            continue
        if now - path.stat().st_mtime < YOUNG_S or is_read(path):
            needed |= _needs(path)
        else:
            path.with_suffix(".json").unlink(missing_ok=True)
            path.unlink()
            removed += 1
    for name, since in list(state.replaced.items()):
        if name not in needed and now - since >= keep_s:
            (folder / name).unlink(missing_ok=True)
            del state.replaced[name]
            removed += 1
    return removed


def _needs(path: Path) -> set[str]:
    """Return the data files that a generation's catalog refers to."""
    try:
        return set(json.loads(path.with_suffix(".json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        return set()
