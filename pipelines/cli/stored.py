"""The stored articles, for commands that only read them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import click

from newsbeam.errors import StoreBusyError
from newsbeam.settings import Settings

if TYPE_CHECKING:
    import duckdb


@contextmanager
def read_stored(settings: Settings) -> "Iterator[duckdb.DuckDBPyConnection]":
    """Open the store for reading; while another process (``watch``) holds it, its publication.

    Raises:
        ConfigError: there is no store yet, or the store is held and nothing is published yet.
    """
    from sinks.publish.reader import open_publication
    from sinks.store.topics import read_store

    with ExitStack() as stack:
        try:
            db = stack.enter_context(read_store(settings.path(settings.store.path)))
        except StoreBusyError:
            db = stack.enter_context(open_publication(settings.path(settings.publish.path)))
            click.echo("the store is in use: this is from what was published last", err=True)
        yield db
