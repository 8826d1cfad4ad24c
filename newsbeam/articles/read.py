"""Pages to articles: ``read_page``, ``read_entry``, ``read_text``.

Pure: no network, no clock (``now`` is given).  The verdict is part of the article; only what cannot
be read at all raises.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from newsbeam.articles import zones as zoning
from newsbeam.articles.dom import blocks as dom_blocks
from newsbeam.articles.dom import body, decode
from newsbeam.articles.dom.claims import Claims, read_claims, tidy
from newsbeam.articles.dom.refine import failed, kind_of, little, missed, refine
from newsbeam.articles.dom.state import paragraphs_of_state
from newsbeam.articles.facts import dates, language, people, titles
from newsbeam.articles.plain import headline_of, read_plain
from newsbeam.articles.signals import Sight, is_list_url, weight
from newsbeam.articles.threads import thread_lines
from newsbeam.articles.verdicts import Judgement, judge
from newsbeam.errors import ExtractError
from newsbeam.records import Article, Entry, Page, Verdict, Zone, ZoneKind, record_id
from newsbeam.urls import canonical_url, outlet_of, trusted_canonical

_MARKUP = re.compile(r"<(?:p|br|div|a|ul|ol|h\d|img|span|strong|em|blockquote|figure)\b", re.I)
_WALLS = (Verdict.BOT_WALL, Verdict.CONSENT_WALL, Verdict.SOFT_404)
THIN = 250
"""Characters below which the text may be in the page's scripts."""
FEED_FULL = 600
"""Characters from which a feed's content is a text of its own, not a teaser."""


