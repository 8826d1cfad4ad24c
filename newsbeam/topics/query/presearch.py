"""Which of thousands of queries can match an article at all.

Each query is turned into its *ways*: what an article must hold for it to be true in one way or
another.  The rarest thing that a way asks for is its *anchor*: only where that occurs is the way
looked at.  A query of which a way is open and *sure* is true; one of which a way is open is
evaluated; all others are false and cost nothing.  Queries without an anchor (only NOT, facts,
leading wildcards, stems) are always evaluated; ``newsbeam topics lint`` names them.

Source: the idea of Lucene Monitor's presearcher,
https://lucene.apache.org/core/9_0_0/monitor/org/apache/lucene/monitor/Presearcher.html
"""

from collections.abc import Mapping
from dataclasses import dataclass

from newsbeam.topics.query.document import Document
from newsbeam.topics.query.evaluate import Evaluation
from newsbeam.topics.query.parser import Query
from newsbeam.topics.query.ways import Known, Way, ways


@dataclass(frozen=True, slots=True)
class Chosen:
    """Numbers of the queries that may be true of a document."""

    sure: frozenset[int]
    """True whatever the evaluation would say."""
    maybe: frozenset[int]
    """To be evaluated."""


class QuerySet:
    """Many named queries, matched together.

    Args:
        queries: name -> query.
    """

    def __init__(self, queries: Mapping[str, Query]) -> None:
        from newsbeam.topics.query.waytable import WayTable  # loads numpy

        self._roots = [(name, query.root) for name, query in queries.items()]
        self._always: list[int] = []
        opened: list[tuple[int, Way]] = []
        known: Known = {}
        for number, (_, root) in enumerate(self._roots):
            found = ways(root, known)
            if all(way.clauses for way in found):
                opened += [(number, way) for way in found]
            else:
                self._always.append(number)
        self._table = WayTable(opened)

    def __len__(self) -> int:
        return len(self._roots)

    def choose(self, document: Document) -> Chosen:
        """Return which queries may be true, without evaluating any."""
        sure, maybe = map(frozenset, self._table.open(document))
        return Chosen(sure, maybe.union(self._always) - sure)

    def match(self, document: Document, evaluation: Evaluation | None = None) -> list[str]:
        """Return the names of the queries that are true of the document, in their order."""
        evaluation = evaluation or Evaluation(document)
        roots, truth, chosen = self._roots, evaluation.truth, self.choose(document)
        found = chosen.sure.union([n for n in chosen.maybe if truth(roots[n][1])])
        return [roots[n][0] for n in sorted(found)]

    def match_all(self, document: Document) -> list[str]:
        """Do the same by evaluating every query: the baseline, and the proof."""
        evaluation = Evaluation(document)
        return [name for name, root in self._roots if evaluation.truth(root)]
