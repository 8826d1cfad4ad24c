"""Pages of many systems and languages, composed after the rules: what failed is mended."""

from datetime import UTC, datetime

import pytest

from newsbeam.articles.read import read_page
from newsbeam.records import Article, Entry, Page, ZoneKind
from tests.fixtures.pages.bylines import CASES as FACTS
from tests.fixtures.pages.case import Case
from tests.fixtures.pages.lists import CASES as LAYOUTS
from tests.fixtures.pages.more_walls import CASES as WALLS
from tests.fixtures.pages.odd_contents import CASES as ODD

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
SILENT = {ZoneKind.RELATED, ZoneKind.FOOTER, ZoneKind.CAPTION, ZoneKind.COMMENTS}
"""Zones that trigger nothing."""


def read(case: Case) -> Article:
    entry = Entry(case.name, "f", case.name, case.url)
    page = Page(entry, case.url, case.body, NOW, status=case.status,
                content_type=case.content_type, charset=case.charset)  # fmt: skip
    return read_page(page, now=NOW)


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("case", [*LAYOUTS, *WALLS, *FACTS, *ODD], ids=lambda case: case.name)
def test_the_page_is_read_as_its_composer_meant(case: Case) -> None:
    article = read(case)
    assert article.verdict in case.verdicts, article.reasons
    whole = plain(article.text)
    said = plain(
        " ".join(article.text[z.start : z.end] for z in article.zones if z.kind not in SILENT)
    )
    for text in case.has:
        assert plain(text) in whole
    for text in case.hasnot:
        assert plain(text) not in said
    for name in ("title", "authors", "language"):
        if (wanted := getattr(case, name)) is not None:
            assert getattr(article, name) == wanted
    for name in ("published", "modified"):
        if (wanted := getattr(case, name)) is not None:
            at = getattr(article, name)
            assert (at.isoformat() if at else "none").startswith(wanted)
