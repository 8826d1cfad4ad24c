"""Labelled texts: what people say which articles are about.

A file of JSON lines, ``.gz`` or not: ``{"id", "title", "text"[, "language"], "topics": {name: true,
false or null}}``; null means that people disagree or the text does not settle it, and is left out.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from newsbeam.errors import ConfigError, reason_of


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text with answers."""

    id: str
    title: str
    text: str
    language: str | None
    answers: Mapping[str, bool | None]
    """Topic -> whether the text is about it; None: open."""

    @property
    def group(self) -> str:
        """``article``, or ``headline`` where there is no text."""
        return "article" if self.text.strip() else "headline"


def read_labels(paths: Sequence[Path]) -> list[Labelled]:
    """Read label files.

    Raises:
        ConfigError: a file cannot be read, or a line is not a label (with its number).
    """
    return [row for path in paths for row in _read(path)]


def _read(path: Path) -> Iterator[Labelled]:
    try:
        with _open(path) as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _row(path, number, line)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read: {reason_of(error)}") from error


def _open(path: Path) -> IO[Any]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def _row(path: Path, number: int, line: str) -> Labelled:
    where = f"{path}: line {number}"
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ConfigError(where, f"not JSON: {error}") from error
    answers = raw.get("topics") if isinstance(raw, dict) else None
    if not isinstance(answers, dict) or not all(v in (True, False, None) for v in answers.values()):
        raise ConfigError(where, '"topics" must be {"name": true, false or null, …}')
    return Labelled(
        id=f"{path.name.partition('.')[0]}/{raw.get('id', number)}",
        title=str(raw.get("title") or ""),
        text=str(raw.get("text") or ""),
        language=language if isinstance(language := raw.get("language"), str) else None,
        answers=answers,
    )


def labels_hash(rows: Iterable[tuple[str, bool]]) -> str:
    """Return 16 hexadecimal digits for a set of answers: (id of the text, answer)."""
    plain = json.dumps(sorted(rows))
    return hashlib.sha256(plain.encode()).hexdigest()[:16]
