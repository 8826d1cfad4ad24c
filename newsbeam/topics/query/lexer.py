"""A query's text to tokens."""

import re
from dataclasses import dataclass

from newsbeam.errors import QueryError

_OPEN, _CLOSE = '"“”„‟«»', '"“”„‟«»'
_SPACE = re.compile(r"(?:\s+|#(?!\w)[^\n]*)+")
"""A ``#`` begins a comment; before a letter or digit (#MeToo) and behind a
single letter (C#) it belongs to the word."""
_NEAR = re.compile(r"(O?NEAR)(?:/(\d*))?(?![^\s()\"“”„{])")
_WORD_OPERATORS = {"AND", "OR", "NOT", "SENTENCE", "PARAGRAPH"}
_FIELD = re.compile(r"([A-Za-z_]+):(?!//)")
_COMPARE = re.compile(r"(>=|<=|>|<|=)\s*(\d*)")
_COUNT = re.compile(r"count(?=\s*\()")
_BARE = re.compile(r"(?:[^\s()\"“”„‟«»{}#]|#(?=\w)|(?<=\b\w)#)+")
MAX_NEAR = 100
"""Words further apart have little to do with each other: use PARAGRAPH or AND."""
MAX_QUERY = 200_000
"""Characters."""


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a query.

    ``kind``: ``(`` ``)`` AND OR NOT NEAR ONEAR SENTENCE PARAGRAPH count compare field word phrase
    exact macro end.
    """

    kind: str
    at: int
    end: int
    text: str = ""
    number: int = 0


def tokenise(query: str) -> list[Token]:
    """Cut a query into tokens; the last one is ``end``.

    Raises:
        QueryError: a quote or brace is not closed, a number is missing, or a sign is unknown.
    """
    if len(query) > MAX_QUERY:
        raise QueryError(query[:200], 0, f"the query is longer than {MAX_QUERY} characters")
    tokens: list[Token] = []
    at = 0
    while at < len(query):
        if space := _SPACE.match(query, at):
            at = space.end()
            continue
        token = _token(query, at, tokens)
        tokens.append(token)
        at = token.end
    tokens.append(Token("end", len(query), len(query)))
    return tokens


def _token(query: str, at: int, before: list[Token]) -> Token:
    sign = query[at]
    if sign in "()":
        return Token(sign, at, at + 1, sign)
    if sign in _OPEN:
        return _quoted(query, at, _CLOSE, "phrase", 'the quote is not closed: add the second "')
    if sign == "{":
        return _quoted(query, at, "}", "exact", "the brace is not closed: add }")
    if sign == "}":
        raise QueryError(query, at, "a } without its {: case-exact terms are written {AI}")
    if before and before[-1].kind == ")" and (found := _COMPARE.match(query, at)):
        if not found[2] or _BARE.match(query, found.end()):
            cure = "a whole number is missing here (>=, >, =, < or <= before it): count(llama)>=3"
            raise QueryError(query, at, cure)
        return Token("compare", at, found.end(), found[1], int(found[2]))
    if found := _NEAR.match(query, at):
        return _near(query, at, found)
    if found := _COUNT.match(query, at):
        return Token("count", at, found.end(), "count")
    if found := _FIELD.match(query, at):
        return Token("field", at, found.end(), found[1])
    bare = _BARE.match(query, at)
    if not bare:
        raise QueryError(query, at, f"the sign {sign!r} means nothing here: leave it out")
    text = bare.group()
    kind = text if text in _WORD_OPERATORS else "macro" if text[0] == "$" else "word"
    return Token(kind, at, bare.end(), text)


def _near(query: str, at: int, found: "re.Match[str]") -> Token:
    if not found[2]:
        raise QueryError(query, at, f"{found[1]} needs a distance in words: {found[1]}/5")
    number = int(found[2])
    if not 1 <= number <= MAX_NEAR:
        raise QueryError(
            query, at, f"the distance must be 1 to {MAX_NEAR} words; further: use PARAGRAPH or AND"
        )
    return Token(found[1], at, found.end(), found.group(), number)


def _quoted(query: str, at: int, close: str, kind: str, message: str) -> Token:
    end = at + 1
    while end < len(query) and query[end] not in close:
        end += 1
    if end == len(query):
        raise QueryError(query, at, message)
    return Token(kind, at, end + 1, query[at + 1 : end])
