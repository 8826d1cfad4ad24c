"""Tokens to a tree.

::

    query    := or end
    or       := and (OR and)*
    and      := not ((AND | NOT | nothing) not)*        a b  =  a AND b ;  a NOT b  =  a AND NOT b
    not      := NOT not | near
    near     := atom ((NEAR/n | ONEAR/n | SENTENCE | PARAGRAPH) atom)*      from left to right
    atom     := ( or ) | "phrase" | {Exact} | word | ~word | $macro
              | count( or ) compare | field: atom
"""

import calendar
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from newsbeam.errors import QueryError
from newsbeam.topics.dialects import COMMENTS, field_for, instead_of
from newsbeam.topics.query.document import ANYWHERE, BODY, LEAD, TITLE, fold_value
from newsbeam.topics.query.lexer import Token, tokenise
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
    has_spans,
    is_wild,
    size,
    walk,
)
from newsbeam.topics.query.words import fold, plain, query_words

ZONES = {"title": TITLE, "lead": LEAD, "body": BODY}
FACTS = ("author", "outlet", "domain", "lang", "country", "feed", "tag")
FIELDS = (*ZONES, *FACTS, "date")
_POSITIONAL = ("NEAR", "ONEAR", "SENTENCE", "PARAGRAPH")
MAX_DEPTH = 100
"""Brackets and macros in brackets and macros; deeper ones are a mistake or an attack."""
MAX_CHAIN = 50
"""NEAR after NEAR (or SENTENCE, PARAGRAPH) without brackets."""
MAX_PARTS = 100_000
"""Parts of a query, each use of a macro counted."""


@dataclass(frozen=True)
class Query:
    """A parsed query."""

    source: str
    root: Node


Known = dict[tuple[str, int | None], Node]
"""Macros that are parsed already: (name, zone) -> node."""


def parse_query(
    source: str, macros: Mapping[str, str] | None = None, known: Known | None = None
) -> Query:
    """Parse a query.

    Args:
        source: the query; may hold line breaks, and comments from ``#`` to the end of a line.
        macros: name -> query, used as ``$name``.
        known: kept between queries that share the macros, so that each is parsed once.

    Raises:
        QueryError: with the place and the cure.
    """
    return Query(source, _Parser(source, dict(macros or {}), (), known).parse())


