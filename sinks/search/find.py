"""Search the publication: the query language, ranked by BM25, with the matched words marked.

::

    query ─► words ─► postings (one SQL statement) ─► articles ─► score ─► (exact check) ─► texts

Source of the score: Robertson and Zaragoza, The probabilistic relevance framework, 2009
(k1 = 1.2, b = 0.75); a word in the title counts as four more.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

import numpy as np

from newsbeam.errors import SinkError
from newsbeam.records import Article, Zone, ZoneKind
from newsbeam.topics.query import Evaluation, Query, parse_query
from newsbeam.topics.query.document import Document, article_document
from newsbeam.topics.query.nodes import Dates, Fact, is_wild, wildcard
from newsbeam.topics.query.words import fold, stem
from sinks.search.spans import SHIFT, Evaluator, Found, Ints, Lengths, keys, positive

K1, B, TITLE_WORTH = 1.2, 0.75, 3
CHECKED = 400
"""Texts looked at, at most, where the index cannot decide alone."""
EXPANDED = 2_000
"""Words that one wildcard or stem may stand for."""


class Rows(Protocol):
    """What search needs of a connection to the publication (sinks.publish.reader.Reader)."""

    kept: dict[str, Any]
    """Forgotten with the publication."""

    def rows(self, sql: str, parameters: Sequence[Any] = ...) -> list[dict[str, Any]]:
        """Return the rows of a query."""

    def columns(self, sql: str, parameters: Sequence[Any] = ...) -> dict[str, Any]:
        """Return the columns of a query as numpy arrays."""


@dataclass(frozen=True)
class Filters:
    """What else an article must be."""

    topic: str | None = None
    outlets: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None


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
        lengths = _lengths(source)
    except Exception as error:
        if "search_docs" in str(error):
            raise SinkError(
                "this publication has no index for search: set publish.search = true, and run "
                "`newsbeam store publish --rebuild`"
            ) from error
        raise
    postings = _postings(source, keys(query.root), lengths)
    evaluator = Evaluator(
        {name: p.places for name, p in postings.items()},
        lengths,
        lambda node: _fact(source, node, lengths),
    )
    found = evaluator.truth(query.root)
    docs = found.docs
    if filters != Filters():
        docs = docs[np.isin(docs, _filtered(source, filters), assume_unique=True)]
    scores = _scores(docs, [postings[k] for k in sorted(positive(query.root))], lengths)
    if newest:
        order = np.argsort(-_times(source, docs), kind="stable")
    else:
        order = np.lexsort((-docs, -scores))
    ranked = docs[order]
    results = _results(source, query, ranked, scores[order], limit, found.exact)
    total = len(docs) if found.exact or len(docs) > CHECKED else len(results)
    return Results(total, found.exact or len(docs) <= CHECKED, results[:limit])


@dataclass(frozen=True)
class _Posting:
    """Where a word occurs, and how often in which article."""

    places: Ints
    docs: Ints
    times: Ints
    """Occurrences, those in the title counted four times."""


def _lengths(source: Rows) -> Lengths:
    kept = source.kept.get("lengths")
    if isinstance(kept, Lengths):
        return kept
    found = source.columns("SELECT doc, words, title_end, lead_end FROM search_docs ORDER BY doc")
    lengths = Lengths(*(np.asarray(c, dtype=np.int64) for c in found.values()))
    source.kept["lengths"] = lengths
    return lengths


def _postings(source: Rows, names: Iterable[str], lengths: Lengths) -> dict[str, _Posting]:
    plain = {n: fold(n[1:]) if n[0] == "=" else n for n in names if n[0] != "~"}
    words: dict[str, list[str]] = {}
    for name, word in plain.items():
        words[name] = _expand(source, word) if is_wild(word) else [word]
    for name in names:
        if name[0] == "~":
            words[name] = _family(source, name[1:])
    wanted = sorted({w for found in words.values() for w in found})
    if not wanted:
        empty = np.empty(0, np.int64)
        return {name: _Posting(empty, empty, empty) for name in words}
    marks = ", ".join("?" * len(wanted))
    rows = source.columns(
        f"SELECT term, doc, times, in_title, places FROM search_postings WHERE term IN ({marks})",
        wanted,
    )
    terms, docs = rows["term"], np.asarray(rows["doc"], dtype=np.int64)
    times = np.asarray(rows["times"], dtype=np.int64)
    weight = times + TITLE_WORTH * np.asarray(rows["in_title"], dtype=np.int64)
    flat, starts = rows["places"], np.concatenate([[0], np.cumsum(times)])
    places = (np.repeat(docs, times) << SHIFT) + flat
    alive = np.isin(docs, lengths.docs)
    numbers = {word: i for i, word in enumerate(wanted)}
    number = np.asarray([numbers[t] for t in terms], dtype=np.int64)
    made: dict[str, _Posting] = {}
    for name, found in words.items():
        mine = alive & np.isin(number, [numbers[w] for w in found])
        mask = np.repeat(mine, times)
        made[name] = _Posting(np.sort(places[mask]), docs[mine], weight[mine])
    assert starts[-1] == len(flat)  # noqa: S101  # times and places belong together
    return made


def _expand(source: Rows, word: str) -> list[str]:
    """Return the words of the index that a wildcard stands for."""
    start = word.split("*")[0].split("?")[0]
    found = source.rows(
        "SELECT DISTINCT term FROM search_postings WHERE term >= ? AND term < ?",
        [start, start + "\U0010ffff"],
    )
    pattern = wildcard(word)
    matching = sorted(r["term"] for r in found if pattern.fullmatch(r["term"]))
    return matching[:EXPANDED]


def _family(source: Rows, word: str) -> list[str]:
    """Return words that may have the stem of a word, in any language."""
    start = word[: max(3, len(word) - 4)]
    found = source.rows(
        "SELECT DISTINCT term FROM search_postings WHERE term >= ? AND term < ?",
        [start, start + "\U0010ffff"],
    )
    languages = ("en", "de", "fr", "es", "it", "pt", "nl")
    stems = {language: stem(word, language) for language in languages}
    return [r["term"] for r in found if any(stem(r["term"], k) == s for k, s in stems.items())][
        :EXPANDED
    ]


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


def _filtered(source: Rows, filters: Filters) -> Ints:
    conditions, values = ["true"], list[Any]()
    for column, chosen in (("outlet", filters.outlets), ("language", filters.languages)):
        if chosen:
            conditions.append(f"a.{column} IN ({', '.join('?' * len(chosen))})")
            values += chosen
    for sign, day in ((">=", filters.first), ("<=", filters.last)):
        if day:
            conditions.append(f"coalesce(a.published, a.first_fetched)::DATE {sign} ?")
            values.append(day)
    if filters.topic:
        conditions.append("a.article_id IN (SELECT article_id FROM mention_rows WHERE topic = ?)")
        values.append(filters.topic)
    return _docs_where(source, " AND ".join(conditions), values)


def _scores(docs: Ints, postings: Sequence[_Posting], lengths: Lengths) -> Any:
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


def _times(source: Rows, docs: Ints) -> Any:
    rows = source.columns(
        "SELECT d.doc, epoch_us(coalesce(a.published, a.first_fetched)) AS at "
        "FROM search_docs d JOIN article_rows a USING (article_id) ORDER BY d.doc"
    )
    known, at = np.asarray(rows["doc"], np.int64), np.asarray(rows["at"], np.int64)
    return at[np.searchsorted(known, docs)]


def _results(
    source: Rows, query: Query, ranked: Ints, scores: Any, limit: int, exact: bool
) -> list[Result]:
    """Fetch the texts of the best; where the index cannot decide, look until there are enough."""
    results: list[Result] = []
    step = limit if exact else max(50, limit)
    for start in range(0, min(len(ranked), limit if exact else CHECKED), step):
        part = [int(d) for d in ranked[start : start + step]]
        score = dict(zip(part, scores[start : start + step], strict=True))
        for doc, article in _articles(source, part):
            words = article_document(article)
            evaluation = Evaluation(words)
            if exact or evaluation.truth(query.root):
                results.append(_result(article, words, evaluation, query, float(score[doc])))
        if len(results) >= limit and (not exact and len(ranked) > CHECKED):
            break
    return results


_NEEDED = (
    "article_id, url, canonical_url, outlet, title, published, first_fetched, fetched, "
    "verdict, authors, language, site_name, section, keywords, feed_url, feed_tags, revision"
)


def _articles(source: Rows, docs: Sequence[int]) -> list[tuple[int, Article]]:
    """Return articles with their texts, in the order given."""
    marks = ", ".join("?" * len(docs))
    ids = {
        r["article_id"]: r["doc"]
        for r in source.rows(
            f"SELECT article_id, doc FROM search_docs WHERE doc IN ({marks})",
            docs,
        )
    }
    if not ids:
        return []
    marks = ", ".join("?" * len(ids))
    found = source.rows(
        f"SELECT {_NEEDED} FROM article_rows WHERE article_id IN ({marks})",
        list(ids),
    )
    texts = {
        (r["article_id"], r["revision"]): r
        for r in source.rows(
            "SELECT article_id, revision, text, zones FROM article_texts "
            f"WHERE article_id IN ({marks})",
            list(ids),
        )
    }
    bare = [r["article_id"] for r in found if not _text_of(r, texts)]
    if bare:  # emptied by retention, or not published: the lead is all there is
        leads = source.rows(
            f"SELECT article_id, lead FROM article_rows WHERE article_id IN "
            f"({', '.join('?' * len(bare))})",
            bare,
        )
        by_id = {r["article_id"]: r["lead"] for r in leads}
        found = [{**r, "lead": by_id.get(r["article_id"])} for r in found]
    made = {
        ids[r["article_id"]]: _article(r, texts.get((r["article_id"], r["revision"])))
        for r in found
    }
    return [(doc, made[doc]) for doc in docs if doc in made]


def _text_of(row: dict[str, Any], texts: dict[tuple[str, int], dict[str, Any]]) -> str | None:
    text: str | None = texts.get((row["article_id"], row["revision"]), {}).get("text")
    return text


def _article(row: dict[str, Any], text: dict[str, Any] | None) -> Article:
    published = row["published"] or row["first_fetched"]
    zones = json.loads((text or {}).get("zones") or "[]")
    return Article(
        id=row["article_id"],
        url=row["url"],
        canonical_url=row["canonical_url"],
        outlet=row["outlet"],
        title=row["title"],
        text=(text or {}).get("text") or row.get("lead") or "",
        fetched=row["fetched"].replace(tzinfo=UTC),
        verdict=row["verdict"],
        zones=tuple(Zone(ZoneKind(k), a, b) for k, a, b in zones) if text and text["text"] else (),
        published=published.replace(tzinfo=UTC),
        authors=tuple(row["authors"]),
        language=row["language"],
        site_name=row["site_name"],
        section=row["section"],
        keywords=tuple(row["keywords"]),
        feed_url=row["feed_url"],
        feed_tags=tuple(row["feed_tags"]),
    )


def _result(
    article: Article, words: Document, evaluation: Evaluation, query: Query, score: float
) -> Result:
    hits = [h for h in evaluation.hits(query.root) if h.first >= 0]
    shown = [
        (words.title if words.zones[h.first] == 1 else words.text)[
            words.starts[h.first] : words.ends[h.last]
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
            at = max(0, words.starts[in_text.first] - start - 120)
            snippet = "… " + snippet[at : at + 300] + " …"
    assert article.published is not None  # noqa: S101  # _article fills it
    return Result(
        article.id,
        round(score, 3),
        article.title,
        article.outlet,
        article.url,
        article.published,
        article.language,
        " ".join(snippet.split()),
        tuple(dict.fromkeys(shown)),
    )
