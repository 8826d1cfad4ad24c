"""Read the index: where the words of a query stand, and what is known of every article.

The places of a word are read only where a query asks for them (phrases, NEAR, zones, counts): they
are most of the index.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from newsbeam.errors import QueryError
from newsbeam.topics.query.nodes import is_wild, wildcard
from newsbeam.topics.query.words import STEMMED, fold, stem
from sinks.search.spans import SHIFT, Breaks, Ints, Lengths

TITLE_WORTH = 3
"""A word in the title counts as so many more."""
EXPANDED = 5_000
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
class Posting:
    """Where a word occurs, and how often in which article."""

    docs: Ints
    """Articles; one may be there twice, where several words are meant."""
    times: Ints
    """Occurrences, those in the title counted four times."""
    places: Ints | None
    """Ascending; None where nobody asked."""


def lacks_index(error: Exception) -> bool:
    """Say whether an error means that the publication has no index."""
    return "search_docs" in str(error)


NO_INDEX = (
    "this publication has no index for search: set publish.search = true, and run "
    "`newsbeam store publish --rebuild`"
)


def read_lengths(source: Rows) -> Lengths:
    """Return what is known of all articles; kept until the next publication."""
    kept = source.kept.get("lengths")
    if isinstance(kept, Lengths):
        return kept
    found = source.columns(
        "SELECT doc, words, title_end, lead_end, epoch_us(published) AS at FROM search_docs"
    )
    order = np.argsort(found["doc"], kind="stable")
    lengths = Lengths(*(np.asarray(c, dtype=np.int64)[order] for c in found.values()))
    source.kept["lengths"] = lengths
    return lengths


def read_breaks(source: Rows) -> Breaks:
    """Return where sentences and paragraphs begin; kept until the next publication."""
    kept = source.kept.get("breaks")
    if isinstance(kept, Breaks):
        return kept
    found = source.columns("SELECT doc, len(breaks) AS times, breaks FROM search_docs")
    docs = np.asarray(found["doc"], dtype=np.int64)
    values = np.asarray(found["breaks"], dtype=np.int64)
    within = np.repeat(docs << SHIFT, np.asarray(found["times"], dtype=np.int64)) + (values >> 1)
    first = docs << SHIFT  # an article begins both
    breaks = Breaks(
        np.sort(np.concatenate([first, within])),
        np.sort(np.concatenate([first, within[values % 2 == 1]])),
    )
    source.kept["breaks"] = breaks
    return breaks


def read_postings(
    source: Rows, names: Iterable[str], placed: Iterable[str], lengths: Lengths
) -> dict[str, Posting]:
    """Return the postings of the words and patterns of a query.

    Args:
        source: the publication.
        names: as :func:`sinks.search.spans.keys` gives them.
        placed: those of which the places are wanted.
        lengths: of all living articles.
    """
    words = {name: _meant(source, name) for name in names}
    wanted = set(placed)
    made: dict[str, Posting] = {}
    for chosen, column in (
        ({n: w for n, w in words.items() if n in wanted}, ", places"),
        ({n: w for n, w in words.items() if n not in wanted}, ""),
    ):
        made |= _read(source, chosen, column, lengths)
    return made


def _read(
    source: Rows, words: Mapping[str, Sequence[str]], column: str, lengths: Lengths
) -> dict[str, Posting]:
    wanted = sorted({w for found in words.values() for w in found})
    empty = np.empty(0, np.int64)
    if not wanted:
        return {name: Posting(empty, empty, empty) for name in words}
    marks = ", ".join("?" * len(wanted))
    rows = source.columns(
        f"SELECT list_position(?::VARCHAR[], term) - 1 AS word, doc, times, in_title{column} "
        f"FROM search_postings WHERE term IN ({marks})",
        [wanted, *wanted],
    )
    number = np.asarray(rows["word"], dtype=np.int64)
    docs = np.asarray(rows["doc"], dtype=np.int64)
    times = np.asarray(rows["times"], dtype=np.int64)
    weight = times + TITLE_WORTH * np.asarray(rows["in_title"], dtype=np.int64)
    places = (np.repeat(docs, times) << SHIFT) + rows["places"] if column else None
    alive = lengths.knows(docs)
    at = {word: i for i, word in enumerate(wanted)}
    made: dict[str, Posting] = {}
    for name, found in words.items():
        mine = alive & np.isin(number, [at[w] for w in found])
        standing = None if places is None else np.sort(places[np.repeat(mine, times)])
        made[name] = Posting(docs[mine], weight[mine], standing)
    return made


def _meant(source: Rows, name: str) -> list[str]:
    """Return the words of the index that a name stands for."""
    if name[0] == "~":
        return _family(source, name[1:])
    word = fold(name[1:]) if name[0] == "=" else name
    return _expand(source, word) if is_wild(word) else [word]


def _expand(source: Rows, word: str) -> list[str]:
    """Return the words of the index that a wildcard stands for."""
    start = word.split("*")[0].split("?")[0]
    found = source.rows(
        "SELECT DISTINCT term FROM search_postings WHERE term >= ? AND term < ?",
        [start, start + "\U0010ffff"],
    )
    pattern = wildcard(word)
    return _few(word, sorted(r["term"] for r in found if pattern.fullmatch(r["term"])))


def _family(source: Rows, word: str) -> list[str]:
    """Return words that may have the stem of a word, in any language."""
    start = word[: max(3, len(word) - 4)]
    found = source.rows(
        "SELECT DISTINCT term FROM search_postings WHERE term >= ? AND term < ?",
        [start, start + "\U0010ffff"],
    )
    stems = {language: stem(word, language) for language in STEMMED}
    return _few(
        word, [r["term"] for r in found if any(stem(r["term"], k) == s for k, s in stems.items())]
    )


def _few(word: str, found: list[str]) -> list[str]:
    if len(found) > EXPANDED:
        message = f"this stands for {len(found):,} words (at most {EXPANDED:,}): add letters"
        raise QueryError(word, 0, message)
    return found
