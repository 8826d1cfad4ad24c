"""An article's features and sketch as bytes, for the store, and back without loss."""

import struct

import numpy as np

from newsbeam.errors import ParseError
from newsbeam.stories.copies import Sketch
from newsbeam.stories.features import TOTALS, Features, Floats

_HEAD = struct.Struct("<BBHHI")
VERSION = 2
"""Of the layout; a store's row of another version cannot be read."""


def pack(features: Features, print_: Sketch | None) -> bytes:
    """Return a head, then the arrays one after another.  The vector is kept elsewhere."""
    hashes = print_.hashes if print_ else np.zeros(0, np.uint32)
    head = _HEAD.pack(
        VERSION, features.has_text, len(features.ids), len(hashes), print_.runs if print_ else 0
    )
    return b"".join(
        (
            head,
            features.ids.astype("<u4").tobytes(),
            features.weights.astype("<f2").tobytes(),
            features.rarity.astype("<f2").tobytes(),
            features.bits.tobytes(),
            features.days.astype("<f2").tobytes(),
            features.totals.astype("<f4").tobytes(),
            hashes.astype("<u4").tobytes(),
        )
    )


def unpack(data: bytes, vector: Floats | None) -> tuple[Features, Sketch | None]:
    """Return what was packed.

    Raises:
        ParseError: another layout.
    """
    version, has_text, terms, hashes, runs = _HEAD.unpack_from(data)
    if version != VERSION:
        raise ParseError("story_features", f"layout {version}, not {VERSION}")
    at = _HEAD.size
    ids = np.frombuffer(data, "<u4", terms, at)
    at += 4 * terms
    weights = np.frombuffer(data, "<f2", terms, at).astype(np.float32)
    at += 2 * terms
    rarity = np.frombuffer(data, "<f2", terms, at).astype(np.float32)
    at += 2 * terms
    bits = np.frombuffer(data, np.uint8, terms, at)
    at += terms
    days = np.frombuffer(data, "<f2", 7, at).astype(np.float32)
    at += 14
    totals = np.frombuffer(data, "<f4", TOTALS, at)
    at += 4 * TOTALS
    print_ = Sketch(np.frombuffer(data, "<u4", hashes, at), runs) if hashes else None
    return Features(ids, weights, rarity, bits, vector, bool(has_text), days, totals), print_