def read_page(page: Page, *, now: datetime) -> Article:
    """Read one fetched page into an article with a verdict.

    Args:
        page: what the URL answered, undecoded.
        now: the present; no article was published later.

    Raises:
        ExtractError: the page could not be read at all.
    """
    seen = min(page.fetched, now)
    if reason := decode.why_not_text(page.body, page.content_type):
        return _bare(page.entry, page.url, page.fetched, Verdict.NOT_TEXT, reason)
    text, source = decode.decode_both(page.body, page.charset)
    empty = not text or text.isspace()  # as strip() would tell, without a copy of the page
    if (
        not empty
        and decode.has_no_markup(text)
        and not decode.is_plain(page.body, page.content_type)
    ):
        text = decode.marked_up(text)
        source = decode.encode(text)
    if empty:
        return _bare(page.entry, page.url, page.fetched, Verdict.TOO_SHORT, "the page is empty")
    if decode.is_plain(page.body, page.content_type):
        # a text file of an archive has no link: its page's URN stands for it
        entry = replace(page.entry, url=page.entry.url or page.url)
        return read_text(entry, text, now=now)
    try:
        try:
            article = _read_html(page, text, source, seen)
        except ValueError:  # lxml reads characters and names of tags that it then refuses to write
            clean = decode.cleaned(text)
            if clean == text:
                raise
            return _read_html(page, clean, decode.encode(clean), seen)
        if decode.is_clean("".join((article.title or "", article.text, *article.authors))):
            return article
        clean = decode.cleaned(text)
        return _read_html(page, clean, decode.encode(clean), seen)
    except (RecursionError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        message = f"{type(error).__name__} while reading: {error}"
        raise ExtractError(page.url, message[:300]) from error


def _read_html(page: Page, text: str, source: bytes, seen: datetime) -> Article:
    entry, url = page.entry, page.url
    tree = decode.parse(source, url)
    claims = read_claims(tree)
    body.strip_silent(tree)
    buttons: list[str] = []
    idle = dom_blocks.Idle()
    blocks = dom_blocks.read_blocks(tree, buttons, idle)
    outlet, site = outlet_of(url), titles.find_site_name(claims)
    title = titles.find_title(tree, claims, entry.title, site, outlet)
    declared = claims.language or entry.language
    when = dates.find_dates(
        tree,
        claims,
        url,
        fetched=seen,
        feed=entry.published,
        language=declared,
        blocks=blocks,
        title=title,
        raw=text,
        source=source,
    )
    authors = people.find_authors(tree, claims, entry.authors, site, outlet, blocks)
    lines = zoning.drop_title(main_lines(tree, blocks, idle, claims, url, source), title)
    if weight("\n".join(line.text for line in lines)) < THIN and not is_list_url(url):
        names = (title, entry.title, claims.title, claims.first("og:title"))
        told = paragraphs_of_state(text, names)
        lines = [body.Line(ZoneKind.BODY, t) for t in told] or lines
    shown = _judged(page, text, blocks, buttons, claims, title, lines)
    if shown.found.verdict in _WALLS:
        title = entry.title or title  # what such a page calls itself is not the article's headline
    full, spans = zoning.assemble(shown.lines)
    canonical = trusted_canonical(url, titles.find_canonical(claims, url))
    return Article(
        id=record_id("article", canonical),
        url=url,
        canonical_url=canonical,
        outlet=outlet,
        title=title,
        text=full,
        fetched=page.fetched,
        verdict=shown.found.verdict,
        reasons=shown.found.reasons,
        zones=spans,
        published=when.published,
        published_confidence=when.confidence,
        modified=when.modified,
        authors=authors,
        language=language.find_language(full, declared),
        site_name=site,
        image=titles.find_image(claims, url),
        section=titles.find_section(claims),
        keywords=titles.find_keywords(claims),
        partial=shown.partial,
        entry_id=entry.id,
        feed_url=entry.feed_url,
        feed_tags=entry.tags,
        source=shown.source,
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    """The verdict, and the lines that stand for the page after it."""

    found: Judgement
    lines: list[body.Line]
    source: str = "page"
    partial: bool = False


def _judged(
    page: Page,
    raw: str,
    blocks: list[dom_blocks.Block],
    buttons: list[str],
    claims: Claims,
    title: str | None,
    lines: list[body.Line],
) -> _Shown:
    """Judge the page; take its posts for a thread's text, and the feed's text for a wall's."""
    entry = page.entry
    text = "\n".join(line.text for line in lines)
    from_feed = feed_lines(entry)
    feed_text = "\n".join(line.text for line in from_feed)
    found = judge(
        Sight(
            url=page.url,
            status=page.status,
            title=title or "",
            text=text,
            lines=lines,
            blocks=blocks,
            claims=claims,
            raw=raw,
            buttons=buttons,
            feed_text=feed_text,
            kind=entry.kind,
        )
    )
    if found.verdict is Verdict.DISCUSSION:
        posts = thread_lines(blocks, lines, title)
        return _Shown(found, zoning.mark_lead(zoning.mark_boxes(posts)))
    if _feed_serves(found, text, feed_text):
        partial = len(feed_text) < FEED_FULL
        return _Shown(found, zoning.mark_lead(from_feed), "feed", partial)
    marked = zoning.mark_lead(zoning.mark_boxes(lines))
    return _Shown(found, marked, partial=found.verdict is Verdict.TEASER)


def main_lines(
    tree: Any,
    blocks: list[dom_blocks.Block],
    idle: dom_blocks.Idle,
    claims: Claims,
    url: str,
    source: bytes,
) -> list[body.Line]:
    """Return the lines of a page: the engine's, with second opinions where it fails.

    The tree is used up; the blocks have been read by then.
    """
    body.strip_beside(tree)
    idle.strip()
    scrolled = any(dom_blocks.SCROLLED in b.parts for b in blocks)
    lines = body.engine_lines(tree, url, scrolled, idle.commented)
    if failed(lines) or little(lines, blocks) or missed(lines, blocks):
        second = body.second_lines(decode.parse(source, url), url)
        if sum(len(x.text) for x in second) >= min(sum(len(x.text) for x in lines), 250):
            lines = second
    return refine(lines, blocks, claims)


def _feed_serves(found: Judgement, text: str, feed_text: str) -> bool:
    """Say whether the feed's text is to stand for the page's."""
    if found.verdict is Verdict.ARTICLE:  # a page may show the beginning, and the rest in an app
        long = len(feed_text) >= max(FEED_FULL, 2 * len(text))
        return long and " ".join(text[:80].split()) in " ".join(feed_text.split())
    if found.verdict in (Verdict.LIVE_BLOG, Verdict.DISCUSSION, Verdict.LISTING):
        return False
    return len(feed_text) > (len(text) if found.verdict is Verdict.TEASER else 0)


def feed_lines(entry: Entry) -> list[body.Line]:
    """Return the lines of the feed's own text: its content, else its summary."""
    for raw in (entry.content, entry.summary):
        if raw and raw.strip():
            if _MARKUP.search(raw):
                tree = decode.parse_text(
                    f"<html><body><div>{raw}</div></body></html>", entry.url or ""
                )
                found = [
                    body.Line(kind_of(b.parts), b.text)
                    for b in dom_blocks.read_blocks(tree)
                    if "caption" not in b.parts
                ]
            else:
                found = [body.Line(ZoneKind.BODY, tidy(t)) for t in raw.split("\n") if t.strip()]
            if found:
                return zoning.mark_boxes(zoning.drop_repeats(found))
    return []


def read_entry(entry: Entry, *, now: datetime) -> Article:
    """Read the feed's own text of an entry whose page could not be had.

    Raises:
        ExtractError: the entry has no link, or the feed carries no text of it.
    """
    lines = zoning.mark_lead(feed_lines(entry))
    if not entry.url or not (lines or entry.title):
        raise ExtractError(entry.url or entry.feed_url, "the feed carries no text of it")
    text, spans = zoning.assemble(lines)
    full = len(text) >= FEED_FULL
    article = _from_text(entry, text, now, "feed")
    verdict = Verdict.ARTICLE if full else Verdict.TEASER
    reason = f"{len(text)} characters from the feed; its page could not be had"
    return _replace(article, spans, verdict, (reason,), not full)


def read_text(entry: Entry, text: str, *, now: datetime) -> Article:
    """Read a record that is plain text already (an archive, ``text/plain``).

    Raises:
        ExtractError: there is no text, or no URL.
    """
    if not entry.url:
        raise ExtractError(entry.feed_url, "the record has no URL")
    title = entry.title or headline_of(text)
    lines, judgement = read_plain(text, title, entry.kind)
    if title != entry.title:
        lines = zoning.drop_title(lines, title)
        entry = replace(entry, title=title)
    full, spans = zoning.assemble(zoning.mark_lead(lines))
    article = _from_text(entry, full, now, "archive")
    return _replace(article, spans, judgement.verdict, judgement.reasons, False)


def _replace(
    article: Article,
    spans: tuple[Zone, ...],
    verdict: str,
    reasons: tuple[str, ...],
    partial: bool,
) -> Article:
    return replace(article, zones=spans, verdict=verdict, reasons=reasons, partial=partial)


def _from_text(entry: Entry, text: str, now: datetime, source: str) -> Article:
    url = entry.url or entry.feed_url
    when = dates.find_dates(None, Claims(), url, fetched=now, feed=entry.published)
    canonical = canonical_url(url)
    return Article(
        id=record_id("article", canonical),
        url=url,
        canonical_url=canonical,
        outlet=entry.outlet or outlet_of(url),
        title=tidy(entry.title) if entry.title else None,
        text=text,
        fetched=now,
        published=when.published,
        published_confidence=when.confidence,
        authors=people.clean_names(list(entry.authors)),
        language=language.find_language(text, entry.language),
        entry_id=entry.id,
        feed_url=entry.feed_url,
        feed_tags=entry.tags,
        source=source,
    )


def _bare(entry: Entry, url: str, fetched: datetime, verdict: Verdict, reason: str) -> Article:
    canonical = canonical_url(url)
    return Article(
        id=record_id("article", canonical),
        url=url,
        canonical_url=canonical,
        outlet=outlet_of(url),
        title=entry.title,
        text="",
        fetched=fetched,
        verdict=verdict,
        reasons=(reason,),
        entry_id=entry.id,
        feed_url=entry.feed_url,
        feed_tags=entry.tags,
    )
