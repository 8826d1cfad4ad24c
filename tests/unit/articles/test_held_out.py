"""Pages that were written after the rules: what fails here is fixed, and stays fixed."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from newsbeam.articles.read import read_page
from newsbeam.records import Article, Entry, Page
from tests.fixtures.pages.held_out_walls import PAGES

NOW = datetime(2026, 3, 3, tzinfo=UTC)


def read(name: str, url: str, html: str) -> Article:
    return read_page(Page(Entry(name, "f", name, url), url, html.encode(), NOW), now=NOW)


def test_the_pages_are_thirty_and_more_in_all_eight_languages() -> None:
    assert len(PAGES) >= 30
    assert {page[2] for page in PAGES} == {"en", "de", "fr", "es", "it", "pt", "nl", "pl"}
    assert min(Counter(page[1] for page in PAGES).values()) >= 2


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page[0])
def test_the_verdict_is_right(page: tuple[str, str, str, str, str, str]) -> None:
    name, verdict, language, url, title, html = page
    article = read(name, url, html)
    assert article.verdict == verdict, article.reasons
    if verdict == "article":
        assert (article.language, article.title) == (language, title)
