"""``newsbeam stories``: look at stories, correct them, and group a stream of your own."""

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import IO, Any

import click

BATCH = 32
"""Lines that are embedded at once."""


@click.group(name="stories")
def stories() -> None:
    """List, show, merge and split stories; group a stream of articles."""


@stories.command()
@click.argument("source", metavar="IN.jsonl|-", type=click.File("r", encoding="utf-8"))
def group(source: IO[str]) -> None:
    r"""Group articles in order of arrival; one JSON line out per line in.

    \b
    in   {"id", "title", "text", "published", "outlet"}   (text may be empty)
    out  {"id", "story", "copy_of", "similarity"}
    A line that cannot be read gives {"id", "error"} and the run goes on (exit code 3).
    """
    broken = 0
    for answer in group_lines(source):
        broken += "error" in answer
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    if broken:
        sys.exit(3)


def group_lines(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield one answer per line that is not blank; memory is bounded by the grouper's window."""
    from newsbeam.encoder import load_encoder
    from newsbeam.settings import ModelSettings
    from newsbeam.stories.grouper import Grouper, StoryInput

    encoder = load_encoder(ModelSettings())
    grouper = Grouper()
    numbered = ((n, line) for n, line in enumerate(lines, start=1) if line.strip())
    while chunk := list(islice(numbered, BATCH)):
        read = [_read(number, line) for number, line in chunk]
        good = [r for r in read if isinstance(r, StoryInput)]
        vectors = iter(encoder.encode([story_text(r) for r in good]) if good else ())
        for row in read:
            if not isinstance(row, StoryInput):
                yield row
                continue
            made = grouper.add(_with_vector(row, next(vectors)))
            yield {
                "id": row.id,
                "story": made.story,
                "copy_of": made.copy_of,
                "similarity": made.similarity,
            }


def story_text(item: Any) -> str:
    """Return what is embedded of an article, as the pipeline does: title and lead."""
    return f"{item.title or ''}\n{(item.text or '')[:400]}".strip()


def _with_vector(item: Any, vector: Any) -> Any:
    from dataclasses import replace

    return replace(item, vector=vector)


def _read(number: int, line: str) -> Any:
    """Return a StoryInput, or the answer that says what is wrong with the line."""
    from newsbeam.stories.grouper import StoryInput

    name: Any = None
    try:
        raw = json.loads(line)
        if not isinstance(raw, dict):
            raise ValueError("not an object")
        name = raw.get("id")
        if not isinstance(name, str | int) or name == "":
            raise ValueError("no id")
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
    except (ValueError, RecursionError) as error:
        return {"id": name, "error": f"line {number}: {error}"}


def _text(raw: dict[str, Any], key: str) -> str | None:
    value = raw.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{key} is not text")
    return (value or "").strip() or None


def _time(value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError("published is not an ISO 8601 time")
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"published is not an ISO 8601 time: {value!r}") from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
