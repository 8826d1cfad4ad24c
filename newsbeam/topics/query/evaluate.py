"""Whether a query is true of a document, and where.

A *span* is a stretch of word places, first and last included.  Phrases have spans where they
occur; OR has those of its parts; NEAR, SENTENCE and PARAGRAPH have, for each pair that fits, the
stretch from the first to the last word of the pair.
"""

import bisect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from newsbeam.topics.query.document import ANYWHERE, TITLE, Document
from newsbeam.topics.query.necessary import OrIndex, or_index
from newsbeam.topics.query.nodes import (
    COMPARE,
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
    among_words,
    is_wild,
    wildcard,
)
from newsbeam.topics.query.words import fold, stem

Span = tuple[int, int]
FEW = 6
"""An OR of fewer parts is tried part by part: looking them up would cost more."""
MAX_HITS = 20_000
"""Places that one query is shown to match at."""
MAX_SPANS = 20_000
"""Pairs that one NEAR or PARAGRAPH may yield in one article; more tell nothing new."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a term of a true query matched; no place for a fact."""

    node: Phrase | Fact | Dates
    first: int = -1
    last: int = -1


class Evaluation:
    """Evaluates queries on one document; what was found is kept for the next query.

    Args:
        document: the words.
        whole: the evaluation of the article that the document is a passage of: what does not
            occur there is not looked for here.
    """

    def __init__(self, document: Document, whole: "Evaluation | None" = None) -> None:
        self.document = document
        self._present = document.present
        self._whole = whole
        self._spans: dict[int, list[Span]] = {}
        self._alive_parts: dict[int, list[Node]] = {}
        self._indexes: dict[int, OrIndex] = {}
        self._made_of: dict[int, Mapping[Span, Sequence[tuple[Span, Span]]]] = {}
        self._wild: dict[str, list[int]] = {}
        self._nodes: list[Node] = []  # kept alive, as _spans is keyed by id

    def truth(self, node: Node) -> bool:
        """Whether the query is true of the document."""
        return _TRUTH[type(node)](self, node)

    def _and(self, node: And) -> bool:
        return all(self.truth(p) for p in node.parts)

    def _or(self, node: Or) -> bool:
        return any(self.truth(p) for p in self.alive(node))

    def _not(self, node: Not) -> bool:
        return not self.truth(node.part)

    def _count(self, node: Count) -> bool:
        return COMPARE[node.operator](len(self.spans(node.part)), node.number)

    def _occurs(self, node: Phrase) -> bool:
        if len(node.words) == 1 and node.is_plain:
            return node.words[0] in self._present
        return bool(self.spans(node))

    def _near_occurs(self, node: Near) -> bool:
        return next(iter(self._near(node, node.left, node.right)), None) is not None

    def _same_occurs(self, node: Same) -> bool:
        return next(iter(self._same(node, node.left, node.right)), None) is not None

    def spans(self, node: Node) -> list[Span]:
        """Return where a node occurs, sorted, each span once."""
        key = id(node)
        if key not in self._spans:
            self._nodes.append(node)
            found = self._find(node)
            self._spans[key] = (
                found if isinstance(node, Phrase) else sorted(set(found))  # type: ignore[assignment]
            )
        return self._spans[key]

    def hits(self, node: Node) -> list[Hit]:
        """Return the places that make a true query true; nothing for what NOT excludes."""
        return list(dict.fromkeys(islice(self._hits(node), MAX_HITS)))

    def alive(self, node: Or) -> list[Node]:
        """Return the parts of an OR that may be true here."""
        if len(node.parts) < FEW and not any(isinstance(p, Or) for p in node.parts):
            return list(node.parts)
        key = id(node)
        if key not in self._alive_parts:
            self._nodes.append(node)
            index = or_index(node) if self._whole is None else self._whole.index(node)
            self._alive_parts[key] = index.alive(self.document)
        return self._alive_parts[key]

    def index(self, node: Or) -> OrIndex:
        """Return the index of what may be true of an OR in this document, for its passages."""
        key = id(node)
        if key not in self._indexes:
            self._nodes.append(node)
            self._indexes[key] = or_index(node).within(self.document)
        return self._indexes[key]

    def _find(self, node: Node) -> Iterable[Span]:
        match node:
            case Phrase():
                return self._phrase(node)
            case Or():
                return [span for part in self.alive(node) for span in self.spans(part)]
            case Near(left=left, right=right):
                return (outer for outer, _, _ in self._near(node, left, right))
            case Same(left=left, right=right):
                return (outer for outer, _, _ in self._same(node, left, right))
            case _:
                raise TypeError(f"{type(node).__name__} has no place in the text")

    def _phrase(self, node: Phrase) -> list[Span]:
        document, words = self.document, node.words
        if len(words) == 1:
            plain = node.is_plain
            places = document.at(words[0]) if plain else self._places(node, 0) or ()
        elif node.is_plain:
            places = self._row(words)
        else:
            places = self._wild_row(node)
        if node.zone != ANYWHERE:
            places = [p for p in places if document.zones[p] & node.zone]
        more = len(words) - 1
        return [(p, p + more) for p in places]

    def _row(self, words: tuple[str, ...]) -> list[int]:
        """Return where plain words stand in a row: looked up from the rarest of them."""
        document = self.document
        for word in words:
            if word not in self._present:
                return []
        lists = [document.at(word) for word in words]
        rarest = min(range(len(words)), key=lambda i: len(lists[i]))
        column, size = document.words, len(words)
        firsts = [p - rarest for p in lists[rarest] if p >= rarest]
        return [f for f in firsts if tuple(column[f : f + size]) == words]

    def _wild_row(self, node: Phrase) -> list[int]:
        """Return where words, some of them wild, exact or any, stand in a row."""
        document, words = self.document, node.words
        sets = [self._places(node, i) for i in range(len(words))]
        anchor = min(
            (i for i, s in enumerate(sets) if s is not None),
            key=lambda i: len(sets[i] or ()),
            default=None,
        )
        if anchor is None:  # every word is `*`
            return []
        others = [
            (i - anchor, frozenset(s)) for i, s in enumerate(sets) if s is not None and i != anchor
        ]
        gaps = [i - anchor for i, s in enumerate(sets) if s is None]
        total, column, found = len(document.words), document.words, []
        for place in sets[anchor] or ():
            first, last = place - anchor, place - anchor + len(words) - 1
            if first < 0 or last >= total:
                continue
            if all(place + d in s for d, s in others) and all(column[place + d] for d in gaps):
                found.append(first)
        return found

    def _places(self, node: Phrase, i: int) -> Sequence[int] | None:
        """Return the places of the i-th word of a phrase; None where any word will do."""
        word = node.words[i]
        if word == "*":
            return None
        if node.exact:
            return self._exact(word)
        if is_wild(word):
            return self._wildcard(word)
        if node.stemmed:
            return self.document.stems.get(stem(word, self.document.language), [])
        return self.document.at(word)

    def _exact(self, word: str) -> list[int]:
        """Return where a word is written just so: first by its folded form, then as it stands."""
        document = self.document
        if not is_wild(word):
            return [p for p in document.at(fold(word)) if document.exact_at(p) == word]
        start = word.split("*")[0].split("?")[0]
        pattern = wildcard(word)
        words = document.beginning_with(start.lower() if start.isascii() else "")
        places = sorted(p for w in words for p in document.at(w))
        return [p for p in places if pattern.fullmatch(document.exact_at(p))]

    def _wildcard(self, word: str) -> list[int]:
        if word not in self._wild:
            document = self.document
            words = document.beginning_with(word.split("*")[0].split("?")[0])
            if word[-1] != "*" or word.count("*") > 1 or "?" in word:
                pattern: re.Pattern[str] = wildcard(word)
                words = [w for w in words if pattern.fullmatch(w)]
            self._wild[word] = sorted(p for w in words for p in document.at(w))
        return self._wild[word]

    def _near(self, node: Near, left: Node, right: Node) -> Iterator[tuple[Span, Span, Span]]:
        """Yield (whole, left, right) for each pair close enough, in the title or in the text."""
        zones = self.document.zones
        first = self.spans(left)
        second = self.spans(right) if first else []
        if not second:
            return
        widest = max(b - a for a, b in second)
        starts = [a for a, _ in second]
        yielded = 0
        for a in first:
            low = bisect.bisect_left(starts, a[0] - node.distance - widest)
            for j in range(low, len(second)):
                b = second[j]
                if b[0] > a[1] + node.distance:
                    break
                after, before = b[0] - a[1], a[0] - b[1]
                fits = 0 < after <= node.distance or (
                    not node.ordered and 0 < before <= node.distance
                )
                if fits and (zones[a[0]] == TITLE) == (zones[b[0]] == TITLE):
                    yielded += 1
                    if yielded > MAX_SPANS:
                        return
                    yield (min(a[0], b[0]), max(a[1], b[1])), a, b

    def _same(self, node: Same, left: Node, right: Node) -> Iterator[tuple[Span, Span, Span]]:
        document = self.document
        first = self.spans(left)
        second = self.spans(right) if first else []
        if not second:
            return
        unit = document.paragraph
        if node.unit == "sentence":
            near = {unit(a) for a, _ in first}  # sentences are only made where they are needed
            second = [b for b in second if unit(b[0]) in near]
            unit = document.sentence
        by_unit: dict[int, list[Span]] = {}
        for b in second:
            if (number := unit(b[0])) == unit(b[1]):
                by_unit.setdefault(number, []).append(b)
        if not by_unit:
            return
        yielded = 0
        for a in first:
            if (number := unit(a[0])) != unit(a[1]):
                continue
            for b in by_unit.get(number, ()):
                yielded += 1
                if yielded > MAX_SPANS:
                    return
                yield (min(a[0], b[0]), max(a[1], b[1])), a, b

    def _fact(self, node: Fact | Dates) -> bool:
        if isinstance(node, Dates):
            day = self.document.published
            return (
                day is not None
                and (node.first is None or day >= node.first)
                and (node.last is None or day <= node.last)
            )
        values = self.document.facts.get(node.name, ())
        of_words = node.name in ("author", "tag")  # whole words of it
        if is_wild(node.value):
            pattern = among_words(node.value) if of_words else wildcard(node.value)
            return any(pattern.fullmatch(v) for v in values)
        if of_words:
            return any(f" {node.value} " in f" {v} " for v in values)
        return node.value in values

    def _hits(self, node: Node) -> Iterator[Hit]:
        match node:
            case Phrase():
                yield from (Hit(node, a, b) for a, b in self.spans(node))
            case And(parts=parts):
                for part in parts:
                    if self.truth(part):
                        yield from self._hits(part)
            case Or():
                for part in self.alive(node):
                    if self.truth(part):
                        yield from self._hits(part)
            case Count(part=part):
                yield from self._hits(part)
            case Near() | Same():
                seen: set[tuple[int, Span]] = set()
                for outer in self._pairs(node):
                    yield from self.hits_at(node, outer, seen)
            case Fact() | Dates():
                if self._fact(node):
                    yield Hit(node)

    def hits_at(
        self, node: Node, span: Span, seen: set[tuple[int, Span]] | None = None
    ) -> Iterator[Hit]:
        """Yield the terms that make up one span of a node.

        Args:
            node: one that has spans.
            span: one of them.
            seen: nodes and spans that are done.
        """
        seen = set() if seen is None else seen
        if (id(node), span) in seen:
            return
        seen.add((id(node), span))
        match node:
            case Phrase():
                yield Hit(node, *span)
            case Or():
                for part in self.alive(node):
                    if span in self._pairs(part):
                        yield from self.hits_at(part, span, seen)
            case Near(left=left, right=right) | Same(left=left, right=right):
                for a, b in self._pairs(node).get(span, ()):
                    yield from self.hits_at(left, a, seen)
                    yield from self.hits_at(right, b, seen)

    def _pairs(self, node: Node) -> Mapping[Span, Sequence[tuple[Span, Span]]]:
        """Return the spans of a node, each with the pairs of left and right that make it up."""
        key = id(node)
        if key not in self._made_of:
            self._nodes.append(node)
            found: dict[Span, list[tuple[Span, Span]]] = {}
            match node:
                case Near(left=left, right=right):
                    for outer, a, b in self._near(node, left, right):
                        found.setdefault(outer, []).append((a, b))
                case Same(left=left, right=right):
                    for outer, a, b in self._same(node, left, right):
                        found.setdefault(outer, []).append((a, b))
                case _:
                    found = {span: [] for span in self.spans(node)}
            self._made_of[key] = found
        return self._made_of[key]


_TRUTH: Mapping[type, Callable[[Evaluation, Any], bool]] = {
    And: Evaluation._and,
    Or: Evaluation._or,
    Not: Evaluation._not,
    Count: Evaluation._count,
    Phrase: Evaluation._occurs,
    Near: Evaluation._near_occurs,
    Same: Evaluation._same_occurs,
    Fact: Evaluation._fact,
    Dates: Evaluation._fact,
}
