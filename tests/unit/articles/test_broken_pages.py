"""Pages that break rules of HTML, of their charset, or of reason are read all the same."""

from datetime import UTC, datetime

import pytest

from newsbeam.articles.dom import decode
from newsbeam.articles.read import read_page
from newsbeam.records import Article, Entry, Page

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
URL = "https://harbour-courier.example/2026/11/crane"
SENTENCE = "The harbour board met on Tuesday{} to talk about crane number {}, and it took hours."


def read(body: bytes, charset: str | None = None) -> Article:
    entry = Entry(id="e", feed_url="https://harbour-courier.example/feed", guid="e", url=URL)
    page = Page(entry, URL, body, NOW, content_type="text/html", charset=charset)
    return read_page(page, now=NOW)


def crane(oddity: str = "", *, title: str = "", before: str = "", tag: str = "p") -> str:
    said = "".join(f"<{tag}>{SENTENCE.format(oddity, n)}</p>" for n in range(8))
    heading = f"Crane{title} for the harbour"
    return (
        f'<html><head><title>{heading}</title><meta property="og:title" content="{heading}">'
        f"</head><body>{before}<article><h1>{heading}</h1>{said}</article></body></html>"
    )


PLAIN = read(crane().encode())


@pytest.mark.parametrize(
    "oddity",
    ["\x01", "\x02", "\x08", "\x1b", "\x7f", "\uffff", "&#1;", "&#x1F;", "&#xFFFE;", "&#157;"],
)
def test_control_characters_cost_neither_text_nor_title(oddity: str) -> None:
    found = read(crane(oddity, title=oddity).encode())
    assert (found.verdict, found.title) == ("article", "Crane for the harbour")
    assert found.text == PLAIN.text
    assert decode.is_clean(found.text)


def test_codes_of_windows_are_the_characters_that_were_meant() -> None:
    found = read(crane(", \x93as planned\x94,").encode())
    assert "on Tuesday, “as planned”, to talk" in found.text


@pytest.mark.parametrize("name", ['span"big', "q='x", "b\u2019"])
def test_an_impossible_name_of_a_tag_costs_no_article(name: str) -> None:
    quote = (
        f"<blockquote><{name} class=x>We need it, said the mayor of the port.</{name}></blockquote>"
    )
    found = read(crane().replace("</article>", f"{quote}</article>").encode())
    assert found.verdict == "article"
    assert PLAIN.text.split("\n")[0] in found.text


@pytest.mark.parametrize(
    ("damage", "read_as"),
    [(b"\xc3", "�"), (b" \xe9t\xe9", " été"), (b" \x93so\x94", " “so”")],
)
@pytest.mark.parametrize("header", [None, "iso-8859-1", "windows-1252"])
def test_a_broken_byte_spoils_no_other_character(
    damage: bytes, read_as: str, header: str | None
) -> None:
    body = crane("@ in Köln – “ja”").encode().replace(b"@", damage)
    assert f"on Tuesday{read_as} in Köln – “ja” to talk" in read(body, header).text


def test_tables_that_nobody_closes_are_no_tables() -> None:
    page = crane(before="<table><tr><td>" * 500)
    tree = decode.parse_text(page, URL)
    depths = [1 + sum(1 for _ in table.iterancestors("table")) for table in tree.iter("table")]
    assert max(depths) == len(depths) == decode.MOST_TABLES
    assert SENTENCE.format("", 3) in read(page.encode()).text


def test_tables_side_by_side_stay_tables() -> None:
    tree = decode.parse_text("<body>" + "<table><tr><td>1</td></tr></table>" * 40, URL)
    assert len(list(tree.iter("table"))) == 40


@pytest.mark.parametrize(
    "wrapped",
    [
        "%s",
        "<!--\n%s\n-->",
        "//<![CDATA[\n%s\n//]]>",
        "/* <![CDATA[ */%s/* ]]> */",
        "<![CDATA[%s]]>",
    ],
)
def test_json_ld_is_read_in_the_comments_of_every_publishing_system(wrapped: str) -> None:
    claim = (
        '{"@type": "NewsArticle", "headline": "Crane for the harbour", '
        '"datePublished": "2026-11-19T08:00:00Z", "author": {"name": "Ada Moreno"}}'
    )
    script = f'<script type="application/ld+json">{wrapped % claim}</script></head>'
    found = read(crane().replace("</head>", script).encode())
    assert found.authors == ("Ada Moreno",)
    assert found.published == datetime(2026, 11, 19, 8, 0, tzinfo=UTC)
