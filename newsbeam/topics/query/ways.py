"""The ways in which a query can be true: what an article must hold for each.

``title:llama OR (alpaca SENTENCE farm)`` has two ways: the key ``title:llama``; the words
``alpaca`` and ``farm``.  The first says all that the query asks (it is *sure*); where only the
second is open the query must be evaluated.  Where no way is open it is false.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce

from newsbeam.topics.query.document import ANYWHERE, TITLE
from newsbeam.topics.query.necessary import (
    MAX_KEYS,
    Clause,
    beginning,
    frequency,
    phrase_clauses,
    repeated,
)
from newsbeam.topics.query.nodes import And, Count, Near, Node, Not, Or, Phrase, Same, is_wild

MAX_WAYS = 1000
"""More ways than this are not told apart."""
MAX_CLAUSES = 8
"""Clauses kept of one way: the rarest."""
MAX_ABSENT = 50
"""Words of a NOT with more are left to the evaluation."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way for a query to be true."""

    clauses: tuple[Clause, ...] = ()
    """Of each one key must occur; the rarest first."""
    absent: frozenset[str] = frozenset()
    """Words that must not occur."""
    sure: bool = False
    """Nothing else is asked."""

    @property
    def frequency(self) -> float:
        """Articles of 1,000, about, in which it must be looked at."""
        return frequency(self.clauses[0]) if self.clauses else 1000.0


UNKNOWN = (Way(),)
"""Of a part that can be true of an article whatever its words are."""


Known = dict[int, tuple[Way, ...]]
"""Ways of ORs by the id of the node: a macro is part of many queries."""


def ways(node: Node, known: Known | None = None) -> tuple[Way, ...]:
    """Return the ways in which a query can be true; one without clauses: they are not known.

    Args:
        node: the query.
        known: kept between queries that are all kept alive.
    """
    known = {} if known is None else known
    match node:
        case Phrase():
            return (_phrase(node),)
        case Or(parts=parts):
            if id(node) not in known:
                known[id(node)] = _either([ways(p, known) for p in parts])
            return known[id(node)]
        case And(parts=parts):
            return _both([ways(p, known) for p in parts])
        case Near(left=left, right=right) | Same(left=left, right=right):
            return _unsure(_both([ways(left, known), ways(right, known)]))
        case Count():
            return _count(node, known)
        case Not(part=part):
            absent = _plain_words(part)
            return (Way(absent=absent, sure=True),) if absent else UNKNOWN
        case _:
            return UNKNOWN


def _phrase(node: Phrase) -> Way:
    """Return the keys of a phrase: words that a pair covers are not asked for again."""
    paired = {word for clause in phrase_clauses(node) for key in clause for word in _pair(key)}
    clauses = {c for c in phrase_clauses(node) if c.isdisjoint(paired)}
    return Way(_rarest(clauses), sure=_is_one_key(node))


def _pair(key: str) -> Sequence[str]:
    return key.split(" ") if " " in key else ()


def _is_one_key(node: Phrase) -> bool:
    """Whether a phrase occurs just where its only key does."""
    if node.exact or node.stemmed or node.zone not in (ANYWHERE, TITLE):
        return False
    if len(node.words) == 1:
        word = node.words[0]
        return not is_wild(word) or (node.zone == ANYWHERE and beginning(word) == word)
    return len(node.words) == 2 and node.is_plain


def _count(node: Count, known: Known) -> tuple[Way, ...]:
    least = node.number + 1 if node.operator == ">" else node.number
    if node.operator not in (">", ">=", "=") or least < 1:
        return UNKNOWN
    found = ways(node.part, known)
    if least == 1:
        return found if node.operator != "=" else _unsure(found)
    twice = tuple(repeated(node.part))
    if not twice:
        return _unsure(found)
    # one word: that it occurs twice is all that is asked if it is looked for anywhere
    word = node.part
    plain = isinstance(word, Phrase) and word.is_plain
    return (Way(twice, sure=plain and least == 2 and node.operator != "="),)


def _plain_words(node: Node) -> frozenset[str]:
    """Return the words of a plain word, or of an OR of such; nothing for any other node."""
    match node:
        case Phrase(words=(word,)) if node.is_plain:
            return frozenset((word,))
        case Or(parts=parts):
            words = [_plain_words(p) for p in parts[:MAX_ABSENT]]
            known = all(words) and len(parts) <= MAX_ABSENT
            return frozenset[str]().union(*words) if known else frozenset()
        case _:
            return frozenset()


def _either(parts: Sequence[tuple[Way, ...]]) -> tuple[Way, ...]:
    found = tuple(dict.fromkeys(way for part in parts for way in part))
    if len(found) > MAX_WAYS or not all(way.clauses for way in found):
        return UNKNOWN
    return found


def _both(parts: Sequence[tuple[Way, ...]]) -> tuple[Way, ...]:
    """Join the parts of an AND: the part that is rarest is told apart, the others add clauses."""
    rarest = min(parts, key=lambda part: sum(way.frequency for way in part))
    rest = reduce(_joined, (_whole(p) for p in parts if p is not rarest), Way(sure=True))
    return tuple(_joined(way, rest) for way in rarest)


def _whole(part: tuple[Way, ...]) -> Way:
    """Return what is asked in all ways of a part: one clause with a key of each."""
    if len(part) == 1:
        return part[0]
    keys = frozenset[str]().union(*(way.clauses[0] for way in part))
    sure = all(way.sure and len(way.clauses) == 1 and not way.absent for way in part)
    return Way((keys,), sure=sure) if len(keys) <= MAX_KEYS else Way()


def _joined(one: Way, other: Way) -> Way:
    clauses = _rarest({*one.clauses, *other.clauses})
    kept = clauses[:MAX_CLAUSES]
    sure = one.sure and other.sure and len(kept) == len(clauses)
    return Way(kept, one.absent | other.absent, sure)


def _unsure(found: tuple[Way, ...]) -> tuple[Way, ...]:
    return tuple(Way(way.clauses, way.absent) for way in found)


def _rarest(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    return tuple(sorted(clauses, key=_order))


@lru_cache(maxsize=100_000)
def _order(clause: Clause) -> tuple[float, int, str, str]:
    """Return what clauses are sorted by; the ways of a query share most of theirs."""
    return frequency(clause), len(clause), min(clause), max(clause)
