"""Publish what the store holds, at a cost that depends on what is new.

::

    new runs ─► segments of what changed ─► merge small ones ─► catalog ─► rename

A run's rows are found by ``run_order``, which the commit writes; rows that other commands change or
remove are named in ``publish_journal`` (:func:`touch`).  Nothing that a reader can see is ever
written to: files appear under new names, and ``news.duckdb`` changes by rename.
"""

import operator
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any

import duckdb

from newsbeam.errors import NewsbeamError, SinkError
from newsbeam.settings import PublishSettings
from sinks.publish import catalog, generations
from sinks.publish.changes import Changes, columns, find_changes, order_runs
from sinks.publish.dead import Dead
from sinks.publish.segments import GROUP, Writer, living, read
from sinks.publish.state import State, load, save
from sinks.publish.tables import ARTICLES, GROWING, TEXTS, VECTORS, Table, whole
from sinks.search.index import (
    DOC_COLUMNS,
    DOCS,
    NOTES,
    POSTING_COLUMNS,
    POSTINGS,
    batches,
    tables,
)
from sinks.search.index import GROUP as INDEX_GROUP
from sinks.search.macros import MACROS
from sinks.store.store import let_go

MANY = 4_000
"""Rows after which what was read of the store is let go: some milliseconds."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication did."""

    number: int
    path: Path
    rows: int
    """Rows written for what is new; merged rows are not counted."""
    merged: int
    """Rows rewritten by merging small segments."""
    removed: int
    """Files that went."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Time by step."""


def publish(
    db: duckdb.DuckDBPyConnection,
    target: Path,
    options: PublishSettings,
    *,
    now: datetime,
    force: bool = False,
    rebuild: bool = False,
    call: Callable[..., Any] = operator.call,
) -> Published | None:
    """Publish the store to ``target``; None where there is nothing new, or it is too soon.

    Args:
        db: the open store, no transaction open.
        target: ``news.duckdb``; its data goes to the folder ``data`` beside it.
        options: see the settings.
        now: the clock, aware UTC.
        force: publish also where the last publication is younger than ``every_s``.
        rebuild: write everything anew from the store.
        call: calls a pure function of an article's text, which may have been done ahead.

    Raises:
        SinkError: the disk is full or read-only; readers keep the last publication.
    """
    arguments = db, target, options, now, force or rebuild, rebuild, call
    try:
        try:
            return _publish(*arguments)
        except duckdb.OutOfMemoryException:  # what a merge may take was too little for this one
            return _publish(*arguments, unbounded=True)
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        text = " ".join(str(error).split())[:300]
        raise SinkError(
            f"cannot publish to {target}: {text}; readers keep the last publication"
        ) from error


def _publish(
    db: duckdb.DuckDBPyConnection,
    target: Path,
    options: PublishSettings,
    now: datetime,
    force: bool,
    rebuild: bool,
    call: Callable[..., Any],
    unbounded: bool = False,
) -> Published | None:
    target = target.parent.resolve() / target.name  # readers start in any folder
    folder = target.parent / "data"
    folder.mkdir(parents=True, exist_ok=True)
    state = State() if rebuild else load(folder)
    if not state.number:
        _continue_names(folder, state)
    if state.published and not force:
        age = now - datetime.fromisoformat(state.published)
        if 0 <= age.total_seconds() < options.every_s:
            return None
    clock, stamp = _Clock(), now.timestamp()
    order_runs(db)
    db.execute("BEGIN")  # one snapshot for all tables
    try:
        changes = find_changes(db, state, GROWING)
        if changes.nothing and _is_shown(folder, state, target):
            return None
        job = _Job(db, folder, state, options, changes, call, unbounded)
        job.write(stamp)
        clock.lap("write")
        job.merge(stamp)
        clock.lap("merge")
        job.catalog(now, target.parent.resolve())
        clock.lap("catalog")
    finally:
        db.execute("ROLLBACK")  # nothing was changed in the store
    save(folder, state)
    generations.show(generations.catalog(folder, state.number), target)
    db.execute("DELETE FROM publish_journal WHERE number <= ?", [changes.journal])
    clock.lap("show")
    removed = generations.clean(folder, state, options.keep_s, stamp)
    if removed:
        save(folder, state)
    clock.lap("clean")
    return Published(state.number, target, job.rows, job.merged, removed, clock.laps)


