"""Killed at any step of a publication, readers have the last good one; the next is right."""

import signal
import subprocess
import sys
from pathlib import Path

import duckdb
from stores import Newsroom

from sinks.store.store import open_store

ROOT = Path(__file__).parents[3]

KILLED = """
import os, signal, sys
from pathlib import Path

root, home, moment, articles = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
sys.path[:0] = [root, root + "/tests/integration/analysts"]
from stores import Newsroom
from sinks.store.store import open_store

steps = 0

def counted(function):
    def call(*arguments, **options):
        global steps
        steps += 1
        if steps == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return call

with open_store(home / "store.duckdb") as db:
    newsroom = Newsroom(db, home, 0)
    newsroom.articles, newsroom.runs = articles, moment
    newsroom.run(20, revised=5)
    for name in ("fsync", "link"):
        setattr(os, name, counted(getattr(os, name)))
    for name in ("replace", "unlink", "chmod"):
        setattr(Path, name, counted(getattr(Path, name)))
    newsroom.publish()
    print(steps)
"""


MOMENTS = (1, 20, 36, 39)
"""Which of the steps: writing segments, the superseded rows, the catalog, state and rename."""


def test_a_kill_at_any_step_leaves_the_last_good_publication(tmp_path: Path) -> None:
    with open_store(tmp_path / "store.duckdb") as db:
        newsroom = Newsroom(db, tmp_path, 120)
        newsroom.publish()
    shown, articles = 120, 120
    killed = 0
    for moment in MOMENTS:
        command = [sys.executable, "-c", KILLED, str(ROOT), str(tmp_path), str(moment)]
        done = subprocess.run(
            [*command, str(articles)], capture_output=True, text=True, check=False
        )
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        killed += done.returncode != 0
        articles += 20
        with duckdb.connect(str(newsroom.path), read_only=True) as reader:
            counts = "SELECT count(*), count(text), max(published) IS NOT NULL FROM articles"
            found = reader.execute(counts).fetchall()[0]
            assert found in {(shown, shown, True), (articles, articles, True)}
            shown = found[0]
    assert killed >= 3
    with open_store(tmp_path / "store.duckdb") as db:
        newsroom = Newsroom(db, tmp_path, 0)
        newsroom.articles, newsroom.runs = articles, 1_000
        newsroom.run(10)
        newsroom.publish()
        newsroom.same()
