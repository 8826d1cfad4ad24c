"""Which of thousands of queries can match an article at all.

Each query is turned into *clauses*: sets of keys of which at least one must occur in the article
(a conjunction of disjunctions, weaker than the query).  The clause with the rarest keys is the
query's *anchor*: the query is looked at only when one of its keys occurs, and evaluated only when
every other clause has a key that occurs too.  Queries without a clause (only NOT, facts, leading
wildcards, stems) are always evaluated; ``newsbeam topics lint`` names them.

Source: the idea of Lucene Monitor's presearcher,
https://lucene.apache.org/core/9_0_0/monitor/org/apache/lucene/monitor/Presearcher.html
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from newsbeam.topics.query.common import commonness
from newsbeam.topics.query.document import Document
from newsbeam.topics.query.evaluate import Evaluation
from newsbeam.topics.query.nodes import (
    And,
    Count,
    Near,
    Node,
    Or,
    Phrase,
    Same,
    is_wild,
)
from newsbeam.topics.query.parser import Query
from newsbeam.topics.query.words import fold

Clause = frozenset[str]
"""Folded words; a key that ends in ``*`` is a beginning of a word."""
MAX_CLAUSES, MAX_KEYS, MAX_PREFIX = 6, 400, 6
"""Clauses kept per query (the rarest ones); keys per clause; letters of a beginning."""


class QuerySet:
    """Many named queries, matched together.

    Args:
        queries: name -> query.
    """

    def __init__(self, queries: Mapping[str, Query]) -> None:
        self._roots: list[tuple[str, Node]] = []
        self._others: list[tuple[Clause, ...]] = []
        self._always: list[int] = []
        by_word: dict[str, list[int]] = defaultdict(list)
        for number, (name, query) in enumerate(queries.items()):
            self._roots.append((name, query.root))
            clauses = necessary(query.root)
            self._others.append(tuple(clauses[1:]))
            if not clauses:
                self._always.append(number)
            for key in clauses[0] if clauses else ():
                by_word[key].append(number)
        self._by_word = dict(by_word)
        ends = {k for clauses in self._others for c in clauses for k in c} | set(by_word)
        self._lengths = sorted({len(k) - 1 for k in ends if k.endswith("*")})
        self._prefixes = {k for k in ends if k.endswith("*")}

    def __len__(self) -> int:
        return len(self._roots)

    def candidates(self, document: Document) -> list[int]:
        """Return the numbers of the queries that must be evaluated."""
        keys = document.places.keys() | self._beginnings(document)
        others, found = self._others, set(self._always)
        for key in keys & self._by_word.keys():
            for number in self._by_word[key]:
                if number not in found and not any(c.isdisjoint(keys) for c in others[number]):
                    found.add(number)
        return sorted(found)

    def match(self, document: Document, evaluation: Evaluation | None = None) -> list[str]:
        """Return the names of the queries that are true of the document, in their order."""
        evaluation = evaluation or Evaluation(document)
        roots, truth = self._roots, evaluation.truth
        return [roots[n][0] for n in self.candidates(document) if truth(roots[n][1])]

    def match_all(self, document: Document) -> list[str]:
        """Do the same by evaluating every query: the baseline, and the proof."""
        evaluation = Evaluation(document)
        return [name for name, root in self._roots if evaluation.truth(root)]

    def _beginnings(self, document: Document) -> set[str]:
        wanted = self._prefixes
        if not wanted:
            return set()
        return {
            key
            for n in self._lengths
            for word in document.places
            if (key := word[:n] + "*") in wanted
        }


def necessary(node: Node) -> list[Clause]:
    """Return clauses that every matching article fulfils, the rarest first."""
    clauses = {c for c in _clauses(node) if c and len(c) <= MAX_KEYS}
    return sorted(clauses, key=lambda c: (_frequency(c), len(c), sorted(c)))[:MAX_CLAUSES]


def _clauses(node: Node) -> Iterator[Clause]:
    match node:
        case Phrase(words=words, stemmed=stemmed):
            if not stemmed:
                for word in words:
                    if key := _key(fold(word) if node.exact and not is_wild(word) else word, node):
                        yield frozenset((key,))
        case And(parts=parts):
            for part in parts:
                yield from _clauses(part)
        case Near(left=left, right=right) | Same(left=left, right=right):
            yield from _clauses(left)
            yield from _clauses(right)
        case Or(parts=parts):
            best = [min(_clauses(p), key=_frequency, default=frozenset()) for p in parts]
            if all(best):
                yield frozenset[str]().union(*best)
        case Count(part=part, operator=operator, number=number):
            if (operator == ">" or (operator in (">=", "=") and number > 0)) and number >= 0:
                yield from _clauses(part)
        case _:
            return


def _key(word: str, node: Phrase) -> str | None:
    """Return a word, or the beginning of one with a wildcard; None where that tells too little."""
    if not is_wild(word):
        return word
    if node.exact:  # what folding does to a part of a word is not known
        return None
    stem = min((word.find(c) for c in "*?" if c in word), default=len(word))
    return word[: min(stem, MAX_PREFIX)] + "*" if stem >= 2 else None


def _frequency(clause: Iterable[str]) -> float:
    """Return about how many of 1,000 articles hold one of the keys."""
    return sum(commonness(key) for key in clause)
