"""The same text again: exact copies, wire copy under other headlines, cut or extended versions.

A text's *sketch* is the smallest hashes of its runs of four words.  Of two sketches the part below
the smaller of both largest values is a fair sample of both texts, so it estimates not only how
alike they are but how much of the shorter one stands in the longer one: a wire story cut to half,
or with two local paragraphs in front, still is a copy.  MinHash estimates the first only (see
docs/stories.md for the comparison with datasketch).

Source: Dasgupta et al., "A framework for estimating stream expression cardinalities" (theta
sketches), https://arxiv.org/abs/1510.01455; Broder, "On the resemblance and containment of
documents", 1997.
"""

import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from math import log1p

import numpy as np
from numpy.typing import NDArray

from newsbeam.stories.terms import WORDS_KEPT
from newsbeam.stories.wording import (
    Alignment,
    Words,
    opening,
    own_words,
    spaceless,
    split_words,
    without_addresses,
    without_dateline,
)

SKETCH = 128
"""Hashes kept of a text."""
LONGEST = 200_000
"""Characters of a text that are read."""
RUN = 4
"""Words in a run.  Longer runs break at every edit; shorter ones occur by chance."""
MIN_RUNS = 5
"""A text with fewer runs (fewer than eight words) has no sketch."""

_MIX = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F], np.uint64)

TEASER = 150
"""Words up to which long quotations do not count: what else is there says whose text it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """A sample of a text's runs of words."""

    hashes: NDArray[np.uint32]
    """Smallest distinct hashes, ascending; at most :data:`SKETCH`."""
    runs: int
    """Distinct runs in the whole text."""
    opening: Words = field(default_factory=lambda: np.zeros(0, np.uint16))
    """Its first words, to align; see :mod:`newsbeam.stories.wording`."""

    @property
    def limit(self) -> int:
        """Hashes up to here are complete."""
        return int(self.hashes[-1]) if self.runs > len(self.hashes) else 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two texts have in common."""

    resemblance: float
    """Shared runs of all runs (Jaccard), 0 to 1."""
    containment: float
    """Shared runs of the shorter text's runs, 0 to 1."""
    sample: int
    """Runs of the smaller sample: what the estimate rests on."""


@lru_cache(maxsize=WORDS_KEPT)
def _word_hash(word: str) -> int:
    return zlib.crc32(word.encode(errors="surrogatepass"))


def sketch(text: str) -> Sketch | None:
    """Return the sketch of a text; None where it is too short to have one."""
    text = without_dateline(without_addresses(text[:LONGEST]))
    words, own = split_words(text), own_words(text)
    if len(words) <= TEASER:
        rest = _enough(split_words(own))
        if rest is None:
            own = text  # hardly more than a quotation: then that is the text
        words = rest or words
    if not _enough(words):
        return None
    codes = np.array([_word_hash(w) for w in words], np.uint64)
    runs = sum(codes[i : len(codes) - RUN + 1 + i] * _MIX[i] for i in range(RUN))
    runs ^= runs >> np.uint64(29)
    runs *= np.uint64(0xBF58476D1CE4E5B9)  # finaliser of splitmix64: spreads the bits
    distinct = np.unique((runs >> np.uint64(32)).astype(np.uint32))
    if spaceless(text):  # its runs overlap by more: every second one says as much
        distinct = distinct[distinct & 1 == 0]
    if len(distinct) < MIN_RUNS:
        return None
    return Sketch(distinct[:SKETCH], len(distinct), opening(own))


def _enough(words: list[str]) -> list[str] | None:
    return words if len(words) >= MIN_RUNS + RUN - 1 else None


def likeness(a: Sketch, b: Sketch) -> Likeness:
    """Compare two texts by their sketches."""
    limit = min(a.limit, b.limit)
    ours = a.hashes[: np.searchsorted(a.hashes, limit, "right")]
    theirs = b.hashes[: np.searchsorted(b.hashes, limit, "right")]
    shared = len(np.intersect1d(ours, theirs, assume_unique=True))
    least = min(len(ours), len(theirs))
    every = len(ours) + len(theirs) - shared
    return Likeness(shared / max(1, every), shared / max(1, least), least)


