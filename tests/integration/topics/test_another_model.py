"""Topics that were calibrated for another model, and no label to calibrate them by."""

import json
import shutil
from pathlib import Path

import pytest

from newsbeam.encoder import LazyEncoder, is_bundled
from newsbeam.settings import ModelSettings
from newsbeam.topics import load_topics
from newsbeam.topics.calibration import Calibration, read_calibration, write_calibration
from newsbeam.topics.topic import PACKS, load_topic
from newsbeam.topics.topicset import ActiveTopic
from pipelines.cli.topics_examples import FOLDS, cases_of_examples
from pipelines.cli.topics_measure import judge_all
from tests.topics_support import BEES, run

ABOUT = [
    "Honey bees in the valley die of a mite that lives in their hives.",
    "Beekeepers count the hives that were lost over the winter.",
    "A virus spreads from hive to hive, and the bees forget the way home.",
    "The ministry pays for new hives after a year without honey.",
    "Honey harvest halved as bees starve in a wet spring",
    "Scientists breed bees that clean the mites from each other.",
    "The colonies of a thousand beekeepers have collapsed.",
    "Pesticide that confuses honey bees is banned for a year",
    "Hives on the roof of the town hall are healthy again.",
    "Keepers feed their bees sugar as no flower blooms.",
]
NOT_ABOUT = [
    "The mayor opens a library with ten thousand books.",
    "Shares of the ferry line fall after a loss.",
    "A storm takes the roof of a school.",
    "The court hears a dispute on fishing rights.",
    "Striker signs for two more years",
    "The bank raises its rate to four percent.",
    "Tram drivers strike for higher pay",
    "Voters choose a new council on Sunday.",
    "A film on the harbour wins a prize.",
    "The museum shows coins of the old kings.",
]
EXAMPLES = f"[examples]\nabout = {json.dumps(ABOUT)}\nnot_about = {json.dumps(NOT_ABOUT)}\n"


@pytest.fixture
def bound(newsroom: Path) -> Path:
    """A newsroom whose topic has examples, and a calibration for a model that is not in use."""
    topic = newsroom.parent / "topics" / "bees.toml"
    topic.write_text(BEES + EXAMPLES, encoding="utf-8")
    weights = {"bias": -2.0}
    write_calibration(
        topic, Calibration("v", "other@2/fp32/test", "hash", 10, 5, 1.0, 1.0, 1.0, 0.5, weights)
    )
    return newsroom


def test_a_topic_without_labels_learns_from_its_examples(bound: Path) -> None:
    refused = run("tag", "-", config=bound, stdin='{"id": 1, "title": "Bees"}\n')
    assert "calibrated for the model other@2" in str(refused.exception)
    done = run("calibrate", "--json", config=bound)
    assert done.exit_code == 0, done.output
    assert "bees: learns from 20 of its own examples" in done.stderr
    found = json.loads(done.stdout)["bees"]
    assert is_bundled(found["model"])
    assert (found["rows"], found["positives"]) == (20, 10)
    told = run(
        "tag",
        "-",
        config=bound,
        stdin='{"id": 1, "title": "Honey bees die in their hives", "text": "Half of the honey '
        'bees of the county died in their hives this winter, beekeepers say."}\n',
    )
    assert told.exit_code == 0, told.output
    assert [m["topic"] for m in json.loads(told.stdout)["mentions"]] == ["bees"]


def test_a_calibration_that_serves_stays_as_it_is(bound: Path) -> None:
    run("calibrate", config=bound)
    topic = bound.parent / "topics" / "bees.toml"
    before = read_calibration(topic)
    said = run("calibrate", config=bound).stderr
    assert said == "bees: no label says yes; left as it is\n"
    assert read_calibration(topic) == before


def test_an_example_is_judged_without_itself(tmp_path: Path) -> None:
    path = tmp_path / "bees.toml"
    path.write_text(BEES + EXAMPLES, encoding="utf-8")
    encoder = LazyEncoder(ModelSettings())
    topics = load_topics([], [tmp_path])
    topics.prepare(encoder)
    cases = cases_of_examples(ActiveTopic(load_topic(path), path), encoder)
    assert len(cases) == len(ABOUT + NOT_ABOUT) > FOLDS
    assert sum(case.row.answer for case in cases) == len(ABOUT)
    yes = [case for case in cases if case.row.answer]
    assert {case.row.group for case in yes} == {"article", "headline"}
    seen = [case for case in yes if case.judged is not None and case.judged.look.meaning]
    with_it = judge_all([case.article for case in seen], topics, encoder, None)
    assert len(seen) >= 3, "some have the topic's words"
    for case, told in zip(seen, with_it, strict=True):
        assert case.judged is not None
        without = max(case.judged.look.meaning.values())
        assert without < max(told["bees"].look.meaning.values()) - 0.1


def test_what_another_model_says_of_a_packs_examples_is_kept_in_the_operators_folder(
    tmp_path: Path,
) -> None:
    own = tmp_path / "topics"
    own.mkdir()
    topics = load_topics(["ai"], [own])
    encoder = LazyEncoder(ModelSettings())
    active = topics["ai-capex"]
    assert active.kept_beside(encoder) == active.path

    class Other:
        identity = "other@2/fp32/test"

    assert active.kept_beside(Other()) == own / "ai" / "ai-capex.toml"  # type: ignore[arg-type]
    assert load_topics(["ai"], [])["ai-capex"].kept_beside(Other()) is None  # type: ignore[arg-type]
    shutil.copy(PACKS / "ai" / "ai-capex.toml", own / "ai-capex.toml")
    shutil.copy(PACKS / "ai" / "_macros.toml", own / "_macros.toml")
    mine = load_topics(["ai"], [own])["ai-capex"]
    assert mine.kept_beside(Other()) == own / "ai-capex.toml"  # type: ignore[arg-type]
