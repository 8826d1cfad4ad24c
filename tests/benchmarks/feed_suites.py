"""The parser suites of ``$NEWSBEAM_DATA/feeds``: what we make of them.

Three questions per suite: does any file crash us; does any entry get lost that feedparser finds;
are the fields that we keep what the suite states?  Only feedparser's suite states fields in a form
that can be read here (an expression in a comment on top).
"""

import ast
import io
import os
import re
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser

from connectors.feeds import parse_feed
from connectors.parsing.items import _author_name
from connectors.parsing.plain import plain_text
from newsbeam.errors import ParseError

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("NEWSBEAM_DATA", ROOT.parent / "shared" / "data")) / "feeds"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
ENDS = (".xml", ".json", ".rss", ".atom", ".rdf")

_EXPECT = re.compile(r"Expect:\s*(.*?)\s*-->", re.DOTALL)
_PLACE = re.compile(r"Content-Location:\s*(\S+)")
_STATED = re.compile(
    r"entries\[(\d+)\](?:\.(\w+)|\[['\"](\w+)['\"]\])((?:\[['\w]+\])*)\s*==\s*"
    r"u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\((?:\d+,\s*)+\d+\))"
)
_FIELDS = {
    "link": "url", "id": "guid", "guid": "guid", "title": "title", "summary": "summary",
    "description": "summary", "author": "author", "content": "content",
    "published_parsed": "published", "updated_parsed": "updated",
}  # fmt: skip


@dataclass
class Score:
    """What came of one suite."""

    files: int = 0
    feeds: int = 0
    """Files that we read as feeds."""
    refused: int = 0
    """Files that we call no feed, which feedparser calls none either (or finds no entry in)."""
    crashes: list[str] = field(default_factory=list)
    entries: int = 0
    lost: list[str] = field(default_factory=list)
    """Files of which feedparser finds more entries than we."""
    stated: int = 0
    right: int = 0
    wrong: list[str] = field(default_factory=list)


def suites() -> list[Path]:
    """Return the suites that are here."""
    return sorted(DATA.glob("*.tar.gz"))


def files_of(suite: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the feeds of a suite: name and bytes."""
    with tarfile.open(suite) as packed:
        for member in packed:
            if member.isfile() and member.name.endswith(ENDS) and ".serde." not in member.name:
                file = packed.extractfile(member)
                yield member.name, file.read() if file else b""


def score_suite(suite: Path) -> Score:
    """Read all files of a suite."""
    score = Score()
    for name, body in files_of(suite):
        score.files += 1
        head = body[:3000].decode("latin-1")
        place = _PLACE.search(head)
        url = place.group(1) if place else f"http://127.0.0.1:8097/{name.partition('/tests/')[2]}"
        try:
            entries = parse_feed(url, body, now=NOW).entries
        except ParseError:
            entries = None
        except Exception as error:
            score.crashes.append(f"{name}: {error!r}")
            continue
        found = len(feedparser.parse(io.BytesIO(body)).entries)
        if entries is None:
            score.refused += 1
            if found:
                score.lost.append(name)
            continue
        score.feeds += 1
        score.entries += len(entries)
        if len(entries) < found:
            score.lost.append(name)
        _check_fields(score, name, head, entries)
    return score


def _check_fields(score: Score, name: str, head: str, entries: tuple[Any, ...]) -> None:
    stated = _EXPECT.search(head)
    for number, dotted, keyed, deeper, literal in (
        _STATED.findall(stated.group(1)) if stated else []
    ):
        kept = _FIELDS.get(dotted or keyed)
        if (
            kept is None
            or deeper not in ("", "[0]['value']")
            or (kept == "content") != bool(deeper)
        ):
            continue
        try:
            expected = ast.literal_eval(literal)
        except (ValueError, SyntaxError):
            continue
        score.stated += 1
        if int(number) < len(entries) and _same(entries[int(number)], kept, expected):
            score.right += 1
        else:
            score.wrong.append(f"{name}: {kept}")


def _same(entry: Any, kept: str, expected: Any) -> bool:
    """Compare as what we keep: words for texts, names for authors, UTC to the second for times."""
    if kept in {"published", "updated"}:
        time = getattr(entry, kept)
        return time is not None and time.timetuple()[:6] == tuple(expected)[:6]
    if kept == "author":
        return ", ".join(entry.authors) == (_author_name(expected) or "")
    got = getattr(entry, kept) or ""
    if kept in {"url", "guid"}:
        return bool(got == expected)
    if not str(expected).isascii():  # the comment itself is in the file's own encoding
        with suppress(UnicodeError):
            expected = str(expected).encode("latin-1").decode("utf-8")
    if got in {expected, plain_text(expected)}:
        return True
    return (plain_text(got) or "") == (plain_text(expected) or "")


def main() -> None:
    """Print the table of docs/benchmarks.md."""
    print("| suite | files | read as feeds | entries | crashes | entries lost | fields right |")
    print("|---|---|---|---|---|---|---|")
    for suite in suites():
        s = score_suite(suite)
        fields = f"{s.right} of {s.stated}" if s.stated else ""
        name = suite.name.removesuffix(".tar.gz")
        print(
            f"| {name} | {s.files:,} | {s.feeds:,} | {s.entries:,} | {len(s.crashes)} | "
            f"in {len(s.lost)} files | {fields} |"
        )
        for line in [*s.crashes, *s.lost, *s.wrong]:
            print(f"    {line}")


if __name__ == "__main__":
    main()
