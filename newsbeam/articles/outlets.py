"""What other pages of an outlet say about a page: a text that stands under many headlines is none.

Walls, consent pages and "not found" pages in words that no list knows have one thing in common:
the same paragraphs answer at address after address.  The store keeps a fingerprint of the
paragraphs of short pages, with the headline under which each came first; a later page that has
little else, under another headline, is judged by it.  Pure: the store brings the memory.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, replace

from newsbeam.articles.dom.letters import letters
from newsbeam.records import Verdict

MAX_CHARS = 2500
"""Longer texts are no walls: they are neither judged nor remembered."""
MIN_LETTERS = 25
"""Shorter paragraphs are names, dates and buttons."""
OWN_CHARS = 250
"""Characters of its own from which a page says something."""
SHARED = 0.6
"""Share of a text that must stand elsewhere."""
UNLIKE = 0.3
"""Headlines with a smaller share of common words are different ones."""
UNSAID = 0.25
"""Share of a headline's words that the text of its own article has at least."""
REPEATS = 0.6
"""Lines with a larger share of words in common with the headline are the headline again."""
SURE_PAGES = 2
"""Other pages that settle it, whatever the headline."""
_WORD = re.compile(r"[^\W\d_]{4,}")


@dataclass(frozen=True, slots=True)
class Seen:
    """A paragraph as the outlet's earlier pages had it."""

    article_id: str
    """The page that had it first."""
    headline: str
    """Its headline."""
    pages: int = 1
    """Pages that had it."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A page, as far as this judgement goes."""

    article_id: str
    headline: str
    """As the feed gives it: a wall has none of its own."""
    text: str


def paragraphs(text: str) -> Iterator[tuple[str, int]]:
    """Yield the fingerprint and length of each paragraph that says something."""
    for line in text.split("\n"):
        key = letters(line)
        if len(key) >= MIN_LETTERS:
            yield (
                hashlib.blake2b(key.encode(errors="replace"), digest_size=8).hexdigest(),
                len(line),
            )


def judge_among(page: Sighting, known: Mapping[str, Seen]) -> tuple[Verdict, str] | None:
    """Return a verdict and its reason where the page says what other pages of its outlet said.

    Args:
        page: a short page that was taken for a text.
        known: paragraphs of the outlet's earlier pages, by fingerprint.
    """
    total = shared = 0
    fewest = 0
    for mark, size in paragraphs(page.text):
        total += size
        seen = known.get(mark)
        if seen is None or seen.article_id == page.article_id or _alike(seen.headline, page):
            continue
        shared += size
        fewest = min(fewest or seen.pages, seen.pages)
    if not shared or shared < SHARED * total or total - shared >= OWN_CHARS:
        return None
    if fewest < SURE_PAGES and _says(page.text, page.headline):
        return None
    reason = f"{shared} of {total} characters answer at {fewest} other addresses of the outlet"
    return _kind(page.text), f"{reason}, under other headlines"


def suspect(headline: str, text: str) -> bool:
    """Say whether a text is short and, but for its headline, not about what that announces.

    What :func:`judge_among` may later find to be a wall, by and large; articles seldom are.
    """
    if len(text) > MAX_CHARS:
        return False
    wanted = _words(headline)
    rest = []
    for line in text.split("\n"):
        words = _words(line)
        if len(wanted & words) < REPEATS * len(wanted | words):
            rest.append(line)
    return not _says("\n".join(rest), headline)


def remember(page: Sighting, known: MutableMapping[str, Seen]) -> list[str]:
    """Add a page's paragraphs to what is known; return the fingerprints that changed."""
    marks = list(dict.fromkeys(mark for mark, _ in paragraphs(page.text)))
    for mark in marks:
        seen = known.get(mark)
        if seen is None:
            known[mark] = Seen(page.article_id, page.headline)
        elif seen.article_id != page.article_id:
            known[mark] = replace(seen, pages=seen.pages + 1)
    return marks


def _alike(headline: str, page: Sighting) -> bool:
    """Say whether two headlines are one: an outlet may publish an article at two addresses."""
    a, b = _words(headline), _words(page.headline)
    if not a or not b:
        return letters(headline) == letters(page.headline)
    return len(a & b) >= UNLIKE * len(a | b)


def _says(text: str, headline: str) -> bool:
    """Say whether a text is about what its headline announces."""
    wanted = _words(headline)
    return bool(wanted) and len(wanted & _words(text)) >= UNSAID * len(wanted)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _kind(text: str) -> Verdict:
    """Name the wall by its words, where they are known; else it is a page of nothing."""
    from newsbeam.articles import wording  # compiles long patterns: only where something was found

    low = text.lower()
    if wording.BOT.search(low):
        return Verdict.BOT_WALL
    if wording.CONSENT.search(low):
        return Verdict.CONSENT_WALL
    return Verdict.SOFT_404
