"""Hand-checked pairs of feed entries, as the grouper sees them."""

import html
from pathlib import Path
from typing import NamedTuple

import numpy as np
from bench_stories import plain_text, stream_entries

from newsbeam.records import record_id
from newsbeam.stories.copies import Likeness, likeness, sketch
from newsbeam.stories.features import Features, compare, make_features, term_table
from newsbeam.stories.originals import TERMS, TITLE
from newsbeam.stories.terms import article_terms
from newsbeam.stories.window import Window
from newsbeam.stories.wording import Alignment, align

LABELS = Path(__file__).parent / "labels"
FIRST, SECOND, THIRD = "copies.tsv", "copies_fresh.tsv", "copies_third.tsv"
WINDOW = 3_000
"""First entries of the stream, from which the frequencies of words are learnt."""


class Pair(NamedTuple):
    """Two entries, what a reader said, and what the rule is given."""

    label: str
    """copy, different or unclear."""
    ids: tuple[str, str]
    sample: str
    """Its file."""
    part: str
    """Of the third sample: choose or test; else empty."""
    found: Likeness
    aligned: Alignment
    terms: float
    title: float

    @property
    def copy(self) -> bool:
        return self.label == "copy"


def labelled_pairs(*files: str) -> list[Pair]:
    """Return the pairs of some files; what has no sketch shares nothing."""
    wanted = []
    for file in files:
        lines = (LABELS / file).read_text(encoding="utf-8").splitlines()
        rows = [line.split("\t") for line in lines if not line.startswith("#")][1:]
        wanted += [(file, *row) for row in rows]
    ids = {name for pair in wanted for name in pair[1:3]}
    window = Window()
    entries: dict[str, tuple[int, Features]] = {}
    for place, e in enumerate(stream_entries()):
        name = record_id("stream", e["link"])
        if name in entries or (name not in ids and place > WINDOW):
            continue
        text = plain_text(e.get("description"))
        terms = article_terms(html.unescape(e["title"] or ""), text, (e["language"] or "en")[:2])
        features = make_features(term_table(terms), window.frequencies, None, True)
        entries[name] = window.add(features, sketch(text)), features
    pairs = []
    for file, a, b, label, *part in wanted:
        (number, features), (other, _) = entries[a], entries[b]
        compared = compare(features, window.rows([other]))[0]
        terms_alike, title_alike = float(compared[TERMS]), float(compared[TITLE])
        one, two = window.sketch(number), window.sketch(other)
        found, aligned = Likeness(0, 0, 0), Alignment(0, 0, 0, 0)
        if one is not None and two is not None:
            found, aligned = likeness(one, two), align(one.opening, two.opening)
        whence = (a, b), file, "".join(part)
        pairs.append(Pair(label, *whence, found, aligned, terms_alike, title_alike))
    return pairs


def labelled_again() -> dict[tuple[str, str], str]:
    """Return what a second reader said of every pair."""
    lines = (LABELS / "copies_again.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")][1:]
    return {(earlier, later): label for earlier, later, label in rows}


def clusters(pairs: list[Pair]) -> np.ndarray:
    """Return a number per pair; pairs that share an article, at any remove, share a number."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for pair in pairs:
        parent[root(pair.ids[0])] = root(pair.ids[1])
    names = [root(pair.ids[0]) for pair in pairs]
    return np.unique(names, return_inverse=True)[1]
