"""What the engine found, compared with the page's blocks: losses repaired, boxes taken out.

Each step is general (no rules for sites) and pays on two sets of pages that know nothing of each
other; the gains are in ``docs/benchmarks.md``.  Removals have a guard: a step that would take away
much of the text has misread the page and is left out.
"""

import bisect
import html
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

from newsbeam.articles.dom.blocks import Block
from newsbeam.articles.dom.body import Line
from newsbeam.articles.dom.claims import Claims, strings, tidy
from newsbeam.articles.dom.letters import letters, squash
from newsbeam.records import ZoneKind

KEEP_AT_LEAST = 0.6
"""Share of the text that a removal must leave."""
LEAVE_LINKS = 0.3
"""The same for lines that are nothing but links: what goes is the list beside the article."""
LINK_SHARE = 0.8
"""A line with more of its characters in links points elsewhere."""
MIN_REPAIR = 80
"""Characters of a paragraph that is worth bringing back."""
MIN_CLAIMED = 250
"""Characters from which a JSON-LD ``articleBody`` is believed to be the text."""
HEADER_CHARS = 100
"""Shorter lines in a ``<header>`` are dates, bylines, kickers; longer ones standfirsts."""
BOX_CHARS = 200
"""Shorter lines in a caption or related box are left out; longer ones may be the article."""
LEAD_CHARS = 60
"""Shorter lines without a sentence's end above the text are dates, bylines, kickers."""
LUMP_CHARS = 200
"""Shorter lines may run over several blocks: a table row, a list item."""
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
LITTLE_CHARS, LITTLE_SHARE = 3000, 0.2
"""A text that is shorter, and a smaller share of the page's prose, may be the wrong part."""
REPEAT_CHARS = 150
"""Shorter lines may repeat: a recipe does, a refrain does."""

_TAG = re.compile(r"<[^>]{1,300}>")
_BREAK = re.compile(r"</(?:p|div|li|h\d)>|<br\s*/?>", re.I)
_SENTENCE = re.compile(r"[.!?…。！？:»”\"’)\]]\s*$")


@dataclass(frozen=True, slots=True)
class Placed:
    """A line and the blocks of the page that it came from (None: from no visible place)."""

    line: Line
    place: tuple[int, int] | None


def refine(lines: Sequence[Line], blocks: Sequence[Block], claims: Claims) -> list[Line]:
    """Return the article's lines: repaired, without links to elsewhere, boxes and captions."""
    body = claimed_body(claims)
    index = _Index(blocks)
    placed = [Placed(line, index.find(line.text)) for line in lines]
    placed = _split_lumps(placed, blocks, index.parts)
    placed = _without(placed, lambda p: _link_share(p, blocks) > LINK_SHARE, LEAVE_LINKS)
    placed = _with_siblings(placed, blocks)
    if len(body) >= MIN_CLAIMED:
        placed = _with_claimed(placed, blocks, body)
        if sum(len(p.line.text) for p in placed) < 0.3 * len(body):
            placed = [
                Placed(Line(ZoneKind.BODY, tidy(t)), None) for t in body.split("\n") if t.strip()
            ]
    for part, longest in _BOXES:
        placed = _without(placed, partial(_inside, blocks=blocks, part=part, longest=longest))
    placed = _without(placed, _above(placed))
    return _once([p.line for p in placed])


_BOXES = (
    ("header", HEADER_CHARS),
    ("caption", BOX_CHARS),
    ("related", BOX_CHARS),
    ("footer", 1_000_000),
    ("nav", 1_000_000),
)


def failed(lines: Sequence[Line]) -> bool:
    """Say whether the fast engine found next to nothing, or dumped the page in one lump."""
    total = sum(len(line.text) for line in lines)
    longest = max((len(line.text) for line in lines), default=0)
    return total < 250 or (total > 1500 and longest > 0.6 * total)


def little(lines: Sequence[Line], blocks: Sequence[Block]) -> bool:
    """Say whether the text is short beside what the page says outside links."""
    total = sum(len(line.text) for line in lines)
    if total >= LITTLE_CHARS:
        return False
    prose = sum(len(b.text) - b.links for b in blocks if len(b.text) >= MIN_REPAIR)
    return total < LITTLE_SHARE * prose


