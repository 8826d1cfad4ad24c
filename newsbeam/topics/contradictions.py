"""Queries that no article can make true: what one part asks for, another refuses.

All rests on one question, whether a part *implies* another: wherever the first is true, the second
is.  Asked of words the answer is exact but for stems; of whole queries it may be no where yes would
be right, never the other way round.
"""

import math
from collections.abc import Hashable
from fnmatch import fnmatchcase
from functools import reduce
from operator import or_

from newsbeam.topics.query.document import BODY, LEAD, TITLE
from newsbeam.topics.query.nodes import (
    And,
    Count,
    Dates,
    Fact,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Same,
    is_wild,
)
from newsbeam.topics.query.words import fold, plain

_ZONES = (TITLE, LEAD | BODY, BODY)
"""What a word of an article carries: it stands in the headline, the lead or the rest."""
_ONE_EACH = ("lang", "outlet")
"""Facts of which an article has one."""


def contradiction(node: Node) -> str | None:
    """Return why a part of a query is never true; None where it may be.

    Parts of it that can be left out (one side of an OR) are not looked into.
    """
    match node:
        case And(parts=parts):
            wanted, refused = _split(parts)
            return _of_and(wanted, refused)
        case Count(operator=operator, number=number):
            low, high = _range(operator, number)
            return f"nothing occurs fewer than {number} times" if low > high else None
        case Near(left=left, right=right) | Same(left=left, right=right):
            if not any(zone & _places(left) and zone & _places(right) for zone in (TITLE, BODY)):
                return "title and text are never near each other"
    return None


def _of_and(wanted: list[Node], refused: list[Node]) -> str | None:
    nothing = Or(0, "", tuple(refused))
    for part in (*wanted, And(0, "", tuple(wanted))):
        if refused and implies(part, nothing):
            one = next((r for r in refused if implies(part, r)), None)
            if one is None:
                return "what it asks for is all refused"
            if isinstance(part, And) or _same_words(part, one):
                return f"asks for {one.source} and refuses it"
            return f"asks for {part.source} and refuses {one.source}"
    return _counts(wanted, refused) or _days(wanted) or _facts(wanted)


def _same_words(one: Node, other: Node) -> bool:
    return _key(one) == _key(other)


def _split(parts: tuple[Node, ...]) -> tuple[list[Node], list[Node]]:
    """Return what an AND asks for and what it refuses, through brackets."""
    wanted: list[Node] = []
    refused: list[Node] = []
    for part in parts:
        if isinstance(part, And):
            more, less = _split(part.parts)
            wanted += more
            refused += less
        elif isinstance(part, Not):
            refused += part.part.parts if isinstance(part.part, Or) else (part.part,)
        elif isinstance(part, Count) and _range(part.operator, part.number) == (0, 0):
            refused.append(part.part)
        else:
            wanted.append(part)
    return wanted, refused


def implies(one: Node, other: Node) -> bool:
    """Whether ``other`` is surely true of every text that ``one`` is true of."""
    if _key(one) == _key(other):
        return True
    if isinstance(one, Or):
        return all(implies(part, other) for part in one.parts)
    if isinstance(other, And):
        return all(implies(one, part) for part in other.parts)
    if isinstance(other, Or) and any(implies(one, part) for part in other.parts):
        return True
    if isinstance(one, And):
        return any(implies(part, other) for part in one.parts)
    if isinstance(one, Not):
        return isinstance(other, Not) and implies(other.part, one.part)
    if isinstance(other, Count):
        return _implies_count(one, other)
    if isinstance(one, Phrase):
        return isinstance(other, Phrase) and _covers(other, one)
    if isinstance(one, Count):
        return _range(one.operator, one.number)[0] >= 1 and implies(one.part, other)
    if isinstance(one, Near | Same):
        return _as_near(one, other) or implies(one.left, other) or implies(one.right, other)
    return False


def _implies_count(one: Node, other: Count) -> bool:
    low, high = _range(other.operator, other.number)
    if isinstance(one, Count) and _key(one.part) == _key(other.part):
        own = _range(one.operator, one.number)
        return low <= own[0] and own[1] <= high
    return (low, high) == (0, math.inf) or (
        (low, high) == (1, math.inf) and implies(one, other.part)
    )


def _as_near(one: Near | Same, other: Node) -> bool:
    """Whether the same two parts are as near to each other as the other part asks."""
    if not isinstance(other, Near | Same):
        return False
    sides, others = (_key(one.left), _key(one.right)), (_key(other.left), _key(other.right))
    ordered = isinstance(other, Near) and other.ordered
    if sides != others and (ordered or sides != others[::-1]):
        return False
    if isinstance(one, Near):
        if not isinstance(other, Near):
            return False  # a distance may cross a sentence
        return one.distance <= other.distance and (one.ordered or not other.ordered)
    return isinstance(other, Same) and (one.unit, other.unit) == ("sentence", "paragraph")


