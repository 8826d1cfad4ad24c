"""Lines to text with zones, in one pass; and which lines are boxes, notices and bylines."""

from collections.abc import Iterable

from newsbeam.articles import wording
from newsbeam.articles.dom.body import Line
from newsbeam.articles.dom.letters import letters
from newsbeam.records import Zone, ZoneKind

LEAD_MIN, LEAD_MAX = 40, 700
"""Characters of a paragraph that can be the lead."""


def assemble(lines: Iterable[Line]) -> tuple[str, tuple[Zone, ...]]:
    """Join lines to the article's text; neighbours of one kind stay zones of their own."""
    words: list[str] = []
    zones: list[Zone] = []
    at = 0
    for line in lines:
        zones.append(Zone(line.kind, at, at + len(line.text)))
        words.append(line.text)
        at += len(line.text) + 1
    return "\n".join(words), tuple(zones)


def mark_lead(lines: list[Line]) -> list[Line]:
    """Call the first real paragraph the lead."""
    lines = list(lines)
    for index, line in enumerate(lines):
        if line.kind is ZoneKind.LEAD:
            break
        if line.kind is ZoneKind.BODY and not line.heading and len(line.text) >= LEAD_MIN:
            lines[index] = Line(ZoneKind.LEAD, line.text)
            break
        if index > 8:
            break
    return lines


def mark_boxes(lines: list[Line]) -> list[Line]:
    """Call lines that point elsewhere ``related``, and those about the outlet ``footer``."""
    out = []
    for line in lines:
        kind = line.kind
        low = line.text.lower()
        if kind in (ZoneKind.BODY, ZoneKind.LIST, ZoneKind.QUOTE, ZoneKind.TABLE):
            if len(low) < 220 and wording.RELATED.match(low):
                kind = ZoneKind.RELATED
            elif len(low) < 400 and wording.FOOTER.match(low):
                kind = ZoneKind.FOOTER
        out.append(Line(kind, line.text, line.heading) if kind is not line.kind else line)
    return out


def drop_title(lines: list[Line], title: str | None) -> list[Line]:
    """Leave out the headline where it stands above the text: it has a field of its own."""
    wanted = letters(title or "")
    if not wanted:
        return lines
    return [
        line
        for i, line in enumerate(lines)
        if not (i < 4 and len(line.text) <= 2 * len(title or "") and letters(line.text) == wanted)
    ]


def drop_repeats(lines: list[Line], least: int = 40) -> list[Line]:
    """Keep the first of equal lines; short ones may repeat (``Yes.``)."""
    seen: set[str] = set()
    out = []
    for line in lines:
        key = line.text.casefold()
        if len(key) >= least and key in seen:
            continue
        seen.add(key)
        out.append(line)
    return out
