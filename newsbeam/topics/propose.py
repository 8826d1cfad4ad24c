"""Help with a new topic: terms that a few example articles share and other articles lack."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from newsbeam.records import Article
from newsbeam.topics.query.common import commonness, is_common
from newsbeam.topics.query.document import Document
from newsbeam.topics.view import ArticleView

MAX_TERMS = 12
MIN_SHARE = 0.5
"""A term must be in this share of the examples."""
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
    before = ""
    for word in document.words:
        useful = len(word) > 2 and not is_common(word) and not word.isdigit()
        if useful:
            terms[word] += 1
            if before:
                terms[f"{before} {word}"] += 1
        before = word if useful else ""
    return terms


def _without_parts(terms: list[str]) -> list[str]:
    """Drop a word that stands in a better pair, and a pair that shares a word with a better one."""
    kept: list[str] = []
    used: set[str] = set()
    for term in terms:
        if not used & set(term.split()):
            kept.append(term)
            used |= set(term.split())
    return kept


def topic_toml(name: str, terms: Sequence[str], examples: Sequence[str]) -> str:
    """Return a topic file to begin with."""
    query = " OR ".join(f'"{t}"' if " " in t else t for t in terms) or "your-word"
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
