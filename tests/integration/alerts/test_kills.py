"""Killed at random moments: every due alert arrives exactly once.

``NEWSBEAM_KILLS=50`` kills as often as docs/benchmarks.md says.
"""

import os
from pathlib import Path

import pytest

from tests.alert_kills import torture


@pytest.mark.slow
def test_a_killed_process_loses_no_alert_and_sends_none_twice(tmp_path: Path) -> None:
    kills = int(os.environ.get("NEWSBEAM_KILLS", "5"))
    outcome = torture(tmp_path, kills=kills, articles=max(90, 8 * kills))
    assert (outcome.missing, outcome.twice) == (0, 0)
    assert outcome.due >= outcome.parents == 60
