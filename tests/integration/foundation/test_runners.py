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

from newsbeam.errors import ConfigError
from pipelines import execute
from pipelines.newsroom.server import Newsroom
from tests.support import ROOT, newsbeam, tables, write_settings

TABLES = ("article_rows", "mention_rows", "entries")


@pytest.mark.slow
def test_portable_runners_give_the_tables_of_the_embedded_one(tmp_path: Path) -> None:
    jobs, workers = serving(JOB_SERVICE, tmp_path / "jobs"), serving(WORKER_POOL, tmp_path)
    with Newsroom() as newsroom, jobs as job, workers as pool:
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


@pytest.mark.parametrize("runner", ["NoSuchRunner", "no.such.Runner"])
def test_a_runner_that_beam_does_not_know_is_a_clear_error(tmp_path: Path, runner: str) -> None:
    settings = write_settings(tmp_path, ["http://127.0.1.1:9/feed"], {})
    with settings.open("a", encoding="utf-8") as file:
        file.write(f'[run]\nrunner = "{runner}"\n')
    result = newsbeam("run", cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.startswith("newsbeam: run.runner: ")
    assert result.stderr.count("\n") == 1


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


def test_a_job_service_that_does_not_answer_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "ANSWER_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"localhost:{silent.getsockname()[1]}"
        with pytest.raises(ConfigError, match=f"no Beam job service answers at .*{endpoint}"):
            execute._greet(endpoint)


@contextmanager
def serving(code: str, folder: Path) -> Iterator[str]:
    """Run code that prints a port of its own choice and then serves on it; give the address.

    The port is not chosen here: on a busy machine another process could take it meanwhile.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        port = process.stdout.readline().strip()
        assert port.isdigit(), f"the service did not start: {port!r}"
        yield f"localhost:{port}"
    finally:
        process.kill()
        process.communicate()


JOB_SERVICE = """
import sys, threading
from apache_beam.runners.portability.local_job_service import LocalJobServicer
service = LocalJobServicer(sys.argv[1])
print(service.start_grpc_server(), flush=True)
threading.Event().wait()
"""

WORKER_POOL = """
import threading
from apache_beam.runners.worker.worker_pool_main import BeamFnExternalWorkerPoolServicer
address, server = BeamFnExternalWorkerPoolServicer.start()
print(address.rsplit(":", 1)[-1], flush=True)
threading.Event().wait()
"""
