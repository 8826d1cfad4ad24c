"""What the store knows already, as sorted hashes: 16 bytes an entry, 8 an article.

The fastest of six ways measured for a million known URLs (a sorted array in the worker's memory:
0.6 s a run; a DuckDB anti-join 1 to 6 s; Beam state 44 s).  Staleness is harmless: the keys of the
store are the last guard.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from newsbeam.records import Entry, record_id
from newsbeam.urls import canonical_url
from sinks.store.rows import fingerprint, key

Keys = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Known:
    """Entries with what their feeds said last, and articles; all arrays sorted by key."""

    entries: Keys
    prints: Keys
    articles: Keys

    def entry(self, entry: Entry) -> str:
        """Return ``new``, ``changed`` (the feed says something else now) or ``known``."""
        at = _find(self.entries, key(entry.id))
        if at is None:
            return "new"
        return "known" if int(self.prints[at]) == fingerprint(entry) else "changed"

    def article(self, article_id: str) -> bool:
        """Whether the store has this article."""
        return _find(self.articles, key(article_id)) is not None


def _find(keys: Keys, wanted: int) -> int | None:
    at = int(np.searchsorted(keys, np.uint64(wanted)))
    return at if at < len(keys) and int(keys[at]) == wanted else None


def article_id(entry: Entry) -> str | None:
    """Return the id of the article that the entry's own URL stands for; None without a URL."""
    return None if entry.url is None else record_id("article", canonical_url(entry.url))


def save_known(db: Any, folder: Path) -> Path:
    """Write what an open store knows to a file that workers can read."""
    entries = db.execute("SELECT key, print FROM entries ORDER BY key").fetchnumpy()
    articles = db.execute("SELECT key FROM article_rows ORDER BY key").fetchnumpy()
    path = folder / "known.npz"
    with path.open("wb") as file:
        np.savez(
            file,
            entries=np.asarray(entries["key"], dtype=np.uint64),
            prints=np.asarray(entries["print"], dtype=np.uint64),
            articles=np.asarray(articles["key"], dtype=np.uint64),
        )
    return path


@lru_cache(maxsize=1)
def load_known(path: str) -> Known:
    """Read the file of :func:`save_known`; once per process and run."""
    with np.load(path) as arrays:
        return Known(arrays["entries"], arrays["prints"], arrays["articles"])
