"""Politeness, validators and slow hosts, over real sockets; time is never asserted on."""

import threading
from dataclasses import replace
from datetime import timedelta

from connectors.history import load_history
from connectors.http.hosts import Hosts, forget_hosts
from connectors.pages import fetch_many
from connectors.poll import poll_many
from connectors.schedule import schedule
from newsbeam.records import Cursor, Entry, Feed, LedgerRow, Page
from newsbeam.settings import PollSettings


def entry(url: str) -> Entry:
    return Entry(id=url, feed_url="https://f.example/", guid=url, url=url)


def item(n: int) -> str:
    return f"<item><guid>{n}</guid><title>Story {n}</title><link>/{n}</link></item>"


def test_robots_txt_is_honoured_and_opt_outs_are_noted(server, fetch, now, hostile_http) -> None:
    rules = (
        b"User-agent: *\nDisallow: /private\nCrawl-delay: 0\n\nUser-agent: GPTBot\nDisallow: /\n"
    )
    rules += b"Content-Signal: search=yes, ai-train=no\n"
    server.replies["/robots.txt"] = hostile_http(rules, Content_Type="text/plain")
    server.replies["/open"] = hostile_http(b"<p>open</p>", Content_Type="text/html")
    results = {
        r.url: r
        for r in fetch_many([entry(f"{server.top}/{p}") for p in ("open", "private/x")], fetch, now)
    }
    page, row = results[f"{server.top}/open"], results[f"{server.top}/private/x"]
    assert isinstance(page, Page)
    assert page.ai_optout == ("robots:GPTBot", "content-signal:ai-train=no")
    assert isinstance(row, LedgerRow)
    assert row.verdict == "robots_disallowed"
    assert sum(b"/robots.txt" in r for r in server.requests) == 1


def test_a_host_whose_robots_txt_fails_is_left_alone(server, fetch, now, hostile_http) -> None:
    server.replies["/robots.txt"] = hostile_http(b"", "503 Busy")
    (row,) = fetch_many([entry(f"{server.top}/x")], fetch, now)
    assert isinstance(row, LedgerRow)
    assert row.verdict == "robots_disallowed"


def test_robots_txt_can_be_ignored_by_the_operator(server, fetch, now, hostile_http) -> None:
    server.replies["/x"] = hostile_http(b"<p>x</p>", Content_Type="text/html")
    server.replies["/robots.txt"] = hostile_http(b"User-agent: *\nDisallow: /")
    (page,) = fetch_many([entry(f"{server.top}/x")], replace(fetch, robots=False), now)
    assert isinstance(page, Page)


def test_we_say_who_we_are(server, fetch, now, hostile_http) -> None:
    list(fetch_many([entry(f"{server.top}/x")], replace(fetch, contact="desk@news.example"), now))
    assert b"(+desk@news.example)" in server.requests[0]


def test_a_long_retry_after_leaves_the_rest_of_the_host_for_later(
    server, fetch, now, hostile_http
) -> None:
    server.replies["/0"] = hostile_http(b"", "429 Slow down", Retry_After="3600")
    entries = [entry(f"{server.top}/{n}") for n in range(6)]
    rows = list(fetch_many(entries, replace(fetch, per_host=1, robots=False), now))
    assert {r.verdict for r in rows if isinstance(r, LedgerRow)} == {"rate_limited"}
    assert len(rows) == 6
    assert len(server.requests) == 1


def test_a_host_that_does_not_answer_is_not_asked_for_everything(server, fetch, now) -> None:
    def hang_up(connection, request) -> None:
        connection.close()

    for n in range(10):
        server.replies[f"/{n}"] = hang_up
    entries = [entry(f"{server.top}/{n}") for n in range(10)]
    rows = list(fetch_many(entries, replace(fetch, per_host=1, robots=False), now))
    assert [r.verdict for r in rows if isinstance(r, LedgerRow)] == ["unreachable"] * 10
    assert len(server.requests) <= 6


