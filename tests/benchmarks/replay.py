"""Serve pages as outlets with feeds on loopback, for the benchmarks: one address per outlet.

Two kinds of pages:

* the real ones of ``$NEWSBEAM_DATA/extraction`` (:func:`real_outlets`): each outlet's feed links
  its own pages, under their real host names and paths;
* generated ones (:func:`generated_outlets`), as many as wanted, each with a text of its own.

The server runs in a process of its own, so that it costs the measured one nothing but a share of
the machine.  ``Replay.hosts`` goes into the setting ``fetch.hosts``.
"""

import asyncio
import gzip
import html
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("NEWSBEAM_DATA", ROOT.parent / "shared" / "data"))
PAGES_PER_OUTLET = 50

_TOPICAL = re.compile(
    r"\bAI\b|Meta|Llama|OpenAI|Parlance|model|copyright|licen|open|data|chip|processor|comput|cloud|"
    r"centre|power|regulat|\blaw|court|train|artificial|assistant|software|compan|billion|million",
    re.IGNORECASE,
)
"""Sentences that might concern a topic."""

Pages = Mapping[str, Callable[[], bytes]]
"""path with query -> maker of the page"""


def real_outlets(data: Path = DATA) -> dict[str, Pages]:
    """Return the 181 real pages, by host and path.

    Raises:
        FileNotFoundError: the data is not there.
    """
    folder = data / "extraction"
    truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    outlets: dict[str, dict[str, Callable[[], bytes]]] = {}
    for name, page in truth.items():
        parts = urlsplit(page["url"])
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        body = gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes())
        outlets.setdefault(parts.netloc, {})[path or "/"] = lambda body=body: body
    return outlets


def generated_outlets(count: int) -> dict[str, Pages]:
    """Return ``count`` pages of made-up outlets, each with its own text of about 250 words.

    One in ten is about AI (all its passages are embedded); the others are as far from any topic as
    most news is.
    """
    sys.path.insert(0, str(ROOT))
    from pipelines.newsroom.content import outlets

    said = [
        sentence
        for outlet in outlets()
        if outlet.language == "en"
        for piece in outlet.pieces
        for paragraph in piece.paragraphs
        for sentence in re.split(r"(?<=[.!?]) ", paragraph)
        if len(sentence) > 40
    ]
    other = [sentence for sentence in said if not _TOPICAL.search(sentence)]
    made: dict[str, dict[str, Callable[[], bytes]]] = {}
    for n in range(count):
        host = f"outlet-{n // PAGES_PER_OUTLET}.example"
        pool = said if n % 10 == 0 else other
        made.setdefault(host, {})[f"/news/story-{n}"] = lambda n=n, p=pool: _generated(n, p)
    return made


def _generated(n: int, said: list[str]) -> bytes:
    chance = random.Random(n)
    picked = [
        " ".join(chance.sample(sentence.split(), len(sentence.split())))
        for sentence in chance.sample(said, 12)
    ]
    title = " ".join(chance.sample(picked[0].split(), 6))
    body = "".join(f"<p>{' '.join(picked[i : i + 3])}</p>" for i in range(0, 12, 3))
    clutter = "".join(f'<li><a href="/x/{i}">Link number {i}</a></li>' for i in range(120))
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<title>{title}</title></head>
<body><nav><ul>{clutter}</ul></nav><article><h1>{title}</h1>{body}</article></body></html>""".encode()


class Replay:
    """The running server; a context manager.

    Args:
        what: ``real``, or how many generated pages.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self.hosts: dict[str, str] = {}
        """Host -> ``address:port``."""
        self.feeds: list[str] = []
        self.pages: list[str] = []
        """URLs of the pages, http."""

    def __enter__(self) -> "Replay":
        self._process = subprocess.Popen(
            [sys.executable, __file__, self.what], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline())
        self.hosts, self.feeds, self.pages = told["hosts"], told["feeds"], told["pages"]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def settings(self, folder: Path, extra: str = "") -> Path:
        """Write newsbeam.toml for a run on these pages; return its path."""
        hosts = "\n".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in self.hosts.items())
        config = folder / "newsbeam.toml"
        config.write_text(
            f"""[feeds]
opml = []
urls = {json.dumps(self.feeds)}
[fetch]
allow_networks = ["127.0.0.0/8"]
min_gap_s = 0
{extra}
[fetch.hosts]
{hosts}
""",
            encoding="utf-8",
        )
        return config


def _feed(host: str, pages: Pages) -> bytes:
    when = datetime.now(UTC) - timedelta(days=1)
    items = []
    for n, (path, make) in enumerate(pages.items()):
        found = re.search(rb"<title[^>]*>(.*?)</title>", make(), re.DOTALL | re.IGNORECASE)
        title = html.unescape(found.group(1).decode(errors="replace")).strip() if found else path
        link = html.escape(f"http://{host}{path}")
        date = format_datetime(when - timedelta(minutes=n))
        items.append(
            f"<item><title>{html.escape(title)}</title><link>{link}</link>"
            f'<guid isPermaLink="true">{link}</guid><pubDate>{date}</pubDate></item>'
        )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{host}</title>'
        f"<link>http://{host}/</link><description>-</description>{''.join(items)}</channel></rss>"
    ).encode("utf-8", "xmlcharrefreplace")


class _Answers(asyncio.Protocol):
    """HTTP/1.1 as small as it gets: GET, kept connections, no validators."""

    def __init__(self, feed: bytes, pages: Pages) -> None:
        self.feed, self.pages, self.buffer = feed, pages, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            asked, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            target = asked.split(b" ", 2)[1].decode()
            body, kind, status = self.answer(target)
            head = (
                f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            self.transport.write(head.encode() + body)  # type: ignore[attr-defined]

    def answer(self, target: str) -> tuple[bytes, str, str]:
        if target == "/feed.xml":
            return self.feed, "application/rss+xml", "200 OK"
        if target in self.pages:
            return self.pages[target](), "text/html", "200 OK"
        return b"", "text/plain", "404 Not Found"


async def _serve(outlets: Mapping[str, Pages]) -> None:
    loop = asyncio.get_running_loop()
    hosts, servers = {}, []
    for n, (host, pages) in enumerate(outlets.items(), start=1):
        address = f"127.{1 + n // 65_000}.{n // 250 % 256}.{1 + n % 250}"
        feed = _feed(host, pages)
        server = await loop.create_server(lambda f=feed, p=pages: _Answers(f, p), address, 0)
        hosts[host] = f"{address}:{server.sockets[0].getsockname()[1]}"
        servers.append(server)
    told = {
        "hosts": hosts,
        "feeds": [f"http://{host}/feed.xml" for host in outlets],
        "pages": [f"http://{host}{path}" for host, pages in outlets.items() for path in pages],
    }
    print(json.dumps(told), flush=True)
    await asyncio.Event().wait()


def tree(pid: int) -> Iterator[int]:
    """Yield a process and its descendants."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:  # the thread has just ended
            continue
        for child in children:
            yield from tree(int(child))


if __name__ == "__main__":
    wanted = sys.argv[1]
    asyncio.run(_serve(real_outlets() if wanted == "real" else generated_outlets(int(wanted))))
