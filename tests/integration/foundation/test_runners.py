"""The one graph through Beam's portable job service, in LOOPBACK and in EXTERNAL mode.

Source: https://beam.apache.org/documentation/runtime/sdk-harness-config/
"""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.newsroom.server import Newsroom
from tests.support import ROOT, newsbeam, tables, write_settings

TABLES = ("article_rows", "mention_rows", "entries")


@pytest.mark.slow
def test_portable_runners_give_the_tables_of_the_embedded_one(tmp_path: Path) -> None:
    with Newsroom() as newsroom, job_service() as job, worker_pool() as pool:
        runners = {
            "embedded": [],
            "loopback": [f"--job_endpoint={job}", "--environment_type=LOOPBACK"],
            "external": [
                f"--job_endpoint={job}",
                "--environment_type=EXTERNAL",
                f"--environment_config={pool}",
            ],
        }
        found = {}
        for name, options in runners.items():
            folder = tmp_path / name
            folder.mkdir()
            settings = write_settings(folder, newsroom.feeds, newsroom.hosts)
            if options:
                with settings.open("a", encoding="utf-8") as file:
                    file.write(f'[run]\nrunner = "PortableRunner"\noptions = {options!r}\n')
            result = newsbeam("run", cwd=folder)
            assert result.returncode == 3, f"{name}: {result.stderr[-3000:]}"
            found[name] = tables(folder / "newsroom" / "store.duckdb", *TABLES)
    assert found["embedded"]["article_rows"]
    assert found["loopback"] == found["embedded"]
    assert found["external"] == found["embedded"]


@pytest.mark.parametrize("runner", ["DaskRunner", "DirectRunner"])
def test_a_runner_that_gives_wrong_results_is_refused_with_the_reason(
    tmp_path: Path, runner: str
) -> None:
    settings = write_settings(tmp_path, ["http://a.example/feed"], {})
    with settings.open("a", encoding="utf-8") as file:
        file.write(f'[run]\nrunner = "{runner}"\n')
    result = newsbeam("run", cwd=tmp_path)
    assert result.returncode == 2
    assert f"run.runner: {runner} is refused" in result.stderr


@contextmanager
def serving(*arguments: str) -> Iterator[None]:
    """Run a module of Beam for the time of a block."""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def job_service() -> Iterator[str]:
    port = free_port()
    with serving("apache_beam.runners.portability.local_job_service_main", "--port", str(port)):
        await_port(port)
        yield f"localhost:{port}"


@contextmanager
def worker_pool() -> Iterator[str]:
    port = free_port()
    with serving("apache_beam.runners.worker.worker_pool_main", "--service_port", str(port)):
        await_port(port)
        yield f"localhost:{port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def await_port(port: int) -> None:
    """Return when the port answers; a connection attempt waits by itself."""
    import select
    import time

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        select.select([], [], [], 0.1)
    raise TimeoutError(f"port {port} does not answer")