def test_a_slow_host_delays_nobody_else(server, fetch, now, hostile_http) -> None:
    others_done = threading.Event()
    answered_late: list[bool] = []

    def slow(connection, request) -> None:
        answered_late.append(others_done.wait(20))
        connection.sendall(hostile_http(b"<p>late</p>", Content_Type="text/html"))

    server.replies["/slow"] = slow
    for n in range(20):
        server.replies[f"/{n}"] = hostile_http(b"<p>quick</p>", Content_Type="text/html")
    names = {f"h{n}.example": f"{server.address}:{server.port}" for n in range(20)}
    names["slow.example"] = f"{server.address}:{server.port}"
    asked = replace(fetch, hosts=names, robots=False, concurrency=2, timeout_s=30.0)
    entries = [entry("http://slow.example/slow")]
    entries += [entry(f"http://h{n}.example/{n}") for n in range(20)]
    seen = 0
    for result in fetch_many(entries, asked, now):
        assert isinstance(result, Page)
        seen += 1
        if seen == 20:
            others_done.set()
    assert seen == 21
    assert answered_late == [True]


def test_a_consumer_that_stops_early_ends_the_fetching(server, fetch, now, hostile_http) -> None:
    for n in range(50):
        server.replies[f"/{n}"] = hostile_http(b"<p>x</p>", Content_Type="text/html")
    results = fetch_many([entry(f"{server.top}/{n}") for n in range(50)], fetch, now)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert not [t for t in threading.enumerate() if t.name.startswith("newsbeam-crowd")]


def test_the_gap_follows_latency_and_429_and_recovers() -> None:
    forget_hosts()
    hosts = Hosts(per_host=2, min_gap_s=0.5)
    host = hosts.of("h:443")
    assert host.pace.gap_s(0.5) == 0.5
    host.answered(4.0, 200, None)
    assert host.pace.gap_s(0.5) == 4.0
    for _ in range(20):
        host.answered(0.05, 200, None)
    assert host.pace.gap_s(0.5) == 0.5
    host.answered(0.05, 429, None)
    host.answered(0.05, 429, None)
    assert host.pace.gap_s(0.5) == 2.0
    for _ in range(10):
        host.answered(0.05, 200, None)
    assert host.pace.gap_s(0.5) == 0.5
    forget_hosts()


def poll(server, fetch, now, cursor):
    (made,) = poll_many([(Feed(f"{server.top}/f"), cursor)], fetch, now)
    return made


def test_validators_are_sent_and_304_is_no_news(server, fetch, now, hostile_http, make_rss) -> None:
    kind = "application/rss+xml"
    server.replies["/f"] = hostile_http(make_rss(item(1)), ETag='"v1"', Content_Type=kind)
    first = poll(server, fetch, now, Cursor(f"{server.top}/f"))
    server.replies["/f"] = hostile_http(b"", "304 Not Modified")
    second = poll(server, fetch, now, first.cursor)
    assert b'If-None-Match: "v1"' in server.requests[1]
    assert (second.verdict, second.cursor.unchanged) == ("unchanged", 1)
    assert second.cursor.etag == '"v1"'


def test_an_equal_body_needs_no_parsing(server, fetch, now, hostile_http, make_rss) -> None:
    server.replies["/f"] = hostile_http(make_rss(item(1)), Content_Type="text/xml")
    first = poll(server, fetch, now, Cursor(f"{server.top}/f"))
    second = poll(server, fetch, now, first.cursor)
    assert (second.verdict, second.reason, second.entries) == ("unchanged", "the same body", ())


def test_a_lying_304_is_overruled(server, fetch, now, hostile_http, make_rss) -> None:
    bodies = [make_rss(item(1))]

    def liar(connection, request) -> None:
        if b"If-None-Match" in request:
            connection.sendall(hostile_http(b"", "304 Not Modified"))
        else:
            connection.sendall(hostile_http(bodies[0], ETag='"frozen"', Content_Type="text/xml"))

    server.replies["/f"] = liar
    cursor, known, time = Cursor(f"{server.top}/f"), set[str](), now
    for n in range(2, 7):  # an outlet with an entry an hour
        made = poll(server, fetch, time, replace(cursor, etag=None))
        new = {e.id for e in made.entries} - known
        known |= new
        cursor = schedule(made, len(new), now=time, settings=PollSettings(), jitter=0.5)
        bodies[0] = make_rss(item(n))
        time += timedelta(hours=1)
    cursor = replace(cursor, etag='"frozen"', history=load_history(cursor.history).dump())
    history = load_history(cursor.history)
    history.lies = 0
    cursor = replace(cursor, history=history.dump())
    found_after = None
    for poll_number in range(1, 12):
        made = poll(server, fetch, time, cursor)
        new = {e.id for e in made.entries} - known
        cursor = schedule(made, len(new), now=time, settings=PollSettings(), jitter=0.5)
        if new:
            found_after = poll_number
            break
        time += timedelta(hours=1)
    assert found_after is not None
    assert found_after <= 6
    assert load_history(cursor.history).lies == 1
    poll(server, fetch, time, cursor)
    assert b"If-None-Match" not in server.requests[-1]