FULL_SAMPLE = 40
"""Runs from which a larger sample says no more."""
CLEAR_EVIDENCE, CLEAR_TERMS = 3.1, 0.4
"""Containment times the square root of the sample, and likeness of the weighed terms, from which a
full sample decides alone: about half of the shorter text stands in the other."""
CLEAR_WORDS, CLEAR_SHARED, LEAST_TERMS = 30, 0.75, 0.15
"""Words of an opening, share of them that stands in the other in order, and likeness of the terms
from which the alignment decides alone: a teaser and the long article that it opens.  No pair of
two different texts of the labelled ones has .75 from 30 words on."""
WHOLE_WORDS, WHOLE_CONTAINED = 15, 0.95
"""Words of a text each of which stands in the other in order, and containment, from which it is a
copy however much else the other holds: a teaser, and what a channel writes under each of its films.
Of the labelled pairs with so much, all are copies; standing phrases have up to eight words."""
HEADED, HEADED_WORDS, HEADED_SHARED = 0.95, 12, 0.7
"""Shared part of the shorter headline from which two headlines are one, and words of an opening and
share of them that stands in the other in order, from which a text under the same headline is a
copy.  Chosen on the three labelled samples without the half held out: of their pairs with so much,
all are copies or unclear."""
BORDER = 1.11, 12.16, 7.14, 1.14
BORDER_BAR = 19.71
"""Weights of evidence, shared words, terms and the logarithm of the opening's words in a logistic
model, and what they must add up to; fitted by ``tests/benchmarks/train_copies.py`` on hand-checked
pairs, for a precision of .98."""
BORDER_SHARED, BORDER_TERMS = 0.4, 0.4
"""Least of both at the border: else only a quotation or a template is shared."""
FACTS, FACTS_SHARED, FACTS_CONTAINED = 5, 0.5, 0.85
"""Openings with as many names and numbers, of which no more are shared though the words agree, fill
a template each: weather, lottery, share prices, obituaries.  A text of which so much stands in the
other is a copy nevertheless."""


def evidence(found: Likeness) -> float:
    """Return how much the sketches say for a copy: a short teaser must agree nearly in full."""
    return found.containment * float(min(found.sample, FULL_SAMPLE) ** 0.5)


def is_copy(found: Likeness, aligned: Alignment, terms: float, title: float) -> bool:
    """Decide whether two texts are versions of one.

    Args:
        found: what the sketches say.
        aligned: what the openings say.
        terms: cosine of the articles' weighted terms.
        title: shared part of the shorter headline.
    """
    clear = clear_case(found, aligned, terms, title)
    if clear is not None:
        return clear
    return sum(w * m for w, m in zip(BORDER, measures(found, aligned, terms), strict=True)) >= (
        BORDER_BAR
    )


def measures(found: Likeness, aligned: Alignment, terms: float) -> tuple[float, ...]:
    """Return what :data:`BORDER` weighs: the more words agree, the less it is by chance."""
    return evidence(found), aligned.shared, terms, log1p(aligned.words)


def clear_case(found: Likeness, aligned: Alignment, terms: float, title: float) -> bool | None:
    """Return whether two texts are copies where that is plain; None at the border."""
    if found.sample == 1:  # two headlines without a text: equal or not
        return found.containment == 1
    if _fills_template(found, aligned):
        return False
    full = found.sample >= FULL_SAMPLE and evidence(found) >= CLEAR_EVIDENCE
    if full and terms >= CLEAR_TERMS:
        return True
    opens = aligned.words >= CLEAR_WORDS and aligned.shared >= CLEAR_SHARED
    whole = aligned.whole and aligned.words >= WHOLE_WORDS
    headed = title >= HEADED and aligned.words >= HEADED_WORDS and aligned.shared >= HEADED_SHARED
    contained = whole and found.containment >= WHOLE_CONTAINED
    if (opens or headed or contained) and terms >= LEAST_TERMS:
        return True
    return False if aligned.shared < BORDER_SHARED or terms < BORDER_TERMS else None


def _fills_template(found: Likeness, aligned: Alignment) -> bool:
    return (
        aligned.facts >= FACTS
        and aligned.shared >= 0.5
        and aligned.shared_facts <= FACTS_SHARED * aligned.facts
        and found.containment < FACTS_CONTAINED
    )


def headline_sketch(title: str) -> Sketch | None:
    """Return what stands for a headline without text: it is copied word for word or not at all.

    Headlines of fewer than five words ("Morning briefing") say too little.
    """
    words = split_words(title)
    if len(words) < 5:
        return None
    return Sketch(np.array([_word_hash("\x1f".join(words))], np.uint32), 1)
