from datetime import UTC, datetime

import pytest

from newsbeam.articles.dom.claims import Claims
from newsbeam.articles.facts.dates import find_dates
from newsbeam.articles.facts.language import find_language
from newsbeam.articles.facts.moments import read_moment
from newsbeam.articles.facts.people import clean_names
from newsbeam.articles.facts.titles import drop_suffix

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
URL = "https://www.harbour-post.example/news/ferry"


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("2026-03-01T08:15:00+01:00", None, "2026-03-01T07:15:00+00:00"),
        ("2026-03-01T08:15:00.123Z", None, "2026-03-01T08:15:00+00:00"),
        ("20260301T081500Z", None, "2026-03-01T08:15:00+00:00"),
        ("Sun, 01 Mar 2026 08:15:00 -0500", None, "2026-03-01T13:15:00+00:00"),
        ("1772352900", None, "2026-03-01T08:15:00+00:00"),
        ("March 1, 2026, 8:15 PM EST", "en", "2026-03-02T01:15:00+00:00"),
        ("1. März 2026", "de", "2026-03-01T00:00:00+00:00"),
        ("1er mars 2026", "fr", "2026-03-01T00:00:00+00:00"),
        ("1 de marzo de 2026", "es", "2026-03-01T00:00:00+00:00"),
        ("1 marca 2026", "pl", "2026-03-01T00:00:00+00:00"),
        ("2026年3月1日", "ja", "2026-03-01T00:00:00+00:00"),
        ("01.03.2026", "de", "2026-03-01T00:00:00+00:00"),
        ("3/1/2026", "en", "2026-03-01T00:00:00+00:00"),
        ("1/3/2026", "fr", "2026-03-01T00:00:00+00:00"),
    ],
)
def test_a_date_is_read_as_it_is_written(text: str, language: str | None, expected: str) -> None:
    moment = read_moment(text, language)
    assert moment is not None
    assert moment.aware().isoformat() == expected


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-45", "31.02.2026", "1.2.3", "404"])
def test_what_is_no_date_gives_none(text: str) -> None:
    assert read_moment(text) is None


def vote(claims: Claims, url: str = URL, **more: object):  # type: ignore[no-untyped-def]
    return find_dates(None, claims, url, fetched=NOW, **more)  # type: ignore[arg-type]


def test_the_future_and_1970_have_no_vote() -> None:
    claims = Claims(meta={"article:published_time": ["2031-01-01"], "date": ["1970-01-01"]})
    assert vote(claims).published is None


def test_agreement_outvotes_a_single_claim_and_raises_the_confidence() -> None:
    claims = Claims(meta={"date": ["2024-01-05"]})
    alone = vote(claims)
    feed = datetime(2026, 3, 1, 9, tzinfo=UTC)
    both = vote(claims, "https://harbour-post.example/2026/03/01/ferry", feed=feed)
    assert alone.published == datetime(2024, 1, 5, tzinfo=UTC)
    assert both.published == feed
    assert (both.confidence or 0) > 0.5


def test_a_modified_date_never_becomes_the_date_of_publication() -> None:
    claims = Claims(
        nodes=[
            {
                "@type": "NewsArticle",
                "headline": "Ferry",
                "datePublished": "2026-02-20T10:00:00Z",
                "dateModified": "2026-03-01T10:00:00Z",
            }
        ]
    )
    found = vote(claims)
    assert found.published == datetime(2026, 2, 20, 10, tzinfo=UTC)
    assert found.modified == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_a_time_without_a_zone_is_that_of_the_outlet_s_country() -> None:
    claims = Claims(meta={"article:published_time": ["2026-02-20 10:00:00"]})
    found = vote(claims, "https://www.elbe-kurier.de/a")
    assert found.published == datetime(2026, 2, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (["By Ada Moreno"], ("Ada Moreno",)),
        (["by ADA MORENO and Tom Reddick, Staff Writers"], ("ADA MORENO", "Tom Reddick")),
        (["Von Jörg Petersen und Heike Lorenz"], ("Jörg Petersen", "Heike Lorenz")),
        (["Ada Moreno, Political Correspondent"], ("Ada Moreno",)),
        (["https://harbour-post.example/author/ada"], ()),
        (["Moreno, Ada"], ("Ada Moreno",)),
        (["admin"], ()),
        (["Ada Moreno", "ada moreno"], ("Ada Moreno",)),
    ],
)
def test_names_come_without_by_roles_and_links(raw: list[str], names: tuple[str, ...]) -> None:
    assert clean_names(raw) == names


@pytest.mark.parametrize(
    "title",
    [
        "Ferry line returns | Harbour Post",
        "Ferry line returns - Harbour Post",
        "Harbour Post: Ferry line returns",
        "Ferry line returns – Harbour Post – harbour-post.example",
    ],
)
def test_a_headline_comes_without_its_outlet(title: str) -> None:
    assert drop_suffix(title, ["Harbour Post", "harbour-post.example"]) == "Ferry line returns"


def test_the_text_decides_on_the_language_against_a_wrong_tag() -> None:
    german = "Die Werft in Wedel hat nach vier Jahren wieder einen Auftrag bekommen. " * 4
    assert find_language(german, "en-US") == "de"
    assert find_language(german, "de-DE") == "de"
    assert find_language("Kurz", "de-AT") == "de"
