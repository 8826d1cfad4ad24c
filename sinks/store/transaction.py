"""Transactions of the store: all of it, or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb


@contextmanager
def transaction(db: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what happens inside, or nothing."""
    db.execute("BEGIN")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:  # an interrupt, too, must leave nothing half done
        roll_back(db)
        raise


def roll_back(db: duckdb.DuckDBPyConnection) -> None:
    """End a transaction that failed; a failed COMMIT has ended it already."""
    with suppress(duckdb.Error):
        db.execute("ROLLBACK")
