"""Housekeeping of the store: what it holds, backup and restore, compaction, retention.

A backup is a copy of the file taken while we hold the store and after a checkpoint, so there is no
write-ahead log to forget.  While ``newsbeam watch`` runs it is taken between two of its cycles.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from newsbeam.errors import ConfigError, SinkError, StoreBusyError
from newsbeam.settings import RetentionSettings
from sinks.store.mailbox import leave
from sinks.store.schema import migrations
from sinks.store.store import connect, existing, explained, open_store, store_lock
from sinks.store.transaction import transaction

RETRY_S = 0.25
"""How often the store is tried again while another process holds it, seconds."""


@contextmanager
def waiting_store(
    path: Path, command: str, wait_s: float, pause: Callable[[float], None] = time.sleep
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the store, waiting for another process to let go of it.

    Raises:
        StoreBusyError: it did not within ``wait_s`` seconds.
        ConfigError: there is no store.
        SinkError: it cannot be used.
    """
    existing(path)
    waited = 0.0
    while True:
        manager = open_store(path, command)
        try:
            db = manager.__enter__()
            break
        except StoreBusyError:
            if waited >= wait_s:
                raise
            pause(RETRY_S)
            waited += RETRY_S
    try:
        yield db
    except BaseException as error:
        if not manager.__exit__(type(error), error, error.__traceback__):
            raise
    else:
        manager.__exit__(None, None, None)


def backup(
    path: Path, target: Path, *, wait_s: float = 60.0, pause: Callable[[float], None] = time.sleep
) -> int:
    """Copy the store to a file; return its size in bytes.

    Args:
        path: the store.
        target: the backup; it appears in one step, complete and checked.
        wait_s: how long to wait for a process that holds the store, seconds.  `watch` is asked
            to make the backup itself.
        pause: waits; for tests.

    Raises:
        StoreBusyError: the store stayed held.
        SinkError: the backup cannot be written, or does not read back.
    """
    target = target.absolute()
    try:
        with waiting_store(path, "store backup", 0.0) as db:
            return backup_open(db, target)
    except StoreBusyError:
        if not wait_s:
            raise
    before = _mark(target)
    now = datetime.now(UTC)
    request = leave(path, {"what": "backup", "target": str(target)}, now)
    waited = 0.0
    try:
        while waited < wait_s:
            pause(RETRY_S)
            waited += RETRY_S
            if not request.exists() and _mark(target) != before:
                return target.stat().st_size  # who holds the store has made it
            try:
                with waiting_store(path, "store backup", 0.0) as db:
                    return backup_open(db, target)
            except StoreBusyError as error:
                held = error
        raise held
    finally:
        request.unlink(missing_ok=True)


def backup_open(db: duckdb.DuckDBPyConnection, target: Path) -> int:
    """Copy the store that we hold open, no transaction open; return the size in bytes.

    Raises:
        SinkError: the backup cannot be written, or does not read back.
    """
    path = db.execute(
        "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchall()[0][0]
    fresh = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        db.execute("CHECKPOINT")
        # another process copies: were we to close the file ourselves, we would lose DuckDB's lock
        subprocess.run(["cp", "--", path, str(fresh)], check=True, capture_output=True)  # noqa: S603, S607
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        check(fresh)
        fresh.replace(target)
    except (OSError, subprocess.CalledProcessError) as error:
        fresh.unlink(missing_ok=True)
        said = getattr(error, "stderr", b"") or b""
        raise SinkError(f"cannot write {target}: {said.decode() or error}") from error
    return target.stat().st_size


def _mark(path: Path) -> tuple[int, int] | None:
    try:
        info = path.stat()
    except FileNotFoundError:
        return None
    return info.st_ino, info.st_mtime_ns


def check(path: Path) -> tuple[int, datetime | None]:
    """Return runs and time of the last run in a backup.

    Raises:
        ConfigError: there is no such file.
        SinkError: it is no store of newsbeam, or of a newer one.
    """
    if not path.exists():
        raise ConfigError(str(path), "there is no such file")
    try:
        with connect(path, read_only=True) as db:
            versions = {r[0] for r in db.execute("SELECT version FROM schema_versions").fetchall()}
            found = db.execute("SELECT count(*), max(started) FROM runs").fetchall()[0]
    except duckdb.Error as error:
        text = " ".join(str(error).split())[:200]
        raise SinkError(f"{path} is no store of newsbeam: {text}") from error
    if unknown := versions - {m.version for m in migrations()}:
        raise SinkError(f"{path} has schema version {max(unknown)}, of a newer newsbeam: upgrade")
    return int(found[0]), found[1]


def restore(source: Path, path: Path) -> Path | None:
    """Put a backup in the place of the store; return where the present store was moved to.

    Raises:
        StoreBusyError: a process holds the store.
        SinkError: the backup is not usable, or the disk refuses; the store is as before.
    """
    check(source)
    kept = None
    fresh = path.with_name(f".{path.name}.restored")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, fresh)
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        with store_lock(path, "store restore"):
            if path.exists():
                kept = _set_aside(path)
            fresh.replace(path)
    except OSError as error:
        raise SinkError(f"cannot restore {path}: {error}") from error
    finally:
        with suppress(OSError):  # the folder may be the trouble
            fresh.unlink(missing_ok=True)
    return kept


