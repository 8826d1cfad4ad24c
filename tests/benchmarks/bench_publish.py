"""What a publication costs, by how much is in the store already.

    python tests/benchmarks/bench_publish.py [FOLDER] [10000 100000 1000000]

Each size: a synthetic store with texts and vectors, its first publication, then runs of 200 new and
6 revised articles, each followed by a publication with everything, the index for search included.
With a FOLDER the stores stay, and are used again: building a million and publishing it for the
first time takes 25 minutes.  The baseline is what one would do without: a checkpoint and a copy of
the store's file.  CPU time and bytes are those of this process, so they hold on a busy machine.
"""

import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "benchmarks")]

import duckdb  # noqa: E402
import synthetic  # noqa: E402

from newsbeam.settings import PublishSettings  # noqa: E402
from sinks.publish.publish import publish  # noqa: E402
from sinks.store.store import open_store  # noqa: E402

END = datetime(2026, 11, 20, tzinfo=UTC)
NEW, REVISED, TIMES = 200, 6, 14
OPTIONS = PublishSettings(every_s=0)


def measure(home: Path, articles: int) -> None:
    """Print the lines for one size."""
    target = home / "published" / "news.duckdb"
    home.mkdir(parents=True, exist_ok=True)
    with open_store(home / "store.duckdb") as db:
        count = "SELECT count(*) FROM article_rows"
        if not db.execute(count).fetchall()[0][0]:
            synthetic.fill(db, articles, end=END.replace(tzinfo=None), vectors=True)
        if not target.exists():
            began, cpu = time.perf_counter(), time.process_time()
            publish(db, target, OPTIONS, now=END)
            print(
                f"{articles:>9,} articles, first publication: {time.perf_counter() - began:.0f} s, "
                f"CPU {time.process_time() - cpu:.0f} s",
                flush=True,
            )
        synthetic.prepare(db)
        there = int(db.execute(count).fetchall()[0][0])
        last = db.execute("SELECT max(started) FROM runs").fetchall()[0][0].replace(tzinfo=UTC)
        walls, cpus, sizes = [], [], []
        for i in range(TIMES):
            at = max(last, END) + timedelta(minutes=i + 1)
            first = there + i * NEW
            plain = at.replace(tzinfo=None)
            synthetic.add_run(db, NEW, at=plain, first=first, revised=REVISED, vectors=True)
            began, cpu, size = time.perf_counter(), time.process_time(), _written()
            assert publish(db, target, OPTIONS, now=at)
            walls.append(time.perf_counter() - began)
            cpus.append(time.process_time() - cpu)
            sizes.append(_written() - size)
        began = time.perf_counter()
        db.execute("CHECKPOINT")
        shutil.copyfile(home / "store.duckdb", home / "copy.duckdb")
        copied = time.perf_counter() - began
    size = (home / "copy.duckdb").stat().st_size
    (home / "copy.duckdb").unlink()
    print(
        f"{articles:>9,} articles ({size / 1e6:,.0f} MB store): {NEW} new + {REVISED} revised: "
        f"median {statistics.median(walls):.2f} s, worst {max(walls):.2f} s, "
        f"CPU median {statistics.median(cpus):.2f} s, worst {max(cpus):.2f} s, "
        f"written median {statistics.median(sizes) / 1e6:.1f} MB; "
        f"copying the store: {copied:.2f} s",
        flush=True,
    )


def _written() -> int:
    """Return the bytes that this process has written to disk; 0 where the system does not tell."""
    counters = Path("/proc/self/io")
    if not counters.exists():
        return 0
    return int(counters.read_text().split("write_bytes:")[1].split()[0])


def main() -> None:
    """Measure the sizes given."""
    arguments = sys.argv[1:]
    folder = Path(arguments.pop(0)) if arguments and not arguments[0].isdigit() else None
    sizes = [int(a) for a in arguments] or [10_000, 100_000]
    load = os.getloadavg()[0]
    print(f"duckdb {duckdb.__version__}, Python {platform.python_version()}, load {load:.1f}")
    with tempfile.TemporaryDirectory() as temporary:
        for size in sizes:
            measure((folder or Path(temporary)) / f"s{size}", size)


if __name__ == "__main__":
    main()
