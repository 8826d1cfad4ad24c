"""Headlines of one pattern that are different events; rules, so they hold without a text."""

import numpy as np
import pytest

from newsbeam.stories.grouper import Grouper, StoryInput

SAME = np.full(384, 384**-0.5, np.float32)
"""One vector for all: the model sees no difference between such headlines."""


def stories_of(*titles: str, language: str = "en") -> list[str]:
    grouper = Grouper()
    items = [
        StoryInput(id=str(i), title=t, vector=SAME, language=language) for i, t in enumerate(titles)
    ]
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


@pytest.mark.parametrize(
    ("language", "one", "other", "apart"),
    [
        ("es", "La UE aprueba el 12.º paquete", "La UE aprueba el 13.º paquete", True),
        ("it", "L'UE adotta il 12º pacchetto", "L'UE adotta il 13º pacchetto", True),
        ("fr", "L'UE adopte le 12e paquet", "L'UE adopte le 13e paquet", True),
        ("de", "EU beschließt 12. Sanktionspaket", "EU beschließt 13. Sanktionspaket", True),
        ("pl", "UE przyjęła 12. pakiet sankcji", "UE przyjęła 13. pakiet sankcji", True),
        ("ja", "台風18号が九州へ接近、JRが計画運休", "台風19号が九州へ接近、JRが計画運休", True),
        ("ko", "EU, 제12차 대러 제재안 채택", "EU, 제13차 대러 제재안 채택", True),
        ("zh", "欧盟通过第12轮制裁方案", "欧盟通过第13轮制裁方案", True),
        ("de", "EU beschließt 13. Sanktionspaket", "13. Sanktionspaket: EU beschließt es", False),
        ("es", "La UE adopta el 13.º paquete", "El paquete 13º de la UE, adoptado", False),
        ("ja", "台風18号が九州へ接近、JRが計画運休", "九州へ台風18号が接近、JRは計画運休", False),
        ("en", "Quake kills 12. Army is sent", "Quake kills 14. Army is sent", False),
        ("de", "Beben: 12 Tote, Armee kommt", "Beben: 14 Tote, Armee kommt", False),
    ],
)  # fmt: skip
def test_ordinals_of_other_languages_keep_events_apart(
    language: str, one: str, other: str, apart: bool
) -> None:
    first, second = stories_of(one, other, language=language)
    assert (first != second) is apart
