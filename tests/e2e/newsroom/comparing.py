"""Compare a store with the golden table of the sample newsroom, in words that a person reads."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import duckdb

from pipelines.newsroom.golden import Expected, expected_feeds, expected_pages

NO_ARTICLE = {
    *("not_found", "http_error", "too_many_redirects", "robots_disallowed", "empty"),
    *("listing", "duplicate_url"),
}
"""Verdicts of entries whose page gave no text of its own: only the verdict is compared."""

CLUTTER = {"related", "footer"}
"""Zones that may hold what other stories are about; they never make a mention."""

LONGEST = 400
"""Characters of the newsroom's longest paragraph, about."""

Row = dict[str, Any]


def page_differences(db: duckdb.DuckDBPyConnection, edition: date, tick: int = 0) -> list[str]:
    """Return what is wrong with feeds, verdicts, addresses, texts, dates, languages, revisions."""
    pages, articles = expected_pages(edition, tick), _articles(db)
    found = [
        *_feed_differences(db),
        *_entry_differences(pages, _rows(db, "SELECT url, verdict FROM entries")),
        *_unexpected_articles(pages, articles),
    ]
    for page in pages.values():
        article = articles.get(page.canonical_url)
        if page.verdict == "listing" and article is not None:
            found.append(f"{page.url}: a list page became an article")
        if page.verdict in NO_ARTICLE:
            continue
        if article is None:
            found.append(f"{page.url}: no article {page.canonical_url}")
            continue
        found += [f"{page.url}: {said}" for said in _article_differences(page, article)]
        found += _revision_differences(db, page, article)
    return found


def topic_differences(db: duckdb.DuckDBPyConnection, edition: date, tick: int = 0) -> list[str]:
    """Return the mentions that are missing and those that should not be."""
    mentions = defaultdict(set)
    for row in _rows(
        db, "SELECT canonical_url, topic FROM mention_rows JOIN article_rows USING (article_id)"
    ):
        mentions[row["canonical_url"]].add(row["topic"])
    found = []
    for page in expected_pages(edition, tick).values():
        got = mentions[page.canonical_url] if page.verdict != "duplicate_url" else page.topics
        found += [f"{page.url}: not on {topic}" for topic in sorted(page.topics - got)]
        found += [f"{page.url}: wrongly on {topic}" for topic in sorted(got - page.topics)]
    return found


def story_differences(db: duckdb.DuckDBPyConnection, edition: date, tick: int = 0) -> list[str]:
    """Return stories that are torn or hold several events, and copies that are none or missed."""
    return list(_story_differences(db, expected_pages(edition, tick), _articles(db)))


def _articles(db: duckdb.DuckDBPyConnection) -> dict[str, Row]:
    sql = (
        "SELECT a.*, t.text, t.zones FROM article_rows a "
        "LEFT JOIN article_texts t USING (article_id, revision)"
    )
    return {row["canonical_url"]: row for row in _rows(db, sql)}


