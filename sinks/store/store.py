"""Open the store: one writer process at a time, the schema brought up to date.

DuckDB locks its file against other processes while one writes.  A second lock of our own, beside
it, says *who* holds the store, which DuckDB's message does not.
"""

import contextlib
import fcntl
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from newsbeam.errors import ConfigError, SinkError, StoreBusyError
from sinks.store.schema import migrate

WAL_LIMIT = "256MB"
"""Nine times faster ingest of article text than DuckDB's default of 16 MB (measured, 2026-11)."""


@contextmanager
def open_store(path: Path, command: str = "newsbeam") -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the store for writing; make it where there is none.

    Args:
        path: the DuckDB file.
        command: what we are, for the message to a second process.

    Raises:
        StoreBusyError: another process holds the store; the message says which.
        SinkError: the file cannot be written, or is not a DuckDB file.
    """
    with hold_store(path, command) as held:
        yield held.db


def existing(path: Path) -> Path:
    """Return the path of a store that must be there already: only a run makes one.

    Raises:
        ConfigError: there is none.
    """
    if not path.exists():
        raise ConfigError("store.path", f"there is no store at {path}; `newsbeam run` makes one")
    return path


class HeldStore:
    """An open store whose connection can be renewed while nobody else can have it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.db = connect(path)

    def renew(self) -> duckdb.DuckDBPyConnection:
        """Close the connection and open another; temporary tables are gone.

        DuckDB 2.0 keeps some 350 bytes of every statement that writes, and frees them when the
        database is closed: a process that runs for months must do so now and then.
        """
        self.db.close()
        self.db = connect(self._path)
        return self.db


@contextmanager
def hold_store(path: Path, command: str = "newsbeam") -> Iterator[HeldStore]:
    """Open the store like :func:`open_store`, for long."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _held(path.with_suffix(".lock"), command):
            held = HeldStore(path)
            try:
                migrate(held.db)
                yield held
            finally:
                held.db.close()
    except (duckdb.Error, OSError) as error:
        if not of_disk(error):
            raise
        raise explained(error, path) from error


def connect(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Connect with newsbeam's settings: no downloads of extensions, a large write-ahead log."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    db = duckdb.connect(str(path), read_only=read_only, config=config)
    db.execute(f"SET wal_autocheckpoint = '{WAL_LIMIT}'")
    db.execute("SET TimeZone = 'UTC'")
    db.execute("SET preserve_insertion_order = true")
    return db


def let_go(db: duckdb.DuckDBPyConnection) -> None:
    """Give back what the database keeps in memory between two transactions; some milliseconds.

    It keeps the blocks of the file that it has used, up to most of the machine's memory, and its
    allocator keeps what was freed.  A limit that is set makes it drop the former and flush the
    latter; there is no other way to ask for that (DuckDB 2.0; measured in docs/benchmarks.md).

    Source: https://github.com/duckdb/duckdb/blob/main/src/storage/buffer/buffer_pool.cpp (SetLimit)
    """
    with db.cursor() as aside:  # an error would break off a transaction that is open
        with contextlib.suppress(duckdb.OutOfMemoryException):  # said where not all can be dropped
            aside.execute("SET memory_limit = '1MB'")
        aside.execute("RESET memory_limit")


@contextmanager
def sparing(db: duckdb.DuckDBPyConnection, megabytes: int) -> Iterator[None]:
    """Let the database take so much more than it has now, and then go on in files.

    What cannot go on in files ends with ``duckdb.OutOfMemoryException``.
    """
    let_go(db)
    with db.cursor() as aside:
        held = aside.execute("SELECT sum(memory_usage_bytes) FROM duckdb_memory()").fetchall()
        limit = int(held[0][0] or 0) // 1_000_000 + megabytes
        with contextlib.suppress(duckdb.OutOfMemoryException):
            aside.execute(f"SET memory_limit = '{limit}MB'")
        try:
            yield
        finally:
            aside.execute("RESET memory_limit")


def of_disk(error: BaseException) -> bool:
    """Whether an error is of the disk, the memory or the file, not of what we asked."""
    if isinstance(error, duckdb.TransactionException):  # DuckDB wraps a failed write so
        return "No space left" in str(error) or "Could not write" in str(error)
    if isinstance(error, duckdb.Error) and "Corrupt database" in str(error):
        return True  # a block that does not fit its checksum has no kind of its own
    kinds = (duckdb.IOException, duckdb.FatalException, duckdb.OutOfMemoryException, OSError)
    return isinstance(error, kinds)


def explained(error: Exception, path: Path) -> Exception:
    """Turn an error of the disk or the database into one that says what to do."""
    if isinstance(error, StoreBusyError | SinkError):
        return error
    text = " ".join(str(error).split())
    if "Conflicting lock" in text or "Could not set lock" in text:
        found = re.search(r"PID (\d+)", text)
        who = f"process {found[1]}" if found else "another process"
        return StoreBusyError(f"{path} is held by {who}; try again later")
    if "No space left" in text or getattr(error, "errno", None) == 28:
        return SinkError(f"the disk is full: {path}; nothing was written; free space and run again")
    if "Permission denied" in text or "Read-only file system" in text or "read-only" in text:
        return SinkError(f"cannot write to {path}: {text[:200]}; check owner, mode and mount")
    return SinkError(
        f"the store {path} cannot be used: {text[:300]}; if the file is damaged, "
        "`newsbeam store restore FILE` puts a backup in its place"
    )


@contextmanager
def store_lock(path: Path, command: str) -> Iterator[None]:
    """Hold the lock of a store without opening it.

    Raises:
        StoreBusyError: another process holds it.
    """
    with _held(path.with_suffix(".lock"), command):
        yield


@contextmanager
def _held(lock: Path, command: str) -> Iterator[None]:
    with lock.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreBusyError(f"the store is held by {holder(lock)}; try again later") from None
        file.seek(0)
        file.truncate()
        json.dump(
            {
                "pid": os.getpid(),
                "command": command,
                "argv": Path(sys.argv[0]).name,
                "since": datetime.now(UTC).isoformat(timespec="seconds"),
            },
            file,
        )
        file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.truncate()


def holder(lock: Path) -> str:
    """Say in words who holds a lock file; "nobody" where none does."""
    try:
        text = lock.read_text(encoding="utf-8")
        if not text.strip():  # let go of in good order
            return "nobody"
        held = json.loads(text)
        os.kill(held["pid"], 0)
    except (FileNotFoundError, ProcessLookupError):  # never taken, or its holder was killed
        return "nobody"
    except (OSError, ValueError):
        return "another process"
    return f"process {held['pid']} ({held['command']}, since {held['since']})"
