"""Fixtures of the analysts' tests."""

import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from stores import Newsroom

from sinks.store.store import open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_store(tmp_path / "store.duckdb") as db:
        yield db


@pytest.fixture
def newsroom(store: duckdb.DuckDBPyConnection, tmp_path: Path) -> Newsroom:
    return Newsroom(store, tmp_path)
