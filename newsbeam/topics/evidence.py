"""Why a mention: the places that speak for it, with their sentences."""

from collections.abc import Iterator

from newsbeam.records import Evidence, ZoneKind
from newsbeam.topics.features import Look
from newsbeam.topics.query.document import TITLE
from newsbeam.topics.query.evaluate import Hit
from newsbeam.topics.query.nodes import Phrase
from newsbeam.topics.topic import Topic
from newsbeam.topics.view import ArticleView

MAX_TERMS, MAX_PASSAGES = 8, 3
"""Places kept per mention: more tell nothing new, and cost space in every row."""
MEANT = 0.45
"""A passage with at least this meaning speaks for the topic by itself."""
BEGINNING = 240
"""Characters of a passage that are kept."""


def matched_by(look: Look) -> str:
    """Return ``query``, ``meaning`` or ``both``: which side speaks for the topic."""
    query = look.query or bool(look.queried)
    meaning = max(look.meaning.values(), default=0.0) >= MEANT
    if query and meaning:
        return "both"
    return "query" if query else "meaning"


def collect_evidence(topic: Topic, look: Look, view: ArticleView) -> tuple[Evidence, ...]:
    """Return the terms of the query that matched, and the passages that read like the topic."""
    return (*_terms(topic, look, view), *_passages(look, view))


def _terms(topic: Topic, look: Look, view: ArticleView) -> Iterator[Evidence]:
    """One place per term, from the passages in which the query is true; each term once."""
    if topic.parsed is None:
        return
    seen: set[str] = set()
    for i in look.queried:
        for hit in view.passage(i).hits(topic.parsed.root):
            if len(seen) == MAX_TERMS:
                return
            if isinstance(hit.node, Phrase) and hit.node.source.casefold() not in seen:
                seen.add(hit.node.source.casefold())
                yield _term(hit, i, view)


def _term(hit: Hit, i: int, view: ArticleView) -> Evidence:
    document, passage = view.passage(i).document, view.passages[i]
    in_title = document.zones[hit.first] == TITLE
    source = (view.article.title or "") if in_title else view.article.text
    start, end = document.span(hit.first)[0], document.span(hit.last)[1]
    first, last = document.sentence_at(hit.first)
    return Evidence(
        kind="query",
        zone=str(passage.zone),
        start=start,
        end=end,
        text=source[start:end],
        sentence=source[first:last],
        term=hit.node.source,
    )


def _passages(look: Look, view: ArticleView) -> Iterator[Evidence]:
    ranked = sorted(look.meaning.items(), key=lambda item: -item[1])
    for i, score in ranked[:MAX_PASSAGES]:
        if score < MEANT / 2:
            return
        passage = view.passages[i]
        document = view.passage(i).document
        if not document.words:
            continue
        start, end = document.sentence_at(0)
        in_title = passage.zone == ZoneKind.TITLE
        source = (view.article.title or "") if in_title else view.article.text
        yield Evidence(
            kind="passage",
            zone=str(passage.zone),
            start=max(0, passage.start),
            end=len(source) if in_title else passage.end,
            text=passage.text[:BEGINNING],
            sentence=source[start:end],
            score=round(score, 4),
        )
