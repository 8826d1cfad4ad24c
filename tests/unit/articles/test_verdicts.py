import importlib.util
import sys
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from newsbeam.articles.read import read_page
from newsbeam.records import Article, Entry, Page, Verdict

NOW = datetime(2026, 3, 3, tzinfo=UTC)
FOLDER = Path(__file__).parents[2] / "fixtures" / "pages"


def _compose() -> Any:
    spec = importlib.util.spec_from_file_location("composed_pages", FOLDER / "compose.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["composed_pages"] = module
    spec.loader.exec_module(module)
    return module


PAGES = _compose().pages()


def read(page: Any) -> Article:
    entry = Entry(page.id, "f", page.id, page.url, summary=page.summary, kind=page.kind)
    sent = Page(entry, page.url, page.body, NOW, content_type=page.content_type)
    return read_page(sent, now=NOW)


@cache
def results() -> list[tuple[Any, Article]]:
    return [(page, read(page)) for page in PAGES]


def table() -> dict[str, tuple[int, float, float]]:
    """Return pages, precision and recall for each verdict."""
    gold = Counter(page.verdict for page, _ in results())
    given = Counter(str(article.verdict) for _, article in results())
    right = Counter(page.verdict for page, article in results() if article.verdict == page.verdict)
    return {v: (gold[v], right[v] / (given[v] or 1), right[v] / gold[v]) for v in gold}


def test_the_set_is_large_varied_and_covers_every_verdict() -> None:
    assert len(PAGES) >= 150
    assert len({page.body for page in PAGES}) == len(PAGES)
    assert {page.verdict for page in PAGES} == {str(v) for v in list(Verdict)[:10]}


@pytest.mark.parametrize("verdict", sorted({page.verdict for page in PAGES} - {"article"}))
def test_a_verdict_against_a_page_is_right_in_95_of_100_cases(verdict: str) -> None:
    _, precision, recall = table()[verdict]
    assert precision >= 0.95
    assert recall >= 0.85


def test_97_of_100_articles_are_recognised() -> None:
    assert table()["article"][2] >= 0.97


@pytest.mark.parametrize("page", [p for p in PAGES if p.paragraphs], ids=lambda p: p.id)
def test_an_article_keeps_its_text_and_nothing_of_the_page_around_it(page: Any) -> None:
    article = {p.id: a for p, a in results()}[page.id]
    for paragraph in page.paragraphs:
        assert paragraph in article.text
    extra = len(article.text) - len("\n".join(page.paragraphs))
    assert extra < 0.2 * len(article.text)
    assert article.title == page.title
    assert article.language == page.language
    assert article.partial is False


def test_every_verdict_has_a_reason() -> None:
    assert all(article.reasons for _, article in results())


def test_a_teaser_is_partial() -> None:
    assert all(a.partial for _, a in results() if a.verdict == Verdict.TEASER)
