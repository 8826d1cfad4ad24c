from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.stories.copies import likeness, sketch
from newsbeam.stories.novelty import new_fact, sentences
from newsbeam.stories.terms import DATE, NAME, NUMBER, ORDINAL, THING, article_terms
from newsbeam.stories.traits import read_traits
from newsbeam.stories.vector_text import own_words, vector_text
from newsbeam.stories.wires import wire_origin


def test_a_capital_inside_a_sentence_makes_a_name() -> None:
    terms = article_terms(None, "The mayor of Brevik met Ida Lund today.", "en")
    assert terms["brevik"].bits & NAME
    assert terms["ida lund"].bits & NAME
    assert not terms["mayor"].bits & NAME


def test_ordinals_are_told_from_numbers() -> None:
    terms = article_terms("12th package, 1,200 trucks", None, "en")
    assert terms["12 packag"].bits & ORDINAL
    assert terms["nth packag"].bits & THING
    assert terms["#1200"].bits & NUMBER
    assert not terms["#1200"].bits & ORDINAL


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("due on May 3", "@5-3"),
        ("due on 3 May 2026", "@5-3"),
        ("due on 03 January, it says", "@1-3"),
        ("due on Sept. 3rd", "@9-3"),
        ("the Phone 2 May cost more", None),
        ("Market 20 is open", None),
        ("in March 2026", None),
    ],
)
def test_a_day_and_its_month_are_a_date_in_either_order(text: str, date: str | None) -> None:
    dates = [key for key, term in article_terms(text, None, "en").items() if term.bits & DATE]
    assert dates == ([date] if date else [])


@given(st.text(max_size=400), st.text(max_size=80), st.sampled_from(["en", "de", "pl", "ja", None]))
def test_any_text_gives_terms(text: str, title: str, language: str | None) -> None:
    for term in article_terms(title, text, language).values():
        assert term.count > 0
        assert term.text


WORDS = [f"word{i}" for i in range(300)]


def test_a_cut_text_is_contained_in_the_whole() -> None:
    whole, part = sketch(" ".join(WORDS)), sketch(" ".join(WORDS[50:130]))
    assert whole is not None
    assert part is not None
    found = likeness(whole, part)
    assert found.containment == 1.0
    assert found.resemblance < 0.5


def test_an_origin_is_read_from_datelines_and_credits_only() -> None:
    assert wire_origin(None, "PARIS (AP) — The court said on Monday …") == "AP"
    assert wire_origin(None, "BERLIN, Jan 2 (Reuters) - The bank said …") == "Reuters"
    assert wire_origin(None, "NEW YORK, May 3, 2026 /PRNewswire/ -- Acme announces …") == (
        "PR Newswire"
    )
    assert wire_origin(None, "The minister told Reuters that nothing was decided. He left.") is None


def test_a_new_fact_brings_a_name_or_number_that_the_story_had_not() -> None:
    earlier = [("a", "A ferry ran aground off Port Halden on Monday, the coast guard said.")]
    text = (
        "A ferry ran aground off Port Halden on Monday, the coast guard said. "
        "Prosecutors charged captain Olav Brandt with drunkenness while in command of a vessel."
    )
    found = new_fact(text, earlier, "en")
    assert found is not None
    assert found.sentence.startswith("Prosecutors charged")
    assert {"Olav", "Brandt"} <= set(found.new_terms)
    assert new_fact("A ferry ran aground off Port Halden on Monday.", earlier, "en") is None


def test_a_party_or_a_protocol_of_the_same_letters_is_no_agency() -> None:
    assert wire_origin(None, "LAHORE – Pakistan Tehreek-e-Insaf (PTI) leaders met.") is None
    assert wire_origin(None, "IBM patches API Connect (API) after a report.") is None
    assert wire_origin(None, "RAWALPINDI – Pakistan Air Force (PAF) tested a missile.") is None
    assert wire_origin(None, "[The Conversation Africa] Near the equator …") == "The Conversation"


@pytest.mark.parametrize(
    ("title", "cut"),
    [
        ("Ferry runs aground off Port Halden - The Example Times", True),
        ("Ferry runs aground off Port Halden | Shipping | Example", True),
        ("Walks along the harbour - Part 2", False),
        ("We won the case - but at what cost", False),
    ],
)
def test_the_name_of_the_outlet_is_not_compared(title: str, cut: bool) -> None:
    shown = title.split(" - ")[0].split(" | ")[0] if cut else title
    assert own_words(title) == shown
    assert vector_text(title, "He said.") == f"{shown}\nHe said."
    assert article_terms(title, None, "en").keys() == article_terms(shown, None, "en").keys()


def test_one_headline_of_two_outlets_is_a_copy() -> None:
    one, other = (
        read_traits(f"Ferry Norrsund runs aground off Port Halden - {name}", None, "en").print
        for name in ("The Example Times", "Valley Post")
    )
    assert one is not None
    assert other is not None
    assert (one.hashes == other.hashes).all()


@pytest.mark.parametrize(
    "word", ["T" * 100_000, "Lions v " * 12_500, "day 1 " * 20_000, "Quay" + "\n" * 60_000 + "!"]
)
def test_a_title_without_end_takes_no_time(word: str) -> None:
    before = process_time()
    assert article_terms(word, None, "en")
    assert process_time() - before < 2


def test_new_terms_are_told_as_they_are_written() -> None:
    earlier = [("a", "A lab opens. Nothing else happened there on that long and quiet day.")]
    text = (
        "The Commons Foundation paid 11.4 million dollars on Oct. 14 to lawyers of Mr. Brandt in "
        "Brevik, and 1,200 more."
    )
    found = new_fact(text, earlier, "en")
    assert found is not None
    assert found.sentence == text
    wanted = {"Commons", "Foundation", "11.4", "1,200", "Brandt", "Brevik"}
    assert wanted <= set(found.new_terms)


def test_sentences_end_in_scripts_without_spaces() -> None:
    assert sentences("台風が近づいている。「逃げて。」と言った！次だ") == [
        "台風が近づいている。",
        "「逃げて。」",
        "と言った！",
        "次だ",
    ]


def test_numbers_within_scripts_without_spaces_are_numbers() -> None:
    found = article_terms("台風18号、2029年の稼働へ900億円 GPU工場", None, "ja")
    assert {text for text, term in found.items() if term.bits & NUMBER} == {"#18", "#900"}
    assert {"2029", "台風", "稼働", "億円", "gpu", "工場"} <= found.keys()
