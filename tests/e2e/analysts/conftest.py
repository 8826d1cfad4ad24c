"""A published newsroom, its dashboard, and a headless Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tests" / "integration" / "analysts"))
from stores import Newsroom  # noqa: E402

from sinks.store.store import open_store  # noqa: E402

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
HOSTILE = "<img src=x onerror=alert(1)> [here](javascript:alert(2)) $x^2$ `code`"


@dataclass
class Served:
    """A dashboard that answers."""

    url: str
    newsroom: Newsroom
    store: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    pytest.importorskip("streamlit")
    home = tmp_path_factory.mktemp("dashboard")
    port = _free_port()
    with open_store(home / "store.duckdb") as db:
        newsroom = Newsroom(db, home)
        newsroom.run(60, revised=30, vectors=True)
        db.execute(
            "UPDATE article_rows SET title = ?, url = 'javascript:alert(3)', "
            "published = first_fetched WHERE article_id = (SELECT article_id FROM mention_rows "
            "WHERE topic = 'ai-copyright' ORDER BY decided DESC, 1 LIMIT 1)",
            [HOSTILE],
        )
        newsroom.publish()
        process = _serve(newsroom.path, home / "store.duckdb", port)
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health", process)
            yield Served(f"http://127.0.0.1:{port}", newsroom, home / "store.duckdb")
        finally:
            process.terminate()
            process.wait(20)


def _free_port() -> int:
    """Return a free port below those that systems give out: nobody takes it meanwhile."""
    for port in range(20_000 + os.getpid() % 10_000, 32_000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError("no free port")


def _serve(publication: Path, store: Path, port: int) -> "subprocess.Popen[bytes]":
    log = store.with_suffix(".dashboard.log").open("wb")  # pytest keeps it with its folders
    from pipelines.cli.dashboard import streamlit_command

    return subprocess.Popen(
        streamlit_command("127.0.0.1", port, headless=True),
        env={
            **os.environ,
            "NEWSBEAM_PUBLICATION": str(publication),
            "NEWSBEAM_LABELS_FOR": str(store),
            "NEWSBEAM_DASHBOARD_REFRESH_S": "1",
        },
        stdout=log,
        stderr=subprocess.STDOUT,
    )


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, "the dashboard ended"
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            threading.Event().wait(0.2)
    raise AssertionError("the dashboard does not answer")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    chromium = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome")
         if (found := shutil.which(name))), None
    )  # fmt: skip
    if chromium is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with api.sync_playwright() as play:
        running = play.chromium.launch(executable_path=chromium, args=list(FLAGS), headless=True)
        yield running
        running.close()


class Visit:
    """One page in a browser, with what it asked for and said."""

    def __init__(self, browser: Any, base: str, scheme: str) -> None:
        self.context = browser.new_context(
            viewport={"width": 1360, "height": 1000}, color_scheme=scheme, accept_downloads=True
        )
        self.page = self.context.new_page()
        self.base, self.outside, self.dialogs = base, list[str](), list[str]()
        self.page.on("request", self._note)
        self.page.on("dialog", self._dialog)

    def _note(self, request: Any) -> None:
        if not request.url.startswith((self.base, "data:", "blob:", "ws://127.0.0.1")):
            self.outside.append(request.url)

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def open(self, path: str) -> Any:
        """Go to a page and wait until it is drawn."""
        self.page.goto(self.base + path)
        self.page.get_by_text("Data as of").wait_for(timeout=60_000)
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(
            timeout=60_000
        )
        return self.page


@pytest.fixture
def visit(browser: Any, served: Served, request: pytest.FixtureRequest) -> Iterator[Visit]:
    made = Visit(browser, served.url, getattr(request, "param", "light"))
    yield made
    made.context.close()
