"""How much a passage reads like a topic: the vectors of its examples, and what is made of them.

The vectors are kept in ``<name>.vectors.npz`` beside the topic's file, those of the examples that
the topics of a folder share in ``_examples.vectors.npz``, so that a run need not compute them;
those of the background passages come with newsbeam for the bundled model.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from zipfile import BadZipFile

from newsbeam.encoder import BACKGROUND, background
from newsbeam.topics.topic import SHARED, Topic

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[Any, np.dtype[np.float32]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]

BACKGROUND_VECTORS = BACKGROUND.with_suffix(".vectors.npz")
"""Of the model that comes with newsbeam; another one embeds the passages when topics change."""
BACKGROUND_WEIGHT = 0.3
"""Of a background passage, beside 1 of an example."""
BIAS_SPREAD = 10.0
"""Variance of the prior of the border's bias."""
STRENGTH = 0.1
"""Of the pull to zero on the border's weights."""
REACH = 2.0
"""How fast the pull of an example falls with distance: exp(-REACH * (1 - cosine))."""

ASIDE_BY, ASIDE_FROM = 0.1, 0.6
"""A passage deals with another topic of the folder where it is nearer to three examples of those
than to three of its own, by the first; and nearer than the second.  Chosen so that no labelled
text of the ``ai`` pack's other topics was lost, docs/benchmarks.md."""

_matrices: "dict[str, Matrix]" = {}
"""Vectors that all topics use: of the background and of the examples of whole folders."""


class Encodes(Protocol):
    """What gives texts their vectors; see :class:`newsbeam.encoder.Encoder`."""

    @property
    def identity(self) -> str:
        """Name, revision, precision and backend of the model."""

    def encode(self, texts: Sequence[str]) -> "np.ndarray[Any, np.dtype[np.float32]]":
        """Return float32 (n, d), L2-normalised, rows follow the texts."""


class Compared:
    """The vectors of an article's passages, compared once with what several topics share."""

    def __init__(self, vectors: "Matrix") -> None:
        """Args: vectors: float32 (k, d), of the passages, L2-normalised."""
        self._vectors = vectors
        self._near: dict[int, tuple[Matrix, Matrix]] = {}

    def to(self, rows: "Matrix") -> "tuple[Matrix, Matrix]":
        """Return the cosine with each row of a matrix that is kept, (k, m), and the row's pull."""
        import numpy as np

        if id(rows) not in self._near:
            cosines = self._vectors @ rows.T
            self._near[id(rows)] = cosines, np.exp(REACH * (cosines - 1))
        return self._near[id(rows)]


@dataclass(frozen=True, slots=True)
class TopicVectors:
    """The vectors of a topic's examples, float32, rows L2-normalised."""

    own: "Matrix"
    """(n, d): of the examples in the topic's file."""
    shared: "Matrix"
    """(m, d): of the examples of its folder; one matrix for all topics there."""
    background: "Matrix"
    """(b, d): one matrix for all topics."""
    about: "Mask"
    """(n + m,): which of the examples, own and shared, are about the topic."""
    other: "Mask"
    """(n + m,): which are counter-examples.  A shared one may be neither."""
    elsewhere: "Mask"
    """(n + m,): which are about another topic of the folder, and not about this one."""
    border: "Matrix"
    """(1 + n + m + b,): bias, and the pull of each passage: above 0 towards the topic."""

    def meaning(self, passages: Compared) -> "Matrix":
        """Return for each passage how much it reads like the topic, float32 (k,), about -0.3 to 1.

        Half is nearness: to the closest examples (mean of three, less half of that to the two
        closest counter-examples) and to all of them.  Half is the side of the border between
        examples and the rest on which it lies.  Each alone misses passages that the other finds.
        """
        import numpy as np

        found = [passages.to(rows) for rows in (self.own, self.shared, self.background)]
        examples = np.hstack([cosines for cosines, _ in found[:2]])
        near = _nearness(examples[:, self.about], 3)
        if self.other.any():
            near = near - 0.5 * _nearness(examples[:, self.other], 2)
        margin, begin = self.border[0], 1
        for _, pulls in found:
            margin = margin + pulls @ self.border[begin : begin + pulls.shape[1]]
            begin += pulls.shape[1]
        side = 0.35 + 0.4 * np.tanh(margin / 4)
        meaning: Matrix = ((near + side) / 2).astype(np.float32)
        return meaning

    def aside(self, passages: Compared) -> "Mask":
        """Return for each passage whether it deals with another topic of the folder, bool (k,).

        What the words of this topic's query say there is then an attribute: a suit against the
        maker of an open model is not about openness.
        """
        import numpy as np

        if self.elsewhere.sum() < 3:
            return np.zeros(len(passages.to(self.own)[0]), dtype=bool)
        cosines = np.hstack([passages.to(rows)[0] for rows in (self.own, self.shared)])
        other = _closest(cosines[:, self.elsewhere], 3)
        own = _closest(cosines[:, self.about], 3)
        found: Mask = (other >= ASIDE_FROM) & (other - own >= ASIDE_BY)
        return found


