"""The main job as a whole: throughput against a plain script, memory, commit cost, start-up.

    NEWSBEAM_DATA=… python tests/benchmarks/bench_run.py [throughput] [memory] [commit] [startup]

Everything runs against a loopback server in a process of its own (replay.py), one address per
outlet.  Ratios come from one run on one machine; `memory` takes half an hour.
"""

import compileall
import ctypes
import json
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from replay import DATA, Replay, tree  # noqa: E402

ROUNDS = 2
"""Rounds of the two contestants, one after the other; the best of each counts."""


PR_SET_CHILD_SUBREAPER = 36
FULL = 1_000_000
"""Articles in the full store."""


def say(name: str, value: str, goal: str = "") -> None:
    print(f"{name:58} {value:>18}  {goal}", flush=True)


class Cost(NamedTuple):
    """What a process with its children cost, seconds; of two, the faster one is the smaller."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} s (CPU {self.cpu:.2f})"


def process(command: list[str], codes: tuple[int, ...] = (0,)) -> tuple[Cost, str]:
    """Run a command to its end; return its cost and what it printed.

    Wall time is what a user waits; CPU time (of all its processes) is what remains comparable where
    other work shares the machine.
    """
    _adopt_orphans()
    family = set(_children())
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    wall = time.perf_counter() - start
    for orphan in set(_children()) - family:
        os.waitpid(orphan, 0)
    after = os.times()
    if done.returncode not in codes:
        raise RuntimeError(f"{command}: exit code {done.returncode}: {done.stderr[-2000:]}")
    cpu = after.children_user + after.children_system
    return Cost(wall, cpu - before.children_user - before.children_system), done.stdout


def _adopt_orphans() -> None:
    """Become the parent of whatever process a command leaves behind, such as its readers.

    The system counts a child's time only where somebody waited for it.

    Source: https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _children() -> list[int]:
    """Return our children; none where the system does not say."""
    own = Path("/proc/self/task").glob("*/children")
    return [int(pid) for file in own for pid in file.read_text().split()]


def newsbeam(*arguments: str) -> tuple[Cost, str]:
    """Run the command line as a process."""
    return process([sys.executable, "-m", "pipelines.cli", *arguments], (0, 3))


def bench_throughput() -> None:
    """Feeds to DuckDB on the 181 real pages: newsbeam, the plain script, and the floor."""
    if not (DATA / "extraction").is_dir():
        print(f"throughput: skipped, no pages at {DATA / 'extraction'} (set NEWSBEAM_DATA)")
        return
    ours, plain = [], []
    with Replay("real") as replay, tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            room = Path(folder, str(number))
            room.mkdir()
            cost, told = newsbeam("-c", str(replay.settings(room)), "run", "--json")
            report = json.loads(told)
            ours.append(cost)
            plain.append(_plain(replay, room))
        count = len(replay.pages)
    best, other = min(ours), min(plain)
    say("newsbeam run, whole process, 181 real pages", str(best))
    spent = " ".join(f"{name} {s:.1f}" for name, s in report["stages"].items())
    print(f"  stages, seconds of work: {spent}")
    print(f"  verdicts: {report['verdicts']}")
    say("plain script, whole process, the same pages", str(other))
    say("newsbeam is faster by", f"{other.wall / best.wall:.2f} x", "goal 2.5 x")
    say("  and takes less CPU time by", f"{other.cpu / best.cpu:.2f} x")
    say("newsbeam, pages a second", f"{count / best.wall:.1f}")
    floor = _floor()
    say("floor: pure extraction + pure embedding, both cores", f"{sum(floor):.1f} s")
    print(f"  extraction {floor[0]:.1f} s, embedding {floor[1]:.1f} s")
    say("newsbeam against the floor", f"{best.wall / sum(floor):.2f} x")


def _plain(replay: Replay, room: Path) -> Cost:
    hosts, feeds = room / "hosts.json", room / "feeds.json"
    hosts.write_text(json.dumps(replay.hosts))
    feeds.write_text(json.dumps(replay.feeds))
    script = Path(__file__).with_name("plain_baseline.py")
    store = str(room / "plain.duckdb")
    return process([sys.executable, str(script), str(hosts), str(feeds), store])[0]


