"""What a page is: an article, or why not.

Every page gets one verdict with reasons.  The order: walls of robots and of consent, errors,
threads, live blogs, lists, teasers; what is left is an article, or too short.  No single word or
tag decides alone: each is outweighed by the evidence of a real article.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from newsbeam.articles import signals, wording
from newsbeam.articles.dom.claims import types_of
from newsbeam.articles.signals import Sight
from newsbeam.records import Verdict

MIN_CHARS = 250
"""Shorter texts are no articles: a caption, a slogan, a line of a wall."""
TEASER_CHARS = 2500
"""Texts from this length are not what a paywall leaves."""
PROSE_CHARS = 400
"""Characters about something else that outweigh a single phrase of a wall."""
NOTHING_CHARS = 600
"""Pages that say that there is nothing say less than this."""
QUOTES = ("“", "„", "«", "« ", "«\u00a0", "»", "‘", "‚", '"')
"""What opens a quotation, in one language or another."""
_QUOTED = re.compile('[“„«"‘‚][^“”„«»"‘’‚]{1,200}[”“»"’]')
BUTTON_CHARS = 40
"""Longer blocks are no buttons."""
WALL_CHARS = 2500
"""Walls say less than this."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and its reasons."""

    verdict: Verdict
    reasons: tuple[str, ...]


def judge(sight: Sight) -> Judgement:
    """Return the verdict on a page that is text."""
    for verdict, look in _LOOKS:
        if reasons := look(sight):
            return Judgement(verdict, tuple(reasons))
    said = f"{len(sight.text)} characters of text"
    short = min(sight.weight, sight.own) < MIN_CHARS
    return Judgement(Verdict.TOO_SHORT if short else Verdict.ARTICLE, (said,))


def hits(pattern: re.Pattern[str], text: str) -> list[str]:
    """Return the distinct phrases of a kind in a lower-case text, but for those in quotes.

    Walls do not quote themselves; articles about walls quote them.
    """
    found = (
        m
        for m in pattern.finditer(text)
        if not text[max(0, m.start() - 2) : m.start()].endswith(QUOTES)
    )
    return list(dict.fromkeys(m.group(0).strip() for m in found))


def _said(words: Sequence[str]) -> list[str]:
    return [f"says “{word[:60]}”" for word in words[:3]]


def _bot_wall(s: Sight) -> list[str]:
    if len(s.page) > WALL_CHARS or s.weight > 1500:
        return []
    said = [s.titles, s.page, s.text[:WALL_CHARS].lower(), " ".join(s.buttons).lower()]
    found = hits(wording.BOT, "\n".join(said))
    mark = signals.BOT_MARKS.search(s.raw) if len(s.page) < 1200 else None
    other = PROSE_CHARS if len(found) == 1 else PROSE_CHARS / 3
    if found and not mark and s.paragraphs >= 2 and _other_talk(s, wording.BOT) >= other:
        return []  # an article may well ask “Are you a robot?”
    score = len(found) + 2 * bool(mark) + (s.status in (401, 403, 429, 503))
    if (score >= 2 and (found or s.weight < 100)) or (found and len(s.page) < 800):
        return _said(found) or [
            f"the page is made by a bot filter ({mark.group(0)})" if mark else ""
        ]
    return []


def _consent_wall(s: Sight) -> list[str]:
    if s.weight > WALL_CHARS or _other_talk(s, wording.CONSENT) >= MIN_CHARS:
        return []
    blocks = [
        b.text.lower() for b in s.blocks if not b.parts & {"nav", "footer"} or "footer" in b.parts
    ]
    buttons = " | ".join(s.buttons).lower()
    found = hits(wording.CONSENT, "\n".join([s.titles, *blocks, buttons]))
    if len(found) < 2 or signals.article_evidence(s) > 4:
        return []
    pressed = [*s.buttons, *(b.text for b in s.blocks if len(b.text) <= BUTTON_CHARS)]
    if s.paragraphs >= 3 and not wording.CONSENT.search("\n".join(pressed).lower()):
        return []  # nothing to agree to: a text about consent
    talk = sum(len(b) for b in blocks if wording.CONSENT.search(b)) / (sum(map(len, blocks)) or 1)
    return _said(found) if talk > 0.25 else []


