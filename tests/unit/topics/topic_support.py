"""Builders for tests of topics: articles, topics, and an encoder without a model."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from newsbeam.records import Article, Embedded, Zone, ZoneKind
from newsbeam.topics import TopicSet
from newsbeam.topics.embedding import embed_articles

TOPIC = """
name = "wells"
title = "Village wells"
description = "Digging, repair and water of wells in villages."
query = '''(well OR wells) PARAGRAPH (village* OR water)'''
wide = "well OR wells OR water"
[examples]
about = ["Villagers dig a new well", "The well gives clean water again"]
not_about = ["All is well that ends well"]
"""


class WordEncoder:
    """Gives texts the sum of one fixed random vector per word: alike texts, near vectors."""

    identity = "words@1/fp32/test"
    calls = 0

    def encode(self, texts: Sequence[str]) -> "np.ndarray[Any, np.dtype[np.float32]]":
        self.calls += 1
        rows = [np.sum([_word(w) for w in t.lower().split()] or [_word("")], axis=0) for t in texts]
        table = np.array(rows, dtype=np.float32).reshape(len(texts), 32)
        return table / np.linalg.norm(table, axis=1, keepdims=True)


def _word(word: str) -> "np.ndarray[Any, Any]":
    seed = int.from_bytes(hashlib.sha256(word.strip(".,!?").encode()).digest()[:4], "big")
    return np.random.default_rng(seed).normal(size=32)


def article(title: str, *paragraphs: str, related: Sequence[str] = (), **more: Any) -> Article:
    """Make an article; the first paragraph is the lead."""
    lines = [*paragraphs, *related]
    kinds = [ZoneKind.LEAD, *[ZoneKind.BODY] * (len(paragraphs) - 1)][: len(paragraphs)]
    kinds += [ZoneKind.RELATED] * len(related)
    zones, at = [], 0
    for kind, line in zip(kinds, lines, strict=True):
        zones.append(Zone(kind, at, at + len(line)))
        at += len(line) + 1
    url = f"https://herald.example/{hashlib.sha256(title.encode()).hexdigest()[:8]}"
    return Article(
        id=hashlib.sha256(url.encode()).hexdigest()[:20],
        url=url,
        canonical_url=url,
        outlet="herald.example",
        title=title,
        text="\n".join(lines),
        fetched=datetime(2026, 1, 1, tzinfo=UTC),
        zones=tuple(zones),
        language="en",
        **more,
    )


def embed(topics: TopicSet, made: Article, encoder: WordEncoder) -> Embedded:
    """Embed what the topics ask for."""
    chosen = [topics.passages(made)]
    (found,) = embed_articles([made], [beginning(made)], chosen, topics, encoder)
    return found


def beginning(made: Article) -> str:
    """Return headline and first paragraph."""
    lead = made.text.partition("\n")[0]
    return f"{made.title}\n{lead}".strip()


def folder_with(folder: Path, **files: str) -> Path:
    """Write topic files; the keys are their names."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name.replace('_', '-')}.toml").write_text(text, encoding="utf-8")
    return folder


ENCODER = WordEncoder()
ABOUT = article(
    "Villagers dig a new well",
    "The village has a new well that gives clean water again after ten dry years.",
    "Forty families had walked for hours to fetch water from the wells of their neighbours.",
)
ELSEWHERE = article(
    "Mayor opens library",
    "The library has ten thousand books and is open on every day of the week from now on.",
    related=["Villagers dig a new well for clean water", "Water of the village well is clean"],
)
OBLIQUE = article(
    "Villagers dig a new hole",
    "Villagers dig a new hole, and the hole gives clean drink again to all.",
    "The choir sang for two hours and nobody wanted to go home when it ended at midnight.",
)
"""Without a word of the topic; reads like its first example."""
