"""Everything a server can do wrong ends as a verdict of its own, and harms nothing else."""

import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from connectors.pages import fetch_many
from connectors.poll import Poll, poll_many
from newsbeam.records import Cursor, Entry, Feed, LedgerRow, Page
from newsbeam.settings import FetchSettings


def page_of(
    url: str | None, fetch: FetchSettings, now: datetime, **extra: object
) -> Page | LedgerRow:
    entry = Entry(id="e1", feed_url="http://feed.example/", guid="g", url=url)
    (result,) = fetch_many([entry], fetch, now, **extra)  # type: ignore[arg-type]
    return result


def verdict_of(url: str | None, fetch: FetchSettings, now: datetime, **extra: object) -> str:
    result = page_of(url, fetch, now, **extra)
    assert isinstance(result, LedgerRow), result
    assert result.reason
    assert result.subject == "e1"
    return str(result.verdict)


def poll_of(url: str, fetch: FetchSettings, now: datetime, cursor: Cursor | None = None) -> Poll:
    (poll,) = poll_many([(Feed(url), cursor or Cursor(url))], fetch, now)
    return poll


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


def test_a_redirect_loop_ends_as_too_many_redirects(server, fetch, now, hostile_http) -> None:
    server.replies["/a"] = hostile_http(b"", "302 Found", Location="/b")
    server.replies["/b"] = hostile_http(b"", "302 Found", Location="/a")
    assert verdict_of(f"{server.top}/a", fetch, now) == "too_many_redirects"


def test_a_long_chain_of_redirects_ends_as_too_many_redirects(
    server, fetch, now, hostile_http
) -> None:
    for step in range(10):
        server.replies[f"/{step}"] = hostile_http(b"", "307 T", Location=f"/{step + 1}")
    assert verdict_of(f"{server.top}/0", fetch, now) == "too_many_redirects"


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/secret",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:{port}/secret",
        "http://[::ffff:127.0.0.1]:{port}/secret",
        "http://[64:ff9b::7f00:1]/secret",
        "http://[2002:7f00:1::]/secret",
        "http://0x7f000001:{port}/secret",
        "http://0177.0.0.1:{port}/secret",
        "http://2130706433:{port}/secret",
        "http://127.1:{port}/secret",
        "http://localhost:{port}/secret",
        "http://224.0.0.1/secret",
        "http://0.0.0.0:{port}/secret",
        "http://10.1.2.3/secret",
        "file:///etc/passwd",
        "ftp://127.0.1.1/secret",
        "gopher://127.0.1.1/secret",
    ],
)
def test_a_redirect_to_a_forbidden_address_is_refused(
    server, fetch, now, hostile_http, target
) -> None:
    place = target.format(port=server.port)
    server.replies["/a"] = hostile_http(b"", "302 Found", Location=place)
    server.replies["/secret"] = hostile_http(b"secret", Content_Type="text/html")
    asked = replace(fetch, robots=False)
    assert verdict_of(f"{server.top}/a", asked, now) == "blocked_address"
    if not place.startswith(("file", "ftp", "gopher")):
        assert verdict_of(place, asked, now) == "blocked_address"
    assert not any(b"/secret" in request for request in server.requests)


class Rebinding:
    """A resolver that names an allowed address first and a forbidden one afterwards."""

    def __init__(self, port: int) -> None:
        self.answers = ["127.0.1.1", "127.0.0.1"]
        self.port = port

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[dict[str, object]]:
        address = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        found = {"hostname": host, "host": address, "port": self.port}
        return [{**found, "family": socket.AF_INET, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        return None


def test_a_name_that_changes_its_address_is_refused_where_it_connects(
    server, fetch, now, hostile_http
) -> None:
    server.replies["/x"] = hostile_http(b"<p>x</p>", Content_Type="text/html")
    asked, rebinding = replace(fetch, robots=False), Rebinding(server.port)
    assert isinstance(page_of("http://rebind.example/x", asked, now, resolver=rebinding), Page)
    assert (
        verdict_of("http://rebind.example/x", asked, now, resolver=rebinding) == "blocked_address"
    )
    assert len(server.requests) == 1


def test_several_threads_may_fetch_at_once(server, fetch, now, hostile_http) -> None:
    server.replies["/x"] = hostile_http(b"<p>x</p>", Content_Type="text/html")
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(page_of, f"{server.top}/x", fetch, now) for _ in range(8)]
        assert all(isinstance(one.result(), Page) for one in asked)


def test_a_port_that_is_not_allowed_is_refused(fetch, now) -> None:
    assert (
        verdict_of("http://93.184.215.14:6379/", replace(fetch, robots=False), now)
        == "blocked_address"
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http://[bad/",
        "http://a b.example/",
        "http://exa_mple..com/",
        "//x",
        "ftp://a.example/x",
    ],
)
def test_a_url_that_is_none_ends_as_bad_url(fetch, now, url) -> None:
    assert verdict_of(url, replace(fetch, robots=False), now) in {"bad_url", "unreachable"}