class _Job:
    """One publication, within one transaction of the store."""

    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        folder: Path,
        state: State,
        options: PublishSettings,
        changes: Changes,
        call: Callable[..., Any],
        unbounded: bool,
    ) -> None:
        self._db, self._folder, self._state, self._options = db, folder, state, options
        self._changes, self._call = changes, call
        self._number = state.number + 1
        self._writer = Writer(db, folder, state, self._number, unbounded)
        self._dead = Dead(db, folder, state)
        self._tables = _in_segments(options, state.columns)
        self._anew: set[str] = set()
        """Tables that were written anew."""
        self.rows = self.merged = 0
        self._spared = 0
        """Rows that were read when memory was last given back."""

    def write(self, now: float) -> None:
        """Write what is new or changed, table by table."""
        for table in self._tables:
            if table.name in self._changes.full:
                self._write_full(table, now)
            else:
                self._write_changed(table)
        self._spare()
        if self._options.search:
            self._index(now)

    def _spare(self) -> None:
        """Let go of the blocks of the store that were read, where that were many.

        Not where few were: the next commit asks for them again.
        """
        if self.rows - self._spared > MANY:
            self._spared = self.rows
            let_go(self._db)

    def _index(self, now: float) -> None:
        """Index new and changed articles for search."""
        state, changes = self._state, self._changes
        where: str | None = None
        if {ARTICLES, TEXTS, VECTORS} & changes.full or DOCS.name not in state.columns:
            self._anew.add(POSTINGS.name)
            self._dead.forget(DOCS.name)
            for table in (DOCS, POSTINGS):
                self._writer.drop(table.name, state.segments.get(table.name, []), now)
            state.columns |= {DOCS.name: DOC_COLUMNS, POSTINGS.name: POSTING_COLUMNS}
        else:
            articles = next(t for t in GROWING if t.name == ARTICLES)
            where = changes.where(articles)
            if where is None:
                return
            self._dead.add(
                DOCS.name,
                f"SELECT article_id FROM {ARTICLES} "
                f"WHERE ({where}) AND NOT ({changes.born(articles)})",
                self._number,
            )
        since = None if where is None or ARTICLES in changes.keys else changes.since
        for rows in batches(self._db, where, since):
            docs, postings, state.documents = tables(rows, state.documents, self._call)
            self._spared -= docs.num_rows
            for table, found, group in ((DOCS, docs, GROUP), (POSTINGS, postings, INDEX_GROUP)):
                self._db.register("rows_in", found)
                query = f"SELECT *, {self._number}::BIGINT AS _seq FROM rows_in"
                self._writer.write(table.name, f"{query} ORDER BY {table.order}", group)
                self._db.unregister("rows_in")
            del docs, postings, found  # not beside the next
            self._spare()

    def _write_full(self, table: Table, now: float) -> None:
        state = self._state
        self._anew.add(table.name)
        self._dead.forget(table.name)
        self._writer.drop(table.name, state.segments.get(table.name, []), now)
        top = self._db.execute(f"SELECT max(rowid) FROM {table.name}").fetchall()[0][0]
        for start in range(0, 0 if top is None else top + 1, table.rows):
            self.rows += self._writer.write(
                table.name,
                self._rows(table, f"rowid BETWEEN {start} AND {start + table.rows - 1}"),
                table.group,
                table.loose,
            )
            self._spare()

    def _write_changed(self, table: Table) -> None:
        where = self._changes.where(table)
        if table.follows:
            follow = next(t for t in GROWING if t.name == table.follows)
            if inner := self._changes.where(follow):
                keys = f"SELECT {follow.key} FROM {follow.name} WHERE {inner}"
                where = f"{table.key} IN ({keys})" + (f" OR {where}" if where else "")
        if where is None:
            return
        self.rows += self._writer.write(
            table.name, self._rows(table, where), table.group, table.loose
        )
        if table.key is None:
            return
        born = self._changes.born(table)
        self._dead.add(
            table.name,
            f"SELECT {table.key} FROM {table.name} WHERE ({where}) AND NOT ({born})",
            self._number,
        )
        if named := self._changes.keys.get(table.name):  # also of rows that went
            listed = ", ".join(f"('{key}')" for key in named)
            self._dead.add(table.name, f"SELECT DISTINCT * FROM (VALUES {listed})", self._number)

    def _rows(self, table: Table, where: str) -> str:
        return (
            f"SELECT *, {self._number}::BIGINT AS _seq FROM {table.name} "
            f"WHERE {where} ORDER BY {table.order}"
        )

    def merge(self, now: float) -> None:
        """Merge one kind of small segments per table; write anew what is mostly superseded.

        Where a table was written anew there may be many of a kind: all are merged at once, so that
        the next publications cost no more than what is new.
        """
        for table in self._tables:
            if table.key and self._dead.check(table):
                self._write_full(table, now)
            keep = living(table, self._state.dead.get(table.name, 0))
            merging = True
            while merging:
                rows = self._writer.merge(
                    table.name, table.order, keep, now, table.group, table.loose
                )
                self.merged += rows
                merging = rows > 0 and table.name in self._anew
        if self._options.search:
            while self._merge_index(now) and POSTINGS.name in self._anew:
                pass
        self._dead.save(now)

    def _merge_index(self, now: float) -> int:
        """Merge one kind of small segments of the index; return the rows rewritten."""
        state = self._state
        self._dead.check(DOCS)
        living_docs = living(DOCS, state.dead.get(DOCS.name, 0))
        docs = read(self._folder, state.segments.get(DOCS.name, []))
        known = f"r.doc IN (SELECT r.doc FROM {docs} r WHERE {living_docs})"
        rows = self._writer.merge(POSTINGS.name, POSTINGS.order, known, now, INDEX_GROUP)
        rows += self._writer.merge(DOCS.name, DOCS.order, living_docs, now)
        self.merged += rows
        return rows

    def catalog(self, now: datetime, home: Path) -> None:
        """Write the catalog of this publication."""
        state, db = self._state, self._db
        state.number, state.seen = self._number, self._changes.seen
        state.published = now.isoformat()
        parts = _parts(db, self._folder, self._options, state.columns)
        path = generations.catalog(self._folder, self._number)
        catalog.make(parts, state, path)
        facts = db.execute("SELECT max(started), count(*) FROM runs").fetchall()[0]
        catalog.fill(
            path,
            state,
            {name: db.table(name).to_arrow_table() for name in parts.whole},
            self._dead.rows(),
            {
                "as_of": facts[0],
                "runs": facts[1],
                "published": now.replace(tzinfo=None),
                "folder": str(home),
            },
        )
        path.chmod(0o444)


