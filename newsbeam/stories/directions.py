"""Cosines of story vectors without what all news has in common.

The vectors of a sentence encoder share a mean and a few directions in which most of them differ
("politics", "sport"): two articles are alike there because they are of one subject, not of one
event.  The mean is taken off, and the 32 widest directions count for less, as partial whitening
does: a direction of variance ``v``, where the mean over all directions is 1, is scaled by
``1 / sqrt((v + 1) / 2)``.

``directions.npy`` holds float16 (1 + 32, d): the mean, then the directions, each times how much of
its part of a product is taken off.  Made by ``tests/benchmarks/train_directions.py`` from entries
of feeds, without labels; docs/stories.md says what it is worth.

Source: Mu and Viswanath, "All-but-the-Top", https://arxiv.org/abs/1702.01417; Su et al.,
"Whitening Sentence Representations", https://arxiv.org/abs/2103.15316.
"""

from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@lru_cache(maxsize=1)
def _common() -> tuple[Floats, Floats]:
    """Return the mean (d,) and the directions (d, 32)."""
    with resources.files("newsbeam.stories").joinpath("directions.npy").open("rb") as file:
        kept = np.load(file).astype(np.float32)
    return kept[0], np.ascontiguousarray(kept[1:].T)


def cosines(one: Floats, others: Floats) -> Floats:
    """Return the cosine of one vector of the bundled model with each of n others, float32 (n,).

    Args:
        one: (d,), L2-normalised.
        others: (n, d), L2-normalised; a row of zeros has the cosine 0.
    """
    mean, axes = _common()
    ours, theirs = one - mean, others - mean
    our_part, their_parts = ours @ axes, theirs @ axes
    shared = theirs @ ours - their_parts @ our_part
    ours_long = ours @ ours - our_part @ our_part
    theirs_long = np.einsum("ij,ij->i", theirs, theirs) - np.einsum(
        "ij,ij->i", their_parts, their_parts
    )
    norms = np.sqrt(np.maximum(ours_long * theirs_long, 1e-12))
    return np.asarray(np.where(others.any(axis=1), shared / norms, 0.0), np.float32)
