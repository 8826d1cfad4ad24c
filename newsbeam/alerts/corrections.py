"""Tell from two revisions whether the outlet corrected or withdrew what it had written.

Only words that the newer revision added count: a page whose footer has always said "report a
correction" is not one.  A notice is a paragraph or headline that begins with, or states, that this
text was wrong; a story *about* somebody's retraction does not begin so.
"""

import re
from difflib import SequenceMatcher

_RETRACTION = re.compile(
    r"^\W*(?:retraction|retracted|withdrawn|article withdrawn|editor.?s note: retract)\b[\s:.–—-]"
    r"|this (?:article|story|report) (?:has been|was) (?:retracted|withdrawn|removed)"
    r"|we (?:have )?(?:retracted|withdrawn) this (?:article|story|report)"
    r"|dieser (?:artikel|beitrag) wurde zurückgezogen|cet article a été (?:retiré|dépublié)"
    r"|este artículo ha sido retirado",
    re.I,
)
_CORRECTION = re.compile(
    r"^\W*(?:corrections?|corrected|clarification|erratum|editor.?s note|update and correction)\b"
    r"\s*(?:\(.{0,60}\)|,? .{0,40}\d{4})?\s*[:.–—-]"
    r"|(?:this|an earlier version of this|a previous version of this) (?:article|story|report|post)"
    r"[^.]{0,80}\b(?:corrected|incorrectly|misstated|misidentified|erroneously|wrongly)\b"
    r"|(?:has been|was) (?:updated|amended) to correct\b"
    r"|in einer früheren (?:version|fassung)|^\W*(?:korrektur|berichtigung|richtigstellung)\s*:"
    r"|^\W*(?:rectificatif|correctif)\s*:|dans une version précédente"
    r"|^\W*(?:fe de errores|corrección)\s*:|^\W*(?:rettelse|rättelse|correzione|errata)\s*:",
    re.I,
)


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
    if any(_RETRACTION.search(line) for line in added):
        return "retraction"
    if any(_CORRECTION.search(line) for line in added):
        return "correction"
    return None