class _Clock:
    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        here = time.perf_counter()
        self.laps[name] = round(here - self._last, 4)
        self._last = here


def _in_segments(options: PublishSettings, known: Collection[str]) -> list[Table]:
    return [t for t in GROWING if t.name in known and (options.text or t.name != TEXTS)]


def _parts(
    db: duckdb.DuckDBPyConnection,
    folder: Path,
    options: PublishSettings,
    known: Mapping[str, list[list[str]]],
) -> catalog.Parts:
    """Return what a catalog is made of.

    Args:
        db: the store.
        folder: the data folder.
        options: see the settings.
        known: columns by table, of those kept in segments.
    """
    small = {name: columns(db, name) for name in whole(db)}
    growing = {t.name: (t, known[t.name]) for t in _in_segments(options, known)}
    notes, extra = _notes(db, growing, small), ""
    if options.search:
        growing |= {DOCS.name: (DOCS, DOC_COLUMNS), POSTINGS.name: (POSTINGS, POSTING_COLUMNS)}
        notes += [_note("VIEW", *note) for note in NOTES]
        extra = MACROS
    return catalog.Parts(folder, options.storage_version, growing, small, notes, extra)


@contextmanager
def preparing(
    db: duckdb.DuckDBPyConnection, target: Path, options: PublishSettings
) -> Iterator[Callable[[], None]]:
    """Make in the background what the first publication needs beside the data.

    That is a quarter of its time, and needs nothing of the commit that is under way.  An error is
    not lost: the publication meets it again.

    Yields:
        What begins it; it is waited for in the end.
    """
    if target.exists():
        yield lambda: None
        return

    def make(own: duckdb.DuckDBPyConnection) -> None:
        with suppress(OSError, duckdb.Error, NewsbeamError), own:
            folder = target.parent / "data"
            folder.mkdir(parents=True, exist_ok=True)
            known = {t.name: columns(own, t.name) for t in GROWING}
            catalog.prepare(_parts(own, folder, options, {n: c for n, c in known.items() if c}))

    thread = Thread(target=make, args=(db.cursor(),), name="prepare-publication")
    try:
        yield thread.start
    finally:
        if thread.ident is not None:
            thread.join()


def _notes(
    db: duckdb.DuckDBPyConnection, views: Collection[str], tables: Collection[str]
) -> list[str]:
    """Return the comments of the store's tables as statements for the publication."""
    found = []
    for kind, name, column, comment in db.execute(
        "SELECT 'TABLE', table_name, NULL, comment FROM duckdb_tables() UNION ALL "
        "SELECT 'COLUMN', table_name, column_name, comment FROM duckdb_columns() ORDER BY ALL"
    ).fetchall():
        if comment and (name in tables or name in views):
            of = "VIEW" if name in views else kind
            found.append(_note(of, name, column or "", comment))
    return found


def _note(kind: str, name: str, column: str, text: str) -> str:
    what = f"COLUMN {name}.{column}" if column else f"{kind} {name}"
    text = text.replace("'", "''")
    return f"COMMENT ON {what} IS '{text}'"


def _is_shown(folder: Path, state: State, target: Path) -> bool:
    """Say whether readers see the state's catalog: not so after a crash right before the rename."""
    fresh = generations.catalog(folder, state.number)
    try:
        return target.samefile(fresh) or target.stat().st_size == fresh.stat().st_size
    except FileNotFoundError:
        return False


def _continue_names(folder: Path, state: State) -> None:
    """Start after the names in a folder whose state is lost: readers may need those files."""
    state.number = max(generations.catalogs(folder), default=0)
    for path in folder.glob("*-*.parquet"):
        if match := re.fullmatch(r".+-(\d+)", path.stem):
            state.files = max(state.files, int(match[1]))
            state.replaced[path.name] = path.stat().st_mtime
