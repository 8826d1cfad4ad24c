"""What a page is: an article, or why not.

Every page gets one verdict with reasons.  Signals are weighed in this order: what the body is,
walls (short pages whose words are those of a wall), errors, threads, live blogs, lists, teasers,
and what is left is an article or too short.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from newsbeam.articles import wording
from newsbeam.articles.dom.blocks import Block
from newsbeam.articles.dom.body import Line
from newsbeam.articles.dom.claims import LIST_TYPES, THREAD_TYPES, Claims, types_of
from newsbeam.records import Verdict

MIN_CHARS = 250
"""Shorter texts are no articles: a caption, a slogan, a line of a wall."""
SHORT_CHARS = 1500
"""Texts below this can be what a wall leaves of an article."""


@dataclass(frozen=True, slots=True)
class Sight:
    """All that the verdict looks at."""

    url: str
    status: int
    title: str
    text: str
    """The extracted text."""
    lines: Sequence[Line]
    blocks: Sequence[Block]
    """The whole page."""
    claims: Claims
    feed_text: str
    """The entry's summary or content as plain text."""
    kind: str = "article"
    """What the feed says that its entries are."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and its reasons."""

    verdict: Verdict
    reasons: tuple[str, ...]


def judge(sight: Sight) -> Judgement:
    """Return the verdict on a page that is text."""
    for look in (_bot_wall, _consent_wall, _soft_404, _discussion, _live_blog, _listing, _teaser):
        if reasons := look(sight):
            verdict = _VERDICTS[look.__name__]
            return Judgement(verdict, tuple(reasons))
    length = len(sight.text)
    if length < MIN_CHARS:
        return Judgement(Verdict.TOO_SHORT, (f"{length} characters of text",))
    return Judgement(Verdict.ARTICLE, (f"{length} characters of text",))


_VERDICTS = {
    "_bot_wall": Verdict.BOT_WALL,
    "_consent_wall": Verdict.CONSENT_WALL,
    "_soft_404": Verdict.SOFT_404,
    "_discussion": Verdict.DISCUSSION,
    "_live_blog": Verdict.LIVE_BLOG,
    "_listing": Verdict.LISTING,
    "_teaser": Verdict.TEASER,
}


def _hits(pattern: re.Pattern[str], text: str) -> list[str]:
    return list(dict.fromkeys(m.group(0).strip() for m in pattern.finditer(text.lower())))


def _page_text(sight: Sight) -> str:
    return "\n".join(block.text for block in sight.blocks)


def _bot_wall(sight: Sight) -> list[str]:
    page = _page_text(sight)
    if len(page) > 3000 or len(sight.text) > SHORT_CHARS:
        return []
    found = _hits(wording.BOT, f"{sight.title}\n{page}")
    if len(found) >= 2 or (found and len(page) < 800):
        return [f"says “{word[:60]}”" for word in found[:3]]
    return []


def _consent_wall(sight: Sight) -> list[str]:
    if len(sight.text) > 2500:
        return []
    found = _hits(wording.CONSENT, f"{sight.title}\n{sight.text}")
    share = _share(wording.CONSENT, sight.lines)
    if len(found) >= 2 and share > 0.3:
        return [f"says “{word[:60]}”" for word in found[:3]]
    return []


def _share(pattern: re.Pattern[str], lines: Sequence[Line]) -> float:
    total = sum(len(line.text) for line in lines) or 1
    return sum(len(line.text) for line in lines if pattern.search(line.text.lower())) / total


def _soft_404(sight: Sight) -> list[str]:
    title = f"{sight.title}\n{sight.claims.title or ''}"
    in_title = _hits(wording.NOT_FOUND, title)
    start = sight.text[:400]
    in_text = _hits(wording.NOT_FOUND, start)
    if in_title and (in_text or len(sight.text) < 1000):
        return [f"the title says “{in_title[0][:60]}”"]
    if in_text and len(sight.text) < 600:
        return [f"says “{in_text[0][:60]}”"]
    return []


def _discussion(sight: Sight) -> list[str]:
    if sight.kind == "discussion":
        return ["the feed is a forum"]
    kinds = [t for node in sight.claims.nodes[:40] for t in types_of(node) & THREAD_TYPES]
    return [f"JSON-LD says {kinds[0]}"] if kinds else []


_CLOCK = re.compile(r"^\W*(?:[01]?\d|2[0-3])[:.h][0-5]\d\b")


def _live_blog(sight: Sight) -> list[str]:
    reasons = []
    for node in sight.claims.nodes[:60]:
        if "liveblogposting" in types_of(node):
            reasons.append("JSON-LD says LiveBlogPosting")
            break
    stamps = sum(1 for block in sight.blocks if len(block.text) < 40 and _CLOCK.match(block.text))
    named = wording.LIVE.search(f"{sight.title} {sight.claims.title or ''}".lower())
    if named and stamps >= 3:
        reasons.append(f"the title says “{named.group(0)}” and {stamps} entries carry a time")
    return reasons


def _listing(sight: Sight) -> list[str]:
    path = urlsplit(sight.url).path.strip("/")
    if not path and len(sight.text) < 3000:
        return ["the URL is a home page"]
    if len(sight.text) > 2500:
        return []
    long_links = sum(
        1
        for b in sight.blocks
        if b.anchors and b.links > 0.7 * len(b.text) and 25 <= len(b.text) <= 250
    )
    kinds = [t for node in sight.claims.nodes[:10] for t in types_of(node) & LIST_TYPES]
    declared = sight.claims.article is not None
    paragraphs = [line for line in sight.lines if len(line.text) > 200]
    if long_links >= 12 and not declared and len(paragraphs) <= 2:
        return [f"{long_links} headlines that are links", *(f"JSON-LD says {k}" for k in kinds[:1])]
    return []


def _teaser(sight: Sight) -> list[str]:
    if len(sight.text) > 4000:
        return []
    page = _page_text(sight)
    found = _hits(wording.PAYWALL, page)
    node = sight.claims.article
    free = str((node or {}).get("isAccessibleForFree")).lower()
    short = len(sight.text) < SHORT_CHARS
    reasons = [f"says “{word[:60]}”" for word in found[:2]]
    if found and short:
        return reasons
    if free == "false" and short:
        return ["JSON-LD says it is not free", f"only {len(sight.text)} characters of text"]
    return []


def is_article_like(value: Any) -> bool:
    """Say whether a verdict's text may be matched against topics."""
    return value in (Verdict.ARTICLE, Verdict.LIVE_BLOG, Verdict.DISCUSSION, Verdict.TEASER)
