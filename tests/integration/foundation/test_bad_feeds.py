"""Feeds that are dead, empty, HTML, binary, enormous or endless harm nobody but themselves."""

import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from newsbeam.settings import load_settings
from pipelines.run import run_once
from sinks.store.store import open_store
from tests.support import write_settings

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ITEM = (
    "<item><title>A quay is mended</title><link>http://good.example/quay</link><description>The "
    "harbour board mended the north quay.</description><pubDate>Sun, 01 Mar 2026 08:00:00 GMT"
    "</pubDate></item>"
)
FEED = f"<rss version='2.0'><channel><title>Good</title>{ITEM}</channel></rss>".encode()
PAGE = (
    "<html lang=en><head><title>A quay is mended</title></head><body><article><h1>A quay is mended"
    "</h1>"
    + "".join(
        f"<p>The board of the harbour said on day {n} that the work on the north quay went on, and "
        f"that the {n * 7} boats of the fishers would be back in their berths soon.</p>"
        for n in range(1, 9)
    )
    + "</article></body></html>"
).encode()


class _Handler(BaseHTTPRequestHandler):
    whole: ClassVar[dict[str, tuple[str, bytes]]] = {
        "/good": ("application/rss+xml", FEED),
        "/quay": ("text/html; charset=utf-8", PAGE),
        "/empty": ("application/rss+xml", b""),
        "/html": ("text/html", b"<!doctype html><html><body>Welcome</body></html>"),
        "/binary": ("application/octet-stream", bytes(range(256)) * 64),
    }

    def do_GET(self) -> None:
        if self.path in self.whole:
            kind, body = self.whole[self.path]
            self._begin(kind, len(body))
            self.wfile.write(body)
        elif self.path in ("/huge", "/endless"):
            self._begin("application/rss+xml", 300_000_000 if self.path == "/huge" else None)
            self._pour(300 if self.path == "/huge" else None)
        else:
            self.send_error(404)

    def _begin(self, kind: str, length: int | None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def _pour(self, megabytes: int | None) -> None:
        counter = itertools.count() if megabytes is None else range(megabytes)
        try:
            self.wfile.write(b"<rss version='2.0'><channel>")
            for _ in counter:
                self.wfile.write(b"<item><title>more</title></item>" * 31_250)
        except OSError:  # the client has had enough: that is the point
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def server() -> Iterator[str]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    made.daemon_threads = True
    thread = threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{made.server_address[1]}"
    finally:
        made.shutdown()
        made.server_close()


def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@pytest.mark.slow
def test_bad_feeds_are_rows_with_a_reason_and_the_good_one_is_read(tmp_path: Path) -> None:
    wanted = {
        "http://good.example/good": "feed_ok",
        "http://empty.example/empty": "empty",
        "http://html.example/html": "not_a_feed",
        "http://binary.example/binary": "wrong_type",
        "http://huge.example/huge": "too_large",
        "http://endless.example/endless": "too_large",
        "http://dead.example/feed": "unreachable",
        "http://gone.example/feed": "not_found",
    }
    with server() as address:
        hosts = {url.split("/")[2]: address for url in wanted} | {"dead.example": closed_port()}
        settings = load_settings(
            write_settings(tmp_path, list(wanted), hosts, max_feed_bytes=2_000_000)
        )
        with open_store(settings.path(settings.store.path)) as db:
            report = run_once(settings, db, now=NOW)
            found = dict(db.execute("SELECT url, verdict FROM polls").fetchall())
            ledger = dict(
                db.execute("SELECT url, reason FROM ledger_rows WHERE kind = 'feed'").fetchall()
            )
    different = {u: (found.get(u), v) for u, v in wanted.items() if found.get(u) != v}
    # a body of bytes may be called no feed or of the wrong type: both say what it is
    different = {u: d for u, d in different.items() if "binary" not in u or d[0] != "not_a_feed"}
    assert different == {}
    assert report.verdicts == {"article": 1}
    assert report.feeds_failed == len(wanted) - 1
    assert {url for _, url, _, _ in report.failures} == set(wanted) - {"http://good.example/good"}
    assert all(ledger[url] for url in wanted if url != "http://good.example/good")
