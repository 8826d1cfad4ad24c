"""How fast the dashboard is, and whether its memory stays flat.

    python tests/benchmarks/bench_dashboard.py PUBLICATION [RELOADS]

A real headless Chromium on this machine, which shares the cores with the server.  First render: a
fresh browser context each time, until the page is complete.  Filter: from the choice until the page
is complete again.
"""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from pipelines.cli.dashboard import streamlit_command  # noqa: E402

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
CHART = "[data-testid=stVegaLiteChart] :is(svg, canvas)"
DONE = "[data-testid=stApp][data-test-script-state=notRunning]"


def main() -> None:
    """Measure."""
    from playwright.sync_api import sync_playwright

    reloads = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        streamlit_command("127.0.0.1", port, headless=True),
        env={**os.environ, "NEWSBEAM_PUBLICATION": str(Path(sys.argv[1]).resolve())},
        stdout=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    started = time.perf_counter()
    try:
        _wait(f"{base}/_stcore/health")
        up = time.perf_counter() - started
        with sync_playwright() as play:
            browser = play.chromium.launch(
                executable_path=shutil.which("chromium"), args=FLAGS, headless=True
            )
            print(f"load {os.getloadavg()[0]:.1f}")
            for name, path in (
                ("overview", "/"),
                ("topic", "/topic"),
                ("search", "/search?q=copyright"),
            ):
                cpu = _cpu(server.pid)
                times = [_render(browser, base + path, name != "search") for _ in range(4)]
                cpu = (_cpu(server.pid) - cpu) / len(times)
                later = statistics.median(times[1:])
                ready = "" if name != "overview" else f"server ready after {up:.1f} s; "
                print(
                    f"{ready}{name}: first visit {times[0]:.1f} s, then {later:.1f} s; "
                    f"CPU of the server {cpu:.2f} s each"
                )
            cpu = _cpu(server.pid)
            times = _filter(browser, base)
            cpu = (_cpu(server.pid) - cpu) / len(times)
            print(f"filter: {statistics.median(times):.2f} s; CPU of the server {cpu:.2f} s each")
            sizes = []
            for number in range(reloads):
                _render(browser, base)
                if number in (9, reloads // 4, reloads // 2, reloads - 1):
                    sizes.append(f"{_memory(server.pid):.0f} MB after {number + 1}")
            print("server memory: " + ", ".join(sizes))
            browser.close()
    finally:
        server.terminate()
        server.wait(20)


def _render(browser: Any, url: str, chart: bool = False) -> float:
    context = browser.new_context(viewport={"width": 1360, "height": 1000})
    page = context.new_page()
    began = time.perf_counter()
    page.goto(url)
    page.get_by_text("Data as of").wait_for(timeout=90_000)
    page.locator(DONE).wait_for(timeout=90_000)
    if chart:
        page.locator(CHART).first.wait_for(timeout=90_000)
    took = time.perf_counter() - began
    context.close()
    return took


def _filter(browser: Any, base: str) -> list[float]:
    page = browser.new_context(viewport={"width": 1360, "height": 1000}).new_page()
    page.goto(base + "/topic?topic=ai-copyright")
    page.get_by_text("Newest articles").wait_for(timeout=90_000)
    page.locator(DONE).wait_for(timeout=90_000)
    times = []
    for days in ("90", "7", "365", "30", "90"):
        page.get_by_label("Days").click()
        page.get_by_role("option", name=days, exact=True).click()
        began = time.perf_counter()
        page.wait_for_url(f"**days={days}**" if days != "30" else "**")
        page.locator(DONE).wait_for(timeout=90_000)
        times.append(time.perf_counter() - began)
    page.context.close()
    return times


def _cpu(pid: int) -> float:
    """Return the CPU time that a process has used, seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def _wait(url: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the dashboard does not answer")


if __name__ == "__main__":
    main()