def _nearness(cosines: "Matrix", closest: int) -> "Matrix":
    """Return the mean of the closest and the mean of all, together, float32 (k,)."""
    near: Matrix = _closest(cosines, closest) + cosines.mean(axis=1)
    return near


def _closest(cosines: "Matrix", closest: int) -> "Matrix":
    """Return the mean of the closest, float32 (k,)."""
    import numpy as np

    first = min(closest, cosines.shape[1])
    nearest: Matrix = -np.partition(-cosines, first - 1, axis=1)[:, :first]
    mean: Matrix = nearest.mean(axis=1)
    return mean


def fit_border(
    rows: "Matrix", answers: "np.ndarray[Any, Any]", weights: "np.ndarray[Any, Any]"
) -> "Matrix":
    """Return bias and pull of each row, float32 (1 + n,): the border around a topic's examples.

    A logistic regression on the nearness to each row (a Gaussian kernel: it falls with distance),
    with a pull to zero: few examples give nearly the direction from the mean of the others to
    theirs, and many a border that bends around them.

    Args:
        rows: float32 (n, d), L2-normalised.
        answers: (n,), 1 where the row is about the topic, else 0.
        weights: (n,), how much a row counts.

    Source: J. Zhu and T. Hastie, "Kernel Logistic Regression and the Import Vector Machine" (2005).
    """
    import numpy as np

    x = rows.astype(float)
    inner = np.exp(REACH * (x @ x.T - 1)) / STRENGTH + BIAS_SPREAD
    dual = np.zeros(len(x))
    for _ in range(40):  # Newton's method; the problem is convex
        p = 1 / (1 + np.exp(-np.clip(inner @ dual, -30, 30)))
        spread = np.maximum(weights * p * (1 - p), 1e-9)
        step = np.linalg.solve(
            np.eye(len(x)) + spread[:, None] * inner, weights * (answers - p) - dual
        )
        dual = dual + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-7:
            break
    border: Matrix = np.concatenate([[BIAS_SPREAD * dual.sum()], dual / STRENGTH])
    return border.astype(np.float32)


