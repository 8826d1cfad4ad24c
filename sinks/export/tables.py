"""Export views as CSV, JSON Lines or Parquet; Parquet can be partitioned by topic and month.

DuckDB writes the files, through a connection of its own that has the publication attached
read-only: what is exported streams and is never held in memory.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from newsbeam.errors import ConfigError
from sinks.export.files import whole_file, whole_folder
from sinks.publish import generations
from sinks.publish.segments import quoted
from sinks.search.macros import MACROS

FORMATS = {
    "csv": "(FORMAT csv, HEADER)",
    "jsonl": "(FORMAT json)",
    "parquet": "(FORMAT parquet, COMPRESSION zstd)",
}


@contextmanager
def attached(publication: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an empty database in memory, with the publication attached read-only and in use.

    Raises:
        ConfigError: there is no publication.
    """
    if not publication.exists():
        raise ConfigError(
            str(publication), "nothing is published yet; `newsbeam run` or `newsbeam demo` fills it"
        )
    with generations.reading(publication), duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute("SET autoinstall_known_extensions = false")
        db.execute(f"SET VARIABLE newsbeam_folder = '{quoted(publication.parent.resolve())}'")
        db.execute(f"ATTACH '{quoted(publication)}' AS news (READ_ONLY)")
        db.execute("USE news")
        yield db


def export_query(
    publication: Path, sql: str, target: Path, form: str, partition: tuple[str, ...] = ()
) -> int:
    """Write the rows of a query; return how many.

    Args:
        publication: ``news.duckdb``.
        sql: one SELECT over the views.
        target: file, or folder where partitioned.
        form: a key of :data:`FORMATS`.
        partition: columns of the query; Parquet only.  Folders are named ``column=value``.

    Raises:
        ConfigError: the query is wrong, or partitions are asked of another format.
        SinkError: the files cannot be written.
    """
    options = FORMATS[form]
    if partition:
        if form != "parquet":
            raise ConfigError("--partition-by", "only --format parquet can be partitioned")
        listed = ", ".join('"' + c.replace('"', '""') + '"' for c in partition)
        options = options[:-1] + f", PARTITION_BY ({listed}), OVERWRITE_OR_IGNORE)"
    with whole_folder(target) if partition else whole_file(target) as place:
        try:
            with attached(publication) as db:  # the query may end with a comment
                row = db.execute(f"COPY (\n{sql}\n) TO '{quoted(place)}' {options}").fetchone()
        except duckdb.IOException:
            raise
        except duckdb.Error as error:
            raise ConfigError("export", str(error).strip()) from error
    return int(row[0]) if row else 0


def export_copy(publication: Path, target: Path) -> int:
    """Write everything into one DuckDB file that needs no folder beside it; return its tables.

    Views become tables; the file is for handing on.  The storage format is the publication's.

    Raises:
        SinkError: the file cannot be written.
    """
    with whole_file(target) as fresh:
        with attached(publication) as db:
            names = db.execute(
                "SELECT view_name FROM duckdb_views() WHERE database_name = 'news' "
                "AND schema_name = 'main' UNION SELECT table_name FROM duckdb_tables() "
                "WHERE database_name = 'news' AND schema_name = 'main' ORDER BY 1"
            ).fetchall()
            db.execute(f"ATTACH '{quoted(fresh)}' AS copy (STORAGE_VERSION 'v1.2.0')")
            for (name,) in names:
                db.execute(f'CREATE TABLE copy."{name}" AS FROM news."{name}"')
            for (note,) in db.execute(
                "SELECT format('COMMENT ON COLUMN copy.\"{}\".\"{}\" IS ''{}''', table_name, "
                "column_name, replace(comment, '''', '''''')) FROM duckdb_columns() "
                "WHERE database_name = 'news' AND schema_name = 'main' AND comment IS NOT NULL"
            ).fetchall():
                db.execute(note)
            db.execute("DETACH copy")
        with duckdb.connect(str(fresh)) as db:
            if any(name == "search_docs" for (name,) in names):
                db.execute(MACROS)
    return len(names)
