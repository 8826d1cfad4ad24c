from datetime import UTC, datetime

import pytest

from newsbeam.articles.passages import passages
from newsbeam.articles.read import read_entry, read_page, read_text
from newsbeam.records import Article, Entry, Page, Verdict, ZoneKind, record_id

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
URL = "https://www.harbour-post.example/2026/03/01/ferry-line-returns"
PARAGRAPH = (
    "The ferry line between Northhaven and the islands starts again in May, the harbour office "
    "said on Sunday, after a winter in which storms tore away two of its four piers. "
)


def entry(**changes: object) -> Entry:
    values = {"id": "e", "feed_url": "https://harbour-post.example/feed", "guid": "g", "url": URL}
    return Entry(**{**values, **changes})  # type: ignore[arg-type]


def html(body: str, head: str = "") -> bytes:
    title = "<title>Ferry line returns | Harbour Post</title>"
    return f"<html lang='en'><head>{title}{head}</head><body>{body}</body></html>".encode()


ARTICLE = html(
    "<nav><a href='/'>Home</a></nav><article><h1>Ferry line returns</h1>"
    f"<p class='byline'>By Ada Moreno</p><p>{PARAGRAPH}</p>"
    f"<p>{PARAGRAPH.replace('May', 'June')}</p>"
    "<blockquote><p>We have missed the morning boat, said the baker.</p></blockquote>"
    f"<p>{PARAGRAPH.replace('Sunday', 'Monday')}</p></article><footer>© Harbour Post</footer>",
    "<meta property='og:site_name' content='Harbour Post'>"
    "<meta property='article:published_time' content='2026-03-01T08:15:00+01:00'>",
)


def read(body: bytes, **changes: object) -> Article:
    return read_page(Page(entry(**changes), URL, body, NOW), now=NOW)


def test_a_page_becomes_an_article_with_title_date_author_and_zones() -> None:
    article = read(ARTICLE)
    assert article.verdict == Verdict.ARTICLE
    assert article.title == "Ferry line returns"
    assert article.authors == ("Ada Moreno",)
    assert article.published == datetime(2026, 3, 1, 7, 15, tzinfo=UTC)
    assert article.id == record_id("article", article.canonical_url)
    assert article.outlet == "harbour-post.example"
    assert article.language == "en"
    kinds = [zone.kind for zone in article.zones]
    assert kinds[0] is ZoneKind.LEAD
    assert ZoneKind.QUOTE in kinds


def test_zones_are_offsets_into_the_text() -> None:
    article = read(ARTICLE)
    assert "\n".join(article.text[z.start : z.end] for z in article.zones) == article.text


def test_an_image_is_not_text() -> None:
    assert read(b"\x89PNG\r\n\x1a\n" + bytes(range(256))).verdict == Verdict.NOT_TEXT


@pytest.mark.parametrize("body", [b"", b"   ", b"<html></html>", b"<", b"\xff\xfe", b"<!-- -->"])
def test_next_to_nothing_is_judged_or_refused_but_never_crashes(body: bytes) -> None:
    assert read(body).verdict in (Verdict.TOO_SHORT, Verdict.NOT_TEXT)


def test_an_entry_without_its_page_is_read_from_the_feed() -> None:
    article = read_entry(entry(title="Ferry", summary=PARAGRAPH), now=NOW)
    assert (article.source, article.partial, article.text) == ("feed", True, PARAGRAPH.strip())
    assert article.id == record_id("article", article.canonical_url)


def test_plain_text_marks_boxes_and_keeps_the_rest() -> None:
    body = f"{PARAGRAPH}\n{PARAGRAPH.replace('May', 'June')}"
    text = f"{body}\nRelated News\nAn island sells its only lighthouse"
    article = read_text(entry(title="Ferry"), text, now=NOW)
    related = [z for z in article.zones if z.kind is ZoneKind.RELATED]
    assert [article.text[z.start : z.end] for z in related] == [
        "Related News",
        "An island sells its only lighthouse",
    ]
    assert not any("lighthouse" in passage.text for passage in passages(article))


def test_comments_repeated_in_a_thread_count_once() -> None:
    comments = [f"I think comment number {n} of this thread is {PARAGRAPH}" for n in range(4)]
    article = read_text(entry(title="Ferry"), "\n".join([PARAGRAPH, *comments, *comments]), now=NOW)
    assert article.verdict == Verdict.DISCUSSION
    assert all(article.text.count(comment.strip()) == 1 for comment in comments)


def test_passages_are_short_and_lie_where_they_say() -> None:
    long = "<p>" + PARAGRAPH * 30 + "</p>"
    article = read(html(f"<article><h1>Ferry line returns</h1>{long}<p>{PARAGRAPH}</p></article>"))
    found = passages(article)
    assert found[0].zone is ZoneKind.TITLE
    assert all(len(p.text) <= 1200 for p in found)
    assert all(article.text[p.start : p.end] == p.text for p in found[1:])
    assert sum(len(p.text) for p in found[1:]) > 0.95 * len(article.text)
