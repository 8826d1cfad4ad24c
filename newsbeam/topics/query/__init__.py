"""The boolean query language: one grammar for live matching, backtest and search.

::

    text ──lexer──► tokens ──parser──► tree (nodes) ──► evaluate(tree, Document) ──► truth, spans
                                          └── presearch: which of thousands can match at all

The reference, with an example per operator, is ``docs/query-language.md``.
"""

from newsbeam.topics.query.document import Document
from newsbeam.topics.query.evaluate import Evaluation, Hit
from newsbeam.topics.query.parser import Query, parse_query
from newsbeam.topics.query.presearch import QuerySet

__all__ = ["Document", "Evaluation", "Hit", "Query", "QuerySet", "parse_query"]
