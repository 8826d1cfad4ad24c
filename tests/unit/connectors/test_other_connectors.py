"""Sitemaps, GDELT, threads, OPML, discovery and health."""

import gzip
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.discover import candidates
from connectors.feeds import ParsedFeed
from connectors.gdelt import parse_gdelt
from connectors.health import judge
from connectors.history import History
from connectors.kinds import KINDS, parser_of
from connectors.opml import parse_opml, read_opml, render_opml, write_opml
from connectors.sitemaps import parse_sitemap
from connectors.threads import parse_threads
from newsbeam.errors import ConfigError, ParseError, SinkError
from newsbeam.records import FEED_KINDS, Cursor, Feed

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
URL = "https://herald.example/news-sitemap.xml"
NEWS = b"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>https://herald.example/old</loc><lastmod>2026-11-01</lastmod></url>
<url><loc>https://www.herald.example/a</loc><news:news><news:publication><news:name>Herald</news:name>
<news:language>de</news:language></news:publication><news:publication_date>2026-11-20T08:00:00Z</news:publication_date>
<news:title>Zinsen steigen</news:title><news:keywords>Geld, Zinsen</news:keywords></news:news></url>
<url><loc>https://advert.example/buy</loc></url></urlset>"""


@pytest.mark.parametrize("packed", [True, False])
def test_a_news_sitemap_gives_its_own_outlets_entries_newest_first(packed: bool) -> None:
    parsed = parse_sitemap(URL, gzip.compress(NEWS) if packed else NEWS, now=NOW)
    first, second = parsed.entries
    assert (first.title, first.language, first.tags) == ("Zinsen steigen", "de", ("Geld", "Zinsen"))
    assert first.published == datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    assert second.url == "https://herald.example/old"
    assert parsed.kind == "news-sitemap"


def test_an_index_names_its_newest_files() -> None:
    body = b"""<sitemapindex><sitemap><loc>/2025.xml</loc><lastmod>2025-01-01</lastmod></sitemap>
    <sitemap><loc>/2026.xml.gz</loc><lastmod>2026-11-01</lastmod></sitemap>
    <sitemap><loc>https://other.example/x.xml</loc></sitemap></sitemapindex>"""
    parsed = parse_sitemap(URL, body, now=NOW)
    assert parsed.more == ("https://herald.example/2026.xml.gz", "https://herald.example/2025.xml")


@pytest.mark.parametrize(
    "damage",
    [b"<x\xed\xa0\x80y>\xff</x\xed\xa0\x80y>", b"<x y='&#xD800;'>&#xDFFF;&#0;</x>", b"<x y='&'/>"],
)
@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_broken_characters_in_a_sitemap_cost_nothing_else(damage: bytes, charset: str) -> None:
    broken = NEWS.replace(b"<news:title>", damage + b"<news:title>")
    if charset == "utf-16":
        broken = broken.decode("utf-8", "replace").encode(charset)
    found = parse_sitemap(URL, broken, now=NOW).entries
    assert [e.url for e in found] == [e.url for e in parse_sitemap(URL, NEWS, now=NOW).entries]


def test_a_sitemap_is_known_by_its_looks() -> None:
    assert parser_of("feed", NEWS) is parse_sitemap


def gkg(url: str, title: str, extra: str = "") -> str:
    row = [""] * 27
    row[0], row[1], row[2], row[3], row[4], row[7] = (
        "id",
        "20261120114500",
        "1",
        "herald.example",
        url,
        "AI;TAX",
    )
    row[26] = f"<PAGE_TITLE>{title}</PAGE_TITLE><PAGE_AUTHORS>Ada;Bo</PAGE_AUTHORS>{extra}"
    return "\t".join(row)


