"""What the grouper needs of an article's text, whatever the window holds.

It is two thirds of the work of grouping an article, and can be done anywhere and ahead.
"""

from dataclasses import dataclass

from newsbeam.stories.copies import Sketch, headline_sketch, sketch
from newsbeam.stories.features import TermTable, term_table
from newsbeam.stories.terms import article_terms
from newsbeam.stories.vector_text import own_words
from newsbeam.stories.wires import wire_origin


@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """What an article says, as its story is found by it."""

    terms: TermTable
    print: Sketch | None
    """Of the text; of the headline, where there is no text to have one."""
    wire: str | None
    """The agency that it names as its origin."""


def read_traits(title: str | None, text: str | None, language: str | None) -> Traits:
    """Read the traits of a title and a text.  Pure."""
    text = text or None
    return Traits(
        term_table(article_terms(title, text, language)),
        (sketch(text) if text else None) or headline_sketch(own_words(title or "")),
        wire_origin(title, text),
    )
