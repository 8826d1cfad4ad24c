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
        ("EU agrees nineteenth sanctions package", "EU agrees twentieth sanctions package"),
        ("EU agrees the 18th package of Russia sanctions", "EU agrees nineteenth Russia package"),
        ("First Circuit upholds ruling in case", "Ninth Circuit upholds ruling in case"),
        ("D.C. Circuit blocks the asylum rule", "Ninth Circuit blocks the asylum rule"),
        ("Delhi High Court rules on AI music", "Bombay High Court rules on AI music"),
        ("Nokia first-quarter profit falls", "Nokia second-quarter profit falls"),
        ("Nokia 1Q26 results beat forecasts", "Nokia 2Q26 results beat forecasts"),
        ("Apple Reports Record Earnings", "Microsoft Reports Record Earnings"),
        ("Word puzzle: answer and hints for #1,652", "Word puzzle: answer and hints for #1,653"),
        ("Word puzzle (game #1652): hints for today", "Word puzzle (game #1653): hints for today"),
        ("Gold prices today, 3 January 2026", "Gold prices today, 4 January 2026"),
        ("Lions v Bears, 3rd Test, day 2", "Lions v Bears, 3rd Test, day 3"),
        ("Rocket flight 10 lifts off", "Rocket flight 11 lifts off"),
        ("Open golf: day one in pictures", "Open golf: day two in pictures"),
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
        ("Third day of strikes hits airports", "Airports hit by strikes on day 3"),
        ("Nokia second-quarter profit falls 5%", "Nokia Q2 profit falls 5%"),
        ("Nokia Q2 profit falls 5%", "Nokia 2Q26 profit falls 5%"),
        ("Typhoon No. 18 nears the coast", "Typhoon nears the coast, the 18th of season"),
        ("UN council votes on part 2 of plan", "UN council votes for second part of plan"),
        ("Djokovic wins 24th Grand Slam", "Djokovic wins fourth US Open title"),
        ("Liverpool win 20th league title", "Liverpool champions for second time in five years"),
        ("Fed cuts rates for third time this year", "Fed cuts rates for second time in a row"),
        ("Tower fire on 3rd floor kills 2", "Tower fire: second person dies"),
        ("Third suspect held over museum theft", "Museum theft: fourth suspect held"),
        ("City swears in first Muslim mayor", "City swears in its 112th mayor"),
        ("Nokia fourth-quarter sales fall", "Nokia sales fall for second year in a row"),
        ("Puzzle hints for January 3 (game #937)", "Puzzle: hints for January 3, #937"),
        ("Puzzle hints for January 03, 2026", "Puzzle hints for 3 January 2026"),
        ("The firm&#039;s boss resigns, say reports", "The firm's boss resigns, says #1 paper"),
        ("Quake: 2 dead in the harbour", "Quake: 3 dead in the harbour"),
        ("Hawks win Game 7 in 11th inning", "Hawks win in Game 7 with 9th-inning homer"),
        ("(2nd LD) Missile falls into the sea", "(3rd LD) Missile falls into the sea"),
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
        ("fr", "Premier tour: Lind en tête", "Second tour: Lind en tête", True),
        ("es", "Lind gana la primera vuelta", "Lind gana la segunda vuelta", True),
        ("de", "EU beschließt zwölftes Paket", "EU beschließt dreizehntes Paket", True),
        ("de", "EU beschließt 12. Paket", "EU beschließt dreizehntes Sanktionspaket", True),
        ("fr", "L'UE adopte le douzième paquet", "L'UE adopte le treizième paquet", True),
        ("fr", "L'UE adopte le dix-huitième paquet", "L'UE adopte le 19ᵉ paquet", True),
        ("es", "La UE aprueba el duodécimo paquete", "La UE aprueba el 13.er paquete", False),
        ("es", "La UE aprueba el duodécimo paquete", "La UE aprueba el paquete n. 12", False),
        ("es", "La UE aprueba el duodécimo paquete", "La UE aprueba el paquete 13.º", True),
        ("it", "L'UE approva il dodicesimo pacchetto", "L'UE approva il 13º pacchetto", True),
        ("pt", "UE aprova décimo segundo pacote", "UE aprova décimo terceiro pacote", True),
        ("pt", "UE aprova décimo segundo pacote", "UE aprova 12º pacote", False),
        ("nl", "EU keurt achttiende pakket goed", "EU keurt negentiende pakket goed", True),
        ("sv", "EU antar 18:e sanktionspaketet", "EU antar nittonde sanktionspaketet", True),
        ("pl", "UE przyjęła osiemnasty pakiet", "UE przyjęła dziewiętnasty pakiet", True),
        ("ru", "ЕС принял 18-й пакет санкций", "ЕС принял девятнадцатый пакет санкций", True),
        ("ru", "ЕС принял 18-й пакет санкций", "ЕС принял восемнадцатый пакет санкций", False),
        ("de", "Streik am 18. Juli in Bremen", "Streik in Bremen geht am 19. Juli weiter", False),
        ("de", "Zum dritten Mal Streik in Bremen", "Vierter Streik in Bremen", False),
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


def test_no_figure_of_a_day_stops_the_grouping() -> None:
    assert len(stories_of("Rain on Dec ² in the north", "Rain on 31 Dec", "Day ٣ of rain")) == 3
