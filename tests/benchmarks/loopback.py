"""A quick loopback server for the connector benchmarks, in a process of its own.

Serves on every address of 127.0.0.0/8 at one port: ``/feed/<n>`` (RSS of 20 entries, with ETag),
``/page/<n>`` (100 KB of HTML), ``/robots.txt``; ``/tick`` makes 200 entries' worth of change;
hosts of ``slow`` answer after ``delay_s``.
"""

import asyncio
import multiprocessing
import socket
import sys
from multiprocessing.process import BaseProcess

ENTRIES = 20
PAGE = (
    b"<html><head><title>Page</title></head><body>"
    + b"<p>"
    + b"word " * 20_400
    + b"</p></body></html>"
)
ROBOTS = b"User-agent: *\nDisallow: /private/\n"
CHANGED_EVERY = 50
"""At 10,000 feeds one tick changes 200 of them, one new entry each."""


def feed_body(number: int, tick: int) -> bytes:
    """RSS 2.0 as a typical outlet prints it: 20 entries with summaries, about 14 KB."""
    newest = tick if number % CHANGED_EVERY == 0 else 0
    items = []
    for position in range(ENTRIES):
        n = newest + ENTRIES - position
        items.append(
            f"<item><title>Outlet {number} reports on event {n} of the week</title>"
            f"<link>http://outlet-{number}.example/2026/11/{n}/report-on-event-{n}</link>"
            f"<guid isPermaLink='false'>outlet-{number}-{n}</guid>"
            f"<pubDate>Fri, 20 Nov 2026 {n % 24:02d}:00:00 +0000</pubDate>"
            f"<dc:creator>Reporter {n % 7}</dc:creator><category>News</category>"
            f"<description>&lt;p&gt;{'Some words on what happened. ' * 12}&lt;/p&gt;</description>"
            "</item>"
        )
    return (
        "<?xml version='1.0' encoding='UTF-8'?><rss version='2.0' "
        "xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>"
        f"<title>Outlet {number}</title><link>http://outlet-{number}.example/</link>"
        f"<description>News</description><language>en</language>{''.join(items)}</channel></rss>"
    ).encode()


class _Protocol(asyncio.Protocol):
    tick = 0
    slow: frozenset[str] = frozenset()
    delay_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            reply = self._reply(head)
            address = self._transport.get_extra_info("sockname")[0]
            if address in self.slow and b"/robots.txt" not in head[:40]:
                asyncio.get_running_loop().call_later(self.delay_s, self._send, reply)
            else:
                self._send(reply)

    def _send(self, reply: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(reply)  # type: ignore[attr-defined]

    def _reply(self, head: bytes) -> bytes:
        path = head.split(b" ", 2)[1]
        if path.startswith(b"/feed/"):
            number = int(path[6:])
            tick = _Protocol.tick if number % CHANGED_EVERY == 0 else 0
            etag = b'"%d-%d"' % (number, tick)
            if etag in head:
                return b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % etag
            body = feed_body(number, tick)
            return _ok(body, b"application/rss+xml; charset=utf-8", b"ETag: %s\r\n" % etag)
        if path.startswith(b"/page/"):
            return _ok(PAGE, b"text/html; charset=utf-8")
        if path == b"/robots.txt":
            return _ok(ROBOTS, b"text/plain")
        if path == b"/tick":
            _Protocol.tick += 1
            return _ok(b"tick", b"text/plain")
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


def _ok(body: bytes, kind: bytes, more: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n%s" % (
        kind, len(body), more, body,
    )  # fmt: skip


def _run(listening: socket.socket, slow: frozenset[str], delay_s: float) -> None:
    _Protocol.slow, _Protocol.delay_s = slow, delay_s

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(
            _Protocol, sock=listening, backlog=4096
        )
        await server.serve_forever()

    if sys.platform == "win32":
        asyncio.run(serve())
    else:
        import uvloop

        uvloop.run(serve())


def start(slow: frozenset[str] = frozenset(), delay_s: float = 0.0) -> tuple[int, BaseProcess]:
    """Start the server; return its port and its process (terminate it)."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("0.0.0.0", 0))
    listening.listen(4096)
    process = multiprocessing.get_context("fork").Process(
        target=_run, args=(listening, slow, delay_s), daemon=True
    )
    process.start()
    port: int = listening.getsockname()[1]
    listening.close()
    return port, process


def address(number: int) -> str:
    """Return a loopback address of its own for each number."""
    return f"127.{1 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}"
