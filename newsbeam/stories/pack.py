"""Articles' features and sketches as rows of one fixed layout, for the store, and back.

A row holds everything but the vector, which is kept elsewhere.  All rows are equally long, so that
a window of 100,000 articles is read at once and not article by article.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsbeam.stories.copies import SKETCH, Sketch
from newsbeam.stories.features import TERMS, TOTALS, Features
from newsbeam.stories.wording import OPENING

VERSION = 6
"""Of the layout; a row of another version cannot be read."""
ROW = np.dtype(
    [
        ("version", "u1"),
        ("flags", "u1"),
        ("terms", "<u2"),
        ("hashes", "<u2"),
        ("runs", "<u4"),
        ("ids", "<u4", TERMS),
        ("weights", "<f2", TERMS),
        ("rarity", "<f2", TERMS),
        ("bits", "u1", TERMS),
        ("totals", "<f4", TOTALS),
        ("sketch", "<u4", SKETCH),
        ("words", "<u2"),
        ("opening", "<u2", OPENING),
    ]
)
HAS_TEXT, UNREAD = 1, 2
"""Of ``flags``: :class:`Features` says what they mean."""
Packed = NDArray[Any]
"""(n,) of :data:`ROW`"""


def pack(features: Features, print_: Sketch | None) -> Packed:
    """Return one row, shape (1,); ``.tobytes()`` is what a store keeps."""
    row = np.zeros(1, ROW)
    one, n = row[0], len(features.ids)
    one["version"], one["terms"] = VERSION, n
    one["flags"] = HAS_TEXT * features.has_text | UNREAD * features.unread
    for name in ("ids", "weights", "rarity", "bits"):
        one[name][:n] = getattr(features, name)
    one["totals"] = features.totals
    if print_ is not None:
        one["hashes"], one["runs"] = len(print_.hashes), print_.runs
        one["sketch"][: len(print_.hashes)] = print_.hashes
        one["words"] = len(print_.opening)
        one["opening"][: len(print_.opening)] = print_.opening
    return row


def readable(data: bytes) -> bool:
    """Tell whether a row was written in this layout."""
    return len(data) == ROW.itemsize and data[0] == VERSION


def unpack(rows: Sequence[bytes]) -> Packed:
    """Return rows of this layout as an array, shape (n,)."""
    return np.frombuffer(b"".join(rows), ROW)