def missed(lines: Sequence[Line], blocks: Sequence[Block]) -> bool:
    """Say whether the page's largest run of like paragraphs is not what was extracted."""
    long = [b for b in blocks if b.tag == "p" and len(b.text) >= MIN_REPAIR]
    long = [b for b in long if b.links < 0.5 * len(b.text)]
    if not long:
        return False
    # what all of them are called means nothing: some pages wrap everything in "no-comments"
    shared = frozenset.intersection(*(b.parts for b in long))
    beside = frozenset({"comments", "footer", "related"}) - shared
    prose: dict[tuple[str, str, str], list[str]] = {}
    for block in long:
        if not block.parts & beside:
            prose.setdefault(block.group, []).append(block.text)
    most = max(prose.values(), key=lambda texts: sum(map(len, texts)), default=[])
    size = sum(map(len, most))
    # white space is less than a third of any text: most pages need no closer look
    if size < 800 or sum(len(line.text) for line in lines) > 0.75 * size:
        return False
    text = squash("".join(line.text for line in lines))
    if len(text) > size / 2:
        return False
    return sum(len(t) for t in most if squash(t)[:60] in text) < 0.3 * size


def claimed_body(claims: Claims) -> str:
    """Return the longest ``articleBody`` of the page's JSON-LD as plain text."""
    found = [text for node in claims.nodes for text in strings(node.get("articleBody"))[:1]]
    best = html.unescape(max(found, key=len)) if found else ""
    return _TAG.sub(" ", _BREAK.sub("\n", best)) if "<" in best else best


class _Index:
    """Finds a line's place among the blocks, wherever the engine joined or cut them."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        # as squash() would, but all at once: a block's text has no white space but single spaces
        whole = "\n".join([block.text for block in blocks]).casefold().replace(" ", "")
        self.parts = whole.split("\n") if blocks else []
        self.starts = [0, *accumulate(map(len, self.parts))][: len(blocks)]
        self.text = "".join(self.parts)
        self.at = 0

    def find(self, text: str) -> tuple[int, int] | None:
        wanted = squash(text)
        if not wanted or not self.starts:
            return None
        for needle in (wanted, wanted[:60]) if len(wanted) > 80 else (wanted,):
            found = self.text.find(needle, self.at)
            if found < 0:
                found = self.text.find(needle)
            if found >= 0:
                break
        else:
            return None
        end = found + len(needle)
        if len(needle) >= 20:  # short lines occur anywhere: they must not lead the search astray
            self.at = end
        first = bisect.bisect_right(self.starts, found) - 1
        last = bisect.bisect_left(self.starts, end) - 1
        return first, max(first, last)


def _split_lumps(
    placed: list[Placed], blocks: Sequence[Block], squashed: Sequence[str]
) -> list[Placed]:
    """Take a line that runs over several blocks apart, so that each is judged on its own."""
    out = []
    for one in placed:
        size = len(one.line.text)
        if size < LUMP_CHARS or (one.place and _covers(one.place, one.line.text, blocks)):
            out.append(one)
            continue
        text = squash(one.line.text)
        within = range(one.place[0] if one.place else 0, len(blocks))
        parts = [i for i in within if squashed[i] and squashed[i] in text]
        if len(parts) < 2 or sum(len(blocks[i].text) for i in parts) < 0.9 * size:
            out.append(one)
            continue
        out.extend(Placed(_part(one.line, blocks[i]), (i, i)) for i in parts)
    return out


def _covers(place: tuple[int, int], text: str, blocks: Sequence[Block]) -> bool:
    """Say whether a line came from one block, as far as its length tells."""
    return place[0] == place[1] and len(blocks[place[0]].text) >= 0.9 * len(text)


def _part(line: Line, block: Block) -> Line:
    """Return one block's share of a line; prose in a table means that the table is layout."""
    prose = len(block.text) >= MIN_REPAIR and _SENTENCE.search(block.text)
    kind = ZoneKind.BODY if line.kind is ZoneKind.TABLE and prose else line.kind
    return Line(kind, block.text, block.tag in HEADINGS)


def _without(
    placed: list[Placed], unwanted: Callable[[Placed], bool], least: float = KEEP_AT_LEAST
) -> list[Placed]:
    """Leave lines out, unless that would be too much of the text."""
    kept = [p for p in placed if not unwanted(p)]
    if len(kept) == len(placed):
        return placed
    before = sum(len(p.line.text) for p in placed)
    return kept if sum(len(p.line.text) for p in kept) >= least * before else placed


