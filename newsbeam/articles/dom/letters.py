"""Texts made comparable.  Standard library only: the store uses it too."""

import re

_NOT_WORD = re.compile(r"[\W_]+")


def letters(text: str) -> str:
    """Return the letters and digits of a text, case folded: equal for equal writing."""
    return _NOT_WORD.sub("", text.casefold())


def squash(text: str) -> str:
    """Return the text without white space: fast, and equal for texts of one source."""
    return "".join(text.casefold().split())
