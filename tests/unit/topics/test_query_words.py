"""Words and documents of the query language."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from newsbeam.records import Article, Verdict, Zone, ZoneKind
from newsbeam.topics.query import Evaluation, parse_query
from newsbeam.topics.query.document import article_document, text_document
from newsbeam.topics.query.words import find_words, fold, folded_words


def words(text: str) -> list[str]:
    return [fold(text[a:b]) for a, b in find_words(text)]


def test_possessives_abbreviations_and_decimals_are_one_word() -> None:
    assert words("Meta’s A.I. cost $1.5 billion, the U.S. said") == [
        *("meta", "ai", "cost", "1.5", "billion", "the", "us", "said"),
    ]


def test_letters_with_dots_between_them_are_one_word() -> None:
    assert words("U.S. and U.S, e.g. the U.K. or the E.U") == [
        *("us", "and", "us", "eg", "the", "uk", "or", "the", "eu"),
    ]
    assert words("Plan B. A new one at www.x.com") == [
        *("plan", "b", "a", "new", "one", "at", "www", "x", "com"),
    ]


def test_hyphens_and_slashes_part_words() -> None:
    assert words("open-source text/plain") == ["open", "source", "text", "plain"]


def test_scripts_without_spaces_give_one_word_per_character() -> None:
    assert words("AI著作権とアップル") == ["ai", "著", "作", "権", "と", "アップル"]


def test_signs_that_nobody_sees_part_no_word() -> None:
    assert words("Daten\xadbank data\u200cbase \ufeffdata\u2060base") == [
        *("datenbank", "database", "database"),
    ]
    assert words("می\u200cخواهم") == words("میخواهم")
    text = "the Daten\xadbank"
    assert Evaluation(text_document("", text)).truth(parse_query("{Datenbank}").root)


def test_letters_of_arabic_are_folded_as_searchers_type_them() -> None:
    assert fold("مدرسة") == fold("مدرسه")
    assert fold("إيران") == fold("ايران") == fold("ایران")


def test_combining_marks_stay_in_their_word() -> None:
    assert words("हिन्दी में समाचार") == [fold("हिन्दी"), fold("में"), fold("समाचार")]
    assert len(words("हिन्दी में समाचार")) == 3


def test_folding_drops_case_diacritics_and_full_width() -> None:
    assert fold("ÉCOLE") == fold("école") == "ecole"
    assert fold("ＡＩ") == "ai"
    assert fold("Straße") == "strasse"
    assert fold("Ørsted") == "orsted"


def test_both_ways_of_finding_words_agree() -> None:
    plain = "Meta's plans: 3.5 percent, U.S. firms' data-centre costs; don't ask. Größe Łódź"
    marked = plain + " \u0301"  # a combining mark takes the slower way
    assert words(plain) == [w for w in words(marked) if w.strip("\u0301")]


def article(text: str, zones: tuple[Zone, ...], verdict: str = "article") -> Article:
    return Article(
        id="a",
        url="https://news.herald.example/a",
        canonical_url="https://news.herald.example/a",
        outlet="herald.example",
        title="A day at the farm | Herald",
        text=text,
        fetched=datetime(2026, 1, 1, tzinfo=UTC),
        zones=zones,
        verdict=verdict,
    )


def test_related_boxes_captions_and_footers_never_match() -> None:
    text = "First paragraph.\nLlama sued over copyright\nA llama in the picture\nLlama Media Ltd"
    lines = text.split("\n")
    kinds = (ZoneKind.LEAD, ZoneKind.RELATED, ZoneKind.CAPTION, ZoneKind.FOOTER)
    zones, at = [], 0
    for kind, line in zip(kinds, lines, strict=True):
        zones.append(Zone(kind, at, at + len(line)))
        at += len(line) + 1
    document = article_document(article(text, tuple(zones)))
    assert "llama" not in document.places
    assert "paragraph" in document.places


def test_comments_count_only_in_a_discussion() -> None:
    text = "A question.\nLlama is the answer."
    zones = (Zone(ZoneKind.LEAD, 0, 11), Zone(ZoneKind.COMMENTS, 12, 32))
    assert "llama" not in article_document(article(text, zones)).places
    assert "llama" in article_document(article(text, zones, Verdict.DISCUSSION)).places


def test_the_name_of_the_site_in_the_title_is_not_the_headline() -> None:
    document = article_document(article("Text.", ()))
    assert "farm" in document.places
    assert "herald" not in document.places


def test_abbreviations_do_not_end_a_sentence() -> None:
    document = text_document("", "Meta Inc. and Dr. Llama met in the U.S. court. They left.")
    assert Evaluation(document).truth(parse_query("meta SENTENCE court").root)
    assert not Evaluation(document).truth(parse_query("court SENTENCE left").root)


def test_a_sentence_is_returned_with_its_full_stop() -> None:
    text = "One is here. Two is there. Three."
    document = text_document("", text)
    start, end = document.sentence_at(document.places["two"][0])
    assert text[start:end] == "Two is there."


SIGNS = st.text(alphabet="aBé1.,'’“ -…\xa0_ß著\xad\u200c#+s", max_size=40)


@given(SIGNS)
def test_a_text_folded_as_a_whole_has_the_words_folded_one_by_one(text: str) -> None:
    assert folded_words(text) == words(text)


@given(SIGNS, SIGNS)
def test_a_place_knows_where_its_word_stands(title: str, text: str) -> None:
    document = text_document(title, text)
    for place, word in enumerate(document.words):
        if word:
            source = document.source(place)
            start, end = document.span(place)
            assert fold(source[start:end]) == word
