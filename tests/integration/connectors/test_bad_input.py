"""Whatever a body holds or does, it ends as a verdict of its own, and harms nothing else."""

import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from newsbeam.records import Page
from tests.integration.connectors.asking import page_of, poll_of, verdict_of


def _drip(connection: socket.socket, request: bytes) -> None:
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n"
    )
    stop = threading.Event()
    while not stop.wait(0.05):
        connection.sendall(b".")


def _endless(connection: socket.socket, request: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        connection.sendall(b"<p>and so on</p>" * 4096)


def test_a_slow_drip_ends_as_timeout(server, fetch, now) -> None:
    server.replies["/drip"] = _drip
    assert (
        verdict_of(f"{server.top}/drip", replace(fetch, timeout_s=0.4, robots=False), now)
        == "timeout"
    )


def test_an_endless_body_ends_as_too_large(server, fetch, now) -> None:
    server.replies["/endless"] = _endless
    assert verdict_of(f"{server.top}/endless", fetch, now) == "too_large"


def test_a_gzip_bomb_ends_as_too_large(server, fetch, now, hostile_http, bomb) -> None:
    assert len(bomb) < 700_000
    server.replies["/bomb"] = hostile_http(bomb, Content_Encoding="gzip", Content_Type="text/html")
    assert verdict_of(f"{server.top}/bomb", fetch, now) == "too_large"


@pytest.mark.slow
def test_a_gzip_bomb_costs_at_most_50_mb(server, now, hostile_http, bomb) -> None:
    server.replies["/bomb"] = hostile_http(bomb, Content_Encoding="gzip", Content_Type="text/html")
    server.replies["/small"] = hostile_http(b"<p>hello</p>", Content_Type="text/html")
    program = (
        "import resource, sys\n"
        "from newsbeam.records import Entry\n"
        "from newsbeam.settings import FetchSettings\n"
        "from connectors.pages import fetch_many\n"
        "s = FetchSettings(allow_networks=('127.0.1.0/24',), min_gap_s=0.0)\n"
        "ask = lambda p: list(fetch_many([Entry('e', 'f', 'g', sys.argv[1] + p)], s))\n"
        "ask('/small'); ask('/small')\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "(row,) = ask('/bomb')\n"
        "print(row.verdict, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, server.top], capture_output=True, text=True, check=True
    )
    verdict, grown = ran.stdout.split()
    unit = 1024 if sys.platform != "darwin" else 1
    assert verdict == "too_large"
    assert int(grown) * unit <= 50_000_000


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "deflate"])
def test_bombs_in_other_wrappings_end_as_too_large(
    server, fetch, now, hostile_http, coding, pack
) -> None:
    import zlib

    import brotli
    from backports import zstd

    plain = b" " * 20_000_000
    wrapped = {
        "br": lambda: brotli.compress(plain, quality=5),
        "zstd": lambda: zstd.compress(plain),
        "gzip, gzip": lambda: pack(pack(plain)),
        "deflate": lambda: zlib.compress(plain),
    }[coding]()
    server.replies["/x"] = hostile_http(wrapped, Content_Encoding=coding, Content_Type="text/html")
    assert verdict_of(f"{server.top}/x", fetch, now) == "too_large"


@pytest.mark.parametrize(
    "coding", ["br", "zstd", "gzip", "deflate", "gzip, br", "identity", "GZIP"]
)
def test_every_wrapping_is_undone(server, fetch, now, hostile_http, coding, pack) -> None:
    import zlib

    import brotli
    from backports import zstd

    body = b"<html><p>" + b"word " * 5_000 + b"</p></html>"
    pieces = {
        "gzip": pack,
        "br": brotli.compress,
        "zstd": zstd.compress,
        "deflate": lambda b: zlib.compress(b)[2:-4],  # raw, as some servers send it
        "identity": bytes,
    }
    wrapped = body
    for name in coding.lower().split(", "):
        wrapped = pieces[name](wrapped)
    server.replies["/x"] = hostile_http(wrapped, Content_Encoding=coding, Content_Type="text/html")
    result = page_of(f"{server.top}/x", fetch, now)
    assert isinstance(result, Page)
    assert result.body == body


def test_an_unknown_or_damaged_wrapping_ends_as_damaged(
    server, fetch, now, hostile_http, pack
) -> None:
    broken = pack(bytes(range(33, 127)) * 500)[:60] + b"\xff" * 200
    server.replies["/a"] = hostile_http(broken, Content_Encoding="gzip", Content_Type="text/html")
    server.replies["/b"] = hostile_http(b"x", Content_Encoding="rot13", Content_Type="text/html")
    assert verdict_of(f"{server.top}/a", fetch, now) == "damaged"
    assert verdict_of(f"{server.top}/b", fetch, now) == "damaged"


def test_too_long_a_content_length_ends_as_damaged(server, fetch, now, hostile_http) -> None:
    server.replies["/x"] = hostile_http(
        b"<p>short</p>", Content_Length="500", Content_Type="text/html"
    )
    assert verdict_of(f"{server.top}/x", fetch, now) == "damaged"


def test_too_short_a_content_length_ends_as_damaged(server, fetch, now, hostile_http) -> None:
    server.replies["/x"] = hostile_http(
        b"<p>a long page</p>", Content_Length="8", Content_Type="text/html"
    )
    assert verdict_of(f"{server.top}/x", fetch, now) == "damaged"


