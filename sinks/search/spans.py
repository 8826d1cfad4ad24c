"""Evaluate a query on the index: whole sets of articles at once, with numpy.

A *place* is ``article number * 2**20 + place in the article``, so one sorted array holds every
occurrence of a word in every article, and "the next word" is "plus one" (the query language parts
paragraphs by an empty place, so no phrase crosses one).  What the index cannot know (case, stems,
authors, tags) is answered by a set that is certainly large enough, and marked inexact:
the caller then looks at the texts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from newsbeam.topics.query.document import BODY, LEAD, TITLE
from newsbeam.topics.query.nodes import (
    COMPARE,
    And,
    Count,
    Dates,
    Fact,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Same,
    is_wild,
    walk,
)

Ints = npt.NDArray[np.int64]
SHIFT = 20
"""Bits for the place within an article: a million words."""
MAX_PAIRS = 4_000_000
"""Pairs of one NEAR looked at; beyond this its articles are left to the exact check."""


def distinct(values: Ints) -> Ints:
    """Return values ascending, each once: by sorting, which takes a fifth of numpy's hashing."""
    ordered = np.sort(values)
    first = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


@dataclass(frozen=True)
class Found:
    """Articles that satisfy a node, ascending."""

    docs: Ints
    exact: bool = True
    """False: some may not satisfy it; none is missing."""


@dataclass(frozen=True)
class Spans:
    """Where a node occurs: first and last place of each span, sorted by first."""

    first: Ints
    last: Ints
    exact: bool = True

    @property
    def docs(self) -> Ints:
        """Articles with a span, ascending."""
        return distinct(self.first >> SHIFT)


@dataclass(frozen=True)
class Lengths:
    """Of all articles, by ascending number."""

    docs: Ints
    words: Ints
    title_end: Ints
    lead_end: Ints
    at: Ints
    """Publication, microseconds since 1970."""

    @cached_property
    def _rows(self) -> npt.NDArray[np.int32]:
        """Row of each article number; -1: not there (superseded)."""
        rows = np.full(int(self.docs[-1]) + 1 if len(self.docs) else 1, -1, np.int32)
        rows[self.docs] = np.arange(len(self.docs), dtype=np.int32)
        return rows

    def knows(self, docs: Ints) -> npt.NDArray[np.bool_]:
        """Say of each number whether there is such an article."""
        rows = self._rows
        return (docs < len(rows)) & (rows[np.minimum(docs, len(rows) - 1)] >= 0)

    def of(self, column: Ints, docs: Ints) -> Ints:
        """Return a column for some articles, all of which must be known."""
        return column[self._rows[docs]]


@dataclass(frozen=True)
class Breaks:
    """Where sentences and paragraphs begin in all articles: places, ascending."""

    sentences: Ints
    paragraphs: Ints


