"""``newsbeam stories group``: a stream of articles in, their stories out, line by line."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from pipelines.cli.lines import read_json, valid

if TYPE_CHECKING:
    from newsbeam.stories.grouper import StoryInput

BATCH = 32
"""Lines that are embedded at once."""


def group_lines(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield one answer per line that is not blank; memory is bounded by the grouper's window."""
    from newsbeam.encoder import load_encoder
    from newsbeam.settings import ModelSettings
    from newsbeam.stories.grouper import Grouper, StoryInput
    from newsbeam.stories.vector_text import vector_text

    encoder = load_encoder(ModelSettings())
    grouper = Grouper()
    marked = (line.removeprefix("\ufeff") for line in lines)
    numbered = ((n, line) for n, line in enumerate(marked, start=1) if line.strip())
    while chunk := list(islice(numbered, BATCH)):
        read = [read_line(number, line) for number, line in chunk]
        good = [r for r in read if isinstance(r, StoryInput)]
        vectors = iter(encoder.encode([vector_text(r.title, r.text) for r in good]) if good else ())
        for row, (_, line) in zip(read, chunk, strict=True):
            if not isinstance(row, StoryInput):
                yield row
                continue
            made = grouper.add(replace(row, vector=next(vectors)))
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
            raise ValueError("not an object")
        name = raw.get("id")
        if not isinstance(name, str | int) or isinstance(name, bool) or name == "":
            raise ValueError("no id")
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
            raise ValueError("neither title nor text")
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
    if not isinstance(value, str):
        raise ValueError("published is not an ISO 8601 time")
    value = value.strip()
    try:
        time = parsedate_to_datetime(value) if "," in value else datetime.fromisoformat(value)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"published is not an ISO 8601 time: {value[:40]!r}") from None
    # one date in the year 2099 would otherwise push everything else out of the window
    return None if time > datetime.now(UTC) + timedelta(days=1) else time
