"""What changed in the store since the last publication.

Runs that were committed since are in ``run_order`` with a higher number; ``publish_journal`` names
what other commands changed (a key; ``NULL``: the whole table).  Both are written in the
transaction of the change, so nothing can be missed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import duckdb

from sinks.publish.state import State
from sinks.publish.tables import Table, whole

SETTLE = timedelta(minutes=10)
"""Changes between runs (an alert was sent) are looked for this far back."""
MANY = 500
"""Runs beyond this are looked up in a table instead of a list in the query."""


@dataclass(slots=True)
class Changes:
    """What a publication has to write."""

    before: int
    """Highest ``run_order.number`` that is published."""
    seen: int
    """Highest ``run_order.number`` there is."""
    runs: list[str]
    """Runs that are not published yet."""
    since: datetime | None
    """Start of the earliest of them."""
    journal: int
    """Highest ``publish_journal.number``; 0: empty."""
    keys: dict[str, list[str]] = field(default_factory=dict)
    """Keys in the journal, by table."""
    full: set[str] = field(default_factory=set)
    """Tables to write anew."""
    settled: str = "1970-01-01"
    """What happened before this time between runs is published."""
    small: bool = False
    """A table that is copied whole has more or fewer rows."""
    forward: bool = True
    """No published run started later than the new ones: what was born since is new."""

    @property
    def nothing(self) -> bool:
        """Nothing changed at all."""
        return not (self.runs or self.keys or self.full or self.small)

    def where(self, table: Table) -> str | None:
        """Return the condition for a table's changed rows; None where there cannot be any."""
        conditions = []
        if table.recent:
            conditions.append(f"{table.recent} >= TIMESTAMP '{self.settled}'")
        elif self.runs and table.follows is None:
            conditions.append(self._by_run(table))
        if keys := self.keys.get(table.name):
            column = table.key or "article_id"
            conditions.append(f"{column} IN ({_listed(keys)})")
        return " OR ".join(f"({c})" for c in conditions) or None

    def _by_run(self, table: Table) -> str:
        parts = []
        if table.time:
            parts.append(f"{table.time} >= TIMESTAMP '{self.since}'")
        if table.run:
            later = f"SELECT run_id FROM run_order WHERE number > {self.before}"
            few = len(self.runs) <= MANY
            parts.append(f"{table.run} IN ({_listed(self.runs) if few else later})")
        return " AND ".join(parts)

    def born(self, table: Table) -> str:
        """Return the condition for rows that no publication can have held."""
        if not self.forward or table.born is None or self.since is None:
            return "false"
        return f"{table.born} >= TIMESTAMP '{self.since}'"


def find_changes(db: duckdb.DuckDBPyConnection, state: State, tables: Sequence[Table]) -> Changes:
    """Compare the store with what was published.

    Args:
        db: the store.
        state: of the last publication.
        tables: those kept in segments.
    """
    rows = db.execute(
        "SELECT o.run_id, o.number, r.started FROM run_order o JOIN runs r USING (run_id) "
        "WHERE o.number > ? ORDER BY o.number",
        [state.seen],
    ).fetchall()
    started = [r[2] for r in rows]
    changes = Changes(
        before=state.seen,
        seen=rows[-1][1] if rows else state.seen,
        runs=[r[0] for r in rows],
        since=min(started, default=None),
        journal=0,
    )
    changes.forward = bool(started) and str(min(started)) > state.latest
    if started:
        state.latest = max(state.latest, str(max(started)))
    if state.published:
        last = datetime.fromisoformat(state.published).replace(tzinfo=None)
        changes.settled = str(last - SETTLE)
    for number, name, key in db.execute(
        "SELECT number, table_name, key FROM publish_journal ORDER BY number"
    ).fetchall():
        changes.journal = max(changes.journal, number)
        if key is None:
            changes.full.add(name)
        else:
            changes.keys.setdefault(name, []).append(key)
    small = {
        name: db.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0] for name in whole(db)
    }
    changes.small, state.small = small != state.small, small
    known = {t.name: columns(db, t.name) for t in tables}
    if known.get("story_articles"):
        _moved(db, state, changes)
    changes.full |= {name for name, now in known.items() if now and state.columns.get(name) != now}
    state.columns |= {name: now for name, now in known.items() if now}
    return changes


def _moved(db: duckdb.DuckDBPyConnection, state: State, changes: Changes) -> None:
    """Add the articles and stories of merges and splits since the last publication.

    Lineage is only ever added to, by runs and by people, so its length tells what is new.
    """
    total = db.execute("SELECT count(*) FROM story_lineage").fetchall()[0][0]
    fresh = total - state.lineage
    state.lineage = total
    if fresh <= 0:
        return
    stories = (
        "SELECT unnest([from_story, to_story]) FROM "
        f"(FROM story_lineage ORDER BY rowid DESC LIMIT {fresh})"
    )
    for table, query in (
        ("story_rows", f"SELECT DISTINCT * FROM ({stories})"),
        (
            "story_articles",
            f"SELECT DISTINCT article_id FROM story_history WHERE story_id IN ({stories})",
        ),
    ):
        found = [row[0] for row in db.execute(query).fetchall()]
        changes.keys.setdefault(table, []).extend(found)


def columns(db: duckdb.DuckDBPyConnection, table: str) -> list[list[str]]:
    """Return name and type of a table's columns; empty where the store has no such table."""
    return [
        list(row)
        for row in db.execute(
            "SELECT column_name, data_type FROM duckdb_columns() "
            "WHERE table_name = ? AND NOT internal AND database_name = current_database() "
            "ORDER BY column_index",
            [table],
        ).fetchall()
    ]


def touch(db: duckdb.DuckDBPyConnection, table: str, keys: Sequence[str] | None) -> None:
    """Note that rows were changed or removed outside a run, so that the next publication shows it.

    To be called in the transaction of the change.

    Args:
        db: the store.
        table: a table kept in segments; small tables are copied anyway.
        keys: of the rows; None: everything in the table may have changed.
    """
    db.execute(
        "INSERT INTO publish_journal SELECT (SELECT coalesce(max(number), 0) FROM publish_journal) "
        "+ row_number() OVER (), $1, key FROM (SELECT unnest($2::VARCHAR[]) AS key)",
        [table, [None] if keys is None else list(keys)],
    )


def order_runs(db: duckdb.DuckDBPyConnection) -> None:
    """Give a number to runs without one, committed before this table was there."""
    counts = db.execute(
        "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM run_order)"
    ).fetchall()[0]
    if counts[0] != counts[1]:
        db.execute(
            "INSERT INTO run_order SELECT run_id, (SELECT coalesce(max(number), 0) FROM run_order) "
            "+ row_number() OVER (ORDER BY finished, run_id) FROM runs ANTI JOIN run_order "
            "USING (run_id)"
        )


def _listed(values: Sequence[str]) -> str:
    return ", ".join("'" + v.replace("'", "''") + "'" for v in values)
