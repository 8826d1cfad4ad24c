"""Find what all news vectors have in common, for ``newsbeam/stories/directions.npy``.

    NEWSBEAM_DATA=… python tests/benchmarks/train_directions.py

Headline and teaser of 9,000 English entries of the stream, less those that carry a label of an
event: their mean, and the widest directions of their covariance.  No label is looked at, and no
text is kept.
"""

import html
import random
import sys
from pathlib import Path

import numpy as np
from bench_stories import LABELLED, ROOT, plain_text, stream_entries

from newsbeam.encoder import load_encoder
from newsbeam.records import record_id
from newsbeam.settings import ModelSettings
from newsbeam.stories.vector_text import vector_text

FILE = ROOT / "newsbeam" / "stories" / "directions.npy"
ENTRIES = 9_000
AXES = 32
"""Directions that count for less.  64 or all gain the same (mean F1 of the set left out .856 to
.858 with texts); with 32 a comparison with 32 articles takes 0.04 ms."""
WHITENED = 0.5
"""0: the directions stay as they are, 1: all count the same.  .3 does as well."""


def entries() -> dict[str, str]:
    """Return what the story vector is made of, by id, for entries with a teaser."""
    labelled = {
        line.split("\t")[0]
        for file in LABELLED.values()
        for line in file.read_text(encoding="utf-8").splitlines()
        if line[0] != "#"
    }
    found: dict[str, str] = {}
    for e in stream_entries():
        english = (e["language"] or "en")[:2] == "en"
        if not english or "reddit" in e["link"] or "youtube" in e["link"]:
            continue
        teaser = plain_text(e.get("description"))
        if len(teaser) >= 80:
            title = html.unescape(e["title"] or "")
            found.setdefault(record_id("stream", e["link"]), vector_text(title, teaser))
    names = list(found)
    random.Random(0).shuffle(names)
    return {name: found[name] for name in names[:ENTRIES] if name not in labelled}


def directions(vectors: np.ndarray) -> np.ndarray:
    """Return float16 (1 + AXES, d): the mean, and the axes times what is taken off their part."""
    mean = vectors.mean(0, dtype=np.float64)
    apart = vectors - mean
    spread = apart.T @ apart
    spread *= len(spread) / np.trace(spread)
    variance, axes = np.linalg.eigh(spread)
    variance, axes = variance[::-1], axes[:, ::-1]
    scale = 1 / np.sqrt(WHITENED * variance + (1 - WHITENED))
    scale = np.minimum(1.0, scale / scale[AXES:].mean())[:AXES]
    made = (axes[:, :AXES] * np.sqrt(1 - scale**2)).T
    made *= np.sign(made[np.arange(AXES), np.abs(made).argmax(1)])[:, None]
    return np.concatenate([mean[None], made]).astype(np.float16)


def main(file: Path = FILE) -> None:
    texts = list(entries().values())
    made = directions(load_encoder(ModelSettings()).encode(texts))
    np.save(file, made)
    print(f"{len(texts)} entries, {made.shape} to {file}")


if __name__ == "__main__":
    sys.exit(main())
