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
        ConfigError: a file cannot be read, a line is not a label (with its number), or two lines
            say yes and no of the same text.
    """
    return [row for path in paths for row in _read(path)]


def _read(path: Path) -> Iterator[Labelled]:
    said: dict[tuple[str, str], tuple[bool, int]] = {}
    try:
        with _open(path) as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    row = _row(path, number, line)
                    _check_agreement(path, number, row, said)
                    yield row
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read: {reason_of(error)}") from error


def _open(path: Path) -> IO[Any]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig")
    return path.open(encoding="utf-8-sig")


def _check_agreement(
    path: Path, number: int, row: Labelled, said: dict[tuple[str, str], tuple[bool, int]]
) -> None:
    for topic, answer in row.answers.items():
        if answer is not None:
            before, line = said.setdefault((row.id, topic), (answer, number))
            if before != answer:
                raise ConfigError(
                    f"{path}: line {number}",
                    f"answers {topic} otherwise than line {line}, which has the same id: write "
                    "null where people disagree",
                )


def _row(path: Path, number: int, line: str) -> Labelled:
    where = f"{path}: line {number}"
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ConfigError(where, f"not JSON: {error}") from error
    answers = raw.get("topics") if isinstance(raw, dict) else None
    if not isinstance(answers, dict) or not all(
        v is None or isinstance(v, bool) for v in answers.values()
    ):
        raise ConfigError(where, '"topics" must be {"name": true, false or null, …}')
    title, text = _text(raw, "title", where), _text(raw, "text", where)
    if not title.strip() and not text.strip():
        raise ConfigError(where, "has neither title nor text")
    return Labelled(
        id=f"{path.name.partition('.')[0]}/{raw.get('id', number)}",
        title=title,
        text=text,
        language=language if isinstance(language := raw.get("language"), str) else None,
        answers=answers,
    )


def _text(raw: Mapping[str, Any], key: str, where: str) -> str:
    value = raw.get(key)
    if value is not None and not isinstance(value, str):
        raise ConfigError(where, f"{key} must be text; it is {str(value)[:40]}")
    # lone halves of surrogate pairs are valid JSON and no valid text
    return (value or "").encode("utf-8", "replace").decode("utf-8")


def labels_hash(rows: Iterable[tuple[str, bool]]) -> str:
    """Return 16 hexadecimal digits for a set of answers: (id of the text, answer)."""
    plain = json.dumps(sorted(rows))
    return hashlib.sha256(plain.encode()).hexdigest()[:16]
