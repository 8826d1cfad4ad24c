"""Feeds that break their own rules are read as their authors meant them."""

import contextlib
import gzip
import json
from datetime import UTC, datetime
from time import process_time

import pytest

from connectors.kinds import parser_of
from connectors.parsing.times import parse_time
from newsbeam.errors import ParseError
from newsbeam.records import Entry

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def rss(item: str, *, encoding: str = "UTF-8", attributes: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0" {attributes}><channel>'
        f"<title>Herald</title><item>{item}</item></channel></rss>"
    )


def entries(body: bytes) -> tuple[Entry, ...]:
    return tuple(parser_of("feed", body)("https://a.example/feed", body, now=NOW).entries)


def only(body: bytes) -> Entry:
    (entry,) = entries(body)
    return entry


LINK = "<link>https://a.example/1</link>"


@pytest.mark.parametrize(
    "body",
    [
        rss(f"<title>Köln – “ja”</title>{LINK}", encoding="iso-8859-1").encode(),
        rss(f"<title>Köln – “ja”</title>{LINK}", encoding="iso-8859-1").encode("cp1252"),
        rss(f"<title>Köln – “ja”</title>{LINK}", encoding="UTF-8").encode("cp1252"),
        ("\ufeff" + rss(f"<title>Köln – “ja”</title>{LINK}", encoding="UTF-16")).encode(
            "utf-16-le"
        ),
        rss(f"<title>Köln – “ja”</title>{LINK}", encoding="UTF-16").encode("utf-16-be"),
        ("\ufeff" + rss(f"<title>Köln – “ja”</title>{LINK}")).encode("utf-16-le"),
        rss(f"<title>K&ouml;ln &ndash; &ldquo;ja&rdquo;</title>{LINK}").encode(),
        rss(f"<title>K&amp;ouml;ln &amp;#8211; &amp;ldquo;ja&amp;rdquo;</title>{LINK}").encode(),
        rss(f"<title>K&#246;ln &#8211; &#147;ja&#148;</title>{LINK}").encode(),
        rss(f"<title>K\x0böln –\x00 &#x0;“ja”&#xD800;</title>{LINK}").encode(),
        gzip.compress(rss(f"<title>Köln – “ja”</title>{LINK}").encode(), mtime=0),
    ],
)
def test_whatever_the_charset_the_title_is_read(body: bytes) -> None:
    assert only(body).title == "Köln – “ja”"


TWO = rss(
    f"<title>Köln – “ja”@</title>{LINK}</item><item><title>Größe – zwölf</title>"
    "<link>https://a.example/2</link>"
)


@pytest.mark.parametrize(
    ("damage", "read"),
    [
        (b"\xc3", "Köln – “ja”�"),  # `ü`, cut in the middle
        (b"\xe2\x80", "Köln – “ja”�"),  # a dash, cut
        (b"\xed\xa0\x80", "Köln – “ja”�"),  # half of a surrogate pair
        (b", \xe9t\xe9", "Köln – “ja”, été"),  # pasted in from Windows
        (b" \x93oui\x94", "Köln – “ja” “oui”"),
    ],
)
@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1"])
def test_a_broken_byte_spoils_no_other_character(damage: bytes, read: str, encoding: str) -> None:
    body = TWO.replace("UTF-8", encoding).encode().replace(b"@", damage)
    first, second = entries(body)
    assert (first.title, first.url) == (read, "https://a.example/1")
    assert (second.title, second.url) == ("Größe – zwölf", "https://a.example/2")


@pytest.mark.parametrize(
    ("charset", "title"),
    [
        ("euc_jp", "中央銀行が金利を引き上げ、市場は静かに反応した"),
        ("shift_jis", "中央銀行が金利を引き上げ、市場は静かに反応した"),
        ("koi8_r", "Центральный банк повысил ставку, рынки ответили спокойно"),
        ("cp949", "중앙은행이 금리를 올렸고 시장은 조용히 반응했다"),
    ],
)
def test_a_charset_that_nobody_declares_is_guessed(charset: str, title: str) -> None:
    body = rss(f"<title>{title}</title><description>{title}。 {title}</description>{LINK}")
    assert only(body.partition("?>")[2].encode(charset, "replace")).title == title


