"""Find the article of the window whose text a newcomer repeats."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from newsbeam.stories.copies import LEAST_TERMS, Likeness, Sketch, is_copy, likeness
from newsbeam.stories.features import PAIR_FEATURES, Features, Floats, compare
from newsbeam.stories.window import Window
from newsbeam.stories.wording import Words, align

TERMS = PAIR_FEATURES.index("terms")
CONFLICTS = [
    PAIR_FEATURES.index(name)
    for name in ("number_conflict", "ordinal_veto", "date_veto", "name_veto")
]
"""Headlines with different numbers, ordinals, dates or names."""
VETOES = [n for n, name in enumerate(PAIR_FEATURES) if name.endswith("_veto")]
FORM = 0.85
"""Containment up to which headlines that number or name other things say that both texts fill one
form: results of two companies, the weather of two towns.  Of the 207 copies that were labelled one
has such headlines, and it was missed before, too."""
IN_OTHER, UNTITLED, NAMES_APART = (
    PAIR_FEATURES.index(name) for name in ("title_in_other", "untitled", "names_apart")
)
NEARER = 0.05
"""By how much a later article must contain more to be the original in place of an earlier one."""
HEAD, HEAD_IN, HEAD_SHARED = 12, 36, 0.5
"""Words at the top of a text, words of the other's in which they are looked for, and the share of
them that must stand there where both are of one outlet."""
SAME = 0.98
"""Resemblance from which two texts of one outlet are copies whatever their headlines say."""
TITLE, TITLE_SHARED = PAIR_FEATURES.index("title"), 0.5
"""Shared part of the shorter headline that is more than little."""


def find_original(
    window: Window,
    newcomer: tuple[Features, Sketch | None],
    candidates: tuple[NDArray[np.int64], Floats],
    same_outlet: Callable[[int], bool],
) -> tuple[int | None, Likeness | None]:
    """Return the article whose text a newcomer repeats: the most alike, then the earliest.

    Args:
        window: the articles to compare with.
        newcomer: its features and its sketch.
        candidates: (n,) numbers of the articles that share most terms with it, and what
            ``compare`` says of them.
        same_outlet: tells whether an article is of the newcomer's outlet.
    """
    features, print_ = newcomer
    if print_ is None:
        return None, None
    near, compared = candidates
    pairs = dict(zip(near.tolist(), compared, strict=True))
    sharing = window.sharing_runs(print_)
    others = [n for n, pair in pairs.items() if pair[TERMS] >= LEAST_TERMS and n not in sharing]
    numbers = sorted(sharing.union(window.with_shared_runs(print_, others)))
    unknown = [n for n in numbers if n not in pairs]
    if unknown:
        pairs |= zip(unknown, compare(features, window.rows(unknown)), strict=True)
    best: tuple[int, Likeness] | None = None
    for number in numbers:
        pair, other = pairs[number], window.sketch(number)
        if other is None or pair[TERMS] < LEAST_TERMS:
            continue
        found = likeness(print_, other)
        if best is not None and found.containment <= best[1].containment + NEARER:
            continue
        aligned = align(print_.opening, other.opening)
        if not is_copy(found, aligned, float(pair[TERMS]), float(pair[TITLE])):
            continue
        brief = features.brief and bool(window.brief([number])[0])
        if _fills_form(found, pair, brief):
            continue
        if same_outlet(number) and (
            _is_stopgap(pair, brief) or _is_frame(found, pair, print_.opening, other.opening)
        ):
            continue
        best = (number, found)
    return best or (None, None)


def _fills_form(found: Likeness, pair: Floats, brief: bool) -> bool:
    """Tell whether two texts fill one form with what their headlines name.

    Args:
        found: what the sketches say.
        pair: what ``compare`` says.
        brief: whether all words of both are kept: else a name may stand among the others.
    """
    apart = bool(pair[VETOES].any()) or (brief and bool(pair[NAMES_APART]))
    return apart and found.containment < FORM


def _is_stopgap(pair: Floats, brief: bool) -> bool:
    """Tell whether an outlet has put the same in place of two texts: "Subscribe to read on".

    Then no word of either headline stands in the other article; all labelled copies have some.
    """
    return brief and not pair[UNTITLED] and not pair[IN_OTHER]


def _is_frame(found: Likeness, pair: Floats, a: Words, b: Words) -> bool:
    """Tell whether two texts of one outlet share no more than what it writes under everything.

    Strict, because it does little harm to miss a copy here: one outlet counts once anyway.
    """
    if found.resemblance >= SAME:
        return False
    heads = max(align(a[:HEAD], b[:HEAD_IN]).shared, align(b[:HEAD], a[:HEAD_IN]).shared)
    return heads < HEAD_SHARED or bool(pair[TITLE] < TITLE_SHARED or pair[CONFLICTS].any())
