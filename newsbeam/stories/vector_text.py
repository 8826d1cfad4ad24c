"""What a story vector is made of: one rule for pipeline, command line and benchmarks."""

from newsbeam.headlines import without_site
from newsbeam.records import Article, ZoneKind

CHARS = 400
"""Beginning of the text that goes into the vector.  600 characters group no better (mean BCubed F1
of the labelled sets in three orders each: .815, with 400 .817); with 300 the two reports of one
filing in the users' own examples come apart in many orders (2026-11)."""


def vector_text(title: str | None, text: str | None) -> str:
    """Return headline and lead of an article, as the model reads them; never empty."""
    return f"{own_words(title or '')}\n{(text or '')[:CHARS]}".strip() or "-"


def beginning(article: Article) -> str:
    """Return the same of an article, from its lead on: menus above it are no part of it."""
    leads = [zone.start for zone in article.zones if zone.kind is ZoneKind.LEAD]
    return vector_text(article.title, article.text[min(leads, default=0) :])


def own_words(title: str) -> str:
    """Return a headline without the name of its outlet (``… - The Example``).

    Two reports are not alike because one outlet's name stands behind both, nor apart because of
    two.  What has a figure stays: ``… - Day 3`` tells articles apart.
    """
    shown = without_site(title)
    return title if any(c.isdigit() for c in title[len(shown) :]) else shown
