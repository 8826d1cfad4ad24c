"""Show what was found: fetch the texts of the best articles, and mark the words in them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from newsbeam.records import Article, Zone, ZoneKind
from newsbeam.topics.query import Evaluation, Query
from newsbeam.topics.query.document import article_document
from sinks.search.postings import Rows
from sinks.search.spans import Ints

CHECKED = 400
"""Texts looked at, at most, where the index cannot decide alone."""


@dataclass(frozen=True)
class Result:
    """One article found."""

    article_id: str
    score: float
    title: str | None
    outlet: str
    url: str
    published: datetime
    language: str | None
    snippet: str
    words: tuple[str, ...]
    """The words of the text that matched, as they stand in it."""


def show(
    source: Rows, query: Query, ranked: Ints, scores: Any, limit: int, exact: bool
) -> list[Result]:
    """Fetch the texts of the best; where the index cannot decide, look until there are enough."""
    results: list[Result] = []
    start, step = 0, limit if exact else 2 * limit
    while start < min(len(ranked), limit if exact else CHECKED):
        part = [int(d) for d in ranked[start : start + step]]
        score = dict(zip(part, scores[start : start + step], strict=True))
        for doc, article, when in _articles(source, part, facts=not exact):
            words = article_document(article)
            evaluation = Evaluation(words)
            if exact or evaluation.truth(query.root):
                results.append(_result(article, when, evaluation, query, float(score[doc])))
        if len(results) >= limit and (not exact and len(ranked) > CHECKED):
            break
        start, step = start + step, min(2 * step, CHECKED)
    return results


_SHOWN = (
    "article_id, url, outlet, title, published, first_fetched, fetched, verdict, language, revision"
)
_FACTS = ", canonical_url, authors, site_name, section, keywords, feed_url, feed_tags"
"""What only the exact check of some queries needs."""


def _articles(
    source: Rows, docs: Sequence[int], facts: bool
) -> list[tuple[int, Article, datetime]]:
    """Return articles with their texts and when they were published (or first seen), in order.

    The times beside the ids let DuckDB skip nearly all of the data: it lies in order of time.
    """
    known = source.rows(
        f"SELECT article_id, doc, first_seen FROM search_docs WHERE doc IN ({_marks(docs)})", docs
    )
    if not known:
        return []
    doc_of = {r["article_id"]: r["doc"] for r in known}
    ids, seen = list(doc_of), sorted({r["first_seen"] for r in known})
    found = source.rows(
        f"SELECT {_SHOWN}{_FACTS if facts else ''} FROM article_rows "
        f"WHERE article_id IN ({_marks(ids)}) AND first_fetched IN ({_marks(seen)})",
        [*ids, *seen],
    )
    texts = _texts(source, ids, sorted({r["fetched"] for r in found}))
    bare = [r["article_id"] for r in found if not _text_of(r, texts)]
    if bare:  # emptied by retention, or not published: the lead is all there is
        leads = source.rows(
            f"SELECT article_id, lead FROM article_rows WHERE article_id IN ({_marks(bare)})", bare
        )
        by_id = {r["article_id"]: r["lead"] for r in leads}
        found = [{**r, "lead": by_id.get(r["article_id"])} for r in found]
    made = {
        doc_of[r["article_id"]]: _article(r, texts.get((r["article_id"], r["revision"])))
        for r in found
    }
    times = {
        doc_of[r["article_id"]]: (r["published"] or r["first_fetched"]).replace(tzinfo=UTC)
        for r in found
    }
    return [(doc, made[doc], times[doc]) for doc in docs if doc in made]


def _texts(
    source: Rows, ids: Sequence[str], times: Sequence[datetime]
) -> dict[tuple[str, int], dict[str, Any]]:
    if not times:
        return {}
    return {
        (r["article_id"], r["revision"]): r
        for r in source.rows(
            "SELECT article_id, revision, text, zones FROM article_texts "
            f"WHERE article_id IN ({_marks(ids)}) AND at_time IN ({_marks(times)})",
            [*ids, *times],
        )
    }


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _text_of(row: dict[str, Any], texts: dict[tuple[str, int], dict[str, Any]]) -> str | None:
    text: str | None = texts.get((row["article_id"], row["revision"]), {}).get("text")
    return text


def _article(row: dict[str, Any], text: dict[str, Any] | None) -> Article:
    published = row["published"]
    zones = json.loads((text or {}).get("zones") or "[]")
    return Article(
        id=row["article_id"],
        url=row["url"],
        canonical_url=row.get("canonical_url") or "",
        outlet=row["outlet"],
        title=row["title"],
        text=(text or {}).get("text") or row.get("lead") or "",
        fetched=row["fetched"].replace(tzinfo=UTC),
        verdict=row["verdict"],
        zones=tuple(Zone(ZoneKind(k), a, b) for k, a, b in zones) if text and text["text"] else (),
        published=published.replace(tzinfo=UTC) if published else None,
        authors=tuple(row.get("authors") or ()),
        language=row["language"],
        site_name=row.get("site_name"),
        section=row.get("section"),
        keywords=tuple(row.get("keywords") or ()),
        feed_url=row.get("feed_url"),
        feed_tags=tuple(row.get("feed_tags") or ()),
    )


def _result(
    article: Article, when: datetime, evaluation: Evaluation, query: Query, score: float
) -> Result:
    words = evaluation.document
    hits = [h for h in evaluation.hits(query.root) if h.first >= 0]
    shown = [
        (words.title if words.zones[h.first] == 1 else words.text)[
            words.span(h.first)[0] : words.span(h.last)[1]
        ]
        for h in hits
    ]
    in_text = next((h for h in hits if words.zones[h.first] != 1), None)
    snippet = article.text
    if len(snippet) > 240:
        snippet = snippet[:240].rpartition(" ")[0] + " …"
    if in_text is not None:
        start, end = words.sentence_at(in_text.first)
        snippet = article.text[start:end]
        if len(snippet) > 320:
            at = max(0, words.span(in_text.first)[0] - start - 120)
            snippet = "… " + snippet[at : at + 300] + " …"
    return Result(
        article.id,
        round(score, 3),
        article.title,
        article.outlet,
        article.url,
        when,
        article.language,
        " ".join(snippet.split()),
        tuple(dict.fromkeys(shown)),
    )