def _other_talk(s: Sight, kind: re.Pattern[str]) -> float:
    """Weigh the lines without phrases of a kind, as far as it takes to know that they matter."""
    total = 0.0
    for line in s.lines:
        if not kind.search(line.text.lower()):
            total += signals.weight(line.text)
            if total >= PROSE_CHARS:
                break
    return total


def _soft_404(s: Sight) -> list[str]:
    in_title = hits(wording.NOT_FOUND, s.titles)
    if s.status in (404, 410):
        return [f"the server says {s.status}"]
    brief = s.weight < NOTHING_CHARS
    in_text = hits(wording.NOT_FOUND, s.text[:400].lower() or s.page[:600]) if brief else []
    if not in_title and not in_text:
        return []
    evidence = signals.article_evidence(s)
    if in_title and evidence < 3:
        return [f"the title says “{in_title[0][:60]}”"]
    if in_text and evidence < 2.5:
        return [f"says “{in_text[0][:60]}”"]
    return []


def _discussion(s: Sight) -> list[str]:
    if s.kind == "discussion":
        return ["the feed is a forum"]
    score, why = signals.forum_evidence(s)
    return why if score >= 2.5 else []


def _live_blog(s: Sight) -> list[str]:
    why = []
    score = 0.0
    if any("liveblogposting" in types_of(node) for node in s.claims.nodes[:80]):
        score += 2
        why.append("JSON-LD says LiveBlogPosting")
    if named := wording.LIVE.search(f"{s.titles}\n{s.url.lower().replace('-', ' ')}"):
        score += 1
        why.append(f"it calls itself “{named.group(0).strip()}”")
    if score > 0 and s.stamps >= 4:  # the times alone prove nothing
        score += 1
        why.append(f"{s.stamps} entries carry a time")
    return why if score >= 2 else []


def _listing(s: Sight) -> list[str]:
    if s.weight > 6000 and not signals.is_list_url(s.url):
        return []
    score, why = signals.list_evidence(s)
    evidence = signals.article_evidence(s)
    return why if score >= 1.5 and score > evidence else []


def _teaser(s: Sight) -> list[str]:
    if s.weight > TEASER_CHARS or signals.is_list_url(s.url):
        return []
    offers = s.offers
    strong = hits(wording.PAYWALL, offers) or _offers(offers)
    weak = hits(wording.SIGN_IN, f"{offers}\n{' '.join(s.buttons).lower()}")
    gate = any("gate" in b.parts for b in s.blocks)
    closed = any(str(n.get("isAccessibleForFree")).lower() == "false" for n in s.claims.nodes[:60])
    words = len(s.text.split())
    why = _said(strong)
    score = 2.0 * bool(strong) + 0.5 * min(2, len(weak))
    for reason, points, is_so in (
        ("an element is named like a paywall", 1.0, gate),
        ("JSON-LD says it is not free", 1.0, closed),
        ("the text breaks off", 1.0, s.is_cut),
        ("the page counts more words", 1.0, s.declared_words > 1.8 * words + 30),
        (f"only {len(s.text)} characters of text", 0.5, s.weight < 900),
        ("no more than the feed's summary", 0.5, _is_summary(s)),
    ):
        if is_so:
            score += points
            why.append(reason)
    needed = 2.5 if s.weight < 1200 else 4.0  # a longer text may well be all there is
    return why if score >= needed and (strong or gate or closed or weak) else []


def _offers(lines: str) -> list[str]:
    """Return what asks for something of those who want to read on, in no phrase that is known."""
    found = []
    for line in lines.split("\n"):
        said = _QUOTED.sub(" ", line)
        if wording.READ_ON.search(said) and wording.OFFER.search(said):
            found.append(line)
    return found


def _is_summary(s: Sight) -> bool:
    return bool(s.feed_text) and len(s.text) <= 1.3 * len(s.feed_text) + 40


_LOOKS: tuple[tuple[Verdict, Callable[[Sight], list[str]]], ...] = (
    (Verdict.BOT_WALL, _bot_wall),
    (Verdict.CONSENT_WALL, _consent_wall),
    (Verdict.SOFT_404, _soft_404),
    (Verdict.DISCUSSION, _discussion),
    (Verdict.LIVE_BLOG, _live_blog),
    (Verdict.TEASER, _teaser),
    (Verdict.LISTING, _listing),
)
