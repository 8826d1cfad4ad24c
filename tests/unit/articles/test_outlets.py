"""Pages judged by the other pages of their outlet."""

from newsbeam.articles.outlets import Seen, Sighting, judge_among, remember, suspect
from newsbeam.records import Verdict

WALL = (
    "Tämä sisältö on saatavilla vain tilaajille, jotka ovat kirjautuneet palveluun.\n"
    "Voit jatkaa lukemista hetken kuluttua, kun olemme varmistaneet yhteytesi.\n"
    "Ongelmissa auttaa asiakaspalvelumme arkisin kello yhdeksästä viiteen."
)
HEADLINES = (
    "Satama avataan jälleen toukokuussa",
    "Hallitus sopi uudesta budjetista yöllä",
    "Kirjasto saa katon vasta syksyllä",
    "Joukkue voitti mestaruuden jatkoajalla",
)


def sight(number: int, headline: str, text: str) -> Sighting:
    return Sighting(f"a{number}", headline, text)


def test_a_wall_in_unknown_words_is_seen_at_its_second_address() -> None:
    known: dict[str, Seen] = {}
    found = []
    for number, headline in enumerate(HEADLINES):
        page = sight(number, headline, WALL)
        found.append(judge_among(page, known))
        remember(page, known)
    assert found[0] is None
    assert [f[0] for f in found[1:] if f] == [Verdict.SOFT_404] * 3


def test_a_wall_that_repeats_the_headline_needs_two_other_addresses() -> None:
    known: dict[str, Seen] = {}
    found = []
    for number, headline in enumerate(HEADLINES):
        page = sight(number, headline, f"{headline} nyt tilaajille\n{WALL}")
        found.append(judge_among(page, known) is not None)
        remember(page, known)
    assert found == [False, False, True, True]


def test_an_article_at_two_addresses_is_no_wall() -> None:
    known: dict[str, Seen] = {}
    text = "The harbour opens again in May, the council said.\nTwelve ships wait outside the walls."
    remember(sight(1, "Harbour opens again in May", text), known)
    assert judge_among(sight(2, "Harbour opens again in May", text), known) is None
    assert judge_among(sight(3, "Ships wait as harbour opens", text), known) is None


def test_a_boilerplate_paragraph_does_not_condemn_a_brief() -> None:
    known: dict[str, Seen] = {}
    about = "The Harbour Post reports from the islands since 1901 and belongs to its readers."
    for number, headline in enumerate(HEADLINES):
        remember(sight(number, headline, about), known)
    brief = "A fishing boat sank off the northern pier on Monday. Its crew of three was saved. " * 4
    assert judge_among(sight(9, "Boat sinks, crew saved", f"{brief}\n{about}"), known) is None


def test_a_page_that_is_fetched_again_does_not_testify_against_itself() -> None:
    known: dict[str, Seen] = {}
    page = sight(1, HEADLINES[0], WALL)
    remember(page, known)
    assert judge_among(page, known) is None
    assert remember(page, known)
    assert {seen.pages for seen in known.values()} == {1}


def test_a_short_text_that_is_not_about_its_headline_is_suspect() -> None:
    headline = "Satama avataan jälleen toukokuussa"
    assert suspect(headline, WALL)
    assert suspect(headline, f"{headline}\n{WALL}")
    assert not suspect(headline, "Satama avataan laivoille toukokuussa, kaupunki kertoi. " * 4)
    assert not suspect(headline, WALL * 20)