def _link_share(one: Placed, blocks: Sequence[Block]) -> float:
    if one.place is None:
        return 0.0
    here = blocks[one.place[0] : one.place[1] + 1]
    return sum(b.links for b in here) / (sum(len(b.text) for b in here) or 1)


def _inside(one: Placed, blocks: Sequence[Block], part: str, longest: int) -> bool:
    return (
        one.place is not None
        and part in blocks[one.place[0]].parts
        and len(one.line.text) < longest
    )


def _above(placed: list[Placed]) -> Callable[[Placed], bool]:
    """Return a test for the short lines above the first sentence."""
    above = set()
    for one in placed[:-2]:
        if len(one.line.text) >= LEAD_CHARS or _SENTENCE.search(one.line.text):
            break
        above.add(id(one))
    return lambda p: id(p) in above


def _with_siblings(placed: list[Placed], blocks: Sequence[Block]) -> list[Placed]:
    """Bring back paragraphs of the same make as most of the text, lost in another container."""
    used: set[int] = set()
    weight: Counter[tuple[str, str, str]] = Counter()
    for one in placed:
        if one.place is not None:
            for i in range(one.place[0], one.place[1] + 1):
                used.add(i)
                if blocks[i].tag == "p":
                    weight[blocks[i].group] += len(blocks[i].text)
    total = weight.total()
    usual = {group for group, size in weight.items() if size > total / 2}
    known = {squash(one.line.text)[:60] for one in placed}
    lost = [
        i
        for i, block in enumerate(blocks)
        if block.tag == "p"
        and block.group in usual
        and i not in used
        and len(block.text) >= MIN_REPAIR
        and block.links < 0.5 * len(block.text)
        and not block.parts & {"comments", "caption"}
        and squash(block.text)[:60] not in known
    ]
    return _merged(placed, blocks, sorted(lost + _between(blocks, used)))


def _between(blocks: Sequence[Block], used: set[int]) -> list[int]:
    """Return the items, without links, of lists right between two paragraphs of the text."""
    found: list[int] = []
    run: list[int] = []
    for i, block in enumerate(blocks):
        if block.tag == "li" and block.parts == _LISTED and not block.anchors and i not in used:
            run.append(i)
            continue
        if run and run[0] and block.tag == blocks[run[0] - 1].tag == "p":
            before, place = run[0] - 1, blocks[run[0]].group[2]
            both = before in used and i in used and blocks[before].parent == block.parent
            if both and block.group[1] == place:
                found += run
        run = []
    return found


_LISTED = frozenset({"list"})


def _with_claimed(placed: list[Placed], blocks: Sequence[Block], body: str) -> list[Placed]:
    """Bring back blocks whose text stands word for word in the page's ``articleBody``."""
    claimed = letters(body)
    have = letters("\n".join(one.line.text for one in placed))
    used = {i for one in placed if one.place for i in range(one.place[0], one.place[1] + 1)}
    lost = [
        i
        for i, block in enumerate(blocks)
        if i not in used
        and len(block.text) >= MIN_REPAIR / 2
        and (own := letters(block.text)) in claimed
        and own not in have
    ]
    return _merged(placed, blocks, lost)


def _merged(placed: list[Placed], blocks: Sequence[Block], lost: list[int]) -> list[Placed]:
    """Put lost blocks at their place in the page's order."""
    if not lost:
        return placed
    keyed: list[tuple[int, int, int, Placed]] = []
    last = -1
    for number, one in enumerate(placed):
        if one.place is not None and one.place[0] >= last:
            last = one.place[0]
        keyed.append((last, 0, number, one))
    keyed.extend(
        (i, 1, 0, Placed(Line(kind_of(blocks[i].parts), blocks[i].text), (i, i))) for i in lost
    )
    keyed.sort(key=lambda key: key[:3])
    return [key[3] for key in keyed]


def kind_of(parts: frozenset[str]) -> ZoneKind:
    """Return the zone of a block by what surrounds it."""
    for part in ("table", "quote", "list"):
        if part in parts:
            return ZoneKind(part)
    return ZoneKind.BODY


def _once(lines: list[Line]) -> list[Line]:
    """Keep the first of equal long lines: a block that repeats counts once."""
    seen: set[str] = set()
    kept = []
    for line in lines:
        if len(line.text) >= REPEAT_CHARS:
            if line.text in seen:
                continue
            seen.add(line.text)
        kept.append(line)
    return kept
