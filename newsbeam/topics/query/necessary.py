"""What an article must hold for a query to be true: clauses of words, of which one must occur."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise

from newsbeam.topics.query.common import commonness
from newsbeam.topics.query.document import IN_TITLE, TITLE, TWICE, Document
from newsbeam.topics.query.nodes import And, Count, Near, Node, Or, Phrase, Same, is_wild
from newsbeam.topics.query.words import fold

Clause = frozenset[str]
"""Folded words; a key that ends in ``*`` is a beginning of a word."""
MAX_CLAUSES, MAX_KEYS, MAX_PREFIX = 6, 1000, 6
"""Clauses kept per query (the rarest ones); keys per clause; letters of a beginning."""


def necessary(node: Node) -> list[Clause]:
    """Return clauses that every matching article fulfils, the rarest first."""
    clauses = {c for c in _clauses(node) if c and len(c) <= MAX_KEYS}
    return sorted(clauses, key=lambda c: (frequency(c), len(c), sorted(c)))[:MAX_CLAUSES]


def _clauses(node: Node) -> Iterator[Clause]:
    match node:
        case Phrase():
            yield from phrase_clauses(node)
        case And(parts=parts):
            for part in parts:
                yield from _clauses(part)
        case Near(left=left, right=right) | Same(left=left, right=right):
            yield from _clauses(left)
            yield from _clauses(right)
        case Or(parts=parts):
            if "_clause" not in node.__dict__:  # a macro is part of many queries
                best = [min(_clauses(p), key=frequency, default=frozenset()) for p in parts]
                node.__dict__["_clause"] = frozenset[str]().union(*best) if all(best) else None
            if node.__dict__["_clause"]:
                yield node.__dict__["_clause"]
        case Count(part=part, operator=operator, number=number):
            least = number + 1 if operator == ">" else number
            if operator in (">", ">=", "=") and least > 0:
                yield from _clauses(part)
                if least > 1:
                    yield from repeated(part)
        case _:
            return


def phrase_clauses(node: Phrase) -> Iterator[Clause]:
    """Yield the keys that an article with the phrase has: its words and pairs of neighbours."""
    if node.stemmed:
        return
    keys = [_key(word, node) for word in node.words]
    yield from (frozenset((key,)) for key in keys if key)
    for one, other in pairwise(node.words):
        if not is_wild(one) and not is_wild(other):
            pair = (fold(one), fold(other)) if node.exact else (one, other)
            yield frozenset((" ".join(pair),))


def repeated(part: Node) -> Iterator[Clause]:
    """Yield the key of a word that must occur at least twice."""
    if isinstance(part, Phrase) and len(part.words) == 1 and not part.stemmed:
        word = part.words[0]
        if not is_wild(word):
            yield frozenset((TWICE + (fold(word) if part.exact else word),))


def _key(word: str, node: Phrase) -> str | None:
    """Return a word, or the beginning of one with a wildcard; None where that tells too little."""
    if not is_wild(word):
        word = fold(word) if node.exact else word
        return IN_TITLE + word if node.zone == TITLE else word
    if node.exact:
        start = beginning(word)
        if not start[:-1].isascii() or not start[:-1].isalnum():
            return None  # what folding does to a part of such a word is not known
        word = word.lower()
    start = beginning(word)
    return start if len(start) > 2 else None


def beginning(word: str) -> str:
    """Return the key for the beginning of a word with wildcards."""
    return word.split("*")[0].split("?")[0][:MAX_PREFIX] + "*"


@lru_cache(maxsize=100_000)
def frequency(clause: Clause) -> float:
    """Return about how many of 1,000 articles hold one of the keys."""
    return sum(commonness(key) for key in clause)


class OrIndex:
    """Finds the parts of a long OR that may occur in a document, without trying each.

    Args:
        node: an OR; ORs directly below it (macros) are taken apart.
    """

    def __init__(self, node: Or) -> None:
        self._parts = tuple(_flat(node))
        self._by_word: dict[str, list[int]] = {}
        self._by_beginning: dict[int, dict[str, list[int]]] = {}
        self._always: list[int] = []
        for number, part in enumerate(self._parts):
            keys = min(_clauses(part), key=frequency, default=frozenset())
            if not keys or len(keys) > MAX_KEYS:
                self._always.append(number)
                continue
            for key in keys:
                if key.endswith("*"):
                    table = self._by_beginning.setdefault(len(key) - 1, {})
                    table.setdefault(key[:-1], []).append(number)
                else:
                    self._by_word.setdefault(key, []).append(number)

    def within(self, document: Document) -> "OrIndex":
        """Return the index of the parts that may be true of a document, for its passages."""
        part: OrIndex = object.__new__(OrIndex)
        part._parts, part._always = self._parts, self._always
        part._by_word = {
            key: self._by_word[key] for key in common_keys(document.keys, self._by_word)
        }
        part._by_beginning = {}
        for length, table in self._by_beginning.items():
            if known := common_keys(document.beginnings(length), table):
                part._by_beginning[length] = {key: table[key] for key in known}
        return part

    def alive(self, document: Document) -> list[Node]:
        """Return the parts that may be true of the document, each once, in the query's order."""
        found = set(self._always)
        for key in common_keys(document.keys, self._by_word):
            found.update(self._by_word[key])
        for length, table in self._by_beginning.items():
            for key in common_keys(document.beginnings(length), table):
                found.update(table[key])
        return [self._parts[number] for number in sorted(found)]


def or_index(node: Or) -> OrIndex:
    """Return the index of an OR; it is made once and kept with the node."""
    index = node.__dict__.get("_index")
    if index is None:
        index = node.__dict__["_index"] = OrIndex(node)
    found: OrIndex = index
    return found


def common_keys(keys: frozenset[str], known: Mapping[str, object]) -> list[str]:
    """Return the keys that are in both, by walking through the smaller."""
    if len(known) < len(keys):
        return [key for key in known if key in keys]
    return [key for key in keys if key in known]


def _flat(node: Node) -> Iterator[Node]:
    if isinstance(node, Or):
        for part in node.parts:
            yield from _flat(part)
    else:
        yield node
