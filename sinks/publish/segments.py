"""Segments: write what is new, merge what has become many small files.

A segment is an immutable Parquet file of one table, with a column ``_seq``: the number of the
publication in which the row was written.  A row of a keyed table is dead where ``_dead`` has its
key with ``before > _seq``.  Small segments are merged by size, eight of a kind into one, up to
:data:`LARGEST`; so each row is rewritten a few times in its life and the number of files grows
with the logarithm of the history first, and by one per :data:`LARGEST` bytes then.

Source of the idea: O'Neil et al., The log-structured merge-tree, 1996 (tiered merging).
"""

import os
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sinks.publish.state import Segment, State
from sinks.publish.tables import Table
from sinks.store.store import sparing

FAN = 8
"""Segments of one size that are merged into one."""
SMALLEST = 64 * 1024
"""Segments below this are all of one size, bytes."""
LARGEST = 32 * 1024 * 1024
"""Segments are not merged beyond this, bytes: one merge costs half a second at most."""
GROUP = 16_384
"""Rows of a row group: what a reader skips by its least and greatest values."""
LEAST_GROUP = 2_048
"""DuckDB writes no smaller row groups; below this, Arrow writes the file."""
WRITTEN_AT_ONCE = 2_048
"""Rows that Arrow holds before it writes row groups: a multiple of all of theirs."""


SORTED_IN_MEMORY = 4 * 1024 * 1024
"""Segments that are larger together are sorted in files: 22 MB took 860 MB of memory."""
SORTING_MB = 256


@dataclass(slots=True)
class Writer:
    """Writes segments of one publication into a data folder."""

    db: duckdb.DuckDBPyConnection
    folder: Path
    state: State
    number: int
    """Of this publication."""
    unbounded: bool = False
    """Merge in memory, however much that takes."""

    def write(self, table: str, query: str, group: int = GROUP, loose: Collection[str] = ()) -> int:
        """Write the rows of a query, which has ``_seq``, as one segment; return how many."""
        name = self._name(table)
        if group < LEAST_GROUP:
            rows = copy_finely(self.db, query, self.folder / name, group, loose)
        else:
            rows = copy(self.db, query, self.folder / name, group)
        if rows:
            size = (self.folder / name).stat().st_size
            self.state.segments.setdefault(table, []).append(Segment(name, rows, size))
        return rows

    def merge(
        self,
        table: str,
        order: str,
        keep: str,
        now: float,
        group: int = GROUP,
        loose: Collection[str] = (),
    ) -> int:
        """Merge the smallest kind of which there are enough; return the rows rewritten.

        Args:
            table: its name.
            order: ORDER BY of the segments.
            keep: condition on alias ``r`` for the rows that count.
            now: seconds since 1970, for the files that are replaced.
            group: rows of a row group.
            loose: columns without least and greatest values.
        """
        chosen = choose(self.state.segments.get(table, []))
        if not chosen:
            return 0
        source = read(self.folder, chosen)
        query = f"SELECT r.* FROM {source} r WHERE {keep} ORDER BY {order}"
        large = sum(s.bytes for s in chosen) > SORTED_IN_MEMORY
        with sparing(self.db, SORTING_MB) if large and not self.unbounded else nullcontext():
            rows = self.write(table, query, group, loose)
        self.drop(table, chosen, now)
        return rows

    def drop(self, table: str, segments: Sequence[Segment], now: float) -> None:
        """Take segments out; their files stay while a reader may need them."""
        names = {s.file for s in segments}
        kept = [s for s in self.state.segments.get(table, []) if s.file not in names]
        self.state.segments[table] = kept
        for name in names:
            self.state.replaced[name] = now

    def _name(self, table: str) -> str:
        self.state.files += 1
        return f"{table}-{self.state.files:08d}.parquet"


def copy(db: duckdb.DuckDBPyConnection, query: str, path: Path, group: int = GROUP) -> int:
    """Write the rows of a query to a Parquet file, durably; no rows: no file."""
    path.unlink(missing_ok=True)  # of an attempt that broke off: read-only
    done = db.execute(
        f"COPY ({query}) TO '{quoted(path)}' "
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {group})"
    ).fetchall()
    return _finish(path, int(done[0][0]))


def copy_finely(
    db: duckdb.DuckDBPyConnection, query: str, path: Path, group: int, loose: Collection[str]
) -> int:
    """Write the rows of a query like :func:`copy`, in row groups smaller than DuckDB's least.

    Args:
        db: the store.
        query: what to write.
        path: the file.
        group: rows of a row group.
        loose: columns without least and greatest values.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.unlink(missing_ok=True)  # of an attempt that broke off: read-only
    relation = db.sql(query)
    assert relation is not None  # noqa: S101  # a SELECT gives one
    reader = relation.to_arrow_reader(max(2_048, group))
    rows, parts = 0, list[pa.RecordBatch]()
    ruled = [
        f.name for f in reader.schema if f.name not in loose and not pa.types.is_nested(f.type)
    ]
    with pq.ParquetWriter(
        path,
        reader.schema,
        compression="zstd",
        use_dictionary=[c for c in ruled if not c.endswith("id")],
        write_statistics=ruled,
        store_schema=False,
    ) as writer:
        for batch in reader:
            parts.append(batch)
            rows += batch.num_rows
            if sum(p.num_rows for p in parts) >= WRITTEN_AT_ONCE:
                writer.write_table(pa.Table.from_batches(parts), row_group_size=group)
                parts = []
        if parts:
            writer.write_table(pa.Table.from_batches(parts), row_group_size=group)
    return _finish(path, rows)


def _finish(path: Path, rows: int) -> int:
    """Make a file durable and read-only; remove one without rows."""
    if not rows:
        path.unlink(missing_ok=True)
        return 0
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.chmod(0o444)
    return rows


def choose(segments: Sequence[Segment]) -> list[Segment]:
    """Return eight segments of the smallest kind that has so many, the oldest; else none."""
    kinds: dict[int, list[Segment]] = {}
    for segment in segments:
        kinds.setdefault(kind(segment.bytes), []).append(segment)
    for size in sorted(kinds):
        if size >= 0 and len(kinds[size]) >= FAN:
            return kinds[size][:FAN]
    return []


def kind(size: int) -> int:
    """Return the size class of a segment: 0 for the smallest, -1 for one that is large enough."""
    result, limit = 0, SMALLEST
    while size >= limit:
        result, limit = result + 1, limit * FAN
        if limit >= LARGEST:
            return -1
    return result


def read(folder: Path, segments: Sequence[Segment]) -> str:
    """Return the SQL source for segments in a folder of this machine."""
    files = ", ".join(f"'{quoted(folder / s.file)}'" for s in segments)
    return f"read_parquet([{files}])"


def living(table: Table | None, dead: int) -> str:
    """Return the condition, on alias ``r``, for rows of a keyed table that count."""
    if table is None or table.key is None or not dead:
        return "true"
    return (
        f"NOT EXISTS (SELECT 1 FROM _dead d WHERE d.relation = '{table.name}' "
        f"AND d.key = r.{table.key} AND r._seq < d.before)"
    )


def quoted(path: Path) -> str:
    """Return a path for use within single quotes in SQL."""
    return str(path).replace("'", "''")