def test_what_is_no_http_ends_as_damaged_or_unreachable(server, fetch, now) -> None:
    server.replies["/x"] = b"SSH-2.0-OpenSSH_9.6\r\n"
    assert verdict_of(f"{server.top}/x", fetch, now) in {"damaged", "unreachable"}


def test_a_wrong_charset_spoils_no_feed(server, fetch, now, hostile_http, make_rss) -> None:
    body = make_rss("<item><title>Käse für Zürich</title><guid>1</guid></item>")
    server.replies["/f"] = hostile_http(body, Content_Type="application/rss+xml; charset=us-ascii")
    server.replies["/g"] = hostile_http(
        body, Content_Type="application/rss+xml; charset=no-such-charset"
    )
    for path in "/f", "/g":
        poll = poll_of(server.top + path, fetch, now)
        assert [e.title for e in poll.entries] == ["Käse für Zürich"]


def test_stray_nul_bytes_are_left_out_of_pages_and_feeds(
    server, fetch, now, hostile_http, make_rss
) -> None:
    page = b"<html><p>one\x00 two</p>" + b"words " * 100 + b"</html>"
    server.replies["/p"] = hostile_http(page, Content_Type="text/html")
    result = page_of(f"{server.top}/p", fetch, now)
    assert isinstance(result, Page)
    assert result.body == page.replace(b"\x00", b"")
    feed = make_rss("<item><title>one\x00 two</title><guid>1</guid></item>")
    server.replies["/f"] = hostile_http(feed, Content_Type="application/rss+xml")
    assert [e.title for e in poll_of(f"{server.top}/f", fetch, now).entries] == ["one two"]


def test_binary_data_called_html_ends_as_wrong_type(server, fetch, now, hostile_http) -> None:
    server.replies["/x"] = hostile_http(
        bytes(range(256)) * 40 + b"\x00" * 9_000, Content_Type="text/html"
    )
    server.replies["/y"] = hostile_http(b"%PDF-1.7", Content_Type="application/pdf")
    server.replies["/z"] = hostile_http(b"\x89PNG", Content_Type="image/png")
    assert [verdict_of(server.top + p, fetch, now) for p in ("/y", "/z")] == ["wrong_type"] * 2


def test_billion_laughs_is_harmless(server, fetch, now, hostile_http) -> None:
    entities = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    body = (
        f"<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY l0 'lol'>{entities}]><rss version='2.0'>"
        "<channel><title>t</title><item><title>&l9;</title><guid>1</guid></item></channel></rss>"
    ).encode()
    server.replies["/f"] = hostile_http(body, Content_Type="application/rss+xml")
    poll = poll_of(f"{server.top}/f", fetch, now)
    assert sum(len(e.title or "") for e in poll.entries) < 10_000


def test_an_external_entity_is_never_opened(server, fetch, now, hostile_http) -> None:
    body = (
        b"<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/hostname'>"
        b"<!ENTITY y SYSTEM '" + server.top.encode() + b"/leak'>]><rss version='2.0'><channel>"
        b"<item><title>a &x; &y; b</title><guid>1</guid></item></channel></rss>"
    )
    server.replies["/f"] = hostile_http(body, Content_Type="application/rss+xml")
    poll = poll_of(f"{server.top}/f", fetch, now)
    secret = Path("/etc/hostname").read_text().strip() if Path("/etc/hostname").exists() else "\x00"
    assert all(secret not in (e.title or "") for e in poll.entries)
    assert not any(b"/leak" in request for request in server.requests)


def test_a_feed_of_50_mb_ends_as_too_large(server, fetch, now, hostile_http) -> None:
    server.replies["/f"] = hostile_http(b"", Content_Length="50000000", Content_Type="text/xml")
    assert poll_of(f"{server.top}/f", fetch, now).verdict == "too_large"


@pytest.mark.slow
def test_a_feed_of_100_000_entries_is_read_whole(
    server, fetch, now, hostile_http, make_rss
) -> None:
    items = "".join(
        f"<item><title>Story {n}</title><link>https://a.example/{n}</link><guid>{n}</guid></item>"
        for n in range(100_000)
    )
    server.replies["/f"] = hostile_http(make_rss(items), Content_Type="application/rss+xml")
    poll = poll_of(f"{server.top}/f", replace(fetch, timeout_s=60.0), now)
    assert poll.verdict == "feed_ok"
    assert len({e.id for e in poll.entries}) == 100_000


@pytest.mark.parametrize(
    ("body", "kind", "verdict"),
    [
        (b"<!doctype html><title>Herald</title><p>News</p>", "text/html", "not_a_feed"),
        (b"<html><title>Just a moment...</title></html>", "text/html", "bot_wall"),
        (b"%PDF-1.7 ...", "application/rss+xml", "wrong_type"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "application/rss+xml", "wrong_type"),
        (bytes(range(256)) * 8, "application/octet-stream", "wrong_type"),
        (b"", "application/rss+xml", "empty"),
        (b"  \n\x00 ", "application/rss+xml", "empty"),
        (b"just words", "text/plain", "not_a_feed"),
        (b'{"items": 3}', "application/json", "not_a_feed"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", "not_a_feed"),
    ],
)
def test_a_feed_that_is_something_else_says_what(
    server, fetch, now, hostile_http, body, kind, verdict
) -> None:
    server.replies["/f"] = hostile_http(body, Content_Type=kind)
    poll = poll_of(f"{server.top}/f", fetch, now)
    assert poll.verdict == verdict
    assert poll.reason
    assert poll.entries == ()