def zipped(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.gkg.csv", text)
    return packed.getvalue()


def test_a_gkg_file_gives_urls_titles_and_dates() -> None:
    body = zipped(
        gkg("https://herald.example/a", "Rates &amp; prices")
        + "\n"
        + gkg("https://b.example/", "B")
    )
    parsed = parse_gdelt("https://gdelt.example/x.zip", body, now=NOW)
    assert [e.url for e in parsed.entries] == ["https://herald.example/a", "https://b.example/"]
    assert parsed.entries[0].title == "Rates & prices"
    assert parsed.entries[0].published == datetime(2026, 11, 20, 11, 45, tzinfo=UTC)
    assert (parsed.entries[0].authors, parsed.entries[0].outlet) == (
        ("Ada", "Bo"),
        "herald.example",
    )


def test_a_mentions_file_names_each_article_once() -> None:
    row = (
        "1\t20261120110000\t20261120114500\t1\therald.example\thttps://herald.example/a"
        + "\t0" * 10
    )
    parsed = parse_gdelt("https://gdelt.example/x.csv", f"{row}\n{row}\n".encode(), now=NOW)
    assert [e.url for e in parsed.entries] == ["https://herald.example/a"]


def test_the_list_of_the_last_quarter_of_an_hour_leads_to_the_gkg_file() -> None:
    body = (
        b"1 a http://gdelt.example/1.export.CSV.zip\n2 b http://gdelt.example/1.mentions.CSV.zip\n"
        b"3 c http://gdelt.example/1.gkg.csv.zip\n"
    )
    assert parse_gdelt("u", body, now=NOW).more == ("http://gdelt.example/1.gkg.csv.zip",)


def thread(items: str, title: str = "Authors sue") -> bytes:
    return (
        f"<rss version='2.0'><channel><title>{title}</title><link>https://forum.example/t/1</link>"
        f"{items}</channel></rss>"
    ).encode()


def comment(n: int, words: str) -> str:
    return (
        f"<item><title>New comment by user{n}</title><guid>{n}</guid>"
        f"<link>https://forum.example/comment/{n}</link><author>user{n}</author>"
        f"<pubDate>Fri, 20 Nov 2026 0{n}:00:00 GMT</pubDate>"
        f"<description>{words}</description></item>"
    )


def test_the_comments_of_a_thread_are_one_discussion_and_repeats_count_once() -> None:
    long = "Training on books without a licence is copying, whatever they call it."
    body = thread(
        comment(3, f"&lt;p&gt;&amp;gt; {long}&lt;/p&gt;&lt;p&gt;I disagree entirely.&lt;/p&gt;")
        + comment(1, long) + comment(2, long)
    )  # fmt: skip
    (entry,) = parse_threads("https://forum.example/t/1/thread.rss", body, now=NOW).entries
    assert entry.kind == "discussion"
    assert entry.title == "Authors sue"
    assert entry.content
    assert entry.content.count("whatever they call it") == 1
    assert entry.content.index("Training") < entry.content.index("disagree")
    assert entry.authors == ("user1", "user3")


def test_a_list_of_threads_is_many_discussions() -> None:
    items = "".join(
        f"<item><title>Topic {n}</title><link>https://paper.example/{n}</link>"
        f"<comments>https://news.forum.example/item?id={n}</comments></item>"
        for n in range(3)
    )
    parsed = parse_threads("https://hnrss.example/newest", thread(items), now=NOW)
    assert [(e.kind, e.outlet) for e in parsed.entries] == [("discussion", "paper.example")] * 3


PARSERS: list[Callable[..., ParsedFeed]] = [parser_of(kind) for kind in KINDS]


def test_every_kind_of_feed_has_its_function() -> None:
    assert set(KINDS) == set(FEED_KINDS)


@pytest.mark.parametrize("parse", PARSERS)
@settings(deadline=None)
@given(
    body=st.binary(max_size=200)
    | st.sampled_from([NEWS[:300], zipped("x")[:50], b"1 a http", b"<urlset>"])
)
def test_any_bytes_are_read_or_a_parse_error(parse: Callable[..., ParsedFeed], body: bytes) -> None:
    try:
        found = parse(URL, body, now=NOW)
    except ParseError:
        return
    assert isinstance(found, ParsedFeed)


OPML = b"""<?xml version="1.0"?><opml version="1.0"><body>
<outline text="AI"><outline text="Law">
<outline text="A" xmlUrl="https://a.example/f" category="/courts"/></outline>
<outline title="B" text="b" xmlurl="https://b.example/f"/></outline>
<outline text="A again" xmlUrl="https://a.example/f"/><outline text="no feed"/>
<outline text="bad" xmlUrl="javascript:alert(1)"/></body></opml>"""


@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_impossible_characters_in_an_opml_file_cost_no_feed(charset: str) -> None:
    damaged = OPML.replace(b'text="A"', b'text="A &#xD800; & \xc3\xbc"')
    body = damaged.decode("utf-8").replace('"?>', f'" encoding="{charset}"?>').encode(charset)
    assert [f.url for f in parse_opml(body)] == [f.url for f in parse_opml(OPML)]


def test_folders_of_an_opml_file_become_tags() -> None:
    one, two = parse_opml(OPML)
    assert (one.url, one.title, one.tags) == ("https://a.example/f", "A", ("AI", "Law", "courts"))
    assert (two.title, two.tags) == ("B", ("AI",))


def test_an_opml_file_that_cannot_be_written_or_is_none_is_one_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    with pytest.raises(SinkError, match=r"cannot write .*feeds\.opml: Not a directory"):
        write_opml(file / "feeds.opml", [], now=NOW)
    with pytest.raises(ConfigError, match="not OPML: it is no XML"):
        read_opml(file)


def test_feeds_survive_writing_and_reading(tmp_path: Path) -> None:
    feeds = (
        Feed("https://a.example/f?a=1&b=<2>", title="A & Ö", tags=("x", "y, z"), language="de"),
        Feed("https://b.example/s", kind="sitemap", outlet="b.example"),
    )
    file = tmp_path / "feeds.opml"
    write_opml(file, feeds, now=NOW)
    read = read_opml(file)
    assert read[0] == replace(feeds[0], tags=("x", "y  z"))
    assert read[1] == replace(feeds[1], title=feeds[1].url)


@settings(deadline=None)
@given(
    st.lists(
        st.builds(
            Feed,
            url=st.just("https://a.example/"),
            title=st.text(max_size=20),
            tags=st.just(("t",)),
        )
    )
)
def test_any_title_makes_valid_opml(feeds: list[Feed]) -> None:
    assert len(parse_opml(render_opml(feeds, now=NOW))) <= 1


@pytest.mark.parametrize("body", [b"", b"<html/>", b"words", b"<opml", b"\x00\x01"])
def test_what_is_no_opml_is_a_config_error(body: bytes) -> None:
    if body == b"<opml":
        assert parse_opml(body) == ()
        return
    with pytest.raises(ConfigError):
        parse_opml(body)


def test_billion_laughs_in_opml_is_harmless() -> None:
    entities = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    body = (
        f"<!DOCTYPE opml [<!ENTITY l0 'lol'>{entities}]><opml><body>"
        "<outline text='&l9;' xmlUrl='https://a.example/'/></body></opml>"
    )
    try:
        found = parse_opml(body.encode())
    except ConfigError:
        return
    assert all(len(feed.title or "") < 1000 for feed in found)


def test_a_missing_opml_file_names_the_cure(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="newsbeam init"):
        read_opml(tmp_path / "none.opml")


def test_a_page_names_its_feeds() -> None:
    page = """<base href="https://herald.example/en/">
    <link rel="alternate" type="application/rss+xml" href="feed">
    <link href=/atom.xml type=application/atom+xml rel=alternate>
    <link rel="alternate" hreflang="de" href="/de"><a href="/rss/politics">RSS</a>
    <a href="https://other.example/rss">theirs</a><a href="/about">About</a>"""
    assert [u for u, _ in candidates("https://herald.example/", page)] == [
        "https://herald.example/en/feed",
        "https://herald.example/atom.xml",
        "https://herald.example/rss/politics",
    ]


def cursor(**values: object) -> Cursor:
    hours = [int((NOW - timedelta(hours=n)).timestamp()) for n in range(60, 50, -1)]
    made = {
        "interval_s": 900.0, "polls": 99, "last_success": NOW, "last_new": NOW,
        "history": History([], hours).dump(), **values,
    }  # fmt: skip
    return Cursor("https://a.example/f", **made)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, "ok"),
        ({"last_new": NOW - timedelta(hours=20)}, "ok"),
        ({"last_new": NOW - timedelta(days=3)}, "silent"),
        ({"failures": 1.0, "reason": "HTTP 503"}, "failing"),
        ({"failures": 9.0, "last_success": NOW - timedelta(days=2)}, "broken"),
        ({"failures": 9.0, "last_success": None}, "failing"),
        ({"polls": 0}, "new"),
    ],
)
def test_health_compares_a_feed_with_its_own_history(values: dict[str, object], state: str) -> None:
    found = judge(Feed("https://a.example/f"), cursor(**values), NOW)
    assert found.state == state
    assert bool(found.reason) == (state in {"silent", "failing", "broken"})
