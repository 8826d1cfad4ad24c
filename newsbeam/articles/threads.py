"""A thread's text: the opening post and the comments, each counted once."""

import re
from collections.abc import Sequence

from newsbeam.articles.dom.blocks import Block
from newsbeam.articles.dom.body import Line
from newsbeam.articles.dom.letters import letters
from newsbeam.articles.dom.refine import kind_of
from newsbeam.records import ZoneKind

MIN_CHARS = 25
"""Shorter blocks of a thread are names, dates and buttons."""
AROUND = frozenset({"nav", "footer", "header", "related", "aside"})
_META = re.compile(
    r"\b(?:joined|registered|registriert|points?|hours? ago|days? ago|posts?: ?\d|permalink"
    r"|\d{1,2}:\d\d ?(?:am|pm)?)\b",
    re.I,
)


def thread_lines(blocks: Sequence[Block], engine: Sequence[Line], title: str | None) -> list[Line]:
    """Return a thread's posts as lines; whole comments that repeat count once.

    Args:
        blocks: the page.
        engine: what the extractor took for the text; kept where it is more than the posts.
        title: the thread's title, which is not one of the posts.
    """
    marked = any("comments" in b.parts and len(b.text) >= MIN_CHARS for b in blocks)
    wanted = letters(title or "")
    seen: set[str] = set()
    lines: list[Line] = []
    for block in blocks:
        if len(block.text) < MIN_CHARS or block.links > 0.5 * len(block.text):
            continue
        said = "comments" in block.parts
        if not said and block.parts & AROUND:
            continue
        if len(block.text) < 80 and _META.search(block.text):
            continue
        own = letters(block.text)
        if own in seen or own == wanted:
            continue
        seen.add(own)
        kind = kind_of(block.parts)
        if lines and (said or not marked) and kind is ZoneKind.BODY:
            kind = ZoneKind.COMMENTS
        lines.append(Line(kind, block.text))
    found = sum(len(x.text) for x in lines)
    return (
        lines
        if len(lines) >= 2 and found >= 0.3 * sum(len(x.text) for x in engine)
        else list(engine)
    )
