"""Read the publication: for the command line and the dashboard.

A reader opens the newest generation read-only, with no access to anything but its data folder, and
can never write.  :class:`Reader` follows new publications: DuckDB gives a second connection to one
path the instance that is open already, so it closes the old one first.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from newsbeam.errors import ConfigError, SinkError
from sinks.publish import generations
from sinks.publish.segments import quoted


@contextmanager
def open_publication(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the publication for reading.

    Args:
        path: ``news.duckdb``.

    Raises:
        ConfigError: there is no publication; the message says what to run.
        SinkError: it cannot be opened, or its data is not there.
    """
    with ExitStack() as stack, readable(path):
        yield _open(path, stack)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Say the cure where the files of a publication cannot be read.

    Raises:
        SinkError: instead of DuckDB's error of the disk.
    """
    try:
        yield
    except duckdb.IOException as error:
        raise _broken(path, error) from error


def _broken(path: Path, error: Exception) -> SinkError:
    text = " ".join(str(error).split())[:300]
    cure = "`newsbeam store publish --rebuild` writes it anew"
    return SinkError(f"the publication {path} cannot be read: {text}; {cure}")


def _open(path: Path, stack: ExitStack) -> duckdb.DuckDBPyConnection:
    if not path.exists():
        raise ConfigError(
            str(path), "nothing is published yet; `newsbeam run` or `newsbeam demo` fills it"
        )
    try:
        stack.enter_context(generations.reading(path))
        db = duckdb.connect(
            str(path),
            read_only=True,
            config={
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        stack.callback(db.close)
        home = quoted(path.parent.resolve())
        db.execute(f"SET VARIABLE newsbeam_folder = '{home}'")  # also where the folder was moved
        db.execute("SET TimeZone = 'UTC'")
        db.execute("SET parquet_metadata_cache = true")  # segments never change
        db.execute(f"SET allowed_directories = ['{home}']")
        db.execute("SET enable_external_access = false")
    except (duckdb.Error, OSError) as error:
        raise _broken(path, error) from error
    return db


READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


def check_reading(sql: str) -> None:
    """Refuse everything but one reading statement.

    Raises:
        ConfigError: another kind of statement, several of them, or none.
        duckdb.Error: not SQL.
    """
    statements = duckdb.extract_statements(sql)
    if len(statements) != 1:
        raise ConfigError("query", f"give one statement, not {len(statements)}")
    kind = statements[0].type
    words = sql.split(maxsplit=2)
    if kind == duckdb.StatementType.EXPLAIN:
        analyse = len(words) == 3 and words[1].lower() == "analyze"
        rest = sql.split(maxsplit=2 if analyse else 1)[-1]
        kind = duckdb.extract_statements(rest)[0].type
    if kind not in READING and kind.name != "MULTI":
        raise ConfigError(
            "query", f"{kind.name} is not allowed: this command only reads (SELECT, FROM, WITH …)"
        )


class Reader:
    """A connection that follows new publications; one per process, safe between threads."""

    def __init__(self, path: Path, prepare: Sequence[str] = ()) -> None:
        self._path = path
        self._prepare = prepare
        """Statements run on opening: temporary tables in memory."""
        self._lock = threading.RLock()
        self._stack = ExitStack()
        self._db: duckdb.DuckDBPyConnection | None = None
        self._mark: tuple[int, int] | None = None
        self.kept: dict[str, Any] = {}
        """What callers computed of this publication; forgotten with it."""

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def follow(self) -> bool:
        """Open the newest publication; True where it is another than before.

        Raises:
            ConfigError, SinkError: as :func:`open_publication`.
        """
        with self._lock:
            mark = self._look()
            if self._db is not None and mark == self._mark:
                return False
            self.close()
            self._db, self._mark = _open(self._path, self._stack), mark
            try:
                with readable(self._path):
                    for statement in self._prepare:
                        self._db.execute(statement)
            except SinkError:
                self.close()  # the next call tries anew
                raise
            return True

    def rows(
        self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()
    ) -> list[dict[str, Any]]:
        """Return the rows of a query as dictionaries."""
        with self._lock:
            if self._db is None:
                self.follow()
            assert self._db is not None  # noqa: S101  # follow() opened it
            with readable(self._path):
                result = self._db.execute(sql, parameters)
                names = [column[0] for column in result.description or []]
                return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def columns(self, sql: str, parameters: Sequence[Any] = ()) -> dict[str, Any]:
        """Return the columns of a query as numpy arrays; lists and bytes come flattened."""
        import numpy as np
        import pyarrow as pa

        with self._lock:
            if self._db is None:
                self.follow()
            assert self._db is not None  # noqa: S101  # follow() opened it
            relation = self._db.sql(sql, params=list(parameters))
            assert relation is not None  # noqa: S101  # a SELECT gives one
            with readable(self._path):
                found = relation.to_arrow_table()
        made = {}
        for name in found.column_names:
            column = found.column(name).combine_chunks()
            if isinstance(column, pa.ChunkedArray):
                column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([])
            if pa.types.is_binary(column.type):
                offsets = np.frombuffer(column.buffers()[1], np.int32)[column.offset :]
                held = np.frombuffer(column.buffers()[2] or b"", np.uint8)
                made[name] = held[offsets[0] : offsets[len(column)]]
                continue
            if pa.types.is_list(column.type):
                column = column.flatten()
            made[name] = column.to_numpy(zero_copy_only=False)
        return made

    def close(self) -> None:
        """Let go of the publication."""
        with self._lock:
            self._stack.close()
            self._db, self._mark = None, None
            self.kept.clear()

    def _look(self) -> tuple[int, int] | None:
        try:
            info = os.stat(self._path)
        except FileNotFoundError:
            return None
        return info.st_ino, info.st_mtime_ns
