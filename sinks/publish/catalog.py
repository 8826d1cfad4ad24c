"""The catalog: the small DuckDB file that readers open.

It holds views over the segments, the small tables, the superseded keys, the people's views of the
migrations, their comments and the search macros.  What is the same in every publication is made
once per schema (the template); a publication copies it and replaces the views over the segments.

Paths in it are absolute, taken from the variable ``newsbeam_folder`` where a session sets it: that
is how a copied or mounted folder is read (docs/analysts.md).
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from newsbeam import __version__
from newsbeam.errors import ConfigError
from sinks.publish.segments import quoted
from sinks.publish.state import FORMAT, State
from sinks.publish.tables import Table
from sinks.store.schema import comments, migrations

Columns = Sequence[Sequence[str]]
"""Name and type of each column."""

FACTS = """
-- One row: what this publication is.
CREATE TABLE publication (
    number BIGINT, -- counted from 1; grows with each publication
    as_of TIMESTAMP, -- data as of: start of the last run in it
    published TIMESTAMP, -- when it was published
    runs BIGINT, -- commits in it
    newsbeam VARCHAR, -- version that published it
    folder VARCHAR -- where its data lies; see the variable newsbeam_folder
);

"""

SEGMENTS = """
CREATE SCHEMA segments;
CREATE TABLE segments.dead (relation VARCHAR, key VARCHAR, before BIGINT);
COMMENT ON TABLE segments.dead IS 'Superseded rows of the data files.';
COMMENT ON COLUMN segments.dead.relation IS 'table';
COMMENT ON COLUMN segments.dead.key IS 'key of the superseded row';
COMMENT ON COLUMN segments.dead.before IS 'rows of earlier publications do not count';
"""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a catalog is made of."""

    folder: Path
    """The data folder."""
    storage_version: str
    growing: Mapping[str, tuple[Table | None, Columns]]
    """Tables in segments, by name, with their columns (without ``_seq``)."""
    whole: Mapping[str, Columns]
    notes: Sequence[str]
    """COMMENT ON statements for the tables."""
    extra: str = ""
    """SQL with comments that comes last: views and macros for search."""


def make(parts: Parts, state: State, path: Path) -> None:
    """Write the catalog of a state to a file; the whole tables stay empty.

    Raises:
        duckdb.Error: the disk is full, or a view does not fit the tables.
    """
    template = _template(parts)
    path.unlink(missing_ok=True)
    shutil.copyfile(template, path)
    with duckdb.connect(str(path)) as db:
        for name, (table, columns) in parts.growing.items():
            db.execute(_segment_view(parts.folder, name, table, columns, state))
    files = [s.file for segments in state.segments.values() for s in segments]
    path.with_suffix(".json").write_text(json.dumps(files), encoding="utf-8")


def prepare(parts: Parts) -> None:
    """Make what the publications of one schema have in common, where it is not there yet."""
    _template(parts)


def fill(
    path: Path,
    state: State,
    whole: Mapping[str, pa.Table],
    dead: pa.Table | None,
    facts: Mapping[str, object],
) -> None:
    """Put the small tables into a catalog and make it durable."""
    with duckdb.connect(str(path)) as db:
        for name, rows in whole.items():
            db.register("rows_in", rows)
            db.execute(f'INSERT INTO "{name}" SELECT * FROM rows_in')
        if dead is not None and dead.num_rows:
            db.register("rows_in", dead)
            db.execute("INSERT INTO segments.dead SELECT relation, key, before FROM rows_in")
        db.execute(
            "INSERT INTO publication VALUES (?, ?, ?, ?, ?, ?)",
            [
                state.number,
                facts["as_of"],
                facts["published"],
                facts["runs"],
                __version__,
                facts["folder"],
            ],
        )
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _template(parts: Parts) -> Path:
    """Return the template for this schema; make it where there is none."""
    statements = list(_statements(parts))
    said = "\n".join([str(FORMAT), duckdb.__version__, parts.storage_version, *statements])
    mark = hashlib.blake2b(said.encode(), digest_size=8).hexdigest()
    path = parts.folder / f"template-{mark}.duckdb"
    if path.exists():
        return path
    for old in parts.folder.glob("template-*"):
        old.unlink()
    fresh = path.with_suffix(".tmp")
    fresh.unlink(missing_ok=True)
    try:
        connection = duckdb.connect(
            str(fresh), config={"storage_compatibility_version": parts.storage_version}
        )
    except duckdb.InvalidInputException as error:  # a version that this DuckDB does not know
        known = f"DuckDB {duckdb.__version__} does not know {parts.storage_version!r}"
        raise ConfigError("publish.storage_version", f"{known}; write it like v1.2.0") from error
    with connection as db:
        db.execute("BEGIN")  # one commit instead of hundreds: half the time
        db.execute(";\n".join(statements))
        db.execute("COMMIT")
    fresh.replace(path)
    return path


def _statements(parts: Parts) -> list[str]:
    found = [FACTS, *comments(FACTS), SEGMENTS]
    for name, columns in parts.whole.items():
        found.append(
            f'CREATE TABLE "{name}" ({", ".join(f"{_name(c)} {kind}" for c, kind in columns)})'
        )
    for name, (_, columns) in parts.growing.items():
        found.append(f"CREATE VIEW segments.{name} AS {_nothing(columns)}")
        found.append(f"CREATE VIEW {name} AS SELECT * FROM segments.{name}")
    found += parts.notes
    for sql in [*(m.sql for m in migrations()), parts.extra]:
        found += views(sql)
    return found


def views(sql: str) -> list[str]:
    """Return the statements of a migration that make views and macros, and their comments."""
    made, names = [], set()
    for statement in re.split(r";\s*$", sql, flags=re.MULTILINE):
        bare = re.sub(r"^\s*--.*\n", "", statement, flags=re.MULTILINE).strip()
        if match := re.match(r"CREATE (?:OR REPLACE )?(?:VIEW|MACRO) (\w+)", bare):
            made.append(bare)
            names.add(match[1])
    about = [c for c in comments(sql) if c.split()[3].split(".")[0] in names]
    return made + about


def _segment_view(
    folder: Path, name: str, table: Table | None, columns: Columns, state: State
) -> str:
    segments = state.segments.get(name, [])
    if not segments:
        return f"CREATE OR REPLACE VIEW segments.{name} AS {_nothing(columns)}"
    root = f"coalesce(getvariable('newsbeam_folder'), '{quoted(folder.parent)}') || '/data/'"
    files = ", ".join(f"{root} || '{s.file}'" for s in segments)
    chosen = ", ".join(f"r.{_name(c)}" for c, _ in columns)
    view = (
        f"CREATE OR REPLACE VIEW segments.{name} AS SELECT {chosen} FROM read_parquet([{files}]) r"
    )
    if table is None or table.key is None or not state.dead.get(name):
        return view
    # an ANTI JOIN, not NOT EXISTS (segments.living): a join with few keys then skips most segments
    dead = f"SELECT key, before FROM segments.dead WHERE relation = '{name}'"
    return f"{view} ANTI JOIN ({dead}) d ON d.key = r.{table.key} AND r._seq < d.before"


def _nothing(columns: Columns) -> str:
    chosen = ", ".join(f"NULL::{kind} AS {_name(c)}" for c, kind in columns)
    return f"SELECT {chosen} WHERE false"


def _name(column: str) -> str:
    return f'"{column}"'
