"""``newsbeam feeds`` and ``newsbeam inspect``, as a person or a script calls them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connectors.history import History
from newsbeam.settings import load_settings
from pipelines.cli import cli
from sinks.publish.publish import publish
from sinks.store.store import open_store


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings that allow the test server."""
    (tmp_path / "newsbeam.toml").write_text(
        '[fetch]\nallow_networks = ["127.0.1.0/24"]\nmin_gap_s = 0.0\ntimeout_s = 5.0\n'
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*words: str, **more: object) -> Result:
    return CliRunner().invoke(cli, list(words), **more)  # type: ignore[arg-type]


def test_a_site_is_added_by_its_feed(desk, server, hostile_http, make_rss) -> None:
    page = b"<link rel=alternate type='application/rss+xml' href='/feed.xml'>"
    server.replies["/"] = hostile_http(page, Content_Type="text/html")
    body = make_rss("<item><guid>1</guid><title>A story</title><link>/1</link></item>")
    server.replies["/feed.xml"] = hostile_http(body, Content_Type="application/rss+xml")
    added = call("feeds", "add", f"{server.top}/", "--tag", "business")
    assert added.exit_code == 0, added.output
    listed = json.loads(call("feeds", "list", "--json").output)
    assert [(f["url"], f["title"], f["tags"]) for f in listed] == [
        (f"{server.top}/feed.xml", "Herald", ["business"])
    ]
    checked = json.loads(call("feeds", "check", "--json").output)
    assert (checked[0]["verdict"], checked[0]["entries"]) == ("feed_ok", 1)
    found = json.loads(call("feeds", "discover", f"{server.top}/", "--json").output)
    assert found[0]["kind"] == "rss20"


NEWS = (
    '<urlset xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>%s/1</loc>'
    "<news:news><news:title>A story</news:title></news:news></url></urlset>"
)
PLAIN = "<urlset><url><loc>%s/1</loc></url></urlset>"


@pytest.mark.parametrize(
    ("sitemap", "feed", "kinds"),
    [
        (NEWS, False, ["news-sitemap"]),
        (PLAIN, False, ["sitemap"]),
        (NEWS, True, ["news-sitemap", "rss20"]),
        (PLAIN, True, ["rss20", "sitemap"]),  # a list of all pages is the last resort
    ],
)
def test_the_sitemaps_that_robots_txt_names_are_found(
    desk, server, hostile_http, make_rss, sitemap: str, feed: bool, kinds: list[str]
) -> None:
    robots = f"User-agent: *\nSitemap: {server.top}/map.xml\n".encode()
    server.replies["/robots.txt"] = hostile_http(robots, Content_Type="text/plain")
    server.replies["/"] = hostile_http(b"<html></html>", Content_Type="text/html")
    body = (sitemap % server.top).encode()
    server.replies["/map.xml"] = hostile_http(body, Content_Type="application/xml")
    if feed:
        item = "<item><guid>1</guid><title>A story</title><link>/1</link></item>"
        server.replies["/feed"] = hostile_http(make_rss(item), Content_Type="text/xml")
    found = json.loads(call("feeds", "discover", f"{server.top}/", "--json").output)
    assert [each["kind"] for each in found] == kinds


def test_a_declared_address_is_read_in_the_charset_of_an_old_page(
    desk, server, hostile_http, make_rss
) -> None:
    page = "<link rel=alternate type='application/rss+xml' href='/über.xml'>".encode("cp1252")
    server.replies["/"] = hostile_http(page, Content_Type="text/html")
    item = "<item><guid>1</guid><title>A story</title><link>/1</link></item>"
    server.replies["/%C3%BCber.xml"] = hostile_http(make_rss(item), Content_Type="text/xml")
    found = json.loads(call("feeds", "discover", f"{server.top}/", "--json").output)
    assert [each["why"] for each in found] == ["the page declares it"]


def test_a_feed_that_is_added_again_keeps_what_the_list_says_of_it(desk) -> None:
    (desk / "feeds.opml").write_text(
        "<opml><body><outline text='Law'><outline text='A' xmlUrl='https://a.example/f' "
        "language='de' outlet='a.example' kind='thread'/></outline></body></opml>"
    )

    def listed() -> dict[str, object]:
        (only,) = json.loads(call("feeds", "list", "--json").output)
        return only

    before = listed()
    again = call("feeds", "add", "https://a.example/f", "--no-check")
    assert again.output == "unchanged https://a.example/f  A\n"
    assert listed() == before
    assert call("feeds", "add", "https://a.example/f", "--no-check", "--tag", "eu").exit_code == 0
    assert listed() == {**before, "tags": ["eu"]}


def test_what_cannot_be_read_is_not_added(desk, server) -> None:
    added = call("feeds", "add", f"{server.top}/nothing")
    assert added.exit_code == 1
    assert "not_found" in added.output
    assert call("feeds", "add", "javascript:alert(1)").exit_code != 0


def test_feeds_are_exchanged_with_other_readers(desk, tmp_path) -> None:
    other = tmp_path / "other.opml"
    other.write_text(
        "<opml><body><outline text='AI'><outline text='A' xmlUrl='https://a.example/f'/></outline>"
        "<outline text='B' xmlUrl='https://b.example/f'/></body></opml>"
    )
    assert "2 feeds read, 2 of them new" in call("feeds", "import", str(other), "--tag", "x").output
    assert "2 feeds read, 0 of them new" in call("feeds", "import", str(other)).output
    exported = call("feeds", "export").output
    assert exported.count("xmlUrl") == 2
    assert call("feeds", "remove", "https://a.example/f").exit_code == 0
    assert call("feeds", "remove", "https://a.example/f").exit_code == 1
    assert "1 feeds" in call("feeds", "list").output


