"""What ``newsbeam topics calibrate`` leaves beside a topic's file, and reading it back."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from newsbeam.errors import ConfigError
from newsbeam.settings import read_table
from newsbeam.topics.features import TopicVectors
from newsbeam.topics.model import Model
from newsbeam.topics.topic import Topic

if TYPE_CHECKING:
    import numpy as np


class Encodes(Protocol):
    """What gives texts their vectors; see :class:`newsbeam.encoder.Encoder`."""

    @property
    def identity(self) -> str:
        """Name, revision, precision and backend of the model."""

    def encode(self, texts: Sequence[str]) -> "np.ndarray[Any, np.dtype[np.float32]]":
        """Return float32 (n, d), L2-normalised, rows follow the texts."""


MAX_SHIFT = 0.02
"""A calibration serves another precision of the same weights where it moves no probability of a
labelled text by more than this.  Measured between fp32 and bf16: at most 0.003."""


@dataclass(frozen=True)
class Served:
    """Another precision of the same weights, compared on the labelled texts."""

    texts: int
    """Texts that were scored under both."""
    largest: float
    """Largest difference of their probabilities."""
    mean: float
    """Mean difference of those that are candidates."""
    changed: int
    """Texts that are a mention under one and not under the other."""


@dataclass(frozen=True)
class Calibration:
    """A topic's weights and threshold, and what they rest on."""

    topic_version: str
    """Version of the definition that was calibrated."""
    model: str
    """Identity of the sentence-transformers model; another one needs another calibration."""
    labels: str
    """Hash of the labels (ids and answers) that were used."""
    rows: int
    positives: int
    precision: float
    """Cross-validated, at the threshold."""
    recall: float
    f1: float
    threshold: float
    weights: dict[str, float] = field(default_factory=dict)
    also: dict[str, Served] = field(default_factory=dict)
    """Identities that it serves as well, each with the measurement that shows it."""

    def serves(self, identity: str) -> bool:
        """Whether the calibration holds for vectors of this model."""
        return identity == self.model or identity in self.also

    def __post_init__(self) -> None:
        if "bias" not in self.weights:
            raise ValueError("weights lack the bias: run `newsbeam topics calibrate`")

    @property
    def id(self) -> str:
        """8 hexadecimal digits that change with the weights and the threshold."""
        plain = json.dumps([self.weights, self.threshold, self.model], sort_keys=True)
        return hashlib.sha256(plain.encode()).hexdigest()[:8]

    @property
    def scorer(self) -> Model:
        """The model to score with."""
        return Model(self.weights, self.threshold)


def compare(
    one: Sequence[float], other: Sequence[float], threshold: float, candidates: int
) -> Served:
    """Return how far the probabilities of the same texts under two precisions are apart.

    Args:
        one: probabilities under the precision of the calibration; ``other`` follows its order.
        other: probabilities under the other one.
        threshold: of the topic.
        candidates: texts of them that can be mentions; the others are 0 under both.
    """
    apart = [abs(a - b) for a, b in zip(one, other, strict=True)]
    changed = sum((a >= threshold) != (b >= threshold) for a, b in zip(one, other, strict=True))
    return Served(
        texts=len(apart),
        largest=round(max(apart, default=0.0), 5),
        mean=round(sum(apart) / max(1, candidates), 5),
        changed=changed,
    )


def calibration_path(topic: Path) -> Path:
    """Return where the calibration of a topic file is kept."""
    return topic.with_suffix(".calibration.json")


def read_calibration(topic: Path) -> Calibration | None:
    """Read the calibration beside a topic file; None where there is none.

    Raises:
        ConfigError: the file is damaged.
    """
    path = calibration_path(topic)
    if not path.exists():
        return None
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(str(path), f"cannot be read: {error}; calibrate again") from error
    if not isinstance(raw, dict):
        raise ConfigError(str(path), "not a calibration; calibrate again")
    return read_table(Calibration, raw, str(path))


def write_calibration(topic: Path, calibration: Calibration) -> Path:
    """Write the calibration beside a topic file; return where.

    Raises:
        ConfigError: the folder cannot be written.
    """
    path = calibration_path(topic)
    text = json.dumps(asdict(calibration), indent=1) + "\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(str(path), f"cannot be written: {error.strerror}") from error
    return path


def example_vectors(topic: Topic, path: Path | None, encoder: Encodes) -> TopicVectors | None:
    """Return the vectors of a topic's examples, from the file beside it where that is current.

    They are rounded to float16 in any case, so that a stored and a fresh vector are equal, and one
    file serves every precision of the same weights.  Where the folder may be written, new vectors
    are stored.
    """
    if not topic.has_meaning:
        return None
    texts = [*topic.examples.about, *topic.examples.not_about]
    key = hashlib.sha256(
        json.dumps([encoder.identity.partition("/")[0], texts]).encode()
    ).hexdigest()[:16]
    stored = path.with_suffix(".vectors.json") if path else None
    vectors = _read_vectors(stored, key, len(texts)) if stored else None
    if vectors is None:
        vectors = encoder.encode(texts).astype("float16")
        if stored:
            _write_vectors(stored, key, vectors)
    whole = vectors.astype("float32")
    split = len(topic.examples.about)
    return TopicVectors(whole[:split], whole[split:])


def _read_vectors(path: Path, key: str, rows: int) -> "np.ndarray[Any, Any] | None":
    import numpy as np

    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw["key"] != key:
            return None
        flat = np.frombuffer(base64.b64decode(raw["float16"]), dtype="<f2")
        return flat.reshape(rows, -1)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # a cache: computed again


def _write_vectors(path: Path, key: str, vectors: "np.ndarray[Any, Any]") -> None:
    text = base64.b64encode(vectors.astype("<f2").tobytes()).decode()
    try:
        path.write_text(json.dumps({"key": key, "float16": text}) + "\n", encoding="utf-8")
    except OSError:
        return  # a read-only folder: they are computed at every start
