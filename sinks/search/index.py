"""The index for search: which word stands where, by article; made with each publication.

Two tables in segments beside the others::

    search_docs      one row per article: its number, length, where title, lead and sentences end,
                     and its vector as bits
    search_postings  one row per word and article: how often, and at which places

Words and places are those of the query language (:class:`newsbeam.topics.query.Document`), so what
the index says of a phrase or NEAR is what live matching says.  An article that changes gets a new
number; rows of the old one are skipped, and dropped when segments are merged.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from newsbeam.records import Article, Zone, ZoneKind
from newsbeam.topics.query.document import LEAD, TITLE, Document, article_document
from sinks.publish.tables import Table

DOCS = Table("search_docs", order="doc", key="article_id")
POSTINGS = Table("search_postings", order="term, doc")
DOC_COLUMNS = [
    ["article_id", "VARCHAR"],
    ["doc", "INTEGER"],
    ["words", "INTEGER"],
    ["title_end", "INTEGER"],
    ["lead_end", "INTEGER"],
    ["published", "TIMESTAMP"],
    ["first_seen", "TIMESTAMP"],
    ["breaks", "INTEGER[]"],
    ["model", "VARCHAR"],
    ["norm", "INTEGER"],
    *([f"bits{i}", "BLOB"] for i in range(8)),
]
POSTING_COLUMNS = [
    ["term", "VARCHAR"],
    ["doc", "INTEGER"],
    ["times", "INTEGER"],
    ["in_title", "INTEGER"],
    ["places", "INTEGER[]"],
]
GROUP = 65_536
"""Rows of a row group: a rare word costs the reading of one."""
CHUNK = 4_096
"""Articles indexed at once: bounds the memory (about 200 MB)."""
NOTES = (
    ("search_docs", "", "Index for search: one row per article."),
    ("search_docs", "article_id", "the article"),
    ("search_docs", "doc", "its number in the index; a changed article gets a new one"),
    ("search_docs", "words", "words in title and text"),
    ("search_docs", "title_end", "places below this are the title"),
    ("search_docs", "lead_end", "places below this, and not of the title, are the lead"),
    ("search_docs", "published", "publication time, or when we first had it (UTC)"),
    ("search_docs", "first_seen", "first run that had it (UTC)"),
    ("search_docs", "breaks", "twice the place where a sentence begins; odd: a paragraph, too"),
    ("search_docs", "model", "identity of the model of the vector"),
    ("search_docs", "norm", "sum of the squares of the vector's bytes"),
    *(("search_docs", f"bits{i}", f"bit {i} of the vector's bytes") for i in range(8)),
    ("search_postings", "", "Index for search: one row per word and article."),
    ("search_postings", "term", "word, folded: lower case, no accents, no possessive"),
    ("search_postings", "doc", "article, by its number in search_docs"),
    ("search_postings", "times", "how often the word occurs"),
    ("search_postings", "in_title", "how often in the title"),
    ("search_postings", "places", "where, counted in words from the title on"),
)

_SOURCE = """
SELECT a.article_id, coalesce(t.title, a.title), t.text, t.zones, a.verdict,
       coalesce(a.published, a.first_fetched), a.first_fetched, v.model, v.vector