def example_vectors(topic: Topic, path: Path | None, encoder: Encodes) -> TopicVectors | None:
    """Return what a topic's examples come to, from the files beside it where those are current.

    Vectors are rounded to float16 in any case, so that a stored and a fresh one are equal, and one
    file serves every precision of the same weights.  Where the folder may be written, new vectors
    are stored.
    """
    if not topic.has_meaning:
        return None
    import numpy as np

    texts = [*topic.examples.about, *topic.examples.not_about]
    common = [passage.text for passage in topic.shared]
    answers = np.array(
        [True] * len(topic.examples.about)
        + [False] * len(topic.examples.not_about)
        + [topic.name in passage.about for passage in topic.shared]
    )
    counted = np.array([True] * len(texts) + [topic.name not in p.open for p in topic.shared])
    shared = _common(path.with_name(SHARED) if path else None, common, encoder)
    known = _background_vectors(encoder)
    said = [answers.tolist(), counted.tolist()]
    key = _key(encoder, texts, common, said, background(), (BACKGROUND_WEIGHT, STRENGTH, REACH))
    stored = path.with_suffix(".vectors.npz") if path else None
    kept = _read(stored, key) if stored else None
    if kept is None:
        own = _whole(encoder.encode(texts))
        border = _border(np.vstack([own, shared]), known, answers, counted)
        kept = {"own": own, "border": _whole(border)}
        if stored:
            _write(stored, key, kept)
    own = kept["own"].reshape(len(texts), known.shape[1])
    about, other = answers & counted, ~answers & counted
    elsewhere = other & np.array(
        [False] * len(texts) + [bool(passage.about) for passage in topic.shared]
    )
    return TopicVectors(own, shared, known, about, other, elsewhere, kept["border"])


def _border(examples: "Matrix", known: "Matrix", answers: "Mask", counted: "Mask") -> "Matrix":
    """Return the border; a passage that does not count has no pull."""
    import numpy as np

    rest = len(known)
    rows = np.vstack([examples[counted], known])
    weights = np.concatenate([np.ones(int(counted.sum())), np.full(rest, BACKGROUND_WEIGHT)])
    found = fit_border(rows, np.concatenate([answers[counted], np.zeros(rest)]), weights)
    border = np.zeros(1 + len(examples) + rest, dtype=np.float32)
    border[np.concatenate([[True], counted, np.ones(rest, dtype=bool)])] = found
    return border


def store_background(encoder: Encodes) -> None:
    """Keep the background's vectors in newsbeam itself, after its text or the model has changed."""
    texts = background()
    whole = _whole(encoder.encode(texts))
    _write(BACKGROUND_VECTORS, _key(encoder, texts), {"background": whole})


def _background_vectors(encoder: Encodes) -> "Matrix":
    texts = background()
    key = _key(encoder, texts)
    if key not in _matrices:
        kept = _read(BACKGROUND_VECTORS, key)
        whole = _whole(encoder.encode(texts)) if kept is None else kept["background"]
        _matrices[key] = whole.reshape(len(texts), -1)
    return _matrices[key]


def _common(path: Path | None, texts: list[str], encoder: Encodes) -> "Matrix":
    """Return the vectors of the examples of a folder; the same matrix for each of its topics."""
    if not texts:
        return _background_vectors(encoder)[:0]
    key = _key(encoder, texts, ["shared"])
    if key not in _matrices:
        stored = path.with_suffix(".vectors.npz") if path else None
        kept = _read(stored, key) if stored else None
        if kept is None:
            kept = {"shared": _whole(encoder.encode(texts))}
            if stored:
                _write(stored, key, kept)
        _matrices[key] = kept["shared"].reshape(len(texts), _background_vectors(encoder).shape[1])
    return _matrices[key]


def _whole(numbers: "Matrix") -> "Matrix":
    """Return the numbers as they are when they have been stored."""
    whole: Matrix = numbers.astype("<f2").astype("float32")
    return whole


def _key(encoder: Encodes, *parts: Sequence[object]) -> str:
    plain = json.dumps([encoder.identity.partition("/")[0], *parts])
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def _read(path: Path, key: str) -> "dict[str, Matrix] | None":
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as kept:
            if str(kept["key"]) != key:
                return None
            return {name: kept[name].astype("float32") for name in kept.files if name != "key"}
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, BadZipFile):
        return None  # a cache: computed again


def _write(path: Path, key: str, kept: "dict[str, Matrix]") -> None:
    import numpy as np

    halves: dict[str, Any] = {name: numbers.astype("<f2") for name, numbers in kept.items()}
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as file:
            np.savez(file, key=np.array(key), **halves)
    except OSError:
        return  # a read-only folder: they are computed at every start
