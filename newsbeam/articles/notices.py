"""Notices: what an outlet itself says of a correction or a retraction.

The one place that knows; revisions and alerts both ask here.  A notice is a paragraph or headline
that begins with, or states, that this text was wrong; a story *about* somebody's retraction does
not begin so.  The phrases stand in ``words/``.
"""

from collections.abc import Iterable


def notice_of(texts: Iterable[str]) -> tuple[str, str] | None:
    """Return the kind, ``retraction`` or ``correction``, and the words of the first notice.

    Args:
        texts: headline, paragraphs or sentences that a newer revision added: a page whose footer
            has always said "report a correction" is not one.
    """
    from newsbeam.articles import wording  # compiles long patterns: only where something changed

    known = [(text, text.lower()) for text in texts]
    for kind, patterns in (
        ("retraction", (wording.RETRACTION, wording.RETRACTION_SAID)),
        ("correction", (wording.CORRECTION, wording.CORRECTION_SAID)),
    ):
        for text, low in known:
            if any(pattern.search(low) for pattern in patterns):
                return kind, text
    return None
