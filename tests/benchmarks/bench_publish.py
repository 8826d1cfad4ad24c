"""What a publication costs, by how much is in the store already.

    python tests/benchmarks/bench_publish.py [FOLDER] [10000 100000 1000000]

Each size: a synthetic store, its first publication, then runs of 200 new and 6 revised articles,
each followed by a publication.  The baseline is what one would do without: a checkpoint and a copy
of the store's file.  CPU time is that of this process, so it holds on a busy machine.
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
NEW, REVISED, TIMES = 200, 6, 12
LARGE = 200_000
"""From here on the first publication is made without the index: it takes a millisecond each."""


def measure(home: Path, articles: int) -> None:
    """Print one line for one size."""
    shutil.rmtree(home, ignore_errors=True)
    options = PublishSettings(every_s=0, search=articles < LARGE)
    target = home / "published" / "news.duckdb"
    with open_store(home / "store.duckdb") as db:
        synthetic.fill(db, articles, end=END.replace(tzinfo=None))
        began = time.perf_counter()
        publish(db, target, options, now=END)
        first = time.perf_counter() - began
        walls, cpus = [], []
        for i in range(TIMES):
            at = END + timedelta(minutes=i + 1)
            synthetic.add_run(
                db, NEW, at=at.replace(tzinfo=None), first=articles + i * NEW, revised=REVISED
            )
            began, cpu = time.perf_counter(), time.process_time()
            done = publish(db, target, options, now=at)
            walls.append(time.perf_counter() - began)
            cpus.append(time.process_time() - cpu)
            assert done
        began = time.perf_counter()
        db.execute("CHECKPOINT")
        shutil.copyfile(home / "store.duckdb", home / "copy.duckdb")
        copied = time.perf_counter() - began
    size = (home / "copy.duckdb").stat().st_size
    data = sum(p.stat().st_size for p in (target.parent / "data").glob("*.parquet"))
    (home / "copy.duckdb").unlink()
    print(
        f"{articles:>9,} articles ({size / 1e6:,.0f} MB store, {data / 1e6:,.0f} MB published"
        f"{'' if options.search else ', no index'}): first {first:.1f} s; then {NEW} new "
        f"+ {REVISED} revised: median {statistics.median(walls):.2f} s, worst {max(walls):.2f} s, "
        f"CPU median {statistics.median(cpus):.2f} s; copying the store: {copied:.2f} s",
        flush=True,
    )


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