def test_an_entry_without_guid_and_link_is_called_by_its_title() -> None:
    assert only(rss("<title>Rates rise</title>").encode()).guid == "Rates rise"


def test_bare_ampersands_are_characters() -> None:
    item = "<title>AT&T & R&D</title><link>https://a.example/?a=1&b=2&copy=3</link>"
    entry = only(rss(item).encode())
    assert (entry.title, entry.url) == ("AT&T & R&D", "https://a.example/?a=1&b=2&copy=3")


def test_an_ampersand_in_cdata_is_left_alone() -> None:
    link = "<link><![CDATA[https://a.example/?a=1&b=2]]></link><author>A & B</author>"
    assert only(rss(f"<title>x</title>{link}").encode()).url == "https://a.example/?a=1&b=2"


@pytest.mark.parametrize(
    "space",
    [
        "http://purl.org/rss/1.0/modules/content/",
        "https://purl.org/rss/1.0/modules/content/",
        "http://purl.org/rss/1.0/modules/content",
        "HTTP://PURL.ORG/rss/1.0/modules/content/",
    ],
)
def test_a_namespace_that_is_nearly_right_is_known(space: str) -> None:
    item = f"<title>x</title>{LINK}<c:encoded>&lt;p&gt;full&lt;/p&gt;</c:encoded>"
    assert only(rss(item, attributes=f'xmlns:c="{space}"').encode()).content == "<p>full</p>"


@pytest.mark.parametrize(
    "space",
    ["http://www.w3.org/2005/Atom", "https://www.w3.org/2005/Atom", "http://www.w3.org/2005/Atom/"],
)
def test_atom_is_known_by_nearly_its_namespace(space: str) -> None:
    entry = "<entry><title>E</title><id>x</id><link href='/1'/></entry>"
    body = f"<feed xmlns='{space}'><title>T</title>{entry}</feed>".encode()
    assert only(body).url == "https://a.example/1"


def test_titles_of_films_and_episodes_stand_in_for_missing_ones() -> None:
    film = f"{LINK}<m:group><m:title>Film</m:title><m:description>About</m:description></m:group>"
    found = only(rss(film, attributes="xmlns:m='http://search.yahoo.com/mrss/'").encode())
    assert (found.title, found.summary) == ("Film", "About")
    episode = f"{LINK}<i:title>Episode 1</i:title>"
    space = "xmlns:i='http://www.itunes.com/dtds/podcast-1.0.dtd'"
    assert only(rss(episode, attributes=space).encode()).title == "Episode 1"


def test_a_wrong_end_tag_loses_no_entry() -> None:
    assert only(rss(f"<title>One</titel>{LINK}").encode()).url == "https://a.example/1"
    item = f"<title>One</title>{LINK}<description>x<item><title>Two</title><link>/2</link></item>"
    assert {e.title for e in entries(rss(item).encode())} == {"One", "Two"}


