"""What a comparison of two articles is worth by what both are."""

import numpy as np

from newsbeam.stories.features import PAIR_FEATURES
from newsbeam.stories.grouper import Grouper, StoryInput
from newsbeam.stories.model import TEASER, load_model

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


def test_the_window_knows_a_teaser_from_a_whole_text() -> None:
    words = [f"word{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(90)]
    grouper = Grouper()
    grouper.add(StoryInput("teaser", "Harbour opens", " ".join(words[:20])))
    grouper.add(StoryInput("whole", "Council votes", " ".join(words)))
    assert grouper._window.brief([0, 1]).tolist() == [True, False]
