"""Write a file as a whole: it appears complete, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from newsbeam.errors import SinkError


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give a path beside ``target`` to write to, and move it into place at the end.

    Folders above it are made.  What was begun is removed where it fails.

    Raises:
        SinkError: it cannot be written; DuckDB's errors of the disk count, too.
    """
    if target.is_dir() or not target.name:
        raise SinkError(f"cannot write {target}: it is a folder; name a file")
    fresh = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        yield fresh
        fresh.replace(target)
    except (duckdb.IOException, OSError) as error:
        raise SinkError(f"cannot write {target}: {' '.join(str(error).split())[:300]}") from error
    finally:
        with suppress(OSError):  # the folder may be the trouble
            fresh.unlink(missing_ok=True)


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give ``target`` itself, a folder to write files into; folders above it are made.

    Raises:
        SinkError: it cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield target
    except (duckdb.IOException, OSError) as error:
        raise SinkError(f"cannot write {target}: {' '.join(str(error).split())[:300]}") from error
