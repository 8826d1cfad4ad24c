"""A desk and a loopback Slack for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sinks.store.store import open_store
from tests.alert_support import Desk, alerts
from tests.loopback_slack import LoopbackSlack


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A store whose first, seeding commit has been made."""
    with open_store(tmp_path / "store.duckdb") as db:
        made = Desk(db, tmp_path / "staging", alerts())
        made.start()
        yield made


@pytest.fixture
def slack() -> Iterator[LoopbackSlack]:
    with LoopbackSlack() as server:
        yield server
