"""What a comparison of two articles is worth by what both are."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from newsbeam.stories.features import PAIR_FEATURES
from newsbeam.stories.grouper import Grouper, StoryInput
from newsbeam.stories.model import (
    OTHER_HEADLINES,
    OTHER_TEXTS,
    PER_DAY,
    TEASER,
    THICK,
    THIN,
    UNREAD,
    load_model,
)

PAIRS = np.full((2, len(PAIR_FEATURES)), 0.1, np.float32)
NO_GAP = np.zeros(2, np.float32)


def test_a_teaser_must_be_more_alike_than_a_whole_text() -> None:
    both = np.array([True, True])
    whole, teaser = load_model().odds(PAIRS, both, np.array([False, True]), NO_GAP)
    assert whole - teaser == np.float32(TEASER)


def test_headlines_have_their_own_weights_and_lose_nothing_for_being_short() -> None:
    headline = np.array([False, False])
    one, other = load_model().odds(PAIRS, headline, np.array([False, True]), NO_GAP)
    assert one == other


def test_vectors_of_another_model_must_be_more_alike() -> None:
    kinds = np.array([True, False]), np.array([False, False]), NO_GAP
    apart = load_model().odds(PAIRS, *kinds) - load_model(bundled=False).odds(PAIRS, *kinds)
    assert apart == pytest.approx([OTHER_TEXTS, OTHER_HEADLINES])
    untitled = np.where(np.array(PAIR_FEATURES) == "untitled", 1, PAIRS).astype(np.float32)
    apart = load_model().odds(untitled, *kinds) - load_model(bundled=False).odds(untitled, *kinds)
    assert apart == pytest.approx([OTHER_TEXTS, OTHER_HEADLINES])


def test_the_window_knows_a_teaser_from_a_whole_text() -> None:
    words = [f"word{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(90)]
    grouper = Grouper()
    grouper.add(StoryInput("teaser", "Harbour opens", " ".join(words[:20])))
    grouper.add(StoryInput("whole", "Council votes", " ".join(words)))
    assert grouper._window.brief([0, 1]).tolist() == [True, False]


DAY_APART = np.array([0.0, 1.0], np.float32)


@pytest.mark.parametrize(("full", "brief"), [(True, True), (False, False)])
def test_a_day_between_teasers_or_headlines_costs_much_in_a_thick_stream(
    full: bool, brief: bool
) -> None:
    kinds = np.array([full, full]), np.array([brief, brief])
    same, next_day = load_model().odds(PAIRS, *kinds, DAY_APART, per_day=THICK)
    assert same - next_day == pytest.approx(PER_DAY)


def test_a_day_between_teasers_costs_nothing_in_a_thin_stream() -> None:
    both = np.array([True, True])
    same, next_day = load_model().odds(PAIRS, both, both, DAY_APART, per_day=THIN)
    assert same == next_day


def test_a_day_between_whole_texts_costs_nothing() -> None:
    kinds = np.array([True, True]), np.array([False, False])
    same, next_day = load_model().odds(PAIRS, *kinds, DAY_APART, per_day=THICK)
    assert same == next_day


def test_the_grouper_counts_the_articles_of_a_day() -> None:
    start, grouper = datetime(2026, 3, 1, tzinfo=UTC), Grouper()
    assert grouper._per_day() == 0.0
    for number in range(9):
        seen = start + timedelta(hours=6 * number)
        grouper.add(StoryInput(f"a{number}", f"Word{number} item{number}", published=seen))
    assert grouper._per_day() == 4.5  # nine in two days
    early = Grouper()
    early.add(StoryInput("a", "Harbour opens", published=start))
    assert early._per_day() == 1.0  # what is seen in a moment tells nothing of a day


def test_the_next_days_report_of_the_same_kind_is_another_story_in_a_thick_stream() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    one, like, other = (np.zeros(384, np.float32) for _ in range(3))
    one[0] = other[1] = 1.0
    like[:2] = 0.25, 0.968

    def joins(between: int) -> bool:
        grouper = Grouper()
        title = "Flood warning for the Arnel valley"
        first = grouper.add(StoryInput("a", title, published=start, vector=one))
        for number in range(between):
            seen = start + timedelta(minutes=number)
            title = f"{number}: Xq{number} wvx{number} zkq{number}"
            grouper.add(StoryInput(f"b{number}", title, published=seen, vector=other))
        later = start + timedelta(days=2)
        title = "Arnel valley braces for another flood"
        made = grouper.add(StoryInput("z", title, published=later, vector=like))
        return made.story == first.story

    assert joins(0)
    assert not joins(120)


@pytest.mark.parametrize("warm", [True, False])
def test_vectors_of_a_language_that_the_model_does_not_read_say_less(warm: bool) -> None:
    """Also in a window that was restored, and whichever of both is in that language."""
    one, like = np.zeros(384, np.float32), np.zeros(384, np.float32)
    one[0] = 1.0
    like[:2] = 0.4, 0.9165

    def similarity(*languages: str | None) -> float:
        grouper = Grouper()
        grouper.add(StoryInput("a", "Xenomir ulva", vector=one, language=languages[0]))
        if not warm:
            grouper = Grouper.restore(grouper.past())
        return grouper.add(
            StoryInput("b", "Qorrin ulva vesk", vector=like, language=languages[1])
        ).similarity

    def odds(*languages: str | None) -> float:
        p = similarity(*languages)
        return float(np.log(p / (1 - p)))

    read = odds("en", "en")
    assert odds(None, None) == pytest.approx(read, abs=0.1), "unknown is read as English"
    for foreign in (("pl", "pl"), ("en", "pl"), ("pl", "en")):
        assert read - odds(*foreign) > 0.4 * UNREAD
