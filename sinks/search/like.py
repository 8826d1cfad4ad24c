"""More like this: articles whose vectors are nearest to that of one article.

The index keeps a signed byte per dimension of each vector, which is a quarter of what the vectors
take; the order they give is that of the full vectors but for near ties.
"""

from datetime import timedelta
from typing import Any

import numpy as np

from newsbeam.errors import ConfigError, SinkError
from sinks.search.postings import NO_INDEX, Rows, lacks_index

DAYS = 90
"""Articles this many days before and after are compared."""
BLOCK = 512
"""Vectors compared at once: they stay in the processor's cache."""


def like_this(
    source: Rows, article_id: str, *, limit: int = 20, days: int = DAYS
) -> list[dict[str, Any]]:
    """Return the articles nearest in meaning, the nearest first.

    Args:
        source: the publication.
        article_id: the article.
        limit: how many.
        days: only articles so many days before and after it.

    Raises:
        ConfigError: there is no such article, or it has no vector.
        SinkError: the publication has no index.
    """
    this = _this(source, article_id)
    at, own = this["published"], np.frombuffer(this["code"], dtype=np.int8).astype(np.float32)
    found = source.columns(
        "SELECT doc, code FROM search_docs WHERE model = ? AND published BETWEEN ? AND ?",
        [this["model"], at - timedelta(days=days), at + timedelta(days=days)],
    )
    likeness, docs = _likeness(found["code"], own), found["doc"]
    few = min(limit + 1, len(docs))
    if not few:
        return []
    best = np.argpartition(-likeness, few - 1)[:few]
    near = {int(docs[i]): float(likeness[i]) for i in best if docs[i] != this["doc"]}
    told = [{"likeness": round(near[r.pop("doc")], 4), **r} for r in _told(source, list(near))]
    return sorted(told, key=lambda r: (-r["likeness"], r["article_id"]))[:limit]


def _this(source: Rows, article_id: str) -> dict[str, Any]:
    try:
        found = source.rows(
            "SELECT doc, model, code, published FROM search_docs "
            "WHERE article_id = ? AND code IS NOT NULL",
            [article_id],
        )
    except Exception as error:
        if lacks_index(error):
            raise SinkError(NO_INDEX) from error
        raise
    if not found:
        raise ConfigError(article_id, "there is no such article, or it has no vector")
    return found[0]


def _likeness(codes: Any, own: Any) -> Any:
    """Return the cosine of each vector with one.

    Args:
        codes: uint8 (n * d): the vectors' bytes, one after the other.
        own: float32 (d).
    """
    rows = codes.view(np.int8).reshape(-1, len(own))
    likeness = np.empty(len(rows), dtype=np.float32)
    held = np.empty((BLOCK, len(own)), dtype=np.float32)
    for start in range(0, len(rows), BLOCK):
        part = rows[start : start + BLOCK]
        block = held[: len(part)]
        np.copyto(block, part)  # into the same memory each time: twice as fast
        lengths = np.sqrt(np.einsum("ij,ij->i", block, block))
        likeness[start : start + BLOCK] = (block @ own) / np.maximum(lengths, 1e-9)
    return likeness / max(float(np.linalg.norm(own)), 1e-9)


def _told(source: Rows, docs: list[int]) -> list[dict[str, Any]]:
    """Return what is shown of some articles; the times let DuckDB skip nearly all of the data."""
    if not docs:
        return []
    known = source.rows(
        f"SELECT article_id, doc, first_seen FROM search_docs WHERE doc IN ({_marks(docs)})", docs
    )
    number = {r["article_id"]: r["doc"] for r in known}
    seen = sorted({r["first_seen"] for r in known})
    found = source.rows(
        "SELECT article_id, title, outlet, coalesce(published, first_fetched) AS published, url, "
        f"lead, language FROM article_rows WHERE article_id IN ({_marks(list(number))}) "
        f"AND first_fetched IN ({_marks(seen)})",
        [*number, *seen],
    )
    return [{"doc": number[r["article_id"]], **r} for r in found]


def _marks(values: list[Any]) -> str:
    return ", ".join("?" * len(values))
