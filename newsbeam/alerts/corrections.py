"""Tell from two revisions whether the outlet corrected or withdrew what it had written.

Only words that the newer revision added count; which words are a notice, ``articles.notices`` says.
"""

import re
from difflib import SequenceMatcher

from newsbeam.articles.notices import notice_of

_NUMBER = re.compile(r"(?<![\w.,:-])\d+(?:[.,]\d+)*(?![\w:-])")
_CLOCK = re.compile(r"^\W*(?:last )?(?:updated|published|posted|edited|stand|aktualisiert)\b", re.I)
TOP_LINES = 4
"""Headline and first paragraphs: where a figure is what the article is about."""
LIKE = 0.6
"""Share of words that a paragraph must keep to count as the same one."""


def changed_figures(before: str, after: str) -> str | None:
    """Return ``40 → 55`` where a paragraph at the top kept its words and changed its figures.

    Outlets correct silently more often than they say so.  A clock at the top of a page, or figures
    that were merely added, are no correction.

    Args:
        before: headline and text of the older revision, one paragraph a line.
        after: the same of the newer one.
    """
    old = [line for line in before.splitlines()[:TOP_LINES] if _is_prose(line)]
    new = [line for line in after.splitlines()[:TOP_LINES] if _is_prose(line)]
    for was in old:
        if was in new:
            continue
        ratios = [(SequenceMatcher(None, was.split(), now.split()).ratio(), now) for now in new]
        likeness, now = max(ratios, default=(0.0, ""))
        gone = [n for n in dict.fromkeys(_NUMBER.findall(was)) if n not in _NUMBER.findall(after)]
        come = [n for n in dict.fromkeys(_NUMBER.findall(now)) if n not in _NUMBER.findall(before)]
        if likeness >= LIKE and gone and come:
            return f"{', '.join(gone[:3])} → {', '.join(come[:3])}"
    return None


def _is_prose(line: str) -> bool:
    return len(line.split()) >= 5 and not _CLOCK.search(line)


def notice_in(before: str, after: str) -> str | None:
    """Return ``retraction`` or ``correction`` where ``after`` adds a notice of one; else None.

    Args:
        before: headline and text of the older revision, one paragraph a line.
        after: the same of the newer one.
    """
    known = {line.strip() for line in before.splitlines()}
    added = [line.strip() for line in after.splitlines() if line.strip() not in known]
    found = notice_of(added)
    return found[0] if found else None
