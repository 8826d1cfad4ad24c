"""Asked twice to stop, `watch` ends at once, and the store holds whole cycles."""

import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).parents[3]

CHILD = """
import sys, threading
from pathlib import Path
from pipelines.report import RunReport
from pipelines.watch import Supervisor

done = []

def work(settings, db, **arguments):
    if len(done) < 2:
        db.execute("INSERT INTO meta VALUES (?, 'committed')", [f"cycle {len(done)}"])
        done.append(1)
        return RunReport("r", "watch", arguments["now"], 0.1)
    db.execute("BEGIN")
    db.execute("INSERT INTO meta VALUES ('cycle 2', 'not committed')")
    print("in a cycle", flush=True)
    while True:  # a page that never ends
        threading.Event().wait(0.1)

Supervisor(Path(sys.argv[1]), {}, work=work).run()
"""


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"]
)
def test_a_second_signal_ends_it_within_a_cycle(tmp_path: Path, number: int, code: int) -> None:
    config = tmp_path / "newsbeam.toml"
    config.write_text(
        '[feeds]\nopml = []\nurls = ["https://a.example/feed"]\n[watch]\ncycle_s = 0.01\n'
    )
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(config)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == "in a cycle\n"
    child.send_signal(number)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.5)  # the first one waits for the end of the cycle
    child.send_signal(number)
    _, errors = child.communicate(timeout=120)
    assert child.returncode == code, errors
    with duckdb.connect(str(tmp_path / "newsroom/store.duckdb")) as db:
        found = db.execute("SELECT name FROM meta WHERE name LIKE 'cycle%' ORDER BY 1").fetchall()
    assert found == [("cycle 0",), ("cycle 1",)]
