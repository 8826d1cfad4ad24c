import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.feeds import ParsedFeed, parse_feed
from connectors.parsing.items import to_entries
from connectors.parsing.legacy import read_anything
from connectors.parsing.xml import read_xml
from newsbeam.errors import ParseError

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
URL = "https://herald.example/feed.xml"
ITEM = "<item><title>Rates rise</title><link>/a</link><guid>g1</guid></item>"


def parse(body: bytes | str, **extra: str) -> ParsedFeed:
    return parse_feed(URL, body.encode() if isinstance(body, str) else body, now=NOW, **extra)


def rss(items: str, channel: str = "", namespaces: str = "") -> str:
    inside = f"<title>Herald</title>{channel}{items}"
    return f"<rss version='2.0' {namespaces}><channel>{inside}</channel></rss>"


@settings(deadline=None)
@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(str.encode)
    | st.binary().map(b"<rss>".__add__)
)
def test_any_bytes_are_a_feed_or_a_parse_error(body: bytes) -> None:
    try:
        kind = parse(body).kind
    except ParseError as error:
        kind = error.verdict
    assert kind


def test_rss_fields_are_kept() -> None:
    parsed = parse(
        rss(
            "<item><title>Rates &amp;amp; prices &lt;b&gt;rise&lt;/b&gt;</title><link>/a?x=1</link>"
            "<guid isPermaLink='false'>g1</guid><pubDate>Fri, 20 Nov 2026 10:00:00 +0100</pubDate>"
            "<dc:creator>Ada Writer</dc:creator><category>Economy</category>"
            "<description>&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;</description>"
            "<content:encoded><![CDATA[<p>Full text</p>]]></content:encoded></item>",
            channel="<language>en-GB</language><ttl>30</ttl><skipHours><hour>3</hour></skipHours>",
            namespaces="xmlns:dc='http://purl.org/dc/elements/1.1/' "
            "xmlns:content='http://purl.org/rss/1.0/modules/content/'",
        )
    )
    (entry,) = parsed.entries
    assert parsed.kind == "rss20"
    assert parsed.title == "Herald"
    assert entry.url == "https://herald.example/a?x=1"
    assert entry.guid == "g1"
    assert entry.title == "Rates & prices rise"
    assert entry.summary == "One. Two."
    assert entry.content == "<p>Full text</p>"
    assert entry.published == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert entry.authors == ("Ada Writer",)
    assert entry.tags == ("Economy",)
    assert entry.language == "en"
    assert entry.outlet == "herald.example"
    assert parsed.hints.ttl_s == 1800
    assert parsed.hints.skip_hours == (3,)


def test_atom_fields_are_kept_with_xml_base() -> None:
    (entry,) = parse(
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://herald.example/news/'>"
        "<author><name>Ada</name></author><link rel='hub' href='https://hub.example/'/>"
        "<entry xml:base='2026/'><id>tag:herald.example,2026:1</id>"
        "<title type='html'>A &amp;lt; B</title>"
        "<link rel='enclosure' href='x.mp3'/><link href='rates'/>"
        "<published>2026-11-20T08:00:00Z</published>"
        "<updated>2026-11-20T09:30:00+01:00</updated>"
        "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>Hi</p></div></content>"
        "</entry></feed>"
    ).entries
    assert entry.url == "https://herald.example/news/2026/rates"
    assert entry.title == "A < B"
    assert entry.content == "<p>Hi</p>"
    assert entry.published == datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    assert entry.updated == datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    assert entry.authors == ("Ada",)


def test_rdf_feeds_are_read() -> None:
    parsed = parse(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>"
        "<channel rdf:about='x'><title>Herald</title></channel>"
        "<item rdf:about='https://herald.example/a'><title>T</title><link>https://herald.example/a</link></item>"
        "</rdf:RDF>"
    )
    assert parsed.kind == "rss10"
    assert [e.url for e in parsed.entries] == ["https://herald.example/a"]


@pytest.mark.parametrize("version", ["1", "1.1"])
def test_json_feeds_are_read(version: str) -> None:
    feed = {
        "version": f"https://jsonfeed.org/version/{version}",
        "title": "Herald",
        "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
        "items": [
            {"id": 7, "url": "/a", "title": "T", "content_html": "<p>Hi</p>",
             "date_published": "2026-11-20T08:00:00Z", "author": {"name": "Ada"},
             "authors": [{"name": "Ada"}, {"name": "Bo"}], "tags": ["x", None]},
            {"external_url": "https://other.example/b", "content_text": "plain"},
            "rubbish",
        ],
    }  # fmt: skip
    parsed = parse(json.dumps(feed))
    first, second = parsed.entries
    assert (first.guid, first.url, first.authors) == (
        "7",
        "https://herald.example/a",
        ("Ada", "Bo"),
    )
    assert first.tags == ("x",)
    assert second.url == "https://other.example/b"
    assert parsed.hub == "https://hub.example/"


def test_broken_xml_is_read_by_the_forgiving_reader() -> None:
    parsed = parse(
        "<rss version='2.0'><channel><title>AT&T</title>" + ITEM + "<item><title>cut off"
    )
    assert parsed.entries[0].guid.endswith("g1")
    assert len(parsed.entries) == 2


