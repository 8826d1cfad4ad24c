"""Wrong addresses, redirects and statuses end as a verdict of their own, and harm nothing else."""

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from connectors.poll import poll_many
from newsbeam.records import Cursor, Feed, LedgerRow, Page
from tests.integration.connectors.asking import page_of, poll_of, verdict_of


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
    row = page_of(place, fetch, now)
    assert isinstance(row, LedgerRow)
    assert (row.verdict, row.reason) == ("unreachable", "robots.txt: connection refused")


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