def _floor() -> tuple[float, float]:
    """Seconds of extraction in one process per core, and of embedding, with all warm."""
    from newsbeam.encoder import load_encoder
    from newsbeam.settings import ModelSettings, Settings
    from newsbeam.stories.vector_text import beginning
    from pipelines.stages.match import topic_set

    cores = os.cpu_count() or 1
    with multiprocessing.get_context("spawn").Pool(cores) as pool:
        names = sorted((DATA / "extraction" / "html").glob("*.html.gz"))
        pool.map(_extract, names[: 2 * cores], 1)
        start = time.perf_counter()
        articles = [a for a in pool.imap(_extract, names, 8) if a is not None]
        extraction = time.perf_counter() - start
    topics = topic_set(Settings())
    texts = [beginning(a) for a in articles]
    texts += [p.text for a in articles for p in topics.passages(a)]
    encoder = load_encoder(ModelSettings())
    encoder.encode(texts[:32])
    start = time.perf_counter()
    encoder.encode(texts)
    return extraction, time.perf_counter() - start


def _extract(path: Path):  # type: ignore[no-untyped-def]
    import gzip

    from newsbeam.articles.read import read_page
    from newsbeam.errors import ExtractError
    from newsbeam.records import Entry, Page

    now = datetime.now(UTC)
    url = f"https://outlet.example/{path.stem}"
    entry = Entry(path.stem, "https://outlet.example/feed", url, url)
    try:
        return read_page(Page(entry, url, gzip.decompress(path.read_bytes()), now), now=now)
    except ExtractError:
        return None


def bench_memory() -> None:
    """Peak memory of the whole process tree at 1,000, 3,000 and 10,000 articles."""
    peaks = {}
    for count in (1_000, 3_000, 10_000):
        with Replay(str(count)) as replay, tempfile.TemporaryDirectory() as folder:
            config = replay.settings(Path(folder))
            command = [sys.executable, "-m", "pipelines.cli", "-c", str(config), "run", "--json"]
            start = time.perf_counter()
            running = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            peak = _watch_memory(running)
            told = json.loads(running.stdout.read() if running.stdout else "{}")
            seconds = time.perf_counter() - start
        peaks[count] = peak
        say(f"peak memory at {count:,} entries", f"{peak / 1e6:,.0f} MB", "goal 1,500 MB")
        print(f"  {told['articles_new']:,} articles, {told['mentions']}, {seconds:.0f} s")
    growth = 100 * (peaks[10_000] / peaks[1_000] - 1)
    say("growth from 1,000 to 10,000", f"{growth:+.1f} %", "goal 10 %")


def _watch_memory(process: "subprocess.Popen[str]") -> int:
    """Return the greatest memory of a process with its children, bytes: never too little.

    Their own memory four times a second, and the greatest share of files (libraries, the model)
    that was ever in memory, each file once, whatever other processes of the machine have of it.

    What was read while one of them began or ended does not count: the pages that it shared with
    others may be in it twice (once 429 MB were read of the model's 238).
    """
    own = files = 0
    looked = 0.0
    while process.poll() is None:
        family = _family(process.pid)
        held = sum(map(_own_memory, family))
        if family == _family(process.pid):
            own = max(own, held)
        if time.monotonic() - looked > 5:  # takes a tenth of a second
            files, looked = max(files, _files_in_memory(family)), time.monotonic()
        time.sleep(0.25)
    return own + files


def _own_memory(pid: int) -> int:
    """Return what a process holds beside files, shared pages in equal parts, bytes."""
    return 1024 * sum(
        int(line.split()[1])
        for line in _lines(f"/proc/{pid}/smaps_rollup")
        if line.startswith(("Pss_Anon:", "Pss_Shmem:"))
    )


def _files_in_memory(pids: list[int]) -> int:
    """Return how much of files some processes have in memory, each file once, bytes."""
    most: dict[str, int] = {}
    for pid in pids:
        held: dict[str, int] = {}
        name = ""
        for line in _lines(f"/proc/{pid}/smaps"):
            fields = line.split()
            if not fields[0].endswith(":"):
                name = fields[5] if len(fields) > 5 and fields[5].startswith("/") else ""
            elif name and fields[0] in ("Rss:", "Anonymous:"):
                sign = 1 if fields[0] == "Rss:" else -1
                held[name] = held.get(name, 0) + sign * int(fields[1]) * 1024
        for name, size in held.items():
            most[name] = max(most.get(name, 0), size)
    return sum(most.values())


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:  # the process has just ended
        return []


def _family(pid: int) -> list[int]:
    """Return a process and its descendants, those that have ended and are not noticed excepted."""
    try:
        return [
            one for one in tree(pid) if not "".join(_lines(f"/proc/{one}/statm")).startswith("0 ")
        ]
    except OSError:
        return []