class _Parser:
    def __init__(
        self,
        source: str,
        macros: dict[str, str],
        inside: tuple[str, ...],
        known: Known | None = None,
    ) -> None:
        self.source = source
        self.macros = macros
        self.inside = inside
        self.known: Known = {} if known is None else known
        self.tokens = tokenise(source)
        self.i = 0
        self.depth = 0
        self.zone: int | None = None

    @property
    def token(self) -> Token:
        return self.tokens[self.i]

    def fail(self, token: Token, message: str) -> QueryError:
        return QueryError(self.source, token.at, message)

    def text(self, start: int, end: int | None = None) -> str:
        stop = self.tokens[self.i - 1].end if end is None else end
        return self.source[start:stop]

    def parse(self) -> Node:
        if self.token.kind == "end":
            raise self.fail(self.token, "the query is empty: write at least one word")
        node = self.parse_or()
        if self.token.kind == ")":
            raise self.fail(self.token, "a ) without its (: leave it out, or open one before")
        if self.token.kind != "end":
            raise self.fail(self.token, f"{self.token.text!r} cannot stand here")
        if size(node) > MAX_PARTS:
            raise self.fail(self.tokens[0], f"with its macros it has more than {MAX_PARTS} parts")
        return node

    def parse_or(self) -> Node:
        start, parts = self.token.at, [self.parse_and()]
        while self.token.kind == "OR":
            self.i += 1
            parts.append(self.parse_and())
        return parts[0] if len(parts) == 1 else Or(start, self.text(start), tuple(parts))

    def parse_and(self) -> Node:
        start, parts = self.token.at, [self.parse_not()]
        while self.token.kind not in ("OR", ")", "end"):
            if self.token.kind == "AND":
                self.i += 1
            parts.append(self.parse_not())
        return parts[0] if len(parts) == 1 else And(start, self.text(start), tuple(parts))

    def parse_not(self) -> Node:
        if self.token.kind != "NOT":
            return self.parse_near()
        start = self.token.at
        negations = 0
        while self.token.kind == "NOT":
            self.i += 1
            negations += 1
        part = self.parse_near()
        return Not(start, self.text(start), part) if negations % 2 else part

    def parse_near(self) -> Node:
        start, left = self.token.at, self.parse_atom()
        links = 0
        while self.token.kind in _POSITIONAL:
            operator = self.token
            self.i += 1
            links += 1
            if links > MAX_CHAIN:
                raise self.fail(
                    operator, f"more than {MAX_CHAIN} {operator.kind} in a row: use OR in brackets"
                )
            right_token = self.token
            right = self.parse_atom()
            self._need_spans(left, self.source, start, operator.kind)
            self._need_spans(right, self.source, right_token.at, operator.kind)
            left = self._join(operator, start, left, right)
        return left

    def _join(self, operator: Token, start: int, left: Node, right: Node) -> Node:
        text = self.text(start)
        if operator.kind in ("NEAR", "ONEAR"):
            ordered = operator.kind == "ONEAR"
            return Near(start, text, left, right, operator.number, ordered)
        return Same(start, text, left, right, operator.kind.lower())

    def _need_spans(self, node: Node, source: str, at: int, operator: str) -> None:
        if not has_spans(node):
            odd = next(n for n in walk(node) if not isinstance(n, Phrase | Near | Same | Or))
            match odd:
                case Fact() | Dates():
                    name = odd.name if isinstance(odd, Fact) else "date"
                    what = f"{name}: is a fact of the whole article, which"
                    cure = "put it outside, with AND"
                case And():
                    what, cure = "AND", "use OR inside, and AND outside"
                case _:
                    what = "NOT" if isinstance(odd, Not) else "count()"
                    cure = "put it outside"
            raise QueryError(source, at, f"{what} has no place in the text for {operator}: {cure}")

    def parse_atom(self) -> Node:
        token = self.token
        self.i += 1
        match token.kind:
            case "(":
                return self._group(token)
            case "phrase" | "exact" | "word":
                return self._phrase(token)
            case "macro":
                return self._macro(token)
            case "count":
                return self._count(token)
            case "field":
                return self._field(token)
            case "end":
                raise self.fail(token, "the query stops here: a word or ( is missing")
            case ")":
                raise self.fail(token, "a word is missing before this )")
            case "compare":
                cure = "count is in small letters: count(llama)>=3"
                raise self.fail(token, f"a comparison belongs after count(…); {cure}")
            case _:
                raise self.fail(
                    token,
                    f"a word is missing before {token.text}; if you mean the word itself, "
                    f'write "{token.text.lower()}"',
                )

    def _group(self, opening: Token) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fail(opening, f"more than {MAX_DEPTH} brackets inside each other")
        node = self.parse_or()
        if self.token.kind != ")":
            raise self.fail(opening, "this ( is not closed: add )")
        self.i += 1
        self.depth -= 1
        return node

    def _phrase(self, token: Token) -> Node:
        text, stemmed = token.text, False
        if token.kind == "word" and text.startswith("~"):
            text, stemmed = text[1:], True
        exact = token.kind == "exact"
        words = tuple(
            "*" if not w.strip("*") else plain(w) if exact else fold(w) for w in query_words(text)
        )
        if not words or text.startswith(COMMENTS):
            cure = "~ stands right before one word: ~run" if stemmed else instead_of(text)
            raise self.fail(token, f"there is no word in this: {cure}")
        if all(w == "*" for w in words) or (len(words) == 1 and not words[0].strip("*?")):
            raise self.fail(token, "a wildcard needs letters beside it: llama*")
        if stemmed and any(is_wild(w) for w in words):
            raise self.fail(token, "~ and wildcards do not go together: leave one out")
        source = self.source[token.at : token.end]
        return Phrase(token.at, source, words, exact, stemmed, self.zone or ANYWHERE)

    def _macro(self, token: Token) -> Node:
        name = token.text[1:]
        if name not in self.macros:
            close = difflib.get_close_matches(name, self.macros, 1)
            cure = f"did you mean ${close[0]}?" if close else "define it under [macros]"
            if name.isupper() or name[:1].isdigit():  # $TSLA, $100
                cure += f', or write "{name}" for the word, without its sign'
            raise self.fail(token, f"there is no macro ${name}; {cure}")
        if name in self.inside:
            raise self.fail(token, f"${name} uses itself: {' > '.join((*self.inside, name))}")
        key = (name, self.zone)
        if key not in self.known:  # one tree for all uses, so that it is evaluated once
            inner = _Parser(self.macros[name], self.macros, (*self.inside, name), self.known)
            inner.zone, inner.depth = self.zone, self.depth + 1
            if inner.depth > MAX_DEPTH:
                raise self.fail(token, f"more than {MAX_DEPTH} macros inside each other")
            try:
                node = inner.parse()
            except QueryError as error:
                if "in the macro" in error.message:
                    raise
                raise QueryError(
                    error.query, error.position, f"in the macro ${name}: {error.message}"
                ) from None
            self.known[key] = node
        return self.known[key]

    def _count(self, token: Token) -> Node:
        opening = self.token
        self.i += 1
        part = self._group(opening)
        if self.token.kind != "compare":
            raise self.fail(self.token, "a comparison is missing after count(…): count(llama)>=3")
        if not has_spans(part):
            raise self.fail(
                opening, "count() counts words, phrases, OR, NEAR: put AND, NOT outside"
            )
        compare = self.token
        self.i += 1
        return Count(token.at, self.text(token.at), part, compare.text, compare.number)

    def _field(self, token: Token) -> Node:
        name = token.text.lower()
        if name not in FIELDS:
            close = difflib.get_close_matches(name, FIELDS, 1)
            hint = f"did you mean {close[0]}: ?" if close else f"the fields are {', '.join(FIELDS)}"
            if meant := field_for(name):
                hint = f"write {meant}"
            cure = f"{hint}; a term with a colon needs quotes"
            raise self.fail(token, f"there is no field {token.text}: here; {cure}")
        if self.zone is not None:
            raise self.fail(token, "a field inside a field: close the first one before")
        if name in ZONES:
            self.zone = ZONES[name]
            node = self.parse_atom()
            self.zone = None
            return node
        return self._value(token, name)

    def _value(self, field: Token, name: str) -> Node:
        """Read the value of a fact: a word, a phrase, or ``(a OR b)``."""
        token = self.token
        self.i += 1
        if token.kind == "(":
            parts = [self._value(field, name)]
            while self.token.kind == "OR":
                self.i += 1
                parts.append(self._value(field, name))
            if self.token.kind != ")":
                raise self.fail(self.token, f"{name}:( ) takes values with OR between them")
            self.i += 1
            return Or(field.at, self.text(field.at), tuple(parts))
        if token.kind == "field" and token.end < len(self.source):  # feed:https://…
            rest = self.token
            self.i += 1
            token = replace(rest, at=token.at, text=self.source[token.at : rest.end], kind="word")
        if token.kind == "compare" or token.kind not in ("word", "phrase", "exact"):
            raise self.fail(token, f"a value is missing after {name}:")
        source = self.source[field.at : token.end]
        if not fold_value(token.text):
            raise self.fail(token, f"a value is missing after {name}:")
        if name == "date":
            first, last = _dates(self.source, token)
            return Dates(field.at, source, first, last)
        return Fact(field.at, source, name, fold_value(token.text))


