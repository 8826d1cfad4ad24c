"""Finds, of the ways of thousands of queries, those that a document leaves open: all at once."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain

import numpy as np

from newsbeam.topics.query.document import Document
from newsbeam.topics.query.keytable import ALWAYS, NEVER, Flags, Ints, KeyTable
from newsbeam.topics.query.necessary import Clause
from newsbeam.topics.query.ways import Way

ALL, ANY, NONE = 2, 4, 2
"""Keys of a way that are checked for all ways at once: two that must be there, one of four that
must, two that must not.  What does not fit is checked way by way."""
_LINE, _TAB = "\n", "\t"


class WayTable:
    """Finds, of many ways, those that a document leaves open.

    Args:
        opened: numbers of queries, each with one of its ways.  A way has at least one clause; the
            first is its anchor.
    """

    def __init__(self, opened: Sequence[tuple[int, Way]]) -> None:
        self._queries = np.array([number for number, _ in opened], np.int64)
        self._sure = np.array([way.sure for _, way in opened], np.bool_)
        clauses = {clause for _, way in opened for clause in way.clauses}  # few are of one way only
        plain = {key for key in chain(*clauses) if not _is_beginning(key)}
        self._keys = KeyTable(sorted(plain.union(*(way.absent for _, way in opened))))
        self._checks = np.full((len(opened), ALL + ANY + NONE), ALWAYS, np.int32)
        self._rests: list[str] = [""]
        self._rest_of = np.zeros(len(opened), np.int32)
        begun = {clause for clause in clauses if any(map(_is_beginning, clause))}
        lines = {clause: _TAB.join(sorted(clause)) for clause in clauses}
        anchored: dict[int, list[int]] = defaultdict(list)
        self._beginnings: dict[int, dict[str, list[int]]] = defaultdict(dict)
        for row, (_, way) in enumerate(opened):
            for key in way.clauses[0]:
                if _is_beginning(key):
                    self._beginnings[len(key) - 1].setdefault(key[:-1], []).append(row)
                else:
                    anchored[self._keys[key]].append(row)
            if rest := self._fill(row, way, begun, lines):
                self._rest_of[row] = len(self._rests)
                self._rests.append(rest)
        lengths = [len(anchored.get(number, ())) for number in range(len(self._keys))]
        self._ends = np.cumsum(lengths)
        self._anchored = np.array(list(chain(*(rows for _, rows in sorted(anchored.items())))), int)

    def _fill(self, row: int, way: Way, begun: set[Clause], lines: dict[Clause, str]) -> str:
        """Write what a way asks besides its anchor into its row; return what does not fit.

        That is one line with the words that must not occur, and one with the keys of each clause:
        one string, as many small objects take long to fetch from memory.
        """
        every: list[int] = []
        some: list[int] = []
        left: list[Clause] = []
        for clause in way.clauses[1:]:
            if clause in begun:
                left.append(clause)
            elif len(clause) == 1 and len(every) < ALL:
                every += [self._keys[key] for key in clause]
            elif len(clause) <= ANY and not some:
                some = [self._keys[key] for key in clause]
            else:
                left.append(clause)
        absent = sorted(way.absent)
        refused = [self._keys[key] for key in absent[:NONE]]
        checks = self._checks[row]
        checks[: len(every)] = every
        checks[ALL : ALL + ANY] = (some + [NEVER] * ANY)[:ANY] if some else ALWAYS
        checks[ALL + ANY :] = (refused + [NEVER] * NONE)[:NONE]
        if not left and len(absent) <= NONE:
            return ""
        return _LINE.join([_TAB.join(absent[NONE:]), *map(lines.__getitem__, left)])

    def open(self, document: Document) -> tuple[list[int], list[int]]:
        """Return the queries that are true, and those of which another way is open.

        A query may be named twice.
        """
        held = self._keys.held(document)
        rows = self._reached(held, document)
        checks = held[self._checks[rows]].T
        every, some, none = checks[:ALL], checks[ALL : ALL + ANY], checks[ALL + ANY :]
        rows = rows[every.all(axis=0) & some.any(axis=0) & ~none.any(axis=0)]
        rests = self._rest_of[rows]
        if rests.any():
            texts = map(self._rests.__getitem__, rests.tolist())
            known: dict[str, bool] = {}  # the ways of one topic ask much the same
            rows = rows[[not text or _holds(text, document, known) for text in texts]]
        sure = self._sure[rows]
        return self._queries[rows[sure]].tolist(), self._queries[rows[~sure]].tolist()

    def _reached(self, held: Flags, document: Document) -> Ints:
        """Return the rows of the ways whose anchor occurs."""
        keys = np.flatnonzero(held)
        ends = self._ends[keys]
        starts = np.where(keys > 0, self._ends[keys - 1], 0)
        lengths = ends - starts
        # the places start, start + 1, ... end - 1 of each key, one after the other
        total = np.cumsum(lengths)
        places = np.repeat(ends - total, lengths) + np.arange(total[-1])
        begun: list[int] = []
        for length, table in self._beginnings.items():
            for start in table.keys() & document.beginnings(length):
                begun += table[start]
        rows = self._anchored[places]
        return np.concatenate([rows, np.array(begun, np.int64)]) if begun else rows


def _is_beginning(key: str) -> bool:
    return key[-1] == "*"


def _holds(rest: str, document: Document, known: dict[str, bool]) -> bool:
    """Whether a document has what did not fit in a way's row; clauses are looked up once."""
    absent, *clauses = rest.split(_LINE)
    for clause in clauses:
        found = known.get(clause)
        if found is None:
            found = known[clause] = any(map(document.holds, clause.split(_TAB)))
        if not found:
            return False
    return not absent or document.present.keys().isdisjoint(absent.split(_TAB))
