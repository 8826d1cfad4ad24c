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
from collections.abc import Mapping

from newsbeam.topics.query.document import Document
from newsbeam.topics.query.evaluate import Evaluation
from newsbeam.topics.query.necessary import Clause, necessary
from newsbeam.topics.query.nodes import Node
from newsbeam.topics.query.parser import Query

MAX_KNOWN = 200_000
"""Words whose beginnings are remembered: more than a language has in the news of a week."""


class QuerySet:
    """Many named queries, matched together.

    Args:
        queries: name -> query.
    """

    def __init__(self, queries: Mapping[str, Query]) -> None:
        self._roots: list[tuple[str, Node]] = []
        self._always: list[int] = []
        by_word: dict[str, list[tuple[int, tuple[Clause, ...]]]] = defaultdict(list)
        wanted: set[str] = set()
        for number, (name, query) in enumerate(queries.items()):
            self._roots.append((name, query.root))
            clauses = necessary(query.root)
            wanted.update(*clauses)
            others = tuple(clauses[1:])
            if not clauses:
                self._always.append(number)
            for key in clauses[0] if clauses else ():
                by_word[key].append((number, others))
        self._by_word = dict(by_word)
        self._anchors = frozenset(by_word)
        self._known: dict[str, tuple[str, ...]] = {}  # word -> its wanted beginnings
        self._prefixes: dict[int, set[str]] = defaultdict(set)
        for key in wanted:
            if key.endswith("*"):
                self._prefixes[len(key) - 1].add(key[:-1])

    def __len__(self) -> int:
        return len(self._roots)

    def candidates(self, document: Document) -> list[int]:
        """Return the numbers of the queries that must be evaluated."""
        keys = document.keys | self._beginnings(document)
        found = set(self._always)
        for key in self._anchors & keys:
            for number, others in self._by_word[key]:
                for clause in others:
                    if clause.isdisjoint(keys):
                        break
                else:
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
        """Return the wanted beginnings (``llam*``) that words of the document have."""
        found: set[str] = set()
        known = self._known
        if len(known) > MAX_KNOWN:
            known.clear()
        for word in document.places:
            begins = known.get(word)
            if begins is None:
                begins = known[word] = self._begins(word)
            if begins:
                found.update(begins)
        return found

    def _begins(self, word: str) -> tuple[str, ...]:
        return tuple(
            f"{word[:length]}*"
            for length, wanted in self._prefixes.items()
            if len(word) >= length and word[:length] in wanted
        )