def test_both_readers_agree() -> None:
    body = rss(ITEM + "<item><title>B</title><link>https://herald.example/b</link></item>").encode()
    fast, forgiving = read_xml(URL, body), read_anything(URL, body)
    assert fast
    assert forgiving
    assert fast.title == forgiving.title
    assert [i.title for i in fast.items] == [i.title for i in forgiving.items]
    assert [i.url for i in to_entries(URL, fast, NOW)] == [
        i.url for i in to_entries(URL, forgiving, NOW)
    ]


def test_feedburner_and_google_links_lead_to_the_outlet() -> None:
    entries = parse(
        rss(
            "<item><link>https://feeds.burner.example/~r/x</link>"
            "<feedburner:origLink>https://herald.example/real</feedburner:origLink></item>"
            "<item><link>https://www.google.com/url?q=https://herald.example/b&amp;sa=D</link></item>",
            namespaces="xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0'",
        )
    ).entries
    assert [e.url for e in entries] == ["https://herald.example/real", "https://herald.example/b"]


def test_an_aggregators_item_belongs_to_its_source() -> None:
    (entry,) = parse(
        rss(
            "<item><title>Rates rise - The Post</title><link>https://news.google.com/rss/articles/x</link>"
            "<source url='https://www.post.example'>The Post</source></item>"
        )
    ).entries
    assert entry.outlet == "post.example"
    assert entry.title == "Rates rise"


@pytest.mark.parametrize(
    "date",
    ["Thu, 01 Jan 1970 00:00:00 GMT", "2099-01-01T00:00:00Z", "soon", "0000-00-00", "31/02/2026"],
)
def test_impossible_dates_are_no_dates(date: str) -> None:
    (entry,) = parse(rss(f"<item><title>T</title><pubDate>{date}</pubDate></item>")).entries
    assert entry.published is None


@pytest.mark.parametrize(
    ("date", "hour"),
    [
        ("Fri, 20 Nov 2026 08:00:00 GMT", 8),
        ("20 Nov 2026 08:00:00 +0000", 8),
        ("Fri, 20 Nov 2026 08:00 EST", 13),
        ("2026-11-20T08:00:00.123+02:00", 6),
        ("2026-11-20 08:00:00", 8),
        ("2026-11-20T08:00:60Z", 8),
    ],
)
def test_usual_dates_are_read(date: str, hour: int) -> None:
    (entry,) = parse(rss(f"<item><title>T</title><pubDate>{date}</pubDate></item>")).entries
    assert entry.published
    assert (entry.published.date().isoformat(), entry.published.hour) == ("2026-11-20", hour)


def test_duplicate_guids_of_different_articles_stay_apart() -> None:
    items = "".join(
        f"<item><guid>same</guid><link>/{n}</link><title>T{n}</title></item>" for n in range(3)
    )
    assert len({e.id for e in parse(rss(items)).entries}) == 3


def test_ids_ignore_dates_titles_and_order() -> None:
    one = parse(rss(ITEM + "<item><guid>g2</guid><title>B</title></item>")).entries
    two = parse(
        rss("<item><guid>g2</guid><title>B!</title></item>" + ITEM.replace("Rates", "All rates"))
    ).entries
    assert {e.id for e in one} == {e.id for e in two}


def test_a_long_description_is_kept_as_full_text() -> None:
    (entry,) = parse(
        rss(f"<item><title>T</title><description>{'word ' * 400}</description></item>")
    ).entries
    assert entry.content
    assert len(entry.content) > 1900


def test_a_declared_charset_helps_where_the_xml_names_none() -> None:
    body = rss("<item><title>Käse</title></item>").encode("latin-1")
    (entry,) = parse(body, content_type="text/xml; charset=ISO-8859-1").entries
    assert entry.title == "Käse"


def test_script_in_titles_and_summaries_is_left_out() -> None:
    (entry,) = parse(
        rss("<item><title>A &lt;script&gt;alert(1)&lt;/script&gt; B</title>"
            "<description>&lt;img src=x onerror=alert(1)&gt;Text&lt;style&gt;p{}&lt;/style&gt;"
            "</description></item>")
    ).entries  # fmt: skip
    assert (entry.title, entry.summary) == ("A B", "Text")


@pytest.mark.parametrize(
    "junk",
    [b"<", b"&", b"<!--", b"<![CDATA[", b"<a ", b"&#", b"<!", b"<?", b"<a>", b"<a href='", b"\x00"],
)
def test_junk_in_any_quantity_costs_one_item_not_the_run(junk: bytes) -> None:
    body = b"<rss version='2.0'><channel><item><title>" + junk * (400_000 // len(junk))
    assert len(parse(body).entries) <= 1


def test_a_tag_with_ten_thousand_attributes_is_read_in_no_time() -> None:
    attributes = b" ".join(b"a%d='1'" % n for n in range(10_000))
    assert len(parse(b"<rss><channel><item><title>x<a " + attributes + b">").entries) == 1
