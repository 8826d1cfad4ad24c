"""What ``newsbeam topics calibrate`` leaves beside a topic's file, and reading it back."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from newsbeam.errors import ConfigError, reason_of
from newsbeam.settings import read_table
from newsbeam.topics.model import Model

MAX_SHIFT = 0.05
"""A calibration serves another precision of the same weights where it moves no probability of a
labelled text by more than this.  Measured between fp32 and bf16: 0.04 for a text whose beginning
lies at the bar from which all its passages are embedded, else at most 0.01."""
UNLIKELY = 0.1
"""Probabilities below this are a no either way, and are not compared: a text whose beginning lies
at the bar from which it is looked at may be looked at under one precision alone."""


@dataclass(frozen=True)
class Served:
    """Another precision of the same weights, compared on the labelled texts."""

    texts: int
    """Texts that were scored under both."""
    largest: float
    """Largest difference of their probabilities, where one is not unlikely."""
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
            raise ValueError("weights lack the bias")
        if not 0 < self.threshold < 1:
            raise ValueError(f"threshold must be between 0 and 1; it is {self.threshold}")
        if not all(map(math.isfinite, self.weights.values())):
            raise ValueError("weights must be finite numbers")

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
    apart = [abs(a - b) if max(a, b) >= UNLIKELY else 0.0 for a, b in zip(one, other, strict=True)]
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
    cure = "delete the file and calibrate again"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(str(path), f"cannot be read: {reason_of(error)}; {cure}") from error
    if not isinstance(raw, dict):
        raise ConfigError(str(path), f"not a calibration; {cure}")
    try:
        return read_table(Calibration, raw, str(path))
    except ConfigError as error:
        raise ConfigError(error.where, f"{error.message}; {cure}") from error


def calibration_for(topic: Path, folders: Sequence[Path] = ()) -> Calibration | None:
    """Read the calibration in force of a topic file: one's own, or the one beside the file.

    A pack's topic is calibrated by its makers, beside its file; what people learn from their own
    labels lies in a folder of theirs, where no update of newsbeam touches it.

    Args:
        topic: the topic's file.
        folders: of the settings.

    Raises:
        ConfigError: the file is damaged.
    """
    for folder in folders:
        own = Path(folder) / topic.name
        if not own.exists() and calibration_path(own).exists():
            return read_calibration(own)
    return read_calibration(topic)


def write_calibration(topic: Path, calibration: Calibration) -> Path:
    """Write the calibration beside a topic file; return where.

    Raises:
        ConfigError: the folder cannot be written.
    """
    path = calibration_path(topic)
    text = json.dumps(asdict(calibration), indent=1) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.part")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise ConfigError(str(path), f"cannot be written: {error.strerror}") from error
    return path
