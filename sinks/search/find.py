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
from newsbeam.topics.query.document import fold_value
from newsbeam.topics.query.nodes import Dates, Fact, wildcard
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
        {name: p.places for name, p in postings.items() if p.places is not None},
        {name: p.docs for name, p in postings.items()},
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


def _fact(source: Rows, node: Fact | Dates, lengths: Lengths) -> Found:
    if isinstance(node, Dates):
        conditions: list[str] = []
        days: list[Any] = []
        for sign, day in ((">=", node.first), ("<=", node.last)):
            if day:
                conditions.append(f"a.published::DATE {sign} ?")
                days.append(day)
        return Found(_docs_where(source, " AND ".join(conditions), days))
    columns = {"lang": ("language",), "outlet": ("outlet", "site_name")}.get(node.name)
    if columns is None:
        return Found(lengths.docs, exact=False)
    found = [_docs_with(source, column, node.value) for column in columns]
    return Found(np.unique(np.concatenate(found)))


def _docs_with(source: Rows, column: str, value: str) -> Ints:
    """Return the articles with a value in a column: folded here, as the query language does it."""
    known = source.rows(f"SELECT DISTINCT {column} AS value FROM article_rows")
    pattern = wildcard(value)
    meant = [r["value"] for r in known if r["value"] and pattern.fullmatch(fold_value(r["value"]))]
    if not meant:
        return np.empty(0, np.int64)
    return _docs_where(source, f"a.{column} IN ({', '.join('?' * len(meant))})", meant)


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
