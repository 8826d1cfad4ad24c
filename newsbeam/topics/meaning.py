"""How much a passage reads like a topic: the vectors of its examples, and what is made of them.

The vectors are kept in ``<name>.vectors.json`` beside the topic's file, so that a run need not
compute them; those of the background passages come with newsbeam for the bundled model.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from newsbeam.topics.topic import Topic

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[Any, np.dtype[np.float32]]

BACKGROUND = Path(__file__).parent / "background.txt"
"""Passages on all sorts of subjects, one a line, written for newsbeam: what news is otherwise."""
BACKGROUND_VECTORS = BACKGROUND.with_suffix(".vectors.json")
"""Of the model that comes with newsbeam; another one embeds the passages when topics change."""
BACKGROUND_WEIGHT = 0.3
"""Of a background passage, beside 1 of an example."""
STRENGTH = 0.3
"""Of the pull to zero on the leaning's weights."""
SCALE = 4.0
"""Vectors have length 1; this makes their numbers as large as the weights' pull expects."""

_backgrounds: "dict[str, Matrix]" = {}


class Encodes(Protocol):
    """What gives texts their vectors; see :class:`newsbeam.encoder.Encoder`."""

    @property
    def identity(self) -> str:
        """Name, revision, precision and backend of the model."""

    def encode(self, texts: Sequence[str]) -> "np.ndarray[Any, np.dtype[np.float32]]":
        """Return float32 (n, d), L2-normalised, rows follow the texts."""


@dataclass(frozen=True, slots=True)
class TopicVectors:
    """The vectors of a topic's examples, float32, rows L2-normalised."""

    about: "Matrix"
    not_about: "Matrix"
    lean: "Matrix"
    """(1 + d,): bias and weights that tell examples from counter-examples and background."""

    def meaning(self, vectors: "Matrix") -> "Matrix":
        """Return for each passage how much it reads like the topic, float32 (n,), about -0.3 to 1.

        Half is nearness: to the closest examples (mean of three, less half of that to the two
        closest counter-examples) and to all of them.  Half is the side of the border between
        examples and the rest on which it lies.  Each alone misses passages that the other finds.
        """
        import numpy as np

        about = np.sort(vectors @ self.about.T, axis=1)[:, ::-1]
        near = about[:, :3].mean(axis=1) + about.mean(axis=1)
        if len(self.not_about):
            other = np.sort(vectors @ self.not_about.T, axis=1)[:, ::-1]
            near = near - 0.5 * (other[:, :2].mean(axis=1) + other.mean(axis=1))
        margin = self.lean[0] + SCALE * (vectors @ self.lean[1:])
        side = 0.35 + 0.4 * np.tanh(margin / 4)
        meaning: Matrix = ((near + side) / 2).astype(np.float32)
        return meaning


def fit_lean(about: "Matrix", not_about: "Matrix", background: "Matrix") -> "Matrix":
    """Return bias and weights, float32 (1 + d,), of the border around a topic's examples.

    A logistic regression with a strong pull to zero, so that few examples give nearly the
    direction from the mean of the others to theirs, and many give more.
    """
    import numpy as np

    others = len(not_about) + len(background)
    x = np.vstack([about, not_about, background]).astype(float) * SCALE
    y = np.concatenate([np.ones(len(about)), np.zeros(others)])
    count = np.ones(len(y))
    count[len(about) + len(not_about) :] = BACKGROUND_WEIGHT
    # The weights lie in the span of the rows (plus the bias): solved there, with n unknowns.
    inner = x @ x.T / STRENGTH + 10 / STRENGTH
    dual = np.zeros(len(y))
    for _ in range(40):  # Newton's method; the problem is convex
        p = 1 / (1 + np.exp(-np.clip(inner @ dual, -30, 30)))
        spread = np.maximum(count * p * (1 - p), 1e-9)
        step = np.linalg.solve(np.eye(len(y)) + spread[:, None] * inner, count * (y - p) - dual)
        dual = dual + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-7:
            break
    bias = 10 / STRENGTH * dual.sum()
    lean: Matrix = np.concatenate([[bias], x.T @ dual / STRENGTH]).astype(np.float32)
    return lean


def example_vectors(topic: Topic, path: Path | None, encoder: Encodes) -> TopicVectors | None:
    """Return what a topic's examples come to, from the file beside it where that is current.

    Vectors are rounded to float16 in any case, so that a stored and a fresh one are equal, and one
    file serves every precision of the same weights.  Where the folder may be written, new vectors
    are stored.
    """
    if not topic.has_meaning:
        return None
    about, not_about = topic.examples.about, topic.examples.not_about
    others = background()
    key = _key(encoder, about, not_about, others, (BACKGROUND_WEIGHT, STRENGTH, SCALE))
    stored = path.with_suffix(".vectors.json") if path else None
    kept = _read(stored, key) if stored else None
    if kept is None:
        whole = _whole(encoder.encode([*about, *not_about]))
        split = len(about)
        lean = _whole(fit_lean(whole[:split], whole[split:], _background_vectors(encoder)))
        kept = {"about": whole[:split], "not_about": whole[split:], "lean": lean}
        if stored:
            _write(stored, key, kept)
    shape = (-1, len(kept["lean"]) - 1)
    return TopicVectors(
        kept["about"].reshape(shape), kept["not_about"].reshape(shape), kept["lean"]
    )


def background() -> list[str]:
    """Return the background passages."""
    return BACKGROUND.read_text(encoding="utf-8").splitlines()


def store_background(encoder: Encodes) -> None:
    """Keep the background's vectors in newsbeam itself, after its text or the model has changed."""
    texts = background()
    whole = _whole(encoder.encode(texts))
    _write(BACKGROUND_VECTORS, _key(encoder, texts), {"background": whole})


def _background_vectors(encoder: Encodes) -> "Matrix":
    texts = background()
    key = _key(encoder, texts)
    if key not in _backgrounds:
        kept = _read(BACKGROUND_VECTORS, key)
        whole = _whole(encoder.encode(texts)) if kept is None else kept["background"]
        _backgrounds[key] = whole.reshape(len(texts), -1)
    return _backgrounds[key]


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
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw.pop("key") != key:
            return None
        return {
            name: np.frombuffer(base64.b64decode(text), dtype="<f2").astype("float32")
            for name, text in raw.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # a cache: computed again


def _write(path: Path, key: str, kept: "dict[str, Matrix]") -> None:
    plain = {name: base64.b64encode(v.astype("<f2").tobytes()).decode() for name, v in kept.items()}
    try:
        path.write_text(json.dumps({"key": key, **plain}) + "\n", encoding="utf-8")
    except OSError:
        return  # a read-only folder: they are computed at every start
