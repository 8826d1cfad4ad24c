"""More like this: articles whose vectors are nearest to that of one article."""

from datetime import timedelta
from typing import Any

import numpy as np

from newsbeam.errors import ConfigError
from sinks.search.find import Rows

DAYS = 90
"""Articles this many days before and after are compared."""


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
    """
    this = source.rows(
        "SELECT v.model, coalesce(a.published, a.first_fetched) AS at, v.vector "
        "FROM article_rows a JOIN article_vectors v USING (article_id) WHERE a.article_id = ?",
        [article_id],
    )
    if not this:
        raise ConfigError(article_id, "there is no such article, or it has no vector")
    at, own = this[0]["at"], np.asarray(this[0]["vector"], dtype=np.float32)
    found = source.columns(
        "SELECT v.article_id, v.vector FROM article_vectors v "
        "JOIN article_rows a USING (article_id) WHERE v.model = ? "
        "AND coalesce(a.published, a.first_fetched) BETWEEN ? AND ?",
        [this[0]["model"], at - timedelta(days=days), at + timedelta(days=days)],
    )
    ids = found["article_id"]
    vectors = np.asarray(found["vector"], dtype=np.float32).reshape(len(ids), len(own))
    likeness = (
        vectors @ own / np.maximum(np.linalg.norm(vectors, axis=1) * np.linalg.norm(own), 1e-9)
    )
    best = [i for i in np.argsort(-likeness, kind="stable")[: limit + 1] if ids[i] != article_id]
    scores = {ids[i]: round(float(likeness[i]), 4) for i in best[:limit]}
    if not scores:
        return []
    marks = ", ".join("?" * len(scores))
    rows = source.rows(
        "SELECT article_id, title, outlet, coalesce(published, first_fetched) AS published, url, "
        f"lead, language FROM article_rows WHERE article_id IN ({marks})",
        list(scores),
    )
    told = [{"likeness": scores[r["article_id"]], **r} for r in rows]
    return sorted(told, key=lambda r: (-r["likeness"], r["article_id"]))
