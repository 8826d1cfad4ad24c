"""Articles to passages: what topics are matched on, one thought at a time."""

import re
from collections.abc import Iterator

from newsbeam.records import Article, Passage, Verdict, ZoneKind

MAX_CHARS = 800
"""Longest passage: a long paragraph; longer ones are several thoughts.  The default model reads
about 1,200 characters (256 word pieces)."""
MIN_CHARS = 80
"""Shorter paragraphs are joined with what follows."""
TRIGGER = frozenset({ZoneKind.LEAD, ZoneKind.BODY, ZoneKind.QUOTE, ZoneKind.LIST, ZoneKind.TABLE})
"""Zones that may trigger a topic; captions, boxes and footers may not."""
_SENTENCE_END = re.compile(r"""(?<=[.!?…。！？])["'”’»)\]]*\s+|(?<=[。！？])""")


def passages(article: Article) -> tuple[Passage, ...]:
    """Return the title, the lead and the paragraphs of an article, in order.

    Long paragraphs are split at sentences, tiny ones joined with their neighbours.
    """
    found = []
    if article.title:
        found.append(Passage(ZoneKind.TITLE, -1, -1, article.title))
    allowed = TRIGGER
    if article.verdict == Verdict.DISCUSSION:
        allowed = TRIGGER | {ZoneKind.COMMENTS}
    found.extend(_joined(article, allowed))
    return tuple(found)


def _joined(article: Article, allowed: frozenset[ZoneKind]) -> Iterator[Passage]:
    """Join tiny neighbours; offsets always span one stretch of the text."""
    text = article.text
    kind: ZoneKind | None = None
    start = end = 0
    for zone in article.zones:
        if zone.kind not in allowed:
            if kind is not None:
                yield from _split(text, kind, start, end)
                kind = None
            continue
        if kind is not None:
            tiny = end - start < MIN_CHARS or zone.end - zone.start < MIN_CHARS
            same = kind is zone.kind or end - start < MIN_CHARS
            if tiny and same and kind is not ZoneKind.LEAD and zone.end - start <= MAX_CHARS:
                kind = zone.kind if end - start < zone.end - zone.start else kind
                end = zone.end
                continue
            yield from _split(text, kind, start, end)
        kind, start, end = zone.kind, zone.start, zone.end
    if kind is not None:
        yield from _split(text, kind, start, end)


def _split(text: str, kind: ZoneKind, start: int, end: int) -> Iterator[Passage]:
    """Yield stretches of at most MAX_CHARS, cut at sentence ends where there are any."""
    while end - start > MAX_CHARS:
        window = text[start : start + MAX_CHARS]
        cuts = [m.end() for m in _SENTENCE_END.finditer(window) if m.end() >= MAX_CHARS // 3]
        space = window.rfind(" ", MAX_CHARS // 3)
        cut = cuts[-1] if cuts else space + 1 if space > 0 else MAX_CHARS
        stop = start + len(window[:cut].rstrip())
        yield Passage(kind, start, stop, text[start:stop])
        start += cut
    if end > start:
        yield Passage(kind, start, end, text[start:end])