def _covers(wide: Phrase, narrow: Phrase) -> bool:
    """Whether the wide phrase occurs wherever the narrow one does."""
    if any(zone & narrow.zone and not zone & wide.zone for zone in _ZONES):
        return False
    if wide.stemmed or narrow.stemmed:
        # A word is among those with its own stem; more is not known without the language.
        plainly = wide.stemmed and not (narrow.stemmed or narrow.exact or _any_wild(narrow))
        return (wide.stemmed == narrow.stemmed or plainly) and wide.words == narrow.words
    if wide.exact and not narrow.exact:
        return False
    length = len(wide.words)
    return any(
        all(
            _covers_word(w, n, narrow.exact and not wide.exact)
            for w, n in zip(wide.words, narrow.words[at : at + length], strict=True)
        )
        for at in range(len(narrow.words) - length + 1)
    )


def _any_wild(phrase: Phrase) -> bool:
    return any(is_wild(word) for word in phrase.words)


def _covers_word(wide: str, narrow: str, to_fold: bool) -> bool:
    """Whether a word of a query, wildcards or not, stands for all that the other stands for."""
    if to_fold:
        if is_wild(narrow):
            return wide == "*"
        narrow = fold(plain(narrow))
    if wide == narrow or wide == "*":
        return True
    if not is_wild(narrow):
        return is_wild(wide) and fnmatchcase(narrow, wide.replace("[", "[[]"))
    # Both wild: sure where the wide one is a beginning that the narrow one has.
    beginning = wide[:-1]
    return wide.endswith("*") and not is_wild(beginning) and narrow.startswith(beginning)


def _range(operator: str, number: int) -> tuple[int, float]:
    """Return the least and the largest count; the least is above where there is none."""
    match operator:
        case ">=":
            return max(0, number), math.inf
        case ">":
            return max(0, number + 1), math.inf
        case "<=":
            return 0, number
        case "<":
            return 0, number - 1
        case _:
            return number, number


def _counts(wanted: list[Node], refused: list[Node]) -> str | None:
    """Whether counts of the same part exclude each other."""
    ranges: dict[Hashable, tuple[float, float]] = {}
    for part in wanted:
        if isinstance(part, Count):
            low, high = _range(part.operator, part.number)
            before = ranges.get(_key(part.part), (0.0, math.inf))
            ranges[_key(part.part)] = now = (max(before[0], low), min(before[1], high))
            if now[0] > now[1]:
                return f"{part.part.source} cannot occur so often and so seldom"
            if now[1] < 1 and any(implies(w, part.part) for w in wanted if w is not part):
                return f"asks for {part.part.source} and refuses it"
    for part in refused:  # a count refused from some number on
        if isinstance(part, Count):
            low, high = _range(part.operator, part.number)
            at_least, at_most = ranges.get(_key(part.part), (0.0, math.inf))
            if low <= at_least and at_most <= high:
                return f"{part.part.source} cannot occur so often and so seldom"
    return None


def _days(wanted: list[Node]) -> str | None:
    days = [p for p in wanted if isinstance(p, Dates)]
    first = max((d.first for d in days if d.first), default=None)
    last = min((d.last for d in days if d.last), default=None)
    return "the date ranges do not overlap" if first and last and first > last else None


def _facts(wanted: list[Node]) -> str | None:
    facts: dict[str, set[str]] = {}
    for part in wanted:
        if isinstance(part, Fact) and part.name in _ONE_EACH and not is_wild(part.value):
            facts.setdefault(part.name, set()).add(part.value)
    for name, values in facts.items():
        if len(values) > 1:
            return f"an article has one {name}: use {name}:(a OR b)"
    return None


def _places(node: Node) -> int:
    """Return the zones in which a part with a place can be, as bits: TITLE, BODY."""
    match node:
        case Phrase(zone=zone):
            return zone | (BODY if zone & LEAD else 0)
        case Or(parts=parts):
            return reduce(or_, map(_places, parts), 0)
        case Near(left=left, right=right) | Same(left=left, right=right):
            return _places(left) & _places(right)
        case _:
            return TITLE | BODY


def _key(node: Node) -> Hashable:
    """Return what a part says, without its place and spelling in the query."""
    match node:
        case Phrase(words=words, exact=exact, stemmed=stemmed, zone=zone):
            return ("phrase", words, exact, stemmed, zone)
        case And(parts=parts):
            return ("and", frozenset(map(_key, parts)))
        case Or(parts=parts):
            return ("or", frozenset(map(_key, parts)))
        case Not(part=part):
            return ("not", _key(part))
        case Near(left=left, right=right, distance=distance, ordered=ordered):
            return ("near", _key(left), _key(right), distance, ordered)
        case Same(left=left, right=right, unit=unit):
            return ("same", _key(left), _key(right), unit)
        case Count(part=part, operator=operator, number=number):
            return ("count", _key(part), operator, number)
        case Fact(name=name, value=value):
            return ("fact", name, value)
        case Dates(first=first, last=last):
            return ("dates", first, last)
