"""More like this: articles whose vectors are nearest to that of one article.

The work is the SQL macro ``like_this`` (:mod:`sinks.search.macros`), so all clients find the same.
"""

from typing import Any

from newsbeam.errors import ConfigError, SinkError
from sinks.search.postings import NO_INDEX, Rows, lacks_index

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
        SinkError: the publication has no index.
    """
    try:
        found = source.rows(
            f"FROM like_this(?, most := {int(limit)}, days := {int(days)})", [article_id]
        )
        known = found or source.rows(
            "SELECT 1 AS yes FROM search_docs WHERE article_id = ? AND norm > 0", [article_id]
        )
    except Exception as error:
        if lacks_index(error):
            raise SinkError(NO_INDEX) from error
        raise
    if not known:
        raise ConfigError(article_id, "there is no such article, or it has no vector")
    return found
