"""Titles, charsets and feed texts of awkward pages (all found by the sample newsroom)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from newsbeam.articles.dom.decode import decode
from newsbeam.articles.facts.titles import drop_suffix
from newsbeam.articles.read import read_page
from newsbeam.records import Article, Entry, Page, Verdict

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
PROSE = (
    "The ferry keeps its late crossing through the winter, the line said on the quay. "
    "Two hundred letters had asked for it, most of them from people who work at the hospital. "
)


def read(html: str, **of_entry: Any) -> Article:
    url = "https://herald.example/news/ferry-keeps-late-crossing"
    entry = Entry("e1", "https://herald.example/feed", url, url, **of_entry)
    return read_page(Page(entry, url, html.encode(), NOW), now=NOW)


@pytest.mark.parametrize(
    ("title", "outlet"),
    [("Ferry stays late | Bits & Bytes", "bits-and-bytes"), ("Ferry stays late - AT&T", "at&t")],
)
def test_an_ampersand_in_the_outlets_name_is_an_and(title: str, outlet: str) -> None:
    assert drop_suffix(title, [outlet]) == "Ferry stays late"


@pytest.mark.parametrize(
    ("language", "charset", "words"),
    [
        ("fr", "cp1252", "modèle, œuvre et rémunération à Genève"),
        ("de", "iso-8859-1", "Bürgermeister Jörg Söhnke, Straße"),
        ("pl", "iso-8859-2", "zażółć gęślą jaźń, sąd"),
        ("ru", "cp1251", "суд рассмотрит иск переводчиков"),
        ("ja", "cp932", "人工知能に関する法律"),
    ],
)
def test_a_page_without_charset_is_read_as_its_language_usually_is(
    language: str, charset: str, words: str
) -> None:
    page = f'<html lang="{language}"><body><p>{words} {words} {words}</p></body></html>'
    assert words in decode(page.encode(charset))


def test_a_wall_is_not_the_headline() -> None:
    wall = (
        "<html><head><title>Just a moment...</title></head><body><h1>herald.example</h1>"
        "<p>Verify you are human by completing the action below.</p>"
        "<noscript>Enable JavaScript and cookies to continue</noscript></body></html>"
    )
    article = read(wall, title="Ferry keeps its late crossing")
    assert article.verdict == Verdict.BOT_WALL
    assert article.title == "Ferry keeps its late crossing"


def test_the_feeds_full_text_stands_for_a_page_that_shows_only_its_beginning() -> None:
    beginning = PROSE * 2
    whole = "".join(f"<p>{PROSE * 2} Paragraph {n}.</p>" for n in range(5))
    page = (
        f"<html><body><article><h1>Ferry keeps its late crossing</h1><p>{beginning}</p>"
        "<p>Read the rest in our app.</p></article></body></html>"
    )
    article = read(page, title="Ferry keeps its late crossing", content=whole)
    assert article.source == "feed"
    assert article.text.endswith("Paragraph 4.")
    assert not article.partial


def test_a_feed_that_says_something_else_does_not_replace_the_page() -> None:
    page = f"<html><body><article><h1>Ferry</h1><p>{PROSE * 4}</p></article></body></html>"
    article = read(page, title="Ferry", content="<p>Buy our calendar. </p>" * 200)
    assert article.source == "page"


PARAGRAPHS = [
    f"In part {n} of the report the harbour master counts {n * 7} ships, and he names each of them "
    f"with its flag, its cargo and the port that it came from on that day."
    for n in range(1, 6)
]


def test_divs_without_meaning_are_paragraphs() -> None:
    body = "".join(f'<div class="p">{p}</div>' for p in PARAGRAPHS)
    article = read(
        '<html><body><div id="top"><a href="/">Herald</a></div><div id="x"><div class="h">Ships'
        f'</div><div class="t">{body}</div></div></body></html>'
    )
    assert article.text.split("\n") == PARAGRAPHS


def test_a_table_for_layout_is_no_table_and_line_breaks_part_its_paragraphs() -> None:
    body = "<br><br>".join(PARAGRAPHS)
    article = read(
        "<html><body><table><tr><td><b>Herald</b><br><i>News of the quay</i></td>"
        f"<td><h2>Ships</h2><i>A. Writer</i><br><br>{body}</td></tr></table></body></html>"
    )
    assert article.text.split("\n") == PARAGRAPHS
    assert {zone.kind for zone in article.zones} <= {"lead", "body"}
