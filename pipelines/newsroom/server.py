"""Serve the sample newsroom over real HTTP on loopback: one address and port per outlet.

Each outlet gets an address of its own in 127.0.0.0/8 where the system has them (Linux does; others
share 127.0.0.1).  ``Newsroom.hosts`` maps the outlets' names to these addresses for the setting
``fetch.hosts``: URLs, outlets and identities are those of the names, the sockets are real.
"""

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlsplit

from pipelines.newsroom.content import at_tick, broken_feeds, outlets
from pipelines.newsroom.feeds import CONTENT_TYPES, render_feed
from pipelines.newsroom.furniture import canonical
from pipelines.newsroom.walls import render_amp, render_page


@dataclass(frozen=True)
class Answer:
    """What an address answers."""

    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def etag(self) -> str:
        """Validator of the body."""
        return f'"{hashlib.blake2b(self.body, digest_size=8).hexdigest()}"'


Site = dict[tuple[str, str], Answer]
"""(host, path) -> answer"""


def build_site(edition: date, tick: int) -> Site:
    """Return every address of the newsroom at a tick, with what it answers."""
    site: Site = {}
    for broken in broken_feeds():
        body = broken.body.encode()
        site[broken.host, broken.path] = Answer(body, broken.content_type, broken.status)
    for outlet in (at_tick(o, edition, tick) for o in outlets()):
        host = outlet.host
        kind = CONTENT_TYPES[outlet.feed["format"]]
        site[host, outlet.feed["path"]] = Answer(render_feed(outlet), kind)
        site[host, "/robots.txt"] = Answer(outlet.robots.encode(), "text/plain; charset=utf-8")
        for piece in outlet.pieces:
            place = piece.path
            if piece.loop:
                site[host, place] = _moved(f"{place}/again")
                site[host, f"{place}/again"] = _moved(place)
                continue
            if piece.moved_to:
                site[host, place] = _moved(f"http://{host}{piece.moved_to}")
                place = piece.moved_to
            if piece.status != 200:
                failure = f"<h1>{piece.status}</h1>".encode()
                site[host, place] = Answer(failure, status=piece.status)
                continue
            page = render_page(outlet, piece).encode(piece.charset, "xmlcharrefreplace")
            declared = piece.charset if piece.declared is None else piece.declared
            charset = "" if declared in {"none", "meta"} else f"; charset={declared}"
            site[host, place] = Answer(page, f"text/html{charset}")
            if piece.amp:
                link = {"Link": f'<{canonical(outlet, piece)}>; rel="canonical"'}
                amp = render_amp(outlet, piece).encode()
                site[host, f"{place}/amp"] = Answer(amp, headers=link)
    return site


def _moved(target: str) -> Answer:
    return Answer(status=301, headers={"Location": target})


class Newsroom:
    """The newsroom as running servers; a context manager.

    Args:
        edition: the day on which it is looked at; content is dated before it.
        tick: where in its short history it starts.
    """

    def __init__(self, edition: date | None = None, tick: int = 0) -> None:
        self.edition = edition or yesterday()
        self.requests: list[tuple[str, str]] = []
        """(host, path) of each request, in order."""
        self._servers: list[ThreadingHTTPServer] = []
        self.hosts: dict[str, str] = {}
        """Name -> ``address:port``, for ``fetch.hosts``; filled on entering."""
        self.at(tick)

    def at(self, tick: int) -> None:
        """Turn the newsroom to a tick; takes effect with the next request."""
        self.tick = tick
        self._site = build_site(self.edition, tick)

    @property
    def feeds(self) -> list[str]:
        """URLs of all feeds, the broken ones last."""
        return [o.feed_url for o in outlets()] + [b.feed_url for b in broken_feeds()]

    def answer(self, host: str, path: str) -> Answer:
        """Return what an address answers now."""
        self.requests.append((host, path))
        missing = Answer(b"<h1>404</h1>", status=404)
        return self._site.get((host, urlsplit(path).path), missing)

    def __enter__(self) -> "Newsroom":
        names = [o.host for o in outlets()] + [b.host for b in broken_feeds()]
        for number, name in enumerate(names, start=1):
            server = _bind(f"127.0.{number}.1", self)
            address, port = server.server_address[:2]
            self.hosts[name] = f"{address!s}:{port}"
            self._servers.append(server)
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._servers.clear()


def yesterday() -> date:
    """Return yesterday's date in UTC: an edition that holds nothing from the future."""
    return datetime.now(UTC).date() - timedelta(days=1)


def _bind(address: str, newsroom: Newsroom) -> ThreadingHTTPServer:
    handler = type("Handler", (_Handler,), {"newsroom": newsroom})
    try:
        server = _Server((address, 0), handler)
    except OSError:  # only Linux answers on all of 127.0.0.0/8 without being told
        server = _Server(("127.0.0.1", 0), handler)
    return server


class _Server(ThreadingHTTPServer):
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    newsroom: Newsroom

    def do_GET(self) -> None:
        host = (self.headers.get("Host") or "").rpartition(":")[0] or self.headers.get("Host", "")
        answer = self.newsroom.answer(host.lower(), self.path)
        known = self.headers.get("If-None-Match")
        fresh = answer.status == 200 and known == answer.etag
        self.send_response(304 if fresh else answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status == 200:
            self.send_header("ETag", answer.etag)
            self.send_header("Content-Type", answer.content_type)
        if not fresh:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if not fresh:
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: the terminal belongs to the demo."""
