"""The tree of a parsed query.

Every node knows its place in the query (``at``) and its own source text, for errors and evidence.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

from newsbeam.topics.query.document import ANYWHERE


@dataclass(frozen=True)
class Phrase:
    """One word, or several in a row.

    ``words`` are folded (kept as written where ``exact``); ``*`` and ``?`` are wildcards, and the
    word ``*`` alone is any one word.
    """

    at: int
    source: str
    words: tuple[str, ...]
    exact: bool = False
    stemmed: bool = False
    zone: int = ANYWHERE

    @cached_property
    def is_plain(self) -> bool:
        """Whether it is looked for everywhere, by its folded words, without wildcards."""
        special = self.exact or self.stemmed or self.zone != ANYWHERE
        return not special and not any(is_wild(w) for w in self.words)


@dataclass(frozen=True)
class And:
    """All parts are true."""

    at: int
    source: str
    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Or:
    """At least one part is true."""

    at: int
    source: str
    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Not:
    """The part is false."""

    at: int
    source: str
    part: "Node"


@dataclass(frozen=True)
class Near:
    """Both occur, at most ``distance`` words apart (neighbours are 1 apart), not overlapping."""

    at: int
    source: str
    left: "Node"
    right: "Node"
    distance: int
    ordered: bool


@dataclass(frozen=True)
class Same:
    """Both occur in one ``sentence`` or one ``paragraph``; they may overlap."""

    at: int
    source: str
    left: "Node"
    right: "Node"
    unit: str


@dataclass(frozen=True)
class Count:
    """How often the part occurs, compared with a number."""

    at: int
    source: str
    part: "Node"
    operator: str
    number: int


@dataclass(frozen=True)
class Fact:
    """A fact about the article (author, outlet, domain, lang, country, feed, tag)."""

    at: int
    source: str
    name: str
    value: str


@dataclass(frozen=True)
class Dates:
    """The article was published from ``first`` to ``last``, both days included."""

    at: int
    source: str
    first: date | None
    last: date | None


Node = Phrase | And | Or | Not | Near | Same | Count | Fact | Dates

COMPARE: dict[str, Callable[[int, int], bool]] = {
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    "<": lambda a, b: a < b,
    "=": lambda a, b: a == b,
}


def is_wild(word: str) -> bool:
    """Whether a word of a query has a wildcard."""
    return "*" in word or "?" in word


def wildcard(word: str) -> "re.Pattern[str]":
    """Return the regular expression for a word with wildcards; match it with ``fullmatch``.

    Each piece between two ``*`` is looked for behind the one before and never again (an atomic
    group), which for wildcards is enough, and takes no time that grows with the number of ``*``.
    """
    first, *rest = ("".join("." if c == "?" else re.escape(c) for c in p) for p in word.split("*"))
    if not rest:
        return re.compile(first, re.DOTALL)
    *middle, last = rest
    inner = "".join(f"(?>.*?{piece})" for piece in middle if piece)
    return re.compile(f"{first}{inner}.*{last}", re.DOTALL)


@lru_cache(maxsize=4_096)
def among_words(value: str) -> "re.Pattern[str]":
    """Return the regular expression for a value with wildcards that is whole words of a text."""
    return re.compile(f"(?:.* )?(?:{wildcard(value).pattern})(?: .*)?", re.DOTALL)


def children(node: Node) -> tuple[Node, ...]:
    """Return the direct parts of a node."""
    match node:
        case And(parts=parts) | Or(parts=parts):
            return parts
        case Not(part=part) | Count(part=part):
            return (part,)
        case Near(left=left, right=right) | Same(left=left, right=right):
            return (left, right)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, each once: a macro is one node in many places."""
    seen: set[int] = set()
    left = [node]
    while left:
        node = left.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            left += reversed(children(node))


def size(node: Node) -> int:
    """Return the number of nodes, those of a macro counted wherever it is used."""
    sizes: dict[int, int] = {}
    for part in reversed(list(walk(node))):
        _size(part, sizes)
    return sizes[id(node)]


def _size(node: Node, sizes: dict[int, int]) -> int:
    if id(node) not in sizes:
        sizes[id(node)] = 1 + sum(_size(part, sizes) for part in children(node))
    return sizes[id(node)]


def has_spans(node: Node) -> bool:
    """Whether a node has places in the text, so that it can stand in NEAR, SENTENCE, count()."""
    match node:
        case Phrase() | Near() | Same():
            return True
        case Or(parts=parts):
            return all(has_spans(p) for p in parts)
        case _:
            return False
