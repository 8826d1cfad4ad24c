"""Killed at random moments: every due alert arrives exactly once."""

from pathlib import Path

import pytest

from tests.alert_kills import torture


@pytest.mark.slow
def test_a_killed_process_loses_no_alert_and_sends_none_twice(tmp_path: Path) -> None:
    outcome = torture(tmp_path, kills=5, articles=90)
    assert (outcome.missing, outcome.twice) == (0, 0)
    assert outcome.due >= outcome.parents == 60
