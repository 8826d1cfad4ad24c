"""Menus and site names in the middle of running text: what is left of a page's navigation.

Archives and poor extractions glue the words of a menu to the first paragraph (``Search Jobs
Newsletters Events Subscribe Last year a court …``).  Such words must not trigger a topic.
"""

import re

_WORD = re.compile(r"\S+")
_SMALL = re.compile(r"(?<!\S)(?:[^\w\s]|[\d_])*[a-zß-öø-ÿ]")
"""Words that surely begin with a small letter: enough of them in most passages."""
_STOPS = ".,;!?…:)”"
WINDOW = 16
"""Words looked at together; shorter menus do little harm."""
CAPITALS = 0.75
"""Share of capitalised words from which a window without commas and full stops is a menu.
Lists of names in prose have commas; German prose has a share of about 0.4."""
MIN_WORDS = 6
"""A shorter rest of a passage is part of the menu."""
_DATE = re.compile(
    r"\b(?:\d{1,2}\.? [^\W\d]{3,9}\.? \d{4}|[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4})"
    r"(?=\s+[\W\d]*[A-ZÀ-ÞА-Я]|\s*$)"
)
"""A date with a new beginning behind it."""
_SENTENCE = re.compile(r"[.…][\"'”’»)]*\s")
TEASER = 140
"""Characters of a headline; three dates with no more than this between them, and no sentence, are
a list of other articles."""


def prose_pieces(text: str) -> list[tuple[int, int]]:
    """Return the stretches of a passage that are no menu; all of it in most cases."""
    text = text[: _teasers(text)]
    count = len(text.split())
    if count < WINDOW or count - len(_SMALL.findall(text)) < WINDOW * CAPITALS:
        return [(0, len(text))] if count else []
    words = [m.span() for m in _WORD.finditer(text)]
    capital = [_is_capital(text, a, b) for a, b in words]
    if sum(capital) < WINDOW * CAPITALS:
        return [(0, len(text))]
    menu = _windows(capital, [text[b - 1] in _STOPS for _, b in words])
    if not any(menu):
        return [(0, len(text))]
    pieces, start = [], None
    for i, is_menu in enumerate([*menu, True]):
        if not is_menu and start is None:
            start = i
        elif is_menu and start is not None:
            if i - start >= MIN_WORDS:
                pieces.append((words[start][0], words[i - 1][1]))
            start = None
    return pieces


def _teasers(text: str) -> int:
    """Return where a list of other articles with their dates begins; the end if there is none."""
    if text.count("20") + text.count("19") < 3:  # too few years, seen at a glance
        return len(text)
    dates = list(_DATE.finditer(text))
    for first, _, third in zip(dates, dates[1:], dates[2:], strict=False):
        between = text[first.end() : third.start()]
        if len(between) < 2 * TEASER and not _SENTENCE.search(between):
            return max((m.end() for m in _SENTENCE.finditer(text[: first.start()])), default=0)
    return len(text)


def _windows(capital: list[bool], stops: list[bool]) -> list[bool]:
    """Mark the words of all windows with many capitals and at most one comma or full stop."""
    menu = [False] * len(capital)
    high, marks = sum(capital[:WINDOW]), sum(stops[:WINDOW])
    for end in range(WINDOW, len(capital) + 1):
        if high >= CAPITALS * WINDOW and marks <= 1:
            menu[end - WINDOW : end] = [True] * WINDOW
        if end < len(capital):
            high += capital[end] - capital[end - WINDOW]
            marks += stops[end] - stops[end - WINDOW]
    return menu


def _is_capital(text: str, start: int, end: int) -> bool:
    """Whether a word begins with no small letter; a word without letters counts as a capital."""
    while start < end and not text[start].isalpha():
        start += 1
    return start == end or text[start].isupper()
