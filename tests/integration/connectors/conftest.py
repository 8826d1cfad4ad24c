"""A server that answers exactly the bytes it is told to, however wrong they are."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from connectors.client import forget_robots
from connectors.http.hosts import forget_hosts
from newsbeam.settings import FetchSettings

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

Reply = bytes | Callable[[socket.socket, bytes], None]


def http(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """Build an answer; ``content_type="text/html"`` becomes ``Content-Type: text/html``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named.setdefault("Content-Length", str(len(body)))
    lines = [
        f"HTTP/1.1 {status}",
        *(f"{k}: {v}" for k, v in named.items()),
        "Connection: close",
        "",
        "",
    ]
    return "\r\n".join(lines).encode("latin-1") + body


def rss(items: str, channel: str = "") -> bytes:
    inside = f"<title>Herald</title>{channel}{items}"
    return f"<rss version='2.0'><channel>{inside}</channel></rss>".encode()


class Hostile:
    """Serves ``replies[path]``; every request is in ``requests``."""

    def __init__(self, address: str = "127.0.1.1") -> None:
        self.replies: dict[str, Reply] = {}
        self.requests: list[bytes] = []
        self._socket = socket.create_server((address, 0))
        self._stop = threading.Event()
        self.address, self.port = self._socket.getsockname()[:2]
        self.top = f"http://{self.address}:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                request = b""
                while b"\r\n\r\n" not in request:
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    request += piece
                self.requests.append(request)
                path = request.split(b" ")[1].decode()
                reply = self.replies.get(path, http(b"no", "404 Not Found"))
                if callable(reply):
                    reply(connection, request)
                else:
                    connection.sendall(reply)
            except OSError:
                return  # the client has hung up, as it should

    def close(self) -> None:
        self._stop.set()
        with suppress(OSError):  # closed alone, it would take one connection more: it waits for one
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def server() -> Iterator[Hostile]:
    forget_hosts()
    forget_robots()
    hostile = Hostile()
    yield hostile
    hostile.close()


@pytest.fixture
def fetch() -> FetchSettings:
    """Settings that allow the test server's address and nothing else."""
    return FetchSettings(
        allow_networks=("127.0.1.0/24",), timeout_s=5.0, connect_timeout_s=2.0, min_gap_s=0.0
    )


@pytest.fixture
def hostile_http() -> Callable[..., bytes]:
    return http


@pytest.fixture
def make_rss() -> Callable[..., bytes]:
    return rss


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def bomb() -> bytes:
    """600 MiB of spaces in 0.6 MB of gzip: the same packed mebibyte, over and over."""
    import zlib

    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    first = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * 599 + packer.flush()


@pytest.fixture
def pack() -> Callable[[bytes], bytes]:
    return gzip.compress
