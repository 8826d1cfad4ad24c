"""How long a search takes.

    python tests/benchmarks/bench_search.py PUBLICATION       (one that bench_publish.py left)

The baseline is a scan of all texts with ILIKE for the same words, in the same run.
"""

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import duckdb  # noqa: E402

from sinks.publish.reader import Reader  # noqa: E402
from sinks.search.find import search  # noqa: E402
from sinks.search.like import like_this  # noqa: E402

QUERIES = (
    "copyright",
    "copyright AND lawsuit",
    '"fair use"',
    "(copyright OR licence) NEAR/5 court",
    "title:copyright NOT court",
    "licen*",
    "dema becovapa",  # the two most frequent words
    "copyright SENTENCE court",
)
TIMES = 5


def timed(call: Callable[[], object]) -> tuple[float, float]:
    """Return median wall and CPU time, milliseconds."""
    walls, cpus = [], []
    for _ in range(TIMES):
        began, cpu = time.perf_counter(), time.process_time()
        call()
        walls.append(1000 * (time.perf_counter() - began))
        cpus.append(1000 * (time.process_time() - cpu))
    return statistics.median(walls), statistics.median(cpus)


def main() -> None:
    """Measure every query."""
    reader = Reader(Path(sys.argv[1]))
    reader.follow()
    count = reader.rows("SELECT count(*) AS n FROM search_docs")[0]["n"]
    load = os.getloadavg()[0]
    print(
        f"{count:,} articles; duckdb {duckdb.__version__}, Python {platform.python_version()}, "
        f"load {load:.1f}"
    )
    for text in QUERIES:
        wall, cpu = timed(lambda text=text: search(reader, text, limit=10))  # type: ignore[misc]
        total = search(reader, text).total
        print(f"{wall:7.0f} ms ({cpu:.0f} ms CPU)  {total:>7,} articles  {text}")
    one = reader.rows("SELECT article_id FROM search_docs WHERE norm > 0 LIMIT 1")
    if one:
        article = one[0]["article_id"]
        wall, cpu = timed(lambda: like_this(reader, article))
        print(f"{wall:7.0f} ms ({cpu:.0f} ms CPU)  more like this")
        near = f"FROM like_this('{article}', most := 20)"
        wall, cpu = timed(lambda: reader.rows(near))
        print(f"{wall:7.0f} ms ({cpu:.0f} ms CPU)  SQL macro: FROM like_this(…)")
    macro = "FROM search('copyright lawsuit', most := 20)"
    wall, cpu = timed(lambda: reader.rows(macro))
    print(f"{wall:7.0f} ms ({cpu:.0f} ms CPU)  SQL macro: {macro}")
    scan = "SELECT count(*) FROM article_texts WHERE text ILIKE '%copyright%'"
    wall, cpu = timed(lambda: reader.rows(scan))
    print(f"{wall:7.0f} ms ({cpu:.0f} ms CPU)  baseline, a scan: {scan}")


if __name__ == "__main__":
    main()