def test_an_entry_without_link_ends_as_no_link(fetch, now) -> None:
    assert verdict_of(None, fetch, now) == "no_link"


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


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("401 Unauthorized", "forbidden"),
        ("403 Forbidden", "forbidden"),
        ("404 Not Found", "not_found"),
        ("410 Gone", "gone"),
        ("429 Too Many Requests", "rate_limited"),
        ("451 Unavailable", "unavailable_for_legal_reasons"),
        ("500 Oops", "http_error"),
        ("503 Busy", "http_error"),
        ("599 Odd", "http_error"),
        ("204 No Content", "empty"),
        ("304 Not Modified", "http_error"),
        ("302 Found", "http_error"),
    ],
)
def test_each_status_has_its_verdict(server, fetch, now, hostile_http, status, verdict) -> None:
    server.replies["/x"] = hostile_http(b"", status)
    assert verdict_of(f"{server.top}/x", fetch, now) == verdict
    poll = poll_of(f"{server.top}/x", fetch, now)
    assert poll.verdict == verdict
    assert poll.status is None or str(poll.status) == status[:3]


def test_retry_after_is_passed_on(server, fetch, now, hostile_http) -> None:
    server.replies["/x"] = hostile_http(b"", "429 Slow down", Retry_After="120")
    assert poll_of(f"{server.top}/x", fetch, now).hints.retry_after_s == 120


def test_an_empty_200_ends_as_empty(server, fetch, now, hostile_http) -> None:
    server.replies["/x"] = hostile_http(b"", Content_Type="text/html")
    assert verdict_of(f"{server.top}/x", fetch, now) == "empty"


def test_a_bot_challenge_is_told_from_a_refusal(server, fetch, now, hostile_http) -> None:
    server.replies["/x"] = hostile_http(b"<p>", "403 Forbidden", Cf_Mitigated="challenge")
    assert verdict_of(f"{server.top}/x", fetch, now) == "bot_wall"


def test_a_captcha_with_200_is_fetched_for_the_extractor_to_judge(
    server, fetch, now, hostile_http
) -> None:
    server.replies["/x"] = hostile_http(b"<title>Robot or human?</title>", Content_Type="text/html")
    assert isinstance(page_of(f"{server.top}/x", fetch, now), Page)


def test_nobody_listening_ends_as_unreachable(server, fetch, now) -> None:
    place = f"{server.top}/x"
    server.close()
    assert verdict_of(place, fetch, now) == "unreachable"


def test_unusable_links_become_entries_without_link(
    server, fetch, now, hostile_http, make_rss
) -> None:
    links = [
        "/a",
        "javascript:alert(1)",
        "mailto:a@b.example",
        "file:///etc/passwd",
        "",
        "data:text/html,x",
    ]
    items = "".join(
        f"<item><title>T{n}</title><link>{u}</link></item>" for n, u in enumerate(links)
    )
    server.replies["/f"] = hostile_http(make_rss(items), Content_Type="application/rss+xml")
    poll = poll_of(f"{server.top}/f", fetch, now)
    assert [e.url for e in poll.entries] == [f"{server.top}/a", None, None, None, None, None]


def test_no_cookie_is_kept_and_no_password_sent_on(server, fetch, now, hostile_http) -> None:
    server.replies["/x"] = hostile_http(b"<p>x</p>", Set_Cookie="a=b", Content_Type="text/html")
    place = server.top.replace("http://", "http://me:secret@") + "/x"
    page_of(place, fetch, now)
    page_of(f"{server.top}/x", fetch, now)
    sent = b"".join(server.requests).lower()
    assert b"cookie:" not in sent
    assert b"authorization:" not in sent
    assert b"user-agent: newsbeam/" in sent


def test_a_bad_certificate_ends_as_tls_error(tmp_path, fetch, now) -> None:
    if not shutil.which("openssl"):
        pytest.skip("no openssl command to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=wrong.example",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listening = socket.create_server(("127.0.1.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
                context.wrap_socket(connection, server_side=True).close()
            except ssl.SSLError:
                continue
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    asked = replace(fetch, robots=False)
    assert verdict_of(f"https://127.0.1.1:{listening.getsockname()[1]}/", asked, now) == "tls_error"
    listening.close()


def test_a_hundred_feeds_on_one_page_do_not_hide_each_other(
    server, fetch, now, hostile_http: Callable[..., bytes], make_rss: Callable[..., bytes]
) -> None:
    for n in range(100):
        good = n % 3 > 0
        body = make_rss(f"<item><guid>{n}</guid><title>t</title></item>") if good else b"<html>"
        server.replies[f"/{n}"] = hostile_http(body, Content_Type="text/xml")
    urls = [f"{server.top}/{n}" for n in range(100)]
    polls = poll_many([(Feed(u), Cursor(u)) for u in urls], fetch, now)
    assert [p.feed.url for p in polls] == urls
    assert [p.ok for p in polls] == [n % 3 > 0 for n in range(100)]
