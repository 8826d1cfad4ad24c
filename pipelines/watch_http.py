"""The optional port of `watch`: Prometheus metrics, health, and outgoing feeds.

Runs in a thread of its own and reads only what the supervisor has left in memory or in files: a
slow scraper cannot hold up a cycle.
"""

import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from newsbeam.errors import ConfigError, reason_of

log = logging.getLogger(__name__)

Answers = Callable[[str], tuple[int, str, bytes]]
"""Path -> status, content type, body."""

FEED_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml",
              "json": "application/feed+json"}  # fmt: skip


class Port:
    """Serves until it is closed.

    Args:
        listen: ``host:port``.
        answers: gives the answer to a GET.

    Raises:
        ConfigError: the address is wrong or taken.
    """

    def __init__(self, listen: str, answers: Answers) -> None:
        host, _, port = listen.rpartition(":")
        handler = type("Handler", (_Handler,), {"answers": staticmethod(answers)})
        try:
            self._server = _Server((host or "127.0.0.1", int(port)), handler)
        except ValueError:
            raise ConfigError("watch.listen", f"{listen!r}; write it like 127.0.0.1:9464") from None
        except (OSError, OverflowError) as error:
            reason = f"cannot listen on {listen!r}: {reason_of(error)}"
            raise ConfigError("watch.listen", reason) from error
        self._server.daemon_threads = True
        self.address = f"{host or '127.0.0.1'}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, name="port", daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say in one line that a request failed; a client that has gone is nothing."""
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError):
            log.error("a request of %s failed: %r", client_address[0], error)


class _Handler(BaseHTTPRequestHandler):
    answers: Answers
    server_version = "newsbeam"
    sys_version = ""
    timeout = 10

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        status, kind, body = self.answers(self.path.partition("?")[0])
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Scrapes are not news."""


class Metrics:
    """The figures of a running `watch`, in a registry of their own."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry = CollectorRegistry()
        made: dict[str, Any] = {"registry": self.registry, "namespace": "newsbeam"}
        buckets = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120)
        self.cycle = Histogram("cycle_seconds", "Length of a cycle.", buckets=buckets, **made)
        self.cycles = Counter("cycles", "Cycles by outcome.", ["outcome"], **made)
        self.feeds = Counter("feeds_polled", "Polls by outcome.", ["outcome"], **made)
        self.entries = Counter("entries", "New entries by verdict.", ["verdict"], **made)
        self.articles = Counter("articles", "Articles by change.", ["change"], **made)
        self.mentions = Counter("mentions", "Mentions by topic.", ["topic"], **made)
        self.calls = Counter("alert_calls", "Calls to channels by how they ended.", ["end"], **made)
        self.outbox = Gauge("outbox", "Alerts in the outbox by status.", ["status"], **made)
        self.troubles = Gauge("troubles", "Troubles that last.", **made)
        self.last = Gauge("last_cycle_timestamp", "End of the last good cycle.", **made)
        self._calls: dict[str, int] = {}

    def after_cycle(self, report: Any, ended: float) -> None:
        """Count a cycle's report (``RunReport``)."""
        self.cycle.observe(report.seconds)
        self.cycles.labels("ok").inc()
        self.feeds.labels("ok").inc(report.feeds - report.feeds_failed)
        self.feeds.labels("failed").inc(report.feeds_failed)
        for verdict, count in report.verdicts.items():
            self.entries.labels(verdict).inc(count)
        self.articles.labels("new").inc(report.articles_new)
        self.articles.labels("revised").inc(report.articles_revised)
        for topic, count in report.mentions.items():
            self.mentions.labels(topic).inc(count)
        self.last.set(ended)

    def after_dispatch(self, calls: Mapping[str, int], outbox: Mapping[str, int]) -> None:
        """Take over the dispatcher's counts, and the outbox's."""
        for end, count in calls.items():
            self.calls.labels(end).inc(count - self._calls.get(end, 0))
            self._calls[end] = count
        for status in ("pending", "sending", "unknown", "sent", "dead"):
            self.outbox.labels(status).set(outbox.get(status, 0))

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        from prometheus_client import generate_latest

        found: bytes = generate_latest(self.registry)
        return found


def answer(
    path: str, metrics: Metrics, health: Callable[[], dict[str, Any]], feeds: Path
) -> tuple[int, str, bytes]:
    """Answer a GET."""
    if path == "/metrics":
        return 200, "text/plain; version=0.0.4; charset=utf-8", metrics.text()
    if path == "/healthz":
        state = health()
        return (200 if state["ok"] else 503), "application/json", json.dumps(state).encode()
    if (found := re.fullmatch(r"/feeds/([\w-]+)\.(rss|atom|json)", path)) is not None:
        file = feeds / f"{found[1]}.{found[2]}"
        if file.is_file():
            return 200, f"{FEED_TYPES[found[2]]}; charset=utf-8", file.read_bytes()
    return 404, "text/plain", b"here are /metrics, /healthz and /feeds/NAME.rss|atom|json\n"
