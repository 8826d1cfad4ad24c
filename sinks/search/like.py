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
BLOCK = 2_048
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
        "SELECT article_id, first_seen, code FROM search_docs "
        "WHERE model = ? AND published BETWEEN ? AND ?",
        [this["model"], at - timedelta(days=days), at + timedelta(days=days)],
    )
    likeness = _likeness(found["code"], own)
    ids = found["article_id"]
    order = np.argsort(-likeness, kind="stable")[: limit + 1]
    best = [i for i in order if ids[i] != article_id][:limit]
    scores = {ids[i]: round(float(likeness[i]), 4) for i in best}
    if not scores:
        return []
    seen = sorted({found["first_seen"][i].item() for i in best})
    told = [{"likeness": scores[r["article_id"]], **r} for r in _told(source, list(scores), seen)]
    return sorted(told, key=lambda r: (-r["likeness"], r["article_id"]))


def _this(source: Rows, article_id: str) -> dict[str, Any]:
    try:
        found = source.rows(
            "SELECT model, code, published FROM search_docs "
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
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK].astype(np.float32)
        lengths = np.sqrt(np.einsum("ij,ij->i", block, block))
        likeness[start : start + BLOCK] = (block @ own) / np.maximum(lengths, 1e-9)
    return likeness / max(float(np.linalg.norm(own)), 1e-9)


def _told(source: Rows, ids: list[str], seen: list[Any]) -> list[dict[str, Any]]:
    marks, times = (", ".join("?" * len(values)) for values in (ids, seen))
    return source.rows(
        "SELECT article_id, title, outlet, coalesce(published, first_fetched) AS published, url, "
        f"lead, language FROM article_rows WHERE article_id IN ({marks}) "
        f"AND first_fetched IN ({times})",
        [*ids, *seen],
    )