def bench_commit() -> None:
    """Commit cost per article in an empty store and in one of a million articles.

    As `watch` commits: one process, the stories' window warm.  The first commit of a process, which
    has to read that window and the indexes from the disk, is told apart.  The same batches go into
    both stores, in turn.
    """
    from synthetic import fill, fill_window

    from newsbeam.records import Feed
    from newsbeam.settings import load_settings
    from pipelines import run
    from sinks.store.store import open_store

    batches, size = 5, 300
    costs: dict[str, list[Cost]] = {}
    commit = run.commit

    def timed(*arguments: Any, **options: Any) -> bool:
        wall, cpu = time.perf_counter(), time.process_time()
        done = commit(*arguments, **options)
        spent = time.perf_counter() - wall, time.process_time() - cpu
        costs.setdefault(name, []).append(Cost(*spent))
        return done

    run.commit = timed
    with (
        Replay(str(batches * size)) as replay,
        tempfile.TemporaryDirectory() as folder,
        open_store(Path(folder, "empty.duckdb")) as empty,
        open_store(Path(folder, "full.duckdb")) as full,
    ):
        settings = load_settings(replay.settings(Path(folder)))
        now = datetime.now(UTC).replace(microsecond=0)
        fill(
            full,
            FULL,
            end=now.replace(tzinfo=None) - timedelta(hours=1),
            days=365,
            vectors=True,
            chunk=20_000,
        )
        window = fill_window(full)
        full.execute("CHECKPOINT")
        stores = {"empty": empty, f"{FULL:,} articles": full}
        warm: dict[str, dict[str, Any]] = {name: {} for name in stores}
        share = len(replay.feeds) // batches
        for n in range(batches):
            feeds = [Feed(url) for url in replay.feeds[n * share : (n + 1) * share]]
            for name, db in stores.items():
                at = now + timedelta(minutes=n)
                report = run.run_once(settings, db, now=at, feeds=feeds, warm=warm[name])
                assert report.articles_new == size, report
    run.commit = commit
    print(f"  batches of {size} articles; window of the full store {window:,} articles")
    for name, found in costs.items():
        each = ", ".join(f"{1000 * c.cpu / size:.2f}" for c in found)
        print(f"  {name}: ms of processor time per article, batch by batch: {each}")
        say(f"first commit of a process, {name}", str(found[0]))
    middle = [
        Cost(*(statistics.median(values) for values in zip(*found[1:], strict=True)))
        for found in costs.values()
    ]
    for name, cost in zip(costs, middle, strict=True):
        say(f"commit per article, {name}, CPU", f"{1000 * cost.cpu / size:.2f} ms")
    say("a full store costs, CPU", f"{middle[1].cpu / middle[0].cpu:.2f} x", "goal 1.2 x")
    say("a full store costs, on the clock", f"{middle[1].wall / middle[0].wall:.2f} x")


def bench_startup() -> None:
    """`--help`, a run that finds nothing new, and what it imports."""
    helps = [newsbeam("--help")[0] for _ in range(5)]
    say("newsbeam --help", str(min(helps)), "goal 0.3 s")
    with Replay("500") as replay, tempfile.TemporaryDirectory() as folder:
        run = ("-c", str(replay.settings(Path(folder))), "run", "--json")
        newsbeam(*run)
        told = [newsbeam(*run, "--all")[0] for _ in range(3)]
        say("run --all that finds nothing new, 10 feeds", str(min(told)), "goal 2.5 s")
        idle = [newsbeam(*run)[0] for _ in range(3)]
        say("run with no feed due", str(min(idle)), "goal 2.5 s")
        heavy = subprocess.run(
            [*(sys.executable, "-X", "importtime", "-m", "pipelines.cli"), *run, "--all"],
            cwd=ROOT,
            capture_output=True,
            text=True,
        ).stderr
        weights = ("torch", "sentence_transformers", "trafilatura", "streamlit")
        loaded = [m for m in weights if f" {m}\n" in heavy]
        say("  of torch & co. it imports", ", ".join(loaded) or "none", "goal none")


def _compile() -> None:
    """Compile our modules, as every installation does (pip, `make setup`).

    Where PYTHONDONTWRITEBYTECODE is set each process of a run would do it anew: 1.2 s of processor
    time.
    """
    for package in ("newsbeam", "connectors", "pipelines", "sinks"):
        compileall.compile_dir(ROOT / package, quiet=1)


def main() -> None:
    """Run the named parts, or all."""
    _compile()
    packages = ("apache-beam", "duckdb", "torch", "trafilatura", "feedparser", "requests")
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, Python {platform.python_version()}")
    print(f"{os.cpu_count()} cores, {_cpu()}, load {os.getloadavg()[0]:.1f} at the start")
    print(", ".join(f"{p} {version(p)}" for p in packages))
    parts = {
        "startup": bench_startup,
        "throughput": bench_throughput,
        "commit": bench_commit,
        "memory": bench_memory,
    }
    for name in sys.argv[1:] or parts:
        print(f"\n{name}")
        parts[name]()


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((x.partition(": ")[2] for x in lines if x.startswith("model name")), "")


if __name__ == "__main__":
    main()
