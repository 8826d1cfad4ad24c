"""Live alerting, on loopback: the figures of docs/benchmarks.md, section Alerts.

    dispatch   messages a second to the loopback Slack, against a bare slack_sdk loop
    latency    feed change → message, 200 feeds, one change a second
    idle       processor time of `watch` with 500 feeds that do not change
    memory     resident memory over many cycles
    kills      50 kills at random moments (tests/alert_kills.py)

Usage: bench_alerts.py [dispatch|latency|idle|memory|kills]…   Each runs in a process of its own.
"""

import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).parents[2]))

from slack_sdk.web import WebClient

from newsbeam.alerts.messages import Card, Message
from pipelines.run import run_once
from pipelines.watch import Supervisor
from sinks.slack.blocks import render
from sinks.store.store import connect, open_store
from tests.alert_kills import torture
from tests.alert_support import Desk, alerts, article, rule
from tests.loopback_slack import LoopbackSlack

SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
_rng = random.Random(11)
VOCABULARY = ["".join(_rng.choice(SYLLABLES) for _ in range(4)) for _ in range(30_000)]
"""About as many words as news of a few weeks has; texts use the first ones most, as texts do."""
TOPIC = """
name = "harbour"
title = "Harbour"
description = "News of the harbour."
query = "harbour"
precision = 0.5
"""


