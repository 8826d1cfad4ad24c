"""What a new article adds to its story: a sentence unlike anything before in it.

A sentence is a *new fact* when little of what it says (its words weighed by how rare they are)
stands in any one earlier sentence of the story, and it brings a name or a number that the story had
not.  Both conditions can be read off the evidence.  Nothing is said of the first article.

The thresholds were chosen by reading the sentences that they let through on real stories; there is
no labelled set behind them (docs/stories.md).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

from newsbeam.stories.terms import NAME, NUMBER, PAIR, Term, article_terms, as_written, common_ranks
from newsbeam.topics.query.sentences import is_short

MOST_LIKENESS = 0.35
"""Share of a sentence's weight that the nearest earlier sentence may hold."""
LEAST_WORDS = 8
"""Distinct content words: shorter sentences are captions, credits, calls to subscribe."""
CHARS = 2000
"""A new fact stands early; further down is background."""

_END = re.compile(
    r"(?<=[.!?…])[\"”’»)]*\s+(?=[\"“„«(]?[A-ZÀ-ÝŁŚŻŹĆА-Я0-9])|\n+|(?<=[。！？])[」』”）]*(?=[^」』”）])"
)
_LAST_WORD = re.compile(r"([^\W\d_]+)\.$")
_CREDIT = re.compile(r"@|https?://|\bwww\.|©|Getty Images|newsletter", re.IGNORECASE)
"""Marks of sentences that are not the report's."""


@dataclass(frozen=True, slots=True)
class NewFact:
    """A sentence that is new in its story, and what it was held against."""

    sentence: str
    novelty: float
    """1 - likeness of the nearest earlier sentence, 0 to 1."""
    nearest: str | None
    """That sentence."""
    nearest_article: str | None
    new_terms: tuple[str, ...]
    """Names and numbers that the story had not, as the sentence writes them."""


def sentences(text: str, chars: int = CHARS) -> list[str]:
    """Return the sentences of the beginning of a text."""
    text = text[:chars]
    pieces, begin = [], 0
    for end in _END.finditer(text):
        last = _LAST_WORD.search(text, begin, end.start())
        if last and is_short(last[1]) and "\n" not in end[0]:  # Oct. 14, Mr. Brandt
            continue
        pieces.append(text[begin : end.end()].strip())
        begin = end.end()
    pieces.append(text[begin:].strip())
    return [piece for piece in pieces if piece]


def new_fact(
    text: str, earlier: Sequence[tuple[str, str]], language: str | None = None
) -> NewFact | None:
    """Return the first sentence of an article that is new, or None where it says nothing new.

    The first, not the strangest: reports put their news first, and what is least like anything
    before is often a credit or a look at other cases.

    Args:
        text: the article's.
        earlier: (article id, headline and text) of the story so far, in order.
        language: of the article.
    """
    if not earlier:
        return None
    known: list[tuple[str, str, dict[str, Term]]] = [
        (article, sentence, article_terms(None, sentence, language))
        for article, said in earlier
        for sentence in sentences(said, 4 * CHARS)
    ]
    story_terms = {term for _, _, terms in known for term in terms}
    for sentence in sentences(text):
        if _CREDIT.search(sentence):
            continue
        terms = article_terms(None, sentence, language)
        if sum(not t.bits & PAIR for t in terms.values()) < LEAST_WORDS:
            continue
        fresh = _fresh(terms.values(), story_terms)
        if not fresh:
            continue
        likeness, nearest = _nearest(terms, known)
        if likeness <= MOST_LIKENESS:
            written = as_written(sentence, language)
            return NewFact(
                sentence,
                round(1 - likeness, 4),
                nearest[1] if nearest else None,
                nearest[0] if nearest else None,
                tuple(written.get(term, term) for term in fresh),
            )
    return None


def _fresh(terms: Iterable[Term], story: set[str]) -> tuple[str, ...]:
    """Return names and numbers that the story had not; small numbers are no news."""
    return tuple(
        term.text
        for term in terms
        if term.text not in story
        and not term.bits & PAIR
        and (term.bits & NAME or (term.bits & NUMBER and len(term.text) > 2))
    )


def _nearest(
    terms: dict[str, Term], known: Sequence[tuple[str, str, dict[str, Term]]]
) -> tuple[float, tuple[str, str] | None]:
    weights = {t.text: _weight(t) for t in terms.values() if not t.bits & PAIR}
    total = sum(weights.values()) or 1.0
    best, found = 0.0, None
    for article, sentence, others in known:
        share = sum(w for word, w in weights.items() if word in others) / total
        if share > best:
            best, found = share, (article, sentence)
    return best, found


def _weight(term: Term) -> float:
    rank = common_ranks().get(term.text, 20_000)
    return log(rank + 10)
