"""Help with a new topic: terms that a few example articles share and other articles lack."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from newsbeam.records import Article
from newsbeam.topics.query.common import commonness, is_common
from newsbeam.topics.query.document import Document
from newsbeam.topics.view import ArticleView

MAX_TERMS = 12
NO_TERM = "your-word"
"""Stands in the query where no term is proposed."""
MIN_SHARE = 0.5
"""A term must be in this share of the examples."""
MAX_RUN = 6
"""Chinese characters in a row that may be a word or two."""
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]+")
TOO_COMMON = 0.1
"""A term that so large a share of other articles has says nothing of a topic: new, after."""


def propose_terms(articles: Sequence[Article], others: Iterable[Article] = ()) -> list[str]:
    """Return words and pairs of words that stand out, the most telling first.

    Args:
        articles: examples of the topic.
        others: other articles, to compare with; none: a built-in guess of how common words are.
    """
    inside = [_terms(ArticleView(a).document) for a in articles]
    outside = [set(_terms(ArticleView(a).document)) for a in others]
    found = Counter(term for terms in inside for term in set(terms))
    background = Counter(term for terms in outside for term in terms)
    least = max(1 if len(inside) == 1 else 2, math.ceil(MIN_SHARE * len(inside)))
    scored = []
    for term, count in found.items():
        if count < least:
            continue
        expected = _expected(term, background[term], len(outside))
        if expected >= TOO_COMMON:
            continue
        often = sum(terms[term] for terms in inside) / len(inside)
        score = count / len(inside) * math.log(1 + often) * math.log(1 / expected)
        scored.append((score * (1.6 if " " in term else 1.0), term))
    return _without_parts([term for _, term in sorted(scored, reverse=True)])[:MAX_TERMS]


def _expected(term: str, seen: int, total: int) -> float:
    """Return the share of other articles that are expected to have a term."""
    guess = min(min(commonness(word) for word in term.split()) / 1000, 0.95)
    if " " in term:
        guess /= 5
    return (seen + 20 * guess) / (total + 20)


def _terms(document: Document) -> Counter[str]:
    terms: Counter[str] = Counter()
    begins = {place for place, _ in document.breaks()} if document.words else set()
    before = ""
    for place, word in enumerate(document.words):
        useful = len(word) > 2 and not is_common(word) and not word.isdigit()
        if useful:
            terms[word] += 1
            if before and place not in begins:
                terms[f"{before} {word}"] += 1
        before = word if useful else ""
    terms.update(_han(document))
    return terms


def _han(document: Document) -> Counter[str]:
    """Return terms in Chinese characters, which stand without spaces.

    Between kana, signs and numbers stands a word or two; of what is longer, and within them, what
    occurs more than once.
    """
    runs: list[str] = []
    end = -1
    for place, word in enumerate(document.words):
        if not _HAN.fullmatch(word):
            continue
        start = document.span(place)[0]
        if start == end and document.words[place - 1]:
            runs[-1] += word
        else:
            runs.append(word)
        end = document.span(place)[1]
    whole = Counter(run for run in runs if 1 < len(run) <= MAX_RUN)
    pieces = Counter(
        run[at : at + size]
        for run in runs
        for size in range(2, MAX_RUN + 1)
        for at in range(len(run) - size + 1)
    )
    return whole | Counter({piece: times for piece, times in pieces.items() if times > 1})


def _without_parts(terms: list[str]) -> list[str]:
    """Drop a word that stands in a better pair, and a pair that shares a word with a better one."""
    kept: list[str] = []
    used: set[str] = set()
    for term in terms:
        known = used & set(term.split())
        if _HAN.match(term):
            known = {other for other in kept if term in other or other in term}
        if not known:
            kept.append(term)
            used |= set(term.split())
    return kept


def topic_toml(name: str, terms: Sequence[str], examples: Sequence[str]) -> str:
    """Return a topic file to begin with."""
    query = " OR ".join(f'"{t}"' if " " in t else t for t in terms) or NO_TERM
    lines = [
        f'name = "{name}"',
        f'title = "{name.replace("-", " ").capitalize()}"',
        'description = """',
        "Say in two or three sentences what the topic is, and what it is not.",
        '"""',
        "precision = 0.8",
        "",
        "# Proposed from your examples: keep what only this topic says; join the rest with AND.",
        "# `newsbeam topics lint` checks it; docs/query-language.md explains all operators.",
        "query = '''",
        f"  {query}",
        "'''",
        "",
        "[examples]",
        "about = [",
        *(f"  {_quoted(e)}," for e in examples),
        "]",
        "# Near misses: what a hasty reader would take for the topic.",
        "not_about = [",
        "]",
        "",
    ]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    import json

    return json.dumps(" ".join(text.split()), ensure_ascii=False)