def _rows(db: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    cursor = db.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _feed_differences(db: duckdb.DuckDBPyConnection) -> Iterator[str]:
    broken = expected_feeds()
    for row in _rows(db, "SELECT url, verdict FROM feed_cursors"):
        expected = broken.get(row["url"], "feed_ok")
        allowed = {expected, "unchanged"} if expected == "feed_ok" else {expected}
        if row["verdict"] not in allowed:
            yield f"{row['url']}: the feed ended as {row['verdict']}, not {expected}"


def _entry_differences(pages: Mapping[str, Expected], entries: list[Row]) -> Iterator[str]:
    seen = {}
    for row in entries:
        parts = urlsplit(row["url"] or "")
        seen[f"http://{parts.netloc}{parts.path}"] = row["verdict"]
    for url in sorted(seen.keys() - pages.keys()):
        yield f"{url}: an entry that the golden table does not know"
    for url, page in pages.items():
        twin = next((p for p in pages.values() if p is not page and _twins(p, page)), None)
        expected = {page.verdict} if twin is None else {page.verdict, twin.verdict}
        if seen.get(url) not in expected:
            yield f"{url}: verdict {seen.get(url)}, not {page.verdict}"
        elif twin and seen.get(url) == seen.get(twin.url):
            yield f"{url}: verdict {seen.get(url)}, as its twin"


def _twins(one: Expected, other: Expected) -> bool:
    """Say whether two addresses are one article: either of them may be the one that is fetched."""
    return one.canonical_url == other.canonical_url


def _unexpected_articles(
    pages: Mapping[str, Expected], articles: Mapping[str, Row]
) -> Iterator[str]:
    known = {page.canonical_url for page in pages.values()}
    for url in sorted(articles.keys() - known):
        yield f"{url}: an article at an address that the golden table does not know"


def _article_differences(page: Expected, article: Row) -> Iterator[str]:
    text = " ".join(_own_text(article).split())
    published = article["published"]
    checks: list[tuple[str, Any, Any]] = [
        ("title", article["title"], page.title),
        ("outlet", article["outlet"], page.outlet),
        ("language", article["language"], page.language),
        ("published", published.date() if published else None, page.published),
        ("revision", article["revision"], page.revision),
    ]
    if page.verdict != "too_short":  # whether a caption is a whole text is nobody's concern
        checks.append(("partial", article["partial"], page.partial))
    for name, got, expected in checks:
        if got != expected:
            yield f"{name} is {got!r}, not {expected!r}"
    longest = max(_own_text(article).split("\n"), key=len)
    if len(longest) > LONGEST:
        yield f"paragraphs run together: {len(longest)} characters from {longest[:60]!r}"
    if page.phrase not in text:
        yield f"the text lacks {page.phrase!r}: {text[:80]!r}"
    for words in page.without:
        if words in text:
            yield f"the text has {words!r}"
    if page.once and text.count(page.once) != 1:
        yield f"the text has {page.once!r} {text.count(page.once)} times, not once"


def _revision_differences(
    db: duckdb.DuckDBPyConnection, page: Expected, article: Row
) -> Iterator[str]:
    sql = f"SELECT kind FROM revision_rows WHERE article_id = '{article['article_id']}'"
    kinds = [row["kind"] for row in _rows(db, f"{sql} ORDER BY revision")]
    expected = ["edit"] * (page.revision - 1)
    if page.correction:
        expected[-1] = "correction"
    if kinds != expected:
        yield f"{page.url}: its revisions are {kinds}, not {expected}"


def _own_text(article: Row) -> str:
    """Return the text without the zones that are about other things."""
    text = article["text"] or ""
    zones = json.loads(article["zones"] or "[]")
    return "\n".join(text[start:end] for kind, start, end in zones if kind not in CLUTTER)


def _story_differences(
    db: duckdb.DuckDBPyConnection, pages: Mapping[str, Expected], articles: Mapping[str, Row]
) -> Iterator[str]:
    grouped = {row["article_id"]: row for row in _rows(db, "SELECT * FROM story_articles")}
    urls = {row["article_id"]: url for url, row in articles.items()}
    by_label: dict[tuple[str, str], set[str]] = defaultdict(set)
    members: dict[str, set[str]] = defaultdict(set)
    for page in pages.values():
        article = articles.get(page.canonical_url)
        row = grouped.get(article["article_id"]) if article else None
        if row is None or page.verdict == "duplicate_url":
            continue
        label = page.story or page.near or page.canonical_url
        members[row["story_id"]].add(label)
        if page.story:
            by_label[page.story, page.language].add(row["story_id"])
        copy_of = urls.get(row["copy_of"]) if row["copy_of"] else None
        if copy_of != page.copy_of:
            yield f"{page.url}: copy of {copy_of}, not of {page.copy_of}"
    for (label, _), stories in by_label.items():
        if len(stories) > 1:
            parts = _who(pages, grouped, articles, label)
            yield f"story {label}: torn into {len(stories)} stories: {parts}"
    for labels in members.values():
        if len(labels) > 1:
            yield f"one story of several events: {', '.join(sorted(labels))}"


def _who(
    pages: Mapping[str, Expected],
    grouped: Mapping[str, Row],
    articles: Mapping[str, Row],
    label: str,
) -> str:
    stories: dict[str, list[str]] = defaultdict(list)
    for page in pages.values():
        article = articles.get(page.canonical_url)
        if page.story == label and article and article["article_id"] in grouped:
            stories[grouped[article["article_id"]]["story_id"]].append(page.outlet)
    return " | ".join(", ".join(outlets) for outlets in stories.values())