class Feeds:
    """Feeds and pages that change when told; a feed answers 304 where it has not."""

    slack: LoopbackSlack | None = None
    """That of the same process, for :func:`elsewhere`."""

    def __init__(self, count: int) -> None:
        self.items: dict[int, list[str]] = {n: [] for n in range(count)}
        self.served: dict[str, float] = {}
        self.rng = random.Random(3)
        handler = type("Handler", (_Handler,), {"feeds": self})
        self.server = _Server(("127.0.0.1", 0), handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, feed: int) -> str:
        """Publish a new article in a feed; return its slug."""
        slug = "-".join(word(self.rng) for _ in range(4)) + f"-{self.rng.randrange(10**6)}"
        self.items[feed].append(slug)
        return slug

    def feed(self, n: int) -> str:
        now = format_datetime(datetime.now(UTC) - timedelta(minutes=1))
        parts = []
        for slug in self.items[n][-20:]:
            self.served.setdefault(slug, time.time())
            title = title_of(slug)
            url = f"http://outlet{n}.example/a/{slug}"
            parts.append(
                f"<item><title>{title}</title><link>{url}</link><guid>{url}</guid>"
                f"<pubDate>{now}</pubDate></item>"
            )
        return f"<rss version='2.0'><channel><title>{n}</title>{''.join(parts)}</channel></rss>"

    def page(self, slug: str) -> str:
        rng = random.Random(slug)
        title = title_of(slug)
        words = [" ".join(common_word(rng) for _ in range(25)) for _ in range(8)]
        body = "".join(f"<p>In the harbour {line} {rng.randrange(9999)}.</p>" for line in words)
        return (
            f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>"
            f"<p>News from the harbour: {title.lower()}.</p>{body}</article></body></html>"
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    """The default of 5 loses connections of a client that opens 64 at once."""


class _Handler(BaseHTTPRequestHandler):
    feeds: Feeds
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.startswith("/feed/"):
            n = int(self.path.rsplit("/", 1)[1])
            tag = f'"{len(self.feeds.items[n])}"'
            if self.headers.get("If-None-Match") == tag:
                self._send(304, b"", "text/xml", tag)
            else:
                self._send(200, self.feeds.feed(n).encode(), "application/rss+xml", tag)
        elif self.path.startswith("/add/"):
            slug = self.feeds.add(int(self.path.rsplit("/", 1)[1]))
            self._send(200, slug.encode(), "text/plain", None)
        elif self.path == "/told" and self.feeds.slack:
            posted = [(m["at"], str(m["blocks"])) for m in self.feeds.slack.posted()]
            told = json.dumps({"served": self.feeds.served, "posted": posted})
            self._send(200, told.encode(), "application/json", None)
        elif self.path.startswith("/a/"):
            self._send(200, self.feeds.page(self.path[3:]).encode(), "text/html", None)
        else:
            self._send(404, b"", "text/plain", None)

    def _send(self, status: int, body: bytes, kind: str, tag: str | None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if tag:
            self.send_header("ETag", tag)
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:  # the client has what it wants
            return

    def log_message(self, format: str, *args: Any) -> None:
        return


def word(rng: random.Random) -> str:
    """Return a word of a headline: any, so that each article is a story of its own."""
    return rng.choice(VOCABULARY)


def common_word(rng: random.Random) -> str:
    """Return a word of a text: half of them are among the first 900."""
    return VOCABULARY[int(len(VOCABULARY) * rng.random() ** 5)]


def title_of(slug: str) -> str:
    return "Harbour: " + slug.rsplit("-", 1)[0].replace("-", " ").title()


def settings_file(folder: Path, feeds: Feeds, slack: LoopbackSlack, **more: Any) -> Path:
    (folder / "topics").mkdir()
    (folder / "topics/harbour.toml").write_text(TOPIC)
    outlines = "".join(
        f'<outline type="rss" xmlUrl="http://outlet{n}.example/feed/{n}"/>' for n in feeds.items
    )
    (folder / "feeds.opml").write_text(f'<opml version="2.0"><body>{outlines}</body></opml>')
    hosts = "\n".join(f'"outlet{n}.example" = "127.0.0.1:{feeds.port}"' for n in feeds.items)
    poll, cycle = more.get("poll_s", 5), more.get("cycle_s", 1)
    config = folder / "newsbeam.toml"
    config.write_text(
        f"""
[topics]
packs = []
[fetch]
allow_networks = ["127.0.0.0/8"]
min_gap_s = 0.0
[poll]
default_interval_s = {poll}
min_interval_s = {poll}
max_interval_s = {poll}
[watch]
cycle_s = {cycle}
[alerts]
slack_base_url = "{slack.url}"
slack_gap_s = {more.get("gap_s", 0.0)}
[[alerts.rules]]
name = "all"
channel = "#news"
max_per_hour = 0
[fetch.hosts]
{hosts}
"""
    )
    return config


def dispatch(count: int = 200) -> str:
    """Messages a second, against a bare loop of the same messages."""
    with LoopbackSlack() as slack, tempfile.TemporaryDirectory() as name:
        card = Card("s", "a", "Port closed", "https://a.example/x", "a.example", None, None,
                    datetime.now(UTC), "en", (("ports", 0.9),), "The port is closed.")  # fmt: skip
        client = WebClient(slack.token, base_url=slack.url)
        text, blocks = render(Message("story", cards=(card,)))
        began = time.perf_counter()
        for _ in range(count):
            client.chat_postMessage(channel="#news", text=text, blocks=blocks)
        plain = count / (time.perf_counter() - began)
        with open_store(Path(name, "store.duckdb")) as db:
            desk = Desk(db, Path(name, "staging"), alerts(rule(max_per_hour=0)))
            desk.start()
            desk.arrive(*[article(f"n{n}") for n in range(count)])
            began = time.perf_counter()
            desk.dispatch(slack)
            ours = count / (time.perf_counter() - began)
        assert len(slack.posted()) == 2 * count
    return (
        f"dispatch {count} messages: {ours:.0f}/s, bare slack_sdk loop {plain:.0f}/s "
        f"({ours / plain:.2f} ×); Slack allows 1/s and channel"
    )


FATES = """
    SELECT regexp_extract(e.url, '[^/]*$') AS slug,
           concat_ws(', ', e.verdict, any_value(d.outcome), any_value(d.detail),
                     any_value(o.status))
    FROM entries e LEFT JOIN alert_decisions d USING (article_id)
    LEFT JOIN alert_outbox o ON o.story_id = d.story_id AND o.kind = 'story'
    GROUP BY e.url, e.verdict
"""


def latency(feeds_count: int = 200, seconds: int = 60, poll_s: float = 5) -> str:
    """Feed change → message, with one change a second somewhere."""
    changed: dict[str, float] = {}
    with elsewhere(feeds_count) as (feeds, slack), tempfile.TemporaryDirectory() as name:
        for n in feeds.items:
            ask(feeds, f"/add/{n}")
        config = settings_file(Path(name), feeds, slack, poll_s=poll_s, cycle_s=0.2)
        watch = Supervisor(config, {"SLACK_BOT_TOKEN": slack.token})

        def change() -> None:
            while watch.done < 3:
                time.sleep(0.2)
            for _ in range(seconds):
                changed[ask(feeds, f"/add/{feeds.rng.randrange(feeds_count)}")] = time.time()
                time.sleep(1)
            time.sleep(2 * poll_s + 10)
            watch.stop()

        threading.Thread(target=change, daemon=True).start()
        began, before = time.time(), time.process_time()
        watch.run()
        busy = (time.process_time() - before) / (time.time() - began)
        told = json.loads(ask(feeds, "/told"))
        with connect(Path(name, "newsroom/store.duckdb"), read_only=True) as db:
            fates = dict(db.execute(FATES).fetchall())
    arrived: dict[str, float] = {}
    for at, blocks in told["posted"]:
        for slug in changed:
            if f"/a/{slug}" in blocks:
                arrived.setdefault(slug, at)
    for slug in changed.keys() - arrived.keys():
        print("no message of its own:", slug, fates.get(slug, "never seen"), flush=True)
    from_poll = sorted(arrived[s] - told["served"][s] for s in arrived)
    from_change = sorted(arrived[s] - changed[s] for s in arrived)
    waited = sorted(told["served"][s] - changed[s] for s in arrived)
    return (
        f"latency {feeds_count} feeds, polled every {poll_s:g} s, {len(changed)} changes, "
        f"{len(arrived)} messages, {busy:.0%} of a core: change → answer of the feed p95 "
        f"{quantile(waited, 0.95):.2f} s; answer → message p50 {quantile(from_poll, 0.5):.2f} s, "
        f"p95 {quantile(from_poll, 0.95):.2f} s; change → message p50 "
        f"{quantile(from_change, 0.5):.2f} s, p95 {quantile(from_change, 0.95):.2f} s "
        f"(load {os.getloadavg()[0]:.1f})"
    )


def ask(feeds: Feeds, path: str) -> str:
    """Ask the feeds' server, wherever it runs."""
    with urlopen(f"http://127.0.0.1:{feeds.port}{path}") as answer:
        return str(answer.read().decode())


def quantile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


@contextmanager
def elsewhere(count: int) -> Iterator[tuple[Feeds, LoopbackSlack]]:
    """Feeds and Slack in a process of their own: what they take is not counted."""
    server = subprocess.Popen(
        [sys.executable, __file__, "--serve", str(count)], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    feeds, slack = Feeds(0), LoopbackSlack()
    feeds.server.shutdown()
    feeds.port, slack.url = int(server.stdout.readline()), server.stdout.readline().strip()
    feeds.items = {n: [] for n in range(count)}
    try:
        yield feeds, slack
    finally:
        server.terminate()
        server.wait()


def idle(feeds_count: int = 500, seconds: int = 120) -> str:
    """Processor time with feeds that are due every 15 minutes and do not change."""
    spent: list[float] = []
    cycles: list[int] = []
    with elsewhere(feeds_count) as (feeds, slack), tempfile.TemporaryDirectory() as name:
        config = settings_file(Path(name), feeds, slack, poll_s=900, cycle_s=30)

        def work(settings: Any, db: Any, **more: Any) -> Any:
            report = run_once(settings, db, **more)
            if not spent:  # from now on every second some feed is due
                db.execute(
                    "UPDATE feed_cursors SET next_poll = last_poll + to_seconds(900 * random())"
                )
                spent.append(cpu())
                threading.Timer(seconds, watch.stop).start()
            else:
                cycles.append(report.feeds)
            return report

        watch = Supervisor(config, {"SLACK_BOT_TOKEN": slack.token}, work=work)
        watch.run()
        share = (cpu() - spent[0]) / seconds
    return (
        f"idle {feeds_count} feeds every 900 s, cycles of 30 s: {share:.1%} of a core over "
        f"{seconds} s ({len(cycles)} cycles, {sum(cycles)} polls)"
    )


def cpu() -> float:
    """Return seconds of processor time of this process and its readers."""
    own = time.process_time()
    for child in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        for pid in child.read_text().split():
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if "--serve" not in Path(f"/proc/{pid}/cmdline").read_text():
                own += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own


def memory(cycles: int = 500) -> str:
    """Resident memory from cycle 50 to the end; a new article every third cycle."""
    sizes: list[float] = []
    readers: list[float] = []
    first = min(50, cycles // 2)
    with elsewhere(3) as (feeds, slack), tempfile.TemporaryDirectory() as name:
        config = settings_file(Path(name), feeds, slack, poll_s=0.1, cycle_s=0)

        def work(settings: Any, db: Any, **more: Any) -> Any:
            if len(sizes) % 3 == 0:
                ask(feeds, f"/add/{len(sizes) % len(feeds.items)}")
            report = run_once(settings, db, **{**more, "every_feed": True})
            sizes.append(resident_mb())
            if len(sizes) in (first, cycles):
                readers.append(readers_mb())
            return report

        Supervisor(config, {"SLACK_BOT_TOKEN": slack.token}, cycles=cycles, work=work).run()
    start, end = median(sizes[first - 5 : first + 5]), median(sizes[-10:])
    return (
        f"memory {len(sizes)} cycles: {start:.0f} MB after {first}, "
        f"{end:.0f} MB at the end ({end / start - 1:+.1%}; medians of 10 cycles); "
        f"readers and model {readers[0]:.0f} and {readers[-1]:.0f} MB"
    )


def resident_mb() -> float:
    """Return the resident memory of this process, MB."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def readers_mb() -> float:
    """Return what readers and model hold beside the memory that they share, MB."""
    kept = 0.0
    for child in Path("/proc/self/task").glob("*/children"):
        for pid in child.read_text().split():
            if "--serve" not in Path(f"/proc/{pid}/cmdline").read_text():
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
                kept += sum(int(x.split()[1]) for x in rollup if x.startswith("Private_")) / 1e3
    return kept


def kills(count: int = 50) -> str:
    with tempfile.TemporaryDirectory() as name:
        found = torture(Path(name), kills=count, articles=400)
    faults = sum(n for fault, n in found.faults.items() if fault != "none")
    return (
        f"kills {found.kills}, faults {faults}: {found.due} alerts due, {found.missing} missing, "
        f"{found.twice} twice ({found.seconds:.0f} s)"
    )


PARTS: dict[str, Callable[..., str]] = {
    "dispatch": dispatch, "latency": latency, "idle": idle, "memory": memory, "kills": kills,
}  # fmt: skip


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--serve"]:
        with LoopbackSlack() as slack:
            feeds = Feeds(int(arguments[1]))
            feeds.slack = slack
            print(feeds.port, slack.url, sep="\n", flush=True)
            threading.Event().wait()
    if arguments[:1] == ["--part"]:
        print(PARTS[arguments[1]](*map(int, arguments[2:])), flush=True)
        return
    print(
        f"# {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, duckdb {version('duckdb')}, "
        f"slack_sdk {version('slack_sdk')}, load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    for part in arguments or PARTS:
        subprocess.run([sys.executable, __file__, "--part", part], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
