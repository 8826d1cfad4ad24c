"""The superseded rows: keys whose earlier rows in the segments no longer count."""

from pathlib import Path

import duckdb
import pyarrow as pa

from sinks.publish.segments import copy, quoted, read
from sinks.publish.state import State
from sinks.publish.tables import Table

WORTH_CHECKING = 2_000
"""Below this many superseded keys of a table it is not worth asking which are still needed."""
REWRITE_SHARE = 0.2
"""A table with more superseded rows than this is written anew from the store."""


class Dead:
    """The temporary table ``_dead`` of one publication; changes with its transaction.

    Args:
        db: the store, in the transaction of the publication.
        folder: the data folder.
        state: of the publication.
    """

    def __init__(self, db: duckdb.DuckDBPyConnection, folder: Path, state: State) -> None:
        self._db, self._folder, self._state = db, folder, state
        self._changed = False
        db.execute(
            "CREATE OR REPLACE TEMP TABLE _dead (relation VARCHAR, key VARCHAR, before BIGINT)"
        )
        if state.dead_file:
            db.execute(f"INSERT INTO _dead FROM '{quoted(folder / state.dead_file)}'")

    def add(self, table: str, query: str, number: int) -> None:
        """Supersede the rows, written before publication ``number``, of the keys of a query."""
        added = self._db.execute(
            f"INSERT INTO _dead SELECT '{table}', key, {number} FROM ({query}) AS found (key)"
        ).fetchall()[0][0]
        if added:
            self._changed = True
            self._state.dead[table] = self._state.dead.get(table, 0) + int(added)

    def forget(self, table: str) -> None:
        """Forget all of a table: it is written anew."""
        if self._state.dead.pop(table, 0):
            self._db.execute("DELETE FROM _dead WHERE relation = ?", [table])
            self._changed = True
        self._state.dead_checked.pop(table, None)

    def check(self, table: Table) -> bool:
        """Drop keys that supersede nothing any more; True where the table should be written anew.

        Asked when their number has doubled since it was last asked: the cost is a constant share
        of the cost of the changes.
        """
        name, state = table.name, self._state
        count = state.dead.get(name, 0)
        if count < max(WORTH_CHECKING, 2 * state.dead_checked.get(name, 0)):
            return False
        segments = state.segments.get(name, [])
        source = read(self._folder, segments)
        self._db.execute(
            f"DELETE FROM _dead WHERE relation = '{name}' AND NOT EXISTS ("
            f"SELECT 1 FROM {source} r WHERE r.{table.key} = _dead.key AND r._seq < _dead.before)"
        )
        left = self._db.execute("SELECT count(*) FROM _dead WHERE relation = ?", [name]).fetchall()[
            0
        ]
        self._changed = True
        state.dead[name] = state.dead_checked[name] = int(left[0])
        return int(left[0]) > REWRITE_SHARE * sum(s.rows for s in segments)

    def save(self, now: float) -> None:
        """Write them to a file of their own, where they changed."""
        if not self._changed:
            return
        state = self._state
        if state.dead_file:
            state.replaced[state.dead_file] = now
        state.files += 1
        name = f"dead-{state.files:08d}.parquet"
        query = "SELECT relation, key, max(before) AS before FROM _dead GROUP BY ALL ORDER BY ALL"
        state.dead_file = name if copy(self._db, query, self._folder / name) else None

    def rows(self) -> pa.Table:
        """Return them all."""
        return self._db.sql(
            "SELECT relation, key, max(before) AS before FROM _dead GROUP BY ALL"
        ).to_arrow_table()
