"""Headlines of one pattern that are different events; rules, so they hold without a text."""

import numpy as np
import pytest

from newsbeam.stories.grouper import Grouper, StoryInput

SAME = np.full(384, 384**-0.5, np.float32)
"""One vector for all: the model sees no difference between such headlines."""


def stories_of(*titles: str) -> list[str]:
    grouper = Grouper()
    items = [StoryInput(id=str(i), title=t, vector=SAME) for i, t in enumerate(titles)]
    return [grouper.add(item).story for item in items]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "EU adopts 12th sanctions package against Russia",
            "EU adopts 13th sanctions package against Russia",
        ),
        (
            "Apple reports record first-quarter earnings, beats estimates",
            "Microsoft reports record first-quarter earnings, beats estimates",
        ),
        (
            "Ninth Circuit upholds ruling in copyright case",
            "Second Circuit upholds ruling in copyright case",
        ),
        ("Texas court strikes down abortion law", "Ohio court strikes down abortion law"),
        ("Word puzzle: hints and answers for Jan. 3", "Word puzzle: hints and answers for Jan. 4"),
        ("Nokia Q1 results beat forecasts", "Nokia Q2 results beat forecasts"),
        ("War in the north: key events, day 1,410", "War in the north: key events, day 1,411"),
        ("The harbour walks: part 2, the old mole", "The harbour walks: part 3, the old mole"),
        ("Walks along the harbour - Part 2", "Walks along the harbour - Part 3"),
        (
            "Preview of the match | Lions v Bears",
            "Preview of the match | Hawks v Kings",
        ),
        (
            "How to watch Lions vs. Bears: start time, TV channel",
            "How to watch Hawks vs. Kings: start time, TV channel",
        ),
        (
            "How to Watch Lions vs. Bears: Start Time, TV Channel",
            "How to Watch Hawks vs. Kings: Start Time, TV Channel",
        ),
        ("Judge rules in Harrow v. Quill on training", "Judge rules in Marsh v. Tarn on training"),
    ],
)
def test_events_of_one_pattern_stay_apart(one: str, other: str) -> None:
    first, second = stories_of(one, other)
    assert first != second


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Quake kills 12 in Japan", "Japan quake: death toll of 12 rises to 14"),
        (
            "EU agrees 13th package of sanctions against Russia",
            "13th Russia sanctions package approved by EU ambassadors",
        ),
        ("Lions v Bears: how to watch the cup match", "How to Watch Bears vs. Lions Cup Match"),
        ("Judge rules in Harrow v. Quill on training", "Quill wins: judge's ruling on training"),
        ("Lions v Bears ends in draw after day 2", "Lions and Bears draw on day 2 of the cup"),
    ],
)
def test_reports_of_one_event_are_not_vetoed(one: str, other: str) -> None:
    first, second = stories_of(one, other)
    assert first == second
