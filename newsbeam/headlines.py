"""Show a headline from the open web: one line, of a length that pages and terminals can bear."""

import re

NONE = "(no headline)"
MOST = 240
"""Characters shown of one."""

_HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+")
"""Controls, of terminals too, and signs that turn the direction of what follows."""


def headline(title: str | None) -> str:
    """Return a headline to show; the whole of it stays in the data."""
    shown = " ".join(_HARMFUL.sub(" ", title or "").split())
    if len(shown) > MOST:
        shown = shown[: MOST - 2].rstrip() + " …"
    return shown or NONE
