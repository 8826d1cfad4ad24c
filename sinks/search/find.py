"""Search the publication: the query language, ranked by BM25, with the matched words marked.

::

    query ─► words ─► postings (one SQL statement) ─► articles ─► score ─► (exact check) ─► texts

Source of the score: Robertson and Zaragoza, The probabilistic relevance framework, 2009
(k1 = 1.2, b = 0.75); a word in the title counts as four more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from newsbeam.errors import SinkError
from newsbeam.topics.query import parse_query
from newsbeam.topics.query.nodes import Dates, Fact, is_wild
from sinks.search.postings import (
    NO_INDEX,
    Posting,
    Rows,
    lacks_index,
    read_breaks,
    read_lengths,
    read_postings,
)
from sinks.search.results import CHECKED, Result, show
from sinks.search.spans import Evaluator, Found, Ints, Lengths, keys, placed, positive

K1, B = 1.2, 0.75


@dataclass(frozen=True)
class Filters:
    """What else an article must be."""

    topic: str | None = None
    outlets: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Results:
    """The best articles, and how many there are."""

    total: int
    exact: bool
    """False: ``total`` counts candidates; a few may not match."""
    results: list[Result] = field(default_factory=list)


def search(
    source: Rows,
    text: str,
    filters: Filters = Filters(),  # frozen
    *,
    limit: int = 20,
    newest: bool = False,
) -> Results:
    """Return the best articles for a query.

    Args:
        source: the publication.
        text: in the language of docs/query-language.md.
        filters: see there.
        limit: articles returned.
        newest: sort by publication time, not by score.

    Raises:
        QueryError: the query is wrong, with the place.
        SinkError: the publication has no index.
    """
    query = parse_query(text)
    try:
        lengths = read_lengths(source)
    except Exception as error:
        if lacks_index(error):
            raise SinkError(NO_INDEX) from error
        raise
    root = query.root
    postings = read_postings(source, keys(root), placed(root), lengths)
    evaluator = Evaluator(
        {name: p.docs if p.places is None else p.places for name, p in postings.items()},
        lengths,
        lambda node: _fact(source, node, lengths),
        lambda: read_breaks(source),
    )
    found = evaluator.truth(root)
    docs = found.docs
    if filters != Filters():
        docs = _filtered(source, filters, docs, lengths)
    scores = _scores(docs, [postings[k] for k in sorted(positive(root))], lengths)
    if newest:
        order = np.argsort(-lengths.of(lengths.at, docs), kind="stable")
    else:
        order = np.lexsort((-docs, -scores.round(9)))  # as the macro: equal texts are ties
    ranked = docs[order]
    results = show(source, query, ranked, scores[order], limit, found.exact)
    total = len(docs) if found.exact or len(docs) > CHECKED else len(results)
    return Results(total, found.exact or len(docs) <= CHECKED, results[:limit])


_CONDITIONS = {
    "lang": "lower(a.language) = ?",
    "outlet": "lower(a.outlet) = ? OR lower(a.site_name) = ?",
}


def _fact(source: Rows, node: Fact | Dates, lengths: Lengths) -> Found:
    if isinstance(node, Fact) and (node.name not in _CONDITIONS or is_wild(node.value)):
        return Found(lengths.docs, exact=False)
    conditions: list[str] = []
    values: list[Any] = []
    if isinstance(node, Dates):
        for sign, day in ((">=", node.first), ("<=", node.last)):
            if day:
                conditions.append(f"a.published::DATE {sign} ?")
                values.append(day)
    else:
        conditions.append(_CONDITIONS[node.name])
        values += [node.value] * conditions[0].count("?")
    return Found(_docs_where(source, " AND ".join(f"({c})" for c in conditions), values))


def _docs_where(source: Rows, where: str, values: Sequence[Any]) -> Ints:
    found = source.columns(
        "SELECT d.doc FROM search_docs d JOIN article_rows a USING (article_id) "
        f"WHERE {where} ORDER BY 1",
        values,
    )
    return np.asarray(found["doc"], dtype=np.int64)


def _filtered(source: Rows, filters: Filters, docs: Ints, lengths: Lengths) -> Ints:
    """Return the articles that pass the filters."""
    at = lengths.of(lengths.at, docs)
    for day, later in ((filters.first, True), (filters.last, False)):
        if day:
            edge = datetime.combine(day + timedelta(days=not later), time.min, UTC)
            micros = int(edge.timestamp()) * 1_000_000
            chosen = at >= micros if later else at < micros
            docs, at = docs[chosen], at[chosen]
    conditions, values = [], list[Any]()
    for column, wanted in (("outlet", filters.outlets), ("language", filters.languages)):
        if wanted:
            conditions.append(f"a.{column} IN ({', '.join('?' * len(wanted))})")
            values += wanted
    if filters.topic:
        conditions.append("a.article_id IN (SELECT article_id FROM mention_rows WHERE topic = ?)")
        values.append(filters.topic)
    if not conditions or not len(docs):
        return docs
    return docs[np.isin(docs, _docs_where(source, " AND ".join(conditions), values))]


def _scores(docs: Ints, postings: Sequence[Posting], lengths: Lengths) -> Any:
    total = np.zeros(len(docs))
    if not len(docs):
        return total
    count = len(lengths.docs)
    relative = lengths.of(lengths.words, docs) / max(1.0, float(lengths.words.mean()))
    for posting in postings:
        order = np.argsort(posting.docs, kind="stable")
        known, times = posting.docs[order], posting.times[order].astype(float)
        if not len(known):
            continue
        unique, starts = np.unique(known, return_index=True)
        summed = np.add.reduceat(times, starts)
        at = np.minimum(np.searchsorted(unique, docs), len(unique) - 1)
        tf = np.where(unique[at] == docs, summed[at], 0.0)
        idf = np.log(1 + (count - len(unique) + 0.5) / (len(unique) + 0.5))
        total += idf * tf * (K1 + 1) / (tf + K1 * (1 - B + B * relative))
    return total
