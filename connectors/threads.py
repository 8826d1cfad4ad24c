"""Read discussions through their feeds: Hacker News, Lemmy, Reddit and the like.

Two forms::

    a list of threads   each item is one discussion, with a link to what is discussed
    one thread          each item is a comment: all of them together are one discussion

In a thread whole comments are quoted, reposted and crossposted; repeated paragraphs are counted
once, so that nobody becomes important by being quoted.

Source: https://hnrss.github.io/ (item feeds: thread, list), https://join-lemmy.org/docs/ (community
feeds), https://www.reddit.com/wiki/rss/ (``.rss`` of a subreddit or of a thread)
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from connectors.feeds import ParsedFeed, parse_feed
from connectors.parsing.plain import plain_text
from newsbeam.records import Entry, record_id
from newsbeam.urls import outlet_of

MIN_PARAGRAPH_CHARS = 30
"""Shorter paragraphs (``Yes.``, ``This.``) may well be said by two people."""

MAX_THREAD_CHARS = 1_000_000

_LAST = datetime.max.replace(tzinfo=UTC)

_COMMENT_LINK = re.compile(
    r"news\.ycombinator\.com/item\?id=\d+#\d+|/comment/\d+|/comments/\w+/[^/]*/\w+|"
    r"/c/\w+$|#comment",
    re.IGNORECASE,
)
_COMMENT_TITLE = re.compile(r"^(?:new comment by|re:|/u/\S+ on|\S+ on )", re.IGNORECASE)
_THREAD_FEED = re.compile(
    r"hnrss\.org/item|/comments/\w+/[^?]*\.rss|/feeds/(?:inbox|post)|thread", re.I
)
_BREAK = re.compile(r"</?(?:p|div|br|li|blockquote|pre|h[1-6])\b[^<>]*>", re.IGNORECASE)
_FOOT = re.compile(
    r"^(?:submitted by\b|\[link\]|\[comments\]|comments url:|article url:|points: \d|"
    r"# comments: \d)",
    re.IGNORECASE,
)


def parse_threads(
    url: str, body: bytes, *, content_type: str | None = None, now: datetime
) -> ParsedFeed:
    """Read a feed of discussions; its entries have ``kind="discussion"``.

    Raises:
        ParseError: it is no feed.
    """
    parsed = parse_feed(url, body, content_type=content_type, now=now, keep_html=True)
    if parsed.entries and is_one_thread(url, parsed.entries):
        return replace(parsed, entries=(merge_thread(url, parsed, parsed.entries),))
    entries = tuple(_discussion(url, entry) for entry in parsed.entries)
    return replace(parsed, entries=entries)


def is_one_thread(url: str, entries: Sequence[Entry]) -> bool:
    """Say whether the items are the comments of one thread, not a list of threads."""
    if _THREAD_FEED.search(url):
        return True
    comments = sum(
        bool(_COMMENT_LINK.search(e.url or "") or _COMMENT_TITLE.match(e.title or ""))
        for e in entries
    )
    threads = {_thread_of(e.url) for e in entries}
    return comments * 2 > len(entries) > 1 and len(threads) == 1


def merge_thread(url: str, parsed: ParsedFeed, comments: Sequence[Entry]) -> Entry:
    """Make one discussion of all comments, oldest first; repeated paragraphs stand once."""
    ordered = sorted(comments, key=lambda e: e.published or e.updated or _LAST)
    seen: set[str] = set()
    paragraphs: list[str] = []
    authors: dict[str, None] = {}
    for comment in ordered:
        said = unrepeated(comment.content or comment.summary or "", seen)
        if said:
            authors.update(dict.fromkeys(comment.authors))
            paragraphs += said
    text = "\n".join(f"<p>{_escape(p)}</p>" for p in paragraphs)[:MAX_THREAD_CHARS]
    dates = [e.published for e in comments if e.published]
    link = parsed.home or comments[0].url
    return Entry(
        id=record_id("entry", url, "thread"),
        feed_url=url,
        guid=url,
        url=link,
        outlet=outlet_of(link or url),
        title=parsed.title or comments[0].title,
        summary=paragraphs[0][:1000] if paragraphs else None,
        content=text or None,
        published=min(dates, default=None),
        updated=max(dates, default=None),
        authors=tuple(authors)[:50],
        language=comments[0].language,
        kind="discussion",
    )


def unrepeated(fragment: str, seen: set[str]) -> list[str]:
    """Return the paragraphs of a comment that nobody has said before; ``seen`` grows."""
    fresh = []
    for piece in _BREAK.split(fragment):
        text = (plain_text(piece) or "").lstrip("> ")
        if not text or _FOOT.match(text):
            continue
        key = " ".join(text.casefold().split())
        if len(key) >= MIN_PARAGRAPH_CHARS:
            if key in seen:
                continue
            seen.add(key)
        fresh.append(text)
    return fresh


def _discussion(url: str, entry: Entry) -> Entry:
    seen: set[str] = set()
    said = unrepeated(entry.content or entry.summary or "", seen)
    text = "\n".join(f"<p>{_escape(p)}</p>" for p in said)
    return replace(
        entry,
        kind="discussion",
        content=text or None,
        summary=said[0][:1000] if said else None,
        outlet=outlet_of(url) if entry.outlet is None else entry.outlet,
    )


def _thread_of(url: str | None) -> str:
    parts = urlsplit(url or "")
    query = parts.query if "id=" in parts.query else ""
    path = re.sub(r"(/comments/\w+/[^/]*)/.*", r"\1", parts.path)
    return f"{parts.netloc}{re.sub(r'/comment/.*', '', path)}?{query}"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
