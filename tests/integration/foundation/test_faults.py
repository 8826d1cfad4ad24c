"""Kill a run at any moment, run again: the tables are those of an undisturbed run."""

import os
import random
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from pipelines.newsroom.server import Newsroom
from tests.support import command, newsbeam, tables, write_settings

KILLS = int(os.environ.get("NEWSBEAM_KILLS", "3"))
"""Kills per test; `NEWSBEAM_KILLS=20` is the full proof."""

TABLES = ("article_rows", "article_texts", "article_vectors", "mention_rows", "entries", "feeds")


@pytest.mark.slow
def test_a_run_killed_at_random_moments_and_repeated_gives_the_same_tables(tmp_path: Path) -> None:
    rng = random.Random(20261121)
    with Newsroom() as newsroom:
        for name in ("calm", "killed"):
            (tmp_path / name).mkdir()
            write_settings(tmp_path / name, newsroom.feeds, newsroom.hosts)
        calm = newsbeam("run", "--json", cwd=tmp_path / "calm")
        assert calm.returncode == 3, calm.stderr  # the newsroom has broken feeds
        for _ in range(KILLS):
            process = subprocess.Popen(
                command("run"),
                cwd=tmp_path / "killed",
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                process.wait(rng.uniform(0.2, 9.0))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        after = newsbeam("run", "--all", cwd=tmp_path / "killed")
        assert after.returncode == 3, after.stderr
    left = list((tmp_path / "killed" / "newsroom" / "staging").glob("*"))
    assert left == []
    undisturbed = tables(tmp_path / "calm" / "newsroom" / "store.duckdb", *TABLES)
    killed = tables(tmp_path / "killed" / "newsroom" / "store.duckdb", *TABLES)
    for table in TABLES:
        assert killed[table] == undisturbed[table], table
    assert undisturbed["article_rows"]


@pytest.mark.slow
def test_running_twice_changes_nothing_and_a_second_run_never_imports_torch(tmp_path: Path) -> None:
    with Newsroom() as newsroom:
        write_settings(tmp_path, newsroom.feeds, newsroom.hosts)
        store = tmp_path / "newsroom" / "store.duckdb"
        assert newsbeam("run", cwd=tmp_path).returncode == 3
        first = tables(store, *TABLES)
        environment = {**os.environ, "PYTHONPROFILEIMPORTTIME": "1"}
        again = newsbeam("run", "--all", cwd=tmp_path, env=environment)
        assert again.returncode == 3
        assert tables(store, *TABLES) == first
    imported = {line.rsplit("|", 1)[-1].strip() for line in again.stderr.splitlines()}
    assert "apache_beam.pipeline" in imported
    assert not imported & {"torch", "trafilatura", "sentence_transformers"}


def test_two_runs_at_once_the_second_ends_with_75_and_says_who(tmp_path: Path) -> None:
    from sinks.store.store import open_store

    write_settings(tmp_path, ["http://a.example/feed"], {"a.example": "127.0.0.1:9"})
    with open_store(tmp_path / "newsroom" / "store.duckdb", "newsbeam watch"):
        second = newsbeam("run", cwd=tmp_path)
    assert second.returncode == 75
    assert f"held by process {os.getpid()} (newsbeam watch" in second.stderr


def heed_interrupts() -> None:
    """In the child: what runs in the background of a script inherits that Ctrl-C is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
@pytest.mark.parametrize("after", ["Feeds", "extract"])
def test_ctrl_c_ends_a_run_with_130_and_one_line(tmp_path: Path, after: str) -> None:
    """Interrupted at once, and again while pages are being read."""
    with Newsroom() as newsroom:
        write_settings(tmp_path, newsroom.feeds, newsroom.hosts)
        process = subprocess.Popen(
            command("run"),
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=heed_interrupts,
            start_new_session=True,
        )
        wanted = 1 if after == "Feeds" else 40
        while len(newsroom.requests) < wanted and process.poll() is None:
            threading.Event().wait(0.02)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: readers and model get it, too
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.strip() == "newsbeam: interrupted; nothing is half written"