class Evaluator:
    """Evaluates queries on the postings of their words.

    Args:
        places: of each word or pattern that :func:`placed` names: its occurrences in living
            articles, ascending.
        docs: of each word or pattern: its articles; one may be there twice.
        lengths: of all living articles.
        facts: gives the articles for a fact or dates, as far as the index knows it.
        breaks: gives where sentences and paragraphs begin; only called where a query asks.
    """

    def __init__(
        self,
        places: Mapping[str, Ints],
        docs: Mapping[str, Ints],
        lengths: Lengths,
        facts: Callable[[Fact | Dates], Found],
        breaks: Callable[[], Breaks],
    ) -> None:
        self._places, self._docs, self._lengths, self._facts = places, docs, lengths, facts
        self._breaks = breaks

    def truth(self, node: Node) -> Found:
        """Return the articles for which a node is true."""
        match node:
            case And(parts=parts):
                return self._and([self.truth(p) for p in parts])
            case Or(parts=parts):
                found = [self.truth(p) for p in parts]
                docs = distinct(np.concatenate([f.docs for f in found]))
                return Found(docs, all(f.exact for f in found))
            case Not(part=part):
                inner = self.truth(part)
                if not inner.exact:  # what is left out may still belong
                    return Found(self._lengths.docs, exact=False)
                return Found(np.setdiff1d(self._lengths.docs, inner.docs, assume_unique=True))
            case Count(part=part, operator=operator, number=number):
                return self._count(part, operator, number)
            case Fact() | Dates():
                return self._facts(node)
            case Phrase() if _is_word(node):
                return Found(distinct(self._docs[key(node, node.words[0])]))
            case _:
                spans = self.spans(node)
                return Found(spans.docs, spans.exact)

    @staticmethod
    def _and(found: Sequence[Found]) -> Found:
        docs = min((f.docs for f in found), key=len)
        for other in found:
            docs = docs[np.isin(docs, other.docs, assume_unique=True)]
        return Found(docs, all(f.exact for f in found))

    def _count(self, part: Node, operator: str, number: int) -> Found:
        spans = self.spans(part)
        if not spans.exact:
            return Found(self._lengths.docs, exact=False)
        pairs = np.unique(np.stack([spans.first, spans.last], axis=1), axis=0)
        docs, counts = np.unique(pairs[:, 0] >> SHIFT, return_counts=True)
        compare = COMPARE[operator]
        chosen = docs[[bool(compare(int(c), number)) for c in counts]] if len(docs) else docs
        if compare(0, number):
            rest = np.setdiff1d(self._lengths.docs, docs, assume_unique=True)
            chosen = np.union1d(chosen, rest)
        return Found(chosen)

    def spans(self, node: Node) -> Spans:
        """Return where a node occurs."""
        match node:
            case Phrase():
                return self._phrase(node)
            case Or(parts=parts):
                found = [self.spans(p) for p in parts]
                return _sorted(
                    np.concatenate([s.first for s in found]),
                    np.concatenate([s.last for s in found]),
                    all(s.exact for s in found),
                )
            case Near(left=left, right=right):
                return self._near(node, self.spans(left), self.spans(right))
            case Same(left=left, right=right):
                return self._same(node, self.spans(left), self.spans(right))
            case _:
                raise TypeError(f"{type(node).__name__} has no place in the text")

    def _phrase(self, node: Phrase) -> Spans:
        exact = not (node.exact or node.stemmed)
        base: Ints | None = None
        for offset, word in enumerate(node.words):
            if word == "*":  # any one word; that it is in the same paragraph is not known here
                exact = False
                continue
            here = self._places[key(node, word)] - offset
            base = here if base is None else base[np.isin(base, here, assume_unique=True)]
        first = base if base is not None else np.empty(0, np.int64)
        if node.zone != TITLE | BODY and len(first):
            first = first[self._in_zone(first, node.zone)]
        return Spans(first, first + len(node.words) - 1, exact)

    def _in_zone(self, first: Ints, zone: int) -> npt.NDArray[np.bool_]:
        docs, place = first >> SHIFT, first & ((1 << SHIFT) - 1)
        title = place < self._lengths.of(self._lengths.title_end, docs)
        if zone == TITLE:
            return title
        if zone == LEAD:
            return ~title & (place < self._lengths.of(self._lengths.lead_end, docs))
        return ~title

    def _near(self, node: Near, left: Spans, right: Spans) -> Spans:
        exact = left.exact and right.exact
        if not len(left.first) or not len(right.first):
            return Spans(left.first[:0], left.first[:0], exact)
        widest = int((right.last - right.first).max())
        low = np.searchsorted(right.first, left.first - node.distance - widest)
        high = np.searchsorted(right.first, left.last + node.distance, side="right")
        counts = np.maximum(high - low, 0)
        if counts.sum() > MAX_PAIRS:
            first = left.first[counts > 0]
            return Spans(first, first, exact=False)
        a, b = _pairs(low, counts)
        a_first, a_last = left.first[a], left.last[a]
        b_first, b_last = right.first[b], right.last[b]
        after, before = b_first - a_last, a_first - b_last
        fits = (after > 0) & (after <= node.distance)
        if not node.ordered:
            fits |= (before > 0) & (before <= node.distance)
        fits &= (a_first >> SHIFT) == (b_first >> SHIFT)
        if fits.any():
            fits[fits] = self._in_zone(a_first[fits], TITLE) == self._in_zone(b_first[fits], TITLE)
        return _sorted(np.minimum(a_first, b_first)[fits], np.maximum(a_last, b_last)[fits], exact)

    def _same(self, node: Same, left: Spans, right: Spans) -> Spans:
        breaks = self._breaks()
        begins = breaks.sentences if node.unit == "sentence" else breaks.paragraphs
        (left, of_left), (right, of_right) = _within(begins, left), _within(begins, right)
        low = np.searchsorted(of_right, of_left)
        counts = np.searchsorted(of_right, of_left, side="right") - low
        exact = left.exact and right.exact
        if counts.sum() > MAX_PAIRS:
            first = left.first[counts > 0]
            return Spans(first, first, exact=False)
        a, b = _pairs(low, counts)
        return _sorted(
            np.minimum(left.first[a], right.first[b]),
            np.maximum(left.last[a], right.last[b]),
            exact,
        )


def _within(begins: Ints, spans: Spans) -> tuple[Spans, Ints]:
    """Return the spans that lie in one sentence or paragraph, and in which, by its number."""
    unit = np.searchsorted(begins, spans.first, side="right")
    whole = unit == np.searchsorted(begins, spans.last, side="right")
    return Spans(spans.first[whole], spans.last[whole], spans.exact), unit[whole]


def _pairs(low: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Return every left with each of its rights, as indexes: ``counts`` of them from ``low`` on."""
    a = np.repeat(np.arange(len(low)), counts)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    return a, np.repeat(low, counts) + np.arange(len(a)) - starts


def _sorted(first: Ints, last: Ints, exact: bool) -> Spans:
    order = np.lexsort((last, first))
    return Spans(first[order], last[order], exact)


def key(node: Phrase, word: str) -> str:
    """Return under which name the places of a word of a phrase are kept: how to look it up."""
    if node.stemmed:
        return "~" + word
    if node.exact:
        return "=" + word
    return word


def keys(node: Node) -> set[str]:
    """Return the names of all words and patterns of a query."""
    return {
        key(part, word)
        for part in walk(node)
        if isinstance(part, Phrase)
        for word in part.words
        if word != "*"
    }


def _is_word(node: Phrase) -> bool:
    """Say whether a phrase is one word, anywhere: the index then needs no places."""
    plain = not (node.exact or node.stemmed) and node.zone == TITLE | BODY
    return plain and len(node.words) == 1 and node.words[0] != "*"


def placed(node: Node) -> set[str]:
    """Return the names of the words of which the places are needed to tell whether it is true."""
    match node:
        case And(parts=parts) | Or(parts=parts):
            return set().union(*(placed(p) for p in parts))
        case Not(part=part):
            return placed(part)
        case Phrase() if _is_word(node):
            return set()
        case _:
            return keys(node)


def positive(node: Node) -> set[str]:
    """Return the names of the words that speak for an article: those under no NOT."""
    match node:
        case Not():
            return set()
        case Phrase():
            return {key(node, w) for w in node.words if w != "*" and not is_wild(w)} or {
                key(node, w) for w in node.words if w != "*"
            }
        case And(parts=parts) | Or(parts=parts):
            return set().union(*(positive(p) for p in parts))
        case Near(left=left, right=right) | Same(left=left, right=right):
            return positive(left) | positive(right)
        case Count(part=part):
            return positive(part)
        case _:
            return set()
