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

import re
import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from newsbeam.stories.terms import WORDS_KEPT

SKETCH = 128
"""Hashes kept of a text."""
RUN = 4
"""Words in a run.  Longer runs break at every edit; shorter ones occur by chance."""
MIN_RUNS = 12
"""A text with fewer runs (a headline, a caption) has no sketch."""

_WORD = re.compile(r"\w+")
_MIX = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F], np.uint64)


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """A sample of a text's runs of words."""

    hashes: NDArray[np.uint32]
    """Smallest distinct hashes, ascending; at most :data:`SKETCH`."""
    runs: int
    """Distinct runs in the whole text."""

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
    words = _WORD.findall(text.lower())
    if len(words) < MIN_RUNS + RUN - 1:
        return None
    codes = np.array([_word_hash(w) for w in words], np.uint64)
    runs = sum(codes[i : len(codes) - RUN + 1 + i] * _MIX[i] for i in range(RUN))
    runs ^= runs >> np.uint64(29)
    runs *= np.uint64(0xBF58476D1CE4E5B9)  # finaliser of splitmix64: spreads the bits
    distinct = np.unique((runs >> np.uint64(32)).astype(np.uint32))
    if len(distinct) < MIN_RUNS:
        return None
    return Sketch(distinct[:SKETCH], len(distinct))


def likeness(a: Sketch, b: Sketch) -> Likeness:
    """Compare two texts by their sketches."""
    limit = min(a.limit, b.limit)
    ours = a.hashes[: np.searchsorted(a.hashes, limit, "right")]
    theirs = b.hashes[: np.searchsorted(b.hashes, limit, "right")]
    shared = len(np.intersect1d(ours, theirs, assume_unique=True))
    least = min(len(ours), len(theirs))
    every = len(ours) + len(theirs) - shared
    return Likeness(shared / max(1, every), shared / max(1, least), least)


COPY_EVIDENCE = 3.1
"""Containment times the square root of the sample (at most :data:`FULL_SAMPLE`) of a copy: a short
teaser must agree nearly in full, of a long text about half is enough.  Chosen for a precision of
.98 on 297 hand-checked pairs around the border (``tests/benchmarks/labels``)."""
FULL_SAMPLE = 40
COPY_TERMS = 0.4
"""Least likeness of the weighted terms: texts that share no more than a template ("Article URL …
Comments URL …") have other words in common than an article has.  The least of the hand-checked
copies has .46."""


def is_copy(found: Likeness, terms: float) -> bool:
    """Decide whether two texts are versions of one.

    Args:
        found: what the sketches say.
        terms: cosine of the articles' weighted terms.
    """
    if found.sample == 1:  # two headlines without a text: equal or not
        return found.containment == 1
    evidence = found.containment * min(found.sample, FULL_SAMPLE) ** 0.5
    return evidence >= COPY_EVIDENCE and terms >= COPY_TERMS


def headline_sketch(title: str) -> Sketch | None:
    """Return what stands for a headline without text: it is copied word for word or not at all.

    Headlines of fewer than five words ("Morning briefing") say too little.
    """
    words = _WORD.findall(title.lower())
    if len(words) < 5:
        return None
    return Sketch(np.array([_word_hash("\x1f".join(words))], np.uint32), 1)
