"""Polling and fetching, on loopback: the figures of docs/benchmarks.md, section Connectors.

    polling    10,000 feeds on 10,000 addresses, 200 entries' worth of change, then none
    fetching   2,000 pages of 100 KB from 200 hosts, against a bare aiohttp loop in the same run
    one slow   200 hosts, one of which answers in 20 s, against the run without it

Each part runs in a process of its own, so that the memory is its own.
"""

import asyncio
import multiprocessing
import platform
import resource
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from loopback import address, start

from newsbeam.records import Cursor, Entry, Feed, Page
from newsbeam.settings import FetchSettings, PollSettings

FEEDS, PAGES, HOSTS = 10_000, 2_000, 200
SETTINGS = FetchSettings(allow_networks=("127.0.0.0/8",), min_gap_s=0.0, timeout_s=30.0)


def _peak_mb() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def polling(port: int) -> dict[str, Any]:
    """One cycle in which all is new, one with 200 changes, one with none."""
    from connectors.poll import poll_each
    from connectors.schedule import schedule

    now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    jobs = [(Feed(f"http://{address(n)}:{port}/feed/{n}"), None) for n in range(FEEDS)]
    cursors: dict[str, Cursor] = {}
    known: set[str] = set()
    out: dict[str, Any] = {}
    for name, ticks in (("first", 0), ("changed", 1), ("unchanged", 0)):
        for _ in range(ticks):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/tick").read()
        begin, cpu, verdicts, fresh = time.perf_counter(), time.process_time(), Counter[str](), 0
        work = [(feed, cursors.get(feed.url) or Cursor(feed.url)) for feed, _ in jobs]
        for poll in poll_each(work, SETTINGS, now):
            new = [entry.id for entry in poll.entries if entry.id not in known]
            known.update(new)
            fresh += len(new)
            verdicts[str(poll.verdict)] += 1
            cursors[poll.feed.url] = schedule(poll, len(new), now=now, settings=PollSettings())
        out[name] = (time.perf_counter() - begin, time.process_time() - cpu, dict(verdicts), fresh)
        now += timedelta(hours=1)
    out["peak_mb"] = _peak_mb()
    return out


def bare(port: int) -> float:
    """The plain baseline: aiohttp, 64 at once, no checks at all."""
    import aiohttp

    async def main() -> float:
        begin = time.perf_counter()
        waiting = [f"http://{address(n % HOSTS)}:{port}/page/{n}" for n in range(PAGES)]

        async def worker(session: aiohttp.ClientSession) -> None:
            while waiting:
                async with session.get(waiting.pop()) as answer:
                    await answer.read()

        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as session:
            await asyncio.gather(*(worker(session) for _ in range(64)))
        return time.perf_counter() - begin

    if sys.platform == "win32":
        return asyncio.run(main())
    import uvloop

    return uvloop.run(main())


def fetching(port: int) -> tuple[float, float]:
    """Ours, with every check on; seconds and peak memory."""
    from connectors.pages import fetch_many

    entries = [
        Entry(str(n), "f", str(n), f"http://{address(n % HOSTS)}:{port}/page/{n}")
        for n in range(PAGES)
    ]
    begin = time.perf_counter()
    pages = sum(isinstance(result, Page) for result in fetch_many(entries, SETTINGS))
    took = time.perf_counter() - begin
    if pages != PAGES:
        raise SystemExit(f"only {pages} of {PAGES} pages came")
    return took, _peak_mb()


def one_slow(port: int) -> tuple[float, dict[str, int]]:
    """2,000 pages, with the verdicts of what did not come."""
    from connectors.pages import fetch_many

    entries = [
        Entry(str(n), "f", str(n), f"http://{address(n % HOSTS)}:{port}/page/{n}")
        for n in range(PAGES)
    ]
    begin = time.perf_counter()
    ends = Counter(
        "page" if isinstance(r, Page) else str(r.verdict) for r in fetch_many(entries, SETTINGS)
    )
    return time.perf_counter() - begin, dict(ends)


def _apart(part: Callable[[int], Any], port: int) -> Any:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(part, (port,))


def main() -> None:
    """Print all figures."""
    versions = ", ".join(f"{p} {version(p)}" for p in ("aiohttp", "uvloop", "lxml"))
    print(f"{datetime.now(UTC):%Y-%m-%d}  Python {platform.python_version()}, {versions}")
    port, server = start()
    slow_port, slow_server = start(frozenset({address(7)}), 20.0)
    try:
        plain = sorted(_apart(bare, port) for _ in range(3))[1]
        runs = sorted(_apart(fetching, port) for _ in range(3))
        took, peak = runs[1]
        print(
            f"fetching   {PAGES:,} pages of 100 KB, {HOSTS} hosts: {took:.2f} s "
            f"({PAGES / took:,.0f}/s), "
            f"peak {peak:.0f} MB; bare aiohttp {plain:.2f} s ({PAGES / plain:,.0f}/s): "
            f"{plain / took:.0%} of its rate (goal 60 %)"
        )
        without, _ = _apart(one_slow, port)
        with_it, ends = _apart(one_slow, slow_port)
        print(
            f"one slow   without {without:.1f} s, with one host that takes 20 s {with_it:.1f} s: "
            f"+{with_it - without:.1f} s (goal at most 25); {ends}"
        )
        out = _apart(polling, port)
        for name in ("first", "changed", "unchanged"):
            took, cpu, verdicts, fresh = out[name]
            print(
                f"polling    {FEEDS:,} feeds, {name}: {took:.1f} s, {cpu:.1f} s CPU, "
                f"{fresh:,} new entries, {verdicts}"
            )
        print(f"polling    peak {out['peak_mb']:.0f} MB (goals 60 s, 25 s, 600 MB)")
    finally:
        server.terminate()
        slow_server.terminate()


if __name__ == "__main__":
    main()