_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$")


def _dates(source: str, token: Token) -> tuple[date | None, date | None]:
    text = token.text
    if text.startswith(">="):
        return _day(source, token, text[2:], first=True), None
    if text.startswith("<="):
        return None, _day(source, token, text[2:], first=False)
    if text.startswith((">", "<")):
        later = text[0] == ">"
        try:
            edge = _day(source, token, text[1:], first=not later) + timedelta(1 if later else -1)
        except OverflowError:
            raise QueryError(source, token.at, "no day is beyond this one") from None
        return (edge, None) if later else (None, edge)
    start, dots, end = text.partition("..")
    if not dots:
        end = start
    first = _day(source, token, start, first=True) if start else None
    last = _day(source, token, end, first=False) if end else None
    if first is None and last is None:
        raise QueryError(source, token.at, "a date is missing: date:2025-01-01..2025-06-30")
    if first and last and first > last:
        raise QueryError(source, token.at, "this range ends before it begins: turn it round")
    return first, last


def _day(source: str, token: Token, text: str, first: bool) -> date:
    found = _DAY.match(text)
    cure = "write date:2025-01-31, date:2025-01, date:2025, date:>=2025 or a range 2025-01..2025-06"
    if not found:
        raise QueryError(source, token.at, f"{text!r} is no date: {cure}")
    year, month, day = (int(g) if g else None for g in found.groups())
    assert year is not None  # noqa: S101 - the first group always matches
    try:
        if month is None:
            return date(year, 1, 1) if first else date(year, 12, 31)
        if day is None:
            day = 1 if first else calendar.monthrange(year, month)[1]
        return date(year, month, day)
    except (ValueError, calendar.IllegalMonthError) as error:
        raise QueryError(source, token.at, f"{text!r} is no date ({error}): {cure}") from error
