"""Kill a process that alerts, again and again, and count what the channel got."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.loopback_slack import LoopbackSlack

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Outcome:
    """What the channel and the store say at the end."""

    kills: int
    due: int
    """Alerts that were decided: messages and replies."""
    missing: int
    twice: int
    faults: Counter[str]
    seconds: float
    parents: int


def torture(folder: Path, *, kills: int, articles: int, seed: int = 1) -> Outcome:
    """Kill the process at random moments; then let it finish; then compare."""
    rng, began = random.Random(seed), time.monotonic()
    with LoopbackSlack(late_s=1.4) as slack:
        slack.chance, slack.retry_after = 0.25, 1
        command = [sys.executable, "-m", "tests.alert_load", str(folder), slack.url, str(articles)]
        done = 0
        while done < kills:
            child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
            assert child.stdout is not None
            child.stdout.readline()  # it has the store
            try:
                child.wait(rng.uniform(0.0, 1.5))
                raise AssertionError("the load was over before all kills: give it more articles")
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
                child.wait()
                done += 1
            finally:
                child.stdout.close()
        subprocess.run(command, cwd=ROOT, check=True, timeout=900, stdout=subprocess.DEVNULL)
        got = Counter(slack.alerts())
        parents = len(slack.parents())
        faults = slack.played
    with duckdb.connect(str(folder / "store.duckdb"), read_only=True) as db:
        due = {
            row[0]
            for row in db.execute(
                "SELECT alert_id FROM alert_outbox WHERE kind IN ('story', 'reply', 'digest')"
            ).fetchall()
        }
    return Outcome(
        kills=done,
        due=len(due),
        missing=len(due - set(got)),
        twice=sum(n > 1 for n in got.values()) + len(set(got) - due),
        faults=faults,
        seconds=time.monotonic() - began,
        parents=parents,
    )


if __name__ == "__main__":
    import tempfile

    numbers = [int(a) for a in sys.argv[1:]] or [50, 600]
    with tempfile.TemporaryDirectory() as name:
        print(torture(Path(name), kills=numbers[0], articles=numbers[1]))
