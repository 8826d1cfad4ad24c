"""Plain text to lines: an archive's article with the page's clutter still in it.

Paragraphs that repeat (whole comments in a thread) count once; lines about the outlet become
``footer``; a box of other headlines at the end becomes ``related``.
"""

import re

from newsbeam.articles import wording, zones
from newsbeam.articles.dom.body import Line
from newsbeam.articles.dom.claims import tidy
from newsbeam.articles.verdicts import MIN_CHARS, Judgement
from newsbeam.records import Verdict, ZoneKind

_BULLET = re.compile(r"^\s*(?:[•◦▪‣·*–—-]|\d{1,2}[.)])\s+")
_OPENS_BOX = re.compile(
    r"^(?:recent|latest|related|more|popular|trending|top|other|recommended|most read"
    r"|read (?:more|also|next)"
    r"|mehr|weitere|aktuelle|ähnliche|derniers?|articles|noticias|más|altre|outras|mais|meer|najnowsze|polecamy)"
    r"[\w\s’'-]{0,40}:?$",
    re.I,
)
_ITEMS = re.compile(r"\s[|·•›»]\s")
_SENTENCE = re.compile(r"[.!?…][\"'”’»)]*(?:\s|$)")
_ROW_CHARS = 400
_CAPITALS = 0.75
"""Share of words with a capital from which a line above the article is a menu."""
_FIRST_PERSON = re.compile(r"\b(?:i|i’m|i'm|i’ve|i've|i’d|i'd|my|me|you|your|imo|lol)\b", re.I)

_NOT_AFTER_A_HEADLINE = (".", "…", "!", ":", ";", ",", "。", "।")

HEAD = 12
"""Lines among which a headline and its first paragraph are looked for."""
HEADLINE_CHARS = 150
HEADLINE_WORDS = 3
PARAGRAPH_CHARS = 120


def read_plain(text: str, title: str | None, kind: str) -> tuple[list[Line], Judgement]:
    """Return the lines of a plain text with their zones, and the verdict on it."""
    raw = [tidy(line) for line in text.replace("\r", "\n").split("\n")]
    paragraphs = [line for line in raw if line]
    repeated = _repeats(paragraphs)
    lines = [
        Line(ZoneKind.LIST if _BULLET.match(p) else ZoneKind.BODY, _BULLET.sub("", p))
        for p in paragraphs
    ]
    lines = [line for line in lines if any(c.isalnum() for c in line.text)]
    lines = zones.drop_repeats(lines)
    lines = _rows_of_links(zones.mark_boxes(lines))
    lines = _box_at_the_end(lines)
    lines = _clutter_at_the_start(lines)
    verdict = _verdict(lines, repeated, kind)
    if verdict.verdict is Verdict.DISCUSSION:
        lines = [
            Line(ZoneKind.COMMENTS, line.text) if line.kind is ZoneKind.BODY and i else line
            for i, line in enumerate(lines)
        ]
    return lines, verdict


def headline_of(text: str) -> str | None:
    """Return the headline of a text that came without one: a short first line, above paragraphs.

    A line is none that ends like a sentence (but for a question), that has fewer than three words,
    or that no paragraph follows.
    """
    lines = (tidy(line) for line in text.replace("\r", "\n").split("\n"))
    found = [line for line in lines if any(c.isalpha() for c in line)][:HEAD]
    if not found or len(found[0]) > HEADLINE_CHARS or len(found[0].split()) < HEADLINE_WORDS:
        return None
    if _BULLET.match(found[0]) or found[0].rstrip("\"'”’»)").endswith(_NOT_AFTER_A_HEADLINE):
        return None
    return found[0] if any(len(line) >= PARAGRAPH_CHARS for line in found[1:]) else None


def _repeats(paragraphs: list[str]) -> int:
    long = [p.casefold() for p in paragraphs if len(p) >= 80]
    return len(long) - len(set(long))


def _box_at_the_end(lines: list[Line]) -> list[Line]:
    """Call what follows a line like ``Recent News`` related, when it reads like headlines."""
    for index, line in enumerate(lines):
        if index < len(lines) // 2 or not (len(line.text) < 60 and _opens(line.text)):
            continue
        rest = lines[index:]
        if len(rest) > 1:
            rest = [Line(ZoneKind.RELATED, r.text) for r in rest]
            return lines[:index] + rest
    return lines


def _rows_of_links(lines: list[Line]) -> list[Line]:
    """Call ``News | Opinion | Sport`` and ``Trending: … · … · …`` related."""
    return [Line(ZoneKind.RELATED, x.text) if _is_row(x.text) else x for x in lines]


def _is_row(text: str) -> bool:
    few = len(text) <= _ROW_CHARS and len(_ITEMS.findall(text)) >= 2
    return few and not _SENTENCE.search(text)


def _opens(text: str) -> bool:
    low = text.lower()
    return bool(_OPENS_BOX.match(low) or wording.RELATED.match(low))


def _clutter_at_the_start(lines: list[Line]) -> list[Line]:
    """Call short lines and menus above the first paragraph footer."""
    first = next(
        (
            i
            for i, line in enumerate(lines[:12])
            if len(line.text) >= 120 and line.kind is ZoneKind.BODY
        ),
        None,
    )
    if not first:
        return lines
    marked = list(lines)
    for i in range(first):
        line = lines[i]
        if line.kind is ZoneKind.BODY and (len(line.text) < 25 or _is_menu(line.text)):
            marked[i] = Line(ZoneKind.FOOTER, line.text)
    return marked


def _is_menu(text: str) -> bool:
    """Tell whether a line is ``News Politics Opinion Log In Subscribe`` or all capitals."""
    words = text.split()
    capitals = sum(word[0].isupper() for word in words)
    return len(words) > 3 and capitals >= _CAPITALS * len(words) and not _SENTENCE.search(text)


def _verdict(lines: list[Line], repeated: int, kind: str) -> Judgement:
    length = sum(len(line.text) for line in lines)
    if kind == "discussion":
        return Judgement(Verdict.DISCUSSION, ("the archive says that it is a thread",))
    paragraphs = [line.text for line in lines if line.kind is ZoneKind.BODY]
    personal = sum(1 for p in paragraphs if _FIRST_PERSON.search(p))
    if repeated >= 3 and personal >= 3:
        return Judgement(
            Verdict.DISCUSSION,
            (f"{repeated} paragraphs repeat", f"{personal} of {len(paragraphs)} speak as I or you"),
        )
    if length < MIN_CHARS:
        return Judgement(Verdict.TOO_SHORT, (f"{length} characters of text",))
    return Judgement(Verdict.ARTICLE, (f"{length} characters of text",))
