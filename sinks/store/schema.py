"""Versioned migrations of the store's schema.

A migration is a file ``migrations/NNNN_name.sql``; it runs once, in one transaction, in order.
Comments in it become ``COMMENT ON``: the lines right above a ``CREATE TABLE`` or ``CREATE VIEW``
describe the table or view (a line ``--   column: text`` describes a column of a view), the end of
a column's line describes the column.
"""

import re
from collections.abc import Iterator
from importlib import resources
from typing import NamedTuple

import duckdb

from newsbeam.errors import SinkError
from sinks.store.transaction import transaction


class Migration(NamedTuple):
    """One file of the folder."""

    version: int
    name: str
    sql: str


def migrations() -> list[Migration]:
    """Return all migrations, in order."""
    folder = resources.files("sinks.store").joinpath("migrations")
    found = []
    for item in folder.iterdir():
        if match := re.fullmatch(r"(\d{4})_(\w+)\.sql", item.name):
            found.append(Migration(int(match[1]), match[2], item.read_text(encoding="utf-8")))
    return sorted(found)


def migrate(db: duckdb.DuckDBPyConnection) -> list[str]:
    """Bring a store to the newest schema; return the names of the migrations that ran.

    Raises:
        SinkError: the store was written by a newer newsbeam.
    """
    db.execute(
        "CREATE TABLE IF NOT EXISTS schema_versions ("
        "version INTEGER PRIMARY KEY, name VARCHAR NOT NULL)"
    )
    done = {row[0] for row in db.execute("SELECT version FROM schema_versions").fetchall()}
    todo = migrations()
    if unknown := done - {m.version for m in todo}:
        raise SinkError(
            f"the store has schema version {max(unknown)}, newer than this newsbeam knows: upgrade"
        )
    ran = []
    for migration in todo:
        if migration.version in done:
            continue
        with transaction(db):
            db.execute(migration.sql)
            for statement in comments(migration.sql):
                db.execute(statement)
            db.execute(
                "INSERT INTO schema_versions VALUES (?, ?)", [migration.version, migration.name]
            )
        ran.append(migration.name)
    if 1 in {m.version for m in todo if m.name in ran}:
        for statement in (
            "COMMENT ON TABLE schema_versions IS 'Migrations that have run.'",
            "COMMENT ON COLUMN schema_versions.version IS 'number of the migration'",
            "COMMENT ON COLUMN schema_versions.name IS 'its name'",
        ):
            db.execute(statement)
    return ran


_CREATE = re.compile(r"CREATE (?:OR REPLACE )?(TABLE|VIEW) (?:IF NOT EXISTS )?(\w+)")
_COLUMN = re.compile(r"\s+(\w+) [A-Z].*-- (.+)$")
_VIEW_COLUMN = re.compile(r"--   (\w+): (.+)$")
_ALTER = re.compile(r"ALTER TABLE (\w+) ADD COLUMN (?:IF NOT EXISTS )?(\w+) .*-- (.+)$")


def comments(sql: str) -> Iterator[str]:
    """Yield the COMMENT ON statements that a migration's comments stand for."""
    above: list[str] = []
    table: str | None = None
    for line in sql.splitlines():
        if created := _CREATE.match(line):
            kind, name = created.groups()
            text = " ".join(a[3:] for a in above if a.startswith("-- ") and a[3] != " ")
            if text:
                yield f"COMMENT ON {kind} {name} IS {_quoted(text)}"
            for note in above:
                if column := _VIEW_COLUMN.match(note):
                    yield f"COMMENT ON COLUMN {name}.{column[1]} IS {_quoted(column[2])}"
            above, table = [], name if kind == "TABLE" else None
        elif altered := _ALTER.match(line):
            yield f"COMMENT ON COLUMN {altered[1]}.{altered[2]} IS {_quoted(altered[3])}"
            above = []
        elif line.startswith("--"):
            above.append(line)
        elif table and (column := _COLUMN.match(line)):
            yield f"COMMENT ON COLUMN {table}.{column[1]} IS {_quoted(column[2])}"
        elif line.startswith(");"):
            table = None
        elif not line.strip():
            above = []


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
