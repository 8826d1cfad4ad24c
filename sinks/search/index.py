"""The index for search: which word stands where, by article; made with each publication.

Two tables in segments beside the others::

    search_docs      one row per article: its number, length, where title, lead and sentences end,
                     and its vector as bits
    search_postings  one row per word and article: how often, and at which places

Words and places are those of the query language (:class:`newsbeam.topics.query.Document`), so what
the index says of a phrase or NEAR is what live matching says.  An article that changes gets a new
number; rows of the old one are skipped, and dropped when segments are merged.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from newsbeam.topics.query.postings import Indexed, Ints, index_words
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
"""Articles of one segment: bounds the memory (about 150 MB)."""
PORTION = 256
"""Articles that are in memory as records at once: with its vector, one takes 20 kB."""
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
) -> Iterator[Iterator[Row]]:
    """Yield the articles to index, in chunks; each is to be gone through before the next.

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
            yield _rows(
                db.execute(
                    f"{_SOURCE.format(vectors=near)} WHERE a.article_id IN ({listed}) "
                    f"AND t.article_id IN ({listed}){late} ORDER BY a.article_id"
                )
            )
        return
    top = db.execute("SELECT max(rowid) FROM article_texts").fetchall()[0][0]
    for start in range(0, 0 if top is None else top + 1, CHUNK):
        yield _rows(
            db.execute(
                f"{_SOURCE.format(vectors='article_vectors')} "
                f"WHERE t.rowid BETWEEN {start} AND {start + CHUNK - 1} ORDER BY a.article_id"
            )
        )


def _rows(found: duckdb.DuckDBPyConnection) -> Iterator[Row]:
    while rows := found.fetchmany(PORTION):
        yield from rows


def tables(
    rows: Iterable[Row], first: int, call: Callable[..., Any] = operator.call
) -> tuple[pa.Table, pa.Table, int]:
    """Index articles; return docs, postings, and the next free number.

    Args:
        rows: of :func:`batches`.
        first: number of the first article.
        call: calls :func:`index_words`, which may have been done ahead.
    """
    docs, postings = [], []
    left = iter(rows)
    while True:
        made = _tables(islice(left, PORTION), first, call)
        docs.append(made[0])
        postings.append(made[1])
        first += made[0].num_rows
        if made[0].num_rows < PORTION:
            return pa.concat_tables(docs), pa.concat_tables(postings), first


def _tables(rows: Iterable[Row], first: int, call: Callable[..., Any]) -> tuple[pa.Table, pa.Table]:
    docs: dict[str, list[Any]] = {name: [] for name, _ in DOC_COLUMNS}
    terms: list[str] = []
    found: list[Indexed] = []
    for number, row in enumerate(rows, first):
        one: Indexed = call(index_words, *row[1:5])
        known = (row[0], number, one.words, one.title_end, one.lead_end, row[5], row[6], one.breaks)
        coded = (row[7], *bits(row[8]))
        for column, value in zip(docs.values(), known + coded, strict=True):
            column.append(value)
        terms += one.terms.split("\n") if one.terms else ()
        found.append(one)
    times = _joined([one.times for one in found])
    offsets = np.zeros(len(times) + 1, dtype=np.int32)
    np.cumsum(times, out=offsets[1:])
    numbers = np.arange(first, first + len(found), dtype=np.int32)
    postings = pa.table(
        {
            "term": pa.array(terms, pa.string()),
            "doc": pa.array(np.repeat(numbers, [len(one.times) for one in found])),
            "times": pa.array(times),
            "in_title": pa.array(_joined([one.in_title for one in found])),
            "places": pa.ListArray.from_arrays(
                pa.array(offsets), pa.array(_joined([one.places for one in found]))
            ),
        }
    )
    types = {"VARCHAR": pa.string(), "INTEGER": pa.int32(), "BLOB": pa.binary()}
    types |= {"TIMESTAMP": pa.timestamp("us"), "INTEGER[]": pa.list_(pa.int32())}
    doc_table = pa.table({name: pa.array(docs[name], types[kind]) for name, kind in DOC_COLUMNS})
    return doc_table, postings


def _joined(parts: Sequence[Ints]) -> Ints:
    return np.concatenate([np.zeros(0, np.int32), *parts])


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