def test_a_feed_that_fails_to_parse_keeps_its_validators(
    server, fetch, now, hostile_http, make_rss
) -> None:
    server.replies["/f"] = hostile_http(make_rss(item(1)), ETag='"v1"', Content_Type="text/xml")
    first = poll(server, fetch, now, Cursor(f"{server.top}/f"))
    server.replies["/f"] = hostile_http(b"<html>", ETag='"v2"', Content_Type="text/html")
    second = poll(server, fetch, now, first.cursor)
    assert second.verdict == "not_a_feed"
    assert (second.cursor.etag, second.cursor.body_hash) == ('"v1"', first.cursor.body_hash)


def test_a_permanent_move_is_remembered(server, fetch, now, hostile_http, make_rss) -> None:
    server.replies["/f"] = hostile_http(b"", "301 Moved", Location="/g")
    server.replies["/g"] = hostile_http(make_rss(item(1)), Content_Type="text/xml")
    made = poll(server, fetch, now, Cursor(f"{server.top}/f"))
    assert load_history(made.cursor.history).moved_to == f"{server.top}/g"
    assert made.entries[0].url == f"{server.top}/1"


def test_an_index_of_sitemaps_is_followed(server, fetch, now, hostile_http, pack) -> None:
    index = f"<sitemapindex><sitemap><loc>{server.top}/news.xml.gz</loc></sitemap></sitemapindex>"
    urls = "".join(f"<url><loc>{server.top}/{n}</loc></url>" for n in range(3))
    server.replies["/f"] = hostile_http(index.encode(), Content_Type="text/xml")
    packed = pack(f"<urlset>{urls}</urlset>".encode())
    server.replies["/news.xml.gz"] = hostile_http(packed, Content_Type="application/gzip")
    made = poll(server, fetch, now, Cursor(f"{server.top}/f"))
    assert [e.url for e in made.entries] == [f"{server.top}/{n}" for n in range(3)]


def test_hosts_of_the_settings_are_used_instead_of_dns(server, fetch, now, hostile_http) -> None:
    server.replies["/x"] = hostile_http(b"<p>x</p>", Content_Type="text/html")
    hosts = {"herald.example": f"{server.address}:{server.port}"}
    (page,) = fetch_many([entry("http://herald.example/x")], replace(fetch, hosts=hosts), now)
    assert isinstance(page, Page)
    assert page.url == "http://herald.example/x"
    assert b"Host: herald.example\r\n" in server.requests[-1]


def test_a_host_of_the_settings_on_a_forbidden_address_is_refused(fetch, now) -> None:
    hosts = {"herald.example": "127.0.0.1:9"}
    (row,) = fetch_many(
        [entry("http://herald.example/x")], replace(fetch, hosts=hosts, robots=False), now
    )
    assert isinstance(row, LedgerRow)
    assert row.verdict == "blocked_address"


def test_a_host_that_wants_long_gaps_does_not_keep_the_others_waiting(
    server, fetch, now, hostile_http
) -> None:
    names = ("quick.example", "leisurely.example")
    hosts = {name: server.top.removeprefix("http://") for name in names}
    for n in range(4):
        server.replies[f"/{n}"] = hostile_http(b"<p>x</p>", Content_Type="text/html")
    Hosts(per_host=1, min_gap_s=0.0).of("leisurely.example:80").pace.crawl_delay_s = 40.0
    entries = [entry(f"http://leisurely.example/{n}") for n in range(4)]
    entries.append(entry("http://quick.example/0"))
    results = list(fetch_many(entries, replace(fetch, hosts=hosts, robots=False), now))
    pages = [result.url for result in results if isinstance(result, Page)]
    assert sorted(pages) == ["http://leisurely.example/0", "http://quick.example/0"]
    assert {row.reason for row in results if isinstance(row, LedgerRow)} == {
        "the host wants long gaps; left for a later run"
    }