FROM article_rows a JOIN article_texts t ON t.article_id = a.article_id AND t.revision = a.revision
LEFT JOIN {vectors} v ON v.article_id = a.article_id
"""
Row = tuple[Any, ...]
"""article_id, title, text, zones, verdict, published, first_seen, model, vector"""


def batches(
    db: duckdb.DuckDBPyConnection, articles: str | None, since: datetime | None = None
) -> Iterator[list[Row]]:
    """Yield the articles to index, in chunks.

    Args:
        db: the store.
        articles: condition on ``article_rows``; None: all.
        since: all of these were fetched at this time or later, naive UTC: spares reading the rest.
    """
    if articles is not None:
        ids = [
            r[0]
            for r in db.execute(f"SELECT article_id FROM article_rows WHERE {articles}").fetchall()
        ]
        late = f" AND a.fetched >= '{since}' AND t.at_time >= '{since}'" if since else ""
        for start in range(0, len(ids), CHUNK):
            listed = ", ".join(f"'{i}'" for i in ids[start : start + CHUNK])
            near = f"(FROM article_vectors WHERE article_id IN ({listed}))"
            yield db.execute(
                f"{_SOURCE.format(vectors=near)} WHERE a.article_id IN ({listed}) "
                f"AND t.article_id IN ({listed}){late} ORDER BY a.article_id"
            ).fetchall()
        return
    top = db.execute("SELECT max(rowid) FROM article_texts").fetchall()[0][0]
    for start in range(0, 0 if top is None else top + 1, CHUNK):
        rows = db.execute(
            f"{_SOURCE.format(vectors='article_vectors')} "
            f"WHERE t.rowid BETWEEN {start} AND {start + CHUNK - 1} ORDER BY a.article_id"
        ).fetchall()
        if rows:
            yield rows


def document(row: tuple[Any, ...]) -> Document:
    """Return the words of a row of :func:`batches`."""
    article_id, title, text, zones, verdict = row[:5]
    return article_document(
        Article(
            id=article_id,
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


def tables(rows: Iterable[tuple[Any, ...]], first: int) -> tuple[pa.Table, pa.Table, int]:
    """Index articles; return docs, postings, and the next free number.

    Args:
        rows: of :func:`batches`.
        first: number of the first article.
    """
    docs: dict[str, list[Any]] = {name: [] for name, _ in DOC_COLUMNS}
    terms: list[str] = []
    numbers: list[int] = []
    times: list[int] = []
    titles: list[int] = []
    places: list[int] = []
    number = first
    for row in rows:
        words = document(row)
        zones = words.zones
        title_end = sum(1 for z in zones if z == TITLE)
        lead_end = title_end + sum(1 for z in zones if z & LEAD)
        length = sum(map(len, words.places.values()))
        known = (row[0], number, length, title_end, lead_end, row[5], row[6], breaks(words))
        coded = (row[7], *bits(row[8]))
        for column, value in zip(docs.values(), known + coded, strict=True):
            column.append(value)
        for term, found in words.places.items():
            terms.append(term)
            numbers.append(number)
            times.append(len(found))
            titles.append(sum(1 for p in found if p < title_end) if found[0] < title_end else 0)
            places.extend(found)
        number += 1
    offsets = np.zeros(len(times) + 1, dtype=np.int32)
    np.cumsum(times, out=offsets[1:])
    postings = pa.table(
        {
            "term": pa.array(terms, pa.string()),
            "doc": pa.array(numbers, pa.int32()),
            "times": pa.array(times, pa.int32()),
            "in_title": pa.array(titles, pa.int32()),
            "places": pa.ListArray.from_arrays(
                pa.array(offsets), pa.array(np.asarray(places, dtype=np.int32))
            ),
        }
    )
    types = {"VARCHAR": pa.string(), "INTEGER": pa.int32(), "BLOB": pa.binary()}
    types |= {"TIMESTAMP": pa.timestamp("us"), "INTEGER[]": pa.list_(pa.int32())}
    doc_table = pa.table({name: pa.array(docs[name], types[kind]) for name, kind in DOC_COLUMNS})
    return doc_table, postings, number


def breaks(words: Document) -> list[int]:
    """Return twice the place where each sentence but the first begins; odd: a paragraph, too."""
    return [2 * place + paragraph for place, paragraph in words.breaks() if place]


def bits(vector: Sequence[float] | None) -> tuple[int | None, *tuple[bytes | None, ...]]:
    """Return a vector as signed bytes, bit by bit: SQL can count bits, and cannot read bytes.

    Returns:
        The sum of the squares of the bytes, and the eight bits, the highest (the sign) last: each
        a bit per dimension.  The length of the vector is lost, its direction kept.
    """
    if not vector:
        return None, *[None] * 8
    exact = np.asarray(vector, dtype=np.float32)
    most = float(np.abs(exact).max())
    coded = np.rint(exact * (127 / most if most else 0)).astype(np.int8)
    planes = np.packbits(np.unpackbits(coded.view(np.uint8)[:, None], axis=1)[:, ::-1], axis=0)
    norm = int(np.square(coded, dtype=np.int64).sum())
    return norm, *(plane.tobytes() for plane in planes.T)