def test_a_title_that_looks_like_markup_is_shown_as_it_is(desk) -> None:
    call("feeds", "add", "https://a.example/f", "--no-check", "--title", "[red]A[/red]")
    assert "[red]A[/red]" in call("feeds", "list").output


def test_health_names_silent_feeds_and_ends_with_3(desk, tmp_path) -> None:
    call("feeds", "add", "https://a.example/f", "--no-check")
    assert "1 new" in call("feeds", "health").output
    now = datetime.now(UTC).replace(tzinfo=None)
    hours = [
        int((datetime.now(UTC) - timedelta(days=9, hours=n)).timestamp()) for n in range(9, 0, -1)
    ]
    (desk / "newsroom").mkdir()
    with open_store(desk / "newsroom" / "store.duckdb", "test") as db:
        db.execute(
            "INSERT INTO feed_cursors "
            "(url, last_success, last_new, failures, unchanged, polls, history) "
            "VALUES ('https://a.example/f', ?, ?, 0, 9, 99, ?)",
            [now, now - timedelta(days=9), History([], hours).dump()],
        )
    told = call("feeds", "health")
    assert told.exit_code == 3
    assert "silent" in told.output
    (row,) = json.loads(call("feeds", "health", "--json").output)
    assert (row["state"], row["median_gap_s"]) == ("silent", 3600)


def test_inspect_feeds_gives_one_line_per_file(desk, tmp_path, make_rss) -> None:
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_bytes(
        make_rss(
            "<item><guid>1</guid><title>A</title><link>https://a.example/1</link>"
            "<author>Ada</author>"
            "<pubDate>Fri, 20 Nov 2026 08:00:00 GMT</pubDate>"
            "<description>Words</description></item>"
        )
    )
    bad.write_bytes(b"\xff\x00 nothing")
    told = call("inspect", "feeds", str(good), str(bad), "none").output
    lines = [json.loads(line) for line in told.splitlines()]
    assert [line["source"] for line in lines] == [str(good), str(bad), "none"]
    assert set(lines[0]) == {"source", "title", "entries", "error"}
    assert lines[0]["entries"] == [
        {
            "url": "https://a.example/1", "guid": "1", "title": "A",
            "published": "2026-11-20T08:00:00Z", "author": "Ada",
            "summary": "Words", "content": None,
        }
    ]  # fmt: skip
    assert lines[0]["error"] is None
    assert lines[1]["error"]
    assert lines[2]["error"]


def test_inspect_feeds_reads_the_files_that_stdin_names_whatever_they_are(desk, tmp_path) -> None:
    (tmp_path / "empty.xml").touch()
    names = [str(tmp_path / "empty.xml"), "none", "/dev/zero", str(tmp_path), "a\0b"]
    said = "".join(f"{name}\n" for name in names).encode()
    result = CliRunner().invoke(cli, ["inspect", "feeds", "-"], input=said)
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.output.splitlines()]
    assert [line["source"] for line in lines] == names
    assert all(line["error"] and line["entries"] == [] for line in lines)
    assert lines[2]["error"] == "more than 30,000,000 bytes"


def test_inspect_urls_gives_one_line_per_line_that_is_not_blank(desk) -> None:
    said = b"\xef\xbb\xbfhttps://www.a.example/x?utm_source=y\r\n \njavascript:1\n\xff\xfe\x00\n"
    result = CliRunner().invoke(cli, ["inspect", "urls", "-"], input=said)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert lines[0] == {
        "url": "https://www.a.example/x?utm_source=y",
        "canonical": "https://a.example/x",
        "outlet": "a.example",
    }
    assert len(lines) == 3
    for line in lines[1:]:
        assert (line["canonical"], line["outlet"], line["error"]) == (None, None, "no http(s) URL")
    assert "line 4 not in UTF-8" in result.stderr


def test_inspect_feeds_passes_over_a_byte_order_mark_and_blank_lines(desk, tmp_path) -> None:
    (tmp_path / "empty.xml").touch()
    said = f"\ufeff{tmp_path / 'empty.xml'}\r\n\r\n".encode()
    result = CliRunner().invoke(cli, ["inspect", "feeds", "-"], input=said)
    assert [json.loads(line)["error"] for line in result.stdout.splitlines()] == [
        "an empty answer instead of a feed"
    ]


def test_health_is_told_from_the_publication_while_the_store_is_held(desk) -> None:
    call("feeds", "add", "https://a.example/f", "--no-check")
    settings = load_settings(desk / "newsbeam.toml")
    now = datetime.now(UTC)
    with open_store(settings.path(settings.store.path), "watch") as db:
        db.execute(
            "INSERT INTO feed_cursors (url, last_success, failures, unchanged, polls, reason) "
            "VALUES ('https://a.example/f', ?, 2, 0, 9, 'HTTP 503')",
            [now.replace(tzinfo=None)],
        )
        target = settings.path(settings.publish.path)
        publish(db, target, settings.publish, now=now, force=True)
        told = call("feeds", "health")
        assert "failing" in told.output, told.exception
        assert "HTTP 503" in told.output
