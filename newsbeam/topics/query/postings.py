"""An article's words as an index for search keeps them: which there are, how often, and where."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from newsbeam.records import Article, Zone, ZoneKind
from newsbeam.topics.query.document import LEAD, TITLE, Document, article_document

Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Indexed:
    """The words of one article, as the index keeps them."""

    words: int
    title_end: int
    lead_end: int
    breaks: list[int]
    terms: str
    """Its different words, one a line."""
    times: Ints
    """How often each occurs."""
    in_title: Ints
    places: Ints
    """Where: those of the first word, of the second …"""


def index_words(title: str | None, text: str | None, zones: str | None, verdict: str) -> Indexed:
    """Return what the index says of an article's words.  Pure, and most of an index's work.

    Args:
        title: headline.
        text: paragraphs.
        zones: of the text, as the store has them: JSON.
        verdict: of the page.
    """
    words = document(title, text, zones, verdict)
    title_end = sum(1 for z in words.zones if z == TITLE)
    places = words.places
    return Indexed(
        words=sum(map(len, places.values())),
        title_end=title_end,
        lead_end=title_end + sum(1 for z in words.zones if z & LEAD),
        breaks=breaks(words),
        terms="\n".join(places),
        times=np.array([len(found) for found in places.values()], np.int32),
        in_title=np.array(
            [
                sum(1 for p in found if p < title_end) if found[0] < title_end else 0
                for found in places.values()
            ],
            np.int32,
        ),
        places=np.array([place for found in places.values() for place in found], np.int32),
    )


def document(title: str | None, text: str | None, zones: str | None, verdict: str) -> Document:
    """Return an article's words."""
    return article_document(
        Article(
            id="",
            url="",
            canonical_url="",
            outlet="",
            title=title,
            text=text or "",
            fetched=_NEVER,
            zones=tuple(Zone(ZoneKind(k), a, b) for k, a, b in json.loads(zones or "[]")),
            verdict=verdict,
        )
    )


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def breaks(words: Document) -> list[int]:
    """Return twice the place where each sentence but the first begins; odd: a paragraph, too."""
    return [2 * place + paragraph for place, paragraph in words.breaks() if place]
