"""Other people's parser suites: no crash, no lost entry, the fields that they state."""

import importlib.util
import sys
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "benchmarks" / "feed_suites.py"
spec = importlib.util.spec_from_file_location("feed_suites", PATH)
assert spec
assert spec.loader
feed_suites = importlib.util.module_from_spec(spec)
sys.modules["feed_suites"] = feed_suites
spec.loader.exec_module(feed_suites)

SUITES = feed_suites.suites()


@pytest.mark.slow
@pytest.mark.skipif(not SUITES, reason=f"no parser suites in {feed_suites.DATA} (NEWSBEAM_DATA)")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.name)
def test_a_suite_is_read_without_a_crash_or_a_lost_entry(suite: Path) -> None:
    score = feed_suites.score_suite(suite)
    assert score.crashes == []
    assert score.lost == []
    assert score.right >= 0.96 * score.stated, score.wrong