def test_json_text_is_text() -> None:
    item = {"id": 1, "url": "/1", "content_text": "if a <b> & c"}
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [item, None, 3]}
    entry = only(json.dumps(feed).encode())
    assert (entry.summary, entry.guid) == ("if a <b> & c", "1")
    assert only(json.dumps(feed).encode("utf-16")).summary == "if a <b> & c"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1795168800", "2026-11-20T10:00"),
        ("1795168800000", "2026-11-20T10:00"),
        ("Nov 20, 2026 10:00 AM", "2026-11-20T10:00"),
        ("November 20, 2026", "2026-11-20T00:00"),
        ("20.11.2026 10:00", "2026-11-20T10:00"),
        ("04.05.2026", "2026-05-04T00:00"),
        ("20/11/2026 10:00", "2026-11-20T10:00"),
        ("11/20/2026 10:00:00 PM", "2026-11-20T22:00"),
        ("04/05/2026", None),  # of April or of May: nobody knows
        ("Freitag, 20. November 2026", "2026-11-20T00:00"),
        ("ven., 20 nov. 2026 10:00:00 +0100", "2026-11-20T09:00"),
        ("20 de noviembre de 2026", "2026-11-20T00:00"),
        ("lun. 16 févr. 2026 12h30", "2026-02-16T12:30"),
        ("Пт, 20 ноя 2026 10:00:00 +0300", "2026-11-20T07:00"),
        ("2026年11月20日 10:00", "2026-11-20T10:00"),
        ("2026/11/20 10:00:00", "2026-11-20T10:00"),
        ("20261120T100000Z", "2026-11-20T10:00"),
        ("2026-W47-5", "2026-11-20T00:00"),
        ("Fri,20 Nov 2026 10:00:00 GMT", "2026-11-20T10:00"),
        ("20-Nov-2026 10:00 CET", "2026-11-20T09:00"),
        ("Fri, 20 Nov 2026 10:00:00 +01:00", "2026-11-20T09:00"),
        ("Fri, 20 Nov 2026 10:00:00 CET", "2026-11-20T09:00"),
        ("Fri, 20 Nov 2026 10:00:00 GMT+0100", "2026-11-20T09:00"),
        ("Fri, 20 Nov 2026 10:00 -05", "2026-11-20T15:00"),
        ("Fri, 20 Nov 2026 10:00:00 UT", "2026-11-20T10:00"),
        ("Thu, 19 Nov 26 09:15 PM PST", "2026-11-20T05:15"),
        ("Fri, 20 Nov 2026 12:30 AM", "2026-11-20T00:30"),
        ("2026. 11. 20. 오후 3:05", "2026-11-20T15:05"),
        ("2026年11月20日 9時15分", "2026-11-20T09:15"),
        ("Fri, 20 Nov 2026 25:61:00 GMT", "2026-11-20T00:00"),
        ("0000-00-00 00:00:00", None),
        ("yesterday", None),
    ],
)
def test_dates_come_in_many_shapes(text: str, expected: str | None) -> None:
    found = parse_time(text, NOW)
    assert (f"{found:%Y-%m-%dT%H:%M}" if found else None) == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("mira@herald.example (Mira Olsen)", "Mira Olsen"),
        ("mailto:mira@herald.example (Mira (Mo) Olsen)", "Mira (Mo) Olsen"),
        ("Mira Olsen (mira@herald.example)", "Mira Olsen"),
        ("Mira (Mo) Olsen (mailto:mira@herald.example)", "Mira (Mo) Olsen"),
        ("Mira Olsen &lt;mira@herald.example&gt;", "Mira Olsen"),
        ("mira@herald.example", "mira@herald.example"),
        ("Mira @ the Herald", "Mira @ the Herald"),
    ],
)
def test_authors_are_named_without_their_addresses(text: str, name: str) -> None:
    found = only(rss(f"<title>A</title>{LINK}<author>{text}</author>").encode())
    assert found.authors == (name,)


@pytest.mark.parametrize(
    ("begin", "again", "end"),
    [
        ("<author>", "a@", "</author>"),  # well-formed: the strict reader takes it
        ("<author>", "a@(", "</author>"),
        ("<author>x ", "(a@ ", "</author>"),
        ("<author>x ", "&lt;a@", "</author>"),
        ("<author>", "a", "</author><b></i>"),
        ("<author>a@", "b-", "</author><b></i>"),
        ("<description>", "<a>", ""),
        ("", "<item>", ""),
        ("<content>", "<table><tr><td>", ""),
        ("<title>", "&amp;#1; ", "</title><b></i>"),
    ],
)
def test_a_feed_of_a_quarter_megabyte_takes_seconds_at_most(
    begin: str, again: str, end: str
) -> None:
    """Whatever is in it: other feeds wait for it.  Some of these took hours."""
    body = rss(f"<title>A</title>{LINK}{begin}{again * (250_000 // len(again))}{end}").encode()
    began = process_time()
    with contextlib.suppress(ParseError):
        entries(body)
    assert process_time() - began < 5
