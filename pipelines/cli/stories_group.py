"""``newsbeam stories group``: a stream of articles in, their stories out, line by line."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from newsbeam.settings import ModelSettings
from pipelines.cli.lines import no_text, read_json, valid

if TYPE_CHECKING:
    from newsbeam.stories.grouper import StoryInput

EXAMPLE = "2026-03-01T10:00:00Z"
BATCH = 32
"""Lines that are embedded at once."""


def group_lines(
    lines: Iterable[str], model: ModelSettings, seen: Counter[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield one answer per line that is not blank; memory is bounded by the grouper's window.

    Args:
        lines: the input.
        model: what gives the articles their vectors.
        seen: counts lines that cannot be read as ``broken``, ids that come again as ``again``.
    """
    from newsbeam.encoder import load_encoder
    from newsbeam.stories.grouper import AGAIN, Grouper, StoryInput
    from newsbeam.stories.vector_text import vector_text

    encoder = load_encoder(model)
    grouper = Grouper(encoder=encoder.identity)
    seen = Counter() if seen is None else seen
    marked = (line.removeprefix("\ufeff") for line in lines)
    numbered = ((n, line) for n, line in enumerate(marked, start=1) if line.strip())
    while chunk := list(islice(numbered, BATCH)):
        read = [read_line(number, line) for number, line in chunk]
        good = [r for r in read if isinstance(r, StoryInput)]
        vectors = iter(encoder.encode([vector_text(r.title, r.text) for r in good]) if good else ())
        for row, (_, line) in zip(read, chunk, strict=True):
            if not isinstance(row, StoryInput):
                seen["broken"] += 1
                yield row
                continue
            made = grouper.add(replace(row, vector=next(vectors)))
            seen["again"] += made.reasons == AGAIN
            name = json.loads(line)["id"]  # a number stays a number
            numeric = isinstance(name, int) and made.copy_of is not None
            yield {
                "id": name,
                "story": made.story,
                "copy_of": _number(made.copy_of) if numeric else made.copy_of,
                "similarity": made.similarity,
            }


def _number(name: str | None) -> str | int | None:
    """Return a name as the number that it was, where it can have been one."""
    return int(name) if name and name.isascii() and name.isdigit() else name


def read_line(number: int, line: str) -> "StoryInput | dict[str, Any]":
    """Return the article of a line, or the answer that says what is wrong with it."""
    from newsbeam.stories.grouper import StoryInput

    name: Any = None
    try:
        try:
            raw = read_json(line)
        except ValueError as error:
            raise ValueError(f"not JSON: {error}") from None
        if not isinstance(raw, dict):
            raise ValueError('not an object: write {"id": …, "title": …, "text": …}')
        name = raw.get("id")
        if name is None or name == "":
            raise ValueError("no id")
        if not isinstance(name, str | int) or isinstance(name, bool):
            raise ValueError(f"no id: {str(name)[:40]!r} is neither text nor a whole number")
        if valid(str(name)) != str(name):
            name = None  # it could not be written, either
            raise ValueError("id is not valid text")
        item = StoryInput(
            id=str(name),
            title=_text(raw, "title"),
            text=_text(raw, "text"),
            outlet=_text(raw, "outlet"),
            published=_time(raw.get("published")),
            language=_text(raw, "language"),
        )
        if not item.title and not item.text:
            raise ValueError(no_text(raw))
        return item
    except ValueError as error:
        return {"id": name, "error": f"line {number}: {error}"}


def _text(raw: dict[str, Any], key: str) -> str | None:
    value = raw.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{key} is not text")
    return valid(value or "").strip() or None


def _time(value: Any) -> datetime | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    time = _read_time(value.strip()) if isinstance(value, str) else None
    if time is None:
        raise ValueError(f"published is no time: {str(value)[:40]!r}; write {EXAMPLE}")
    # one date in the year 2099 would otherwise push everything else out of the window
    return None if time > datetime.now(UTC) + timedelta(days=1) else time


def _read_time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        if text[10:11] in ("T", "t"):  # meant as ISO 8601
            return None
        from connectors.parsing.times import parse_time

        return parse_time(text, datetime.now(UTC))
