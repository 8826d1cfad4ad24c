"""What the window keeps of an article, and how two articles compare.

An article becomes at most :data:`TERMS` hashed terms with a weight (how often here, how rare in
the window), bits (title, name, number …) and its rarity, beside the vector of title and lead.
Rarity is learnt from the window; a list of common English words stands in while it is young.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsbeam.stories.directions import cosines
from newsbeam.stories.terms import (
    DATE,
    IN_TITLE,
    NAME,
    NUMBER,
    ORDINAL,
    PAIR,
    SIDE,
    THING,
    Term,
    common_ranks,
    hash_term,
    stem,
)

TERMS = 64
"""Terms kept of an article: all of the title, then the heaviest."""
PATTERN = 0.5
"""Shared share of the shorter headline from which two headlines count as of one pattern."""
PRIOR_WEIGHT = 300
"""How many articles the list of common words counts for (chosen in docs/stories.md)."""
PAIR_FEATURES = (
    "vector",
    "terms",
    "title",
    "title_in_other",
    "number_conflict",
    "ordinal_veto",
    "date_veto",
    "name_veto",
    "side_veto",
    "untitled",
    "names_apart",
)
"""What :func:`compare` says of a pair.  ``names_apart``: the other article mentions no name of
either headline."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """An article as the window sees it.  The arrays follow each other, sorted by ``ids``."""

    ids: NDArray[np.uint32]
    """Hashed terms, ascending, distinct, never 0 (0 pads)."""
    weights: Floats
    """Of each term; L2-normalised."""
    rarity: Floats
    """-log of the share of articles with the term, when the article came."""
    bits: NDArray[np.uint8]
    vector: Floats | None
    """float32 (d,), L2-normalised; None: not embedded."""
    has_text: bool
    unread: bool
    """Whether it is in a language that the model does not read: its vector says less."""
    totals: Floats
    """float32 (TOTALS,): what comparisons need of the title of one side alone: the rarity of its
    terms; whether it has numbers, names, things with a number, dates and sides."""

    @property
    def brief(self) -> bool:
        """Whether there are fewer terms than are kept: a headline or a teaser."""
        return len(self.ids) < TERMS


TOTALS = 6
_THING, _NTH = THING | PAIR | IN_TITLE, ORDINAL | PAIR | IN_TITLE


def _totals(bits: NDArray[np.uint8], rarity: Floats) -> Floats:
    title = ((bits & IN_TITLE) > 0) & ((bits & PAIR) == 0)

    def any_of(kind: int) -> bool:
        return bool(((bits & kind) == kind).any())

    return np.array(
        [
            rarity[title].sum(),
            any_of(NUMBER | IN_TITLE),
            any_of(NAME | IN_TITLE),
            any_of(THING | IN_TITLE),
            any_of(DATE | IN_TITLE),
            any_of(SIDE | IN_TITLE),
        ],
        np.float32,
    )


class Frequencies:
    """In how many articles of the window a term occurs."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self.articles = 0

    def rarity(self, ids: NDArray[np.uint32], priors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return -log of the expected share of articles that have each term."""
        get = self._counts.get
        seen = np.array([get(key, 0) for key in ids.tolist()], np.float64)
        return -np.log((seen + PRIOR_WEIGHT * priors) / (self.articles + PRIOR_WEIGHT))

    def add(self, ids: NDArray[np.uint32]) -> None:
        """Count one article."""
        counts = self._counts
        for key in ids.tolist():
            counts[key] = counts.get(key, 0) + 1
        self.articles += 1

    def fill(self, ids: NDArray[np.uint32], articles: int) -> None:
        """Count the terms of many articles at once, in place of what was counted."""
        keys, counts = np.unique(ids, return_counts=True)
        self._counts = dict(zip(keys.tolist(), counts.tolist(), strict=True))
        self.articles = articles

    def remove(self, ids: NDArray[np.uint32]) -> None:
        """Forget one article."""
        counts = self._counts
        for key in ids.tolist():
            left = counts[key] - 1
            if left:
                counts[key] = left
            else:
                del counts[key]
        self.articles -= 1


_PRIORS: dict[str, float] = {}
UNKNOWN_SHARE = 0.0003
"""Share of articles that have a word outside the list, before the window knows better."""


def _prior(term: Term) -> float:
    if term.bits & NUMBER:
        return 0.02 if len(term.text) <= 2 else 0.004 if len(term.text) <= 4 else 0.001
    if not _PRIORS:
        for word, rank in common_ranks().items():
            # Zipf's law: a word of rank r is about 0.1 / r of a text; of 100 words here
            share = 1 - (1 - 0.1 / (rank + 2)) ** 100
            _PRIORS[stem(word, "en")] = _PRIORS.get(stem(word, "en"), 0.0) + share
    return min(0.9, _PRIORS.get(term.text, UNKNOWN_SHARE))


@dataclass(frozen=True, slots=True, eq=False)
class TermTable:
    """All terms of an article, before they are weighed; the arrays follow each other."""

    ids: NDArray[np.uint32]
    """Hashed terms, never 0; two terms may share a hash."""
    priors: NDArray[np.float64]
    """Share of articles that is expected to have the term while the window is young."""
    counts: NDArray[np.uint32]
    """How often each occurs."""
    bits: NDArray[np.uint8]


def term_table(terms: dict[str, Term]) -> TermTable:
    """Return what weighing needs of an article's terms: nothing of it depends on the window."""
    found = terms.values()
    return TermTable(
        np.array([hash_term(term.text) or 1 for term in found], np.uint32),
        np.array([_prior(term) for term in found], np.float64),
        np.array([term.count for term in found], np.uint32),
        np.array([term.bits for term in found], np.uint8),
    )


def make_features(
    terms: TermTable,
    frequencies: Frequencies,
    vector: Floats | None,
    has_text: bool,
    unread: bool = False,
) -> Features:
    """Weigh an article's terms against the window as it is now."""
    rare = np.maximum(0.05, frequencies.rarity(terms.ids, terms.priors))
    weight = rare * (1 + np.log(terms.counts)) * _share(terms.bits)
    order = np.lexsort((terms.ids, -weight, (terms.bits & IN_TITLE) == 0))[:TERMS]
    ids, first = np.unique(terms.ids[order], return_index=True)  # a collision keeps the heavier
    order = order[first]
    weights = weight[order].astype(np.float32)
    # half precision is what the store keeps: a restored window must equal this one
    rarity = rare[order].astype(np.float16).astype(np.float32)
    bits = terms.bits[order]
    norm = float(np.linalg.norm(weights)) or 1.0
    return Features(
        ids=ids,
        weights=(weights / np.float32(norm)).astype(np.float16).astype(np.float32),
        rarity=rarity,
        bits=bits,
        vector=vector,
        has_text=has_text,
        unread=unread,
        totals=_totals(bits, rarity),
    )


def _share(bits: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return what part of its weight a term keeps: a pair's words count already, marks never."""
    return np.where(
        (bits & PAIR) == 0, 1.0, np.where((bits & (ORDINAL | THING | SIDE)) != 0, 0.0, 0.6)
    )


@dataclass(slots=True, eq=False)
class Rows:
    """Features of n articles, padded: what one article is compared with at once."""

    ids: NDArray[np.uint32]
    """(n, TERMS)"""
    weights: Floats
    rarity: Floats
    bits: NDArray[np.uint8]
    vectors: Floats
    """(n, d); a row of zeros where there is no vector."""
    totals: Floats
    """(n, TOTALS)"""
    bundled: bool = True
    """The vectors are of the model that comes with newsbeam; others are compared as they are."""


def compare(one: Features, rows: Rows) -> Floats:
    """Return float32 (n, len(PAIR_FEATURES)): one article against each row; symmetrical."""
    n = len(rows.ids)
    out = np.zeros((n, len(PAIR_FEATURES)), np.float32)
    if not len(one.ids) or not n:
        return out
    flat = rows.ids.ravel()
    at = np.searchsorted(one.ids, flat)
    at[at == len(one.ids)] = 0
    hit = np.nonzero(one.ids[at] == flat)[0]  # few of the terms are shared: work on those only
    at, row = at[hit], hit // rows.ids.shape[1]
    theirs, ours = rows.bits.ravel()[hit], one.bits[at]
    shared = np.minimum(rows.rarity.ravel()[hit], one.rarity[at])
    both_bits, plain = theirs & ours, (theirs & PAIR) == 0  # a pair's words count already

    def total(values: NDArray[Any]) -> NDArray[Any]:
        return np.bincount(row, values, minlength=n)

    one_totals = one.totals
    one_title, row_title = one_totals[0], rows.totals[:, 0]
    title = total(shared * (((both_bits & IN_TITLE) > 0) & plain))
    theirs_in_one = total(shared * (((theirs & IN_TITLE) > 0) & plain)) / (row_title + 1e-6)
    ones_in_theirs = total(shared * (((ours & IN_TITLE) > 0) & plain)) / (one_title + 1e-6)

    if one.vector is not None:
        out[:, 0] = cosines(one.vector, rows.vectors) if rows.bundled else rows.vectors @ one.vector
    out[:, 1] = total(rows.weights.ravel()[hit] * one.weights[at])
    out[:, 2] = title / (np.minimum(one_title, row_title) + 1e-6)
    out[:, 3] = 0.5 * (theirs_in_one + ones_in_theirs)
    for place, column, kind in (
        (4, 1, NUMBER | IN_TITLE),
        (6, 4, DATE | IN_TITLE),
        (8, 5, SIDE | IN_TITLE),
    ):  # both titles have terms of that kind, and the articles share none
        if one_totals[column]:
            same = total((theirs & kind) == kind)
            out[:, place] = (rows.totals[:, column] > 0) & (same == 0)
    if one_totals[3]:  # a thing that both titles number, and not alike
        things, same = (total((both_bits & bits) == bits) for bits in (_THING, _NTH))
        out[:, 5] = things > same
    # headlines of one pattern on different names, neither of which the other article mentions
    if one_totals[2]:
        kind = NAME | IN_TITLE
        named = total(((theirs & kind) == kind) | ((ours & kind) == kind))
        out[:, 10] = (rows.totals[:, 2] > 0) & (named == 0)
        out[:, 7] = (out[:, 10] > 0) & (out[:, 2] >= PATTERN)
    out[:, 9] = (row_title <= 0) | (one_title <= 0)
    return out