def _set_aside(path: Path) -> Path:
    """Move a store out of the way, whatever state it is in; return where it is.

    Raises:
        StoreBusyError: a process holds it.
    """
    log = path.with_name(f"{path.name}.wal")
    try:
        with closing(connect(path)) as db:
            db.execute("CHECKPOINT")
    except duckdb.Error as error:
        if isinstance(said := explained(error, path), StoreBusyError):
            raise said from error
        # it is damaged, which is why a backup is wanted: its log goes with it
    kept = _unused(path.with_name(f"{path.stem}-before-restore{path.suffix}"))
    path.replace(kept)
    if log.exists():
        log.replace(kept.with_name(f"{kept.name}.wal"))
    return kept


def _unused(path: Path) -> Path:
    """Return a path that does not exist: this one, or with a number."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free


def compact(path: Path, *, wait_s: float = 60.0) -> tuple[int, int]:
    """Write the store anew without the space of what was deleted; return bytes before and after.

    Raises:
        StoreBusyError: the store stayed held.
        SinkError: there is no room for the copy; the store is as before.
    """
    fresh = path.with_name(f".{path.name}.compacted")
    fresh.unlink(missing_ok=True)
    with waiting_store(path, "store compact", wait_s) as db:
        db.execute("CHECKPOINT")
        before = path.stat().st_size
        try:
            quoted = str(fresh).replace("'", "''")
            db.execute(f"ATTACH '{quoted}' AS compacted")
            name = db.execute("SELECT current_database()").fetchall()[0][0]
            db.execute(f'COPY FROM DATABASE "{name}" TO compacted')
            db.execute("DETACH compacted")
        except duckdb.Error as error:
            fresh.unlink(missing_ok=True)
            raise SinkError(f"cannot compact: {' '.join(str(error).split())[:200]}") from error
        db.execute("CHECKPOINT")
        after = fresh.stat().st_size
        fresh.replace(path)  # we hold our lock; who opens next finds the new file
    return before, after


@dataclass(frozen=True)
class Pruned:
    """What retention emptied or removed."""

    texts: int
    summaries: int
    rows: int
    tables: tuple[str, ...]
    """Tables that changed: to be published anew."""


def prune(
    db: duckdb.DuckDBPyConnection, retention: RetentionSettings, now: datetime, *, dry: bool = False
) -> Pruned:
    """Forget what is older than the settings say, in one transaction.

    Args:
        db: the store.
        retention: days; 0 keeps.
        now: aware UTC.
        dry: only count.
    """
    plain = now.replace(tzinfo=None)
    changed: list[str] = []
    counts = {"texts": 0, "summaries": 0, "rows": 0}
    with transaction(db):
        for days, table, what, action in _ACTIONS:
            keep = getattr(retention, days)
            if not keep:
                continue
            time_column, where, sql = action
            cutoff = f"{time_column} < TIMESTAMP '{plain - timedelta(days=keep)}' AND {where}"
            found = db.execute(f"SELECT count(*) FROM {table} WHERE {cutoff}").fetchall()[0][0]  # noqa: S608
            if not found:
                continue
            counts[what] += found
            changed.append(table)
            if not dry:
                db.execute(f"{sql} WHERE {cutoff}")
    return Pruned(counts["texts"], counts["summaries"], counts["rows"], tuple(changed))


_ACTIONS = (
    ("text_days", "article_texts", "texts",
     ("at_time", "text IS NOT NULL", "UPDATE article_texts SET text = NULL, zones = NULL")),
    ("entry_days", "entries", "summaries",
     ("last_seen", "summary IS NOT NULL", "UPDATE entries SET summary = NULL")),
    ("ledger_days", "ledger_rows", "rows", ("at_time", "true", "DELETE FROM ledger_rows")),
    ("ledger_days", "polls", "rows", ("at_time", "true", "DELETE FROM polls")),
    ("ledger_days", "failures", "rows", ("at_time", "true", "DELETE FROM failures")),
)  # fmt: skip
