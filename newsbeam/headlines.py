"""Headlines from the open web: show them in one line, of a length that pages and terminals can
bear; and tell what is theirs from the name of their site.
"""

import re

NONE = "(no headline)"
MOST = 240
"""Characters shown of one."""

_HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+")
"""Controls, of terminals too, and signs that turn the direction of what follows."""
_SITE = re.compile(r"(?<!\s)\s+(?:\||[-–—»·])\s+(?P<site>[^|]{2,40})$")


def shown(text: str) -> str:
    """Return a text of an article to show in one line, without signs that do harm there."""
    return " ".join(_HARMFUL.sub(" ", text).split())


def headline(title: str | None) -> str:
    """Return a headline to show; the whole of it stays in the data."""
    line = shown(title or "")
    if len(line) > MOST:
        line = line[: MOST - 2].rstrip() + " …"
    return line or NONE


def without_site(title: str) -> str:
    """Return a title without the section and site names behind it (``… | Tech | The Example``).

    Behind a dash only a short capitalised name is cut: ``We won - but at what cost`` stays.
    """
    while found := _SITE.search(title):
        site, rest = found["site"], title[: found.start()]
        bar = "|" in title[found.start() : found.start("site")]
        words = site.split()
        named = len(words) <= 4 and all(not w[0].islower() for w in words)
        if len(rest.split()) < 3 or not (named or (bar and len(words) <= 6)):
            break
        title = rest
    return title
