"""Measure extraction, dates and throughput against plain trafilatura and htmldate, in one run.

``NEWSBEAM_DATA=… python tests/benchmarks/bench_articles.py [extraction] [dates] [throughput]``

The metric of the extraction is that of the data's README: shared 4-word shingles per document,
mean precision, mean recall, F1 of the means.
"""

import gc
import gzip
import json
import logging
import multiprocessing
import os
import platform
import re
import statistics
import sys
import tarfile
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import trafilatura
from htmldate import find_date

from newsbeam.articles.pool import Reader
from newsbeam.articles.read import read_page
from newsbeam.records import Entry, Page
from newsbeam.settings import ExtractSettings

DATA = Path(os.environ.get("NEWSBEAM_DATA", Path(__file__).parents[3] / "shared" / "data"))
NOW = datetime.now(UTC)
CHUNK = 4
"""Pages that trafilatura's pool hands out at a time: slower with 1, 2, 8 and with the default."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Document:
    """One page with what is known of it."""

    url: str
    html: bytes
    body: str
    published: datetime | None = None
    title: str | None = None
    authors: tuple[str, ...] = ()
    crawled: datetime = NOW


def shingles(text: str, size: int = 4) -> Counter[tuple[str, ...]]:
    """Return the runs of words of a text; a shorter text is one run."""
    words = _WORD.findall(text)
    if not words:
        return Counter()
    return Counter(tuple(words[i : i + size]) for i in range(max(1, len(words) - size + 1)))


def precision_recall(text: str, gold: str) -> tuple[float, float]:
    """Return the share of the text's shingles that are right, and of the gold's that are there."""
    found, wanted = shingles(text), shingles(gold)
    shared = (found & wanted).total()
    extra, lost = found.total() - shared, wanted.total() - shared
    if not extra and not lost:
        return 1.0, 1.0
    return shared / (shared + extra or 1), shared / (shared + lost or 1)


def f1_of_means(pairs: list[tuple[float, float]]) -> tuple[float, float, float]:
    """Return mean precision, mean recall and the F1 of both."""
    p = sum(pair[0] for pair in pairs) / len(pairs)
    r = sum(pair[1] for pair in pairs) / len(pairs)
    return p, r, 2 * p * r / (p + r)


def extraction_set() -> list[Document]:
    """Return the 181 pages with human-made bodies."""
    folder = DATA / "extraction"
    gold = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    return [
        Document(
            item["url"],
            gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes()),
            item["articleBody"],
        )
        for name, item in sorted(gold.items())
    ]


def metadata_set() -> list[Document]:
    """Return the 258 pages with bodies, titles, dates and authors made by hand-written parsers.

    A publisher's parser versions and its pages belong together in the order of time.
    """
    files: dict[str, bytes] = {}
    with tarfile.open(DATA / "metadata" / "fundus-tests.tar.gz") as tar:
        for member in tar:
            if member.isfile() and (file := tar.extractfile(member)) is not None:
                folder, _, name = member.name.rpartition("/")
                files[f"{folder.rsplit('/', 1)[-1]}/{name}"] = file.read()
    found = []
    for path in sorted(files):
        if not path.endswith(".json"):
            continue
        country, publisher = path[:-5].split("/")
        meta = json.loads(files[f"{country}/meta.info"])
        pages = sorted(
            (p for p in files if re.fullmatch(rf"{country}/{publisher}_[\d_]+\.html\.gz", p)),
        )
        versions = json.loads(files[path])
        order = sorted(versions, key=lambda v: [int(n) for n in re.findall(r"\d+", v)])
        for page, version in zip(pages, order, strict=False):
            found.append(_labelled(meta[page.split("/")[1]], files[page], versions[version]))
    return found


def _labelled(meta: dict[str, str], packed: bytes, gold: dict[str, Any]) -> Document:
    sections = gold["body"]["sections"]
    lines = [t for s in sections for t in s["headline"] + s["paragraphs"]]
    return Document(
        meta["url"],
        gzip.decompress(packed),
        "\n".join(gold["body"]["summary"] + lines),
        datetime.fromisoformat(gold["publishing_date"]),
        gold["title"],
        tuple(gold.get("authors") or ()),
        datetime.fromisoformat(meta["crawl_date"]).replace(tzinfo=UTC),
    )


def page_of(document: Document) -> Page:
    """Return the document as the fetcher would."""
    entry = Entry(document.url, "bench", document.url, document.url)
    return Page(entry, document.url, document.html, document.crawled)


def extraction() -> None:
    """Print precision, recall and F1 of newsbeam and of trafilatura's settings."""
    settings: dict[str, dict[str, bool]] = {
        "trafilatura default": {},
        "trafilatura, no comments": {"include_comments": False},
        "trafilatura, precision": {"include_comments": False, "favor_precision": True},
        "trafilatura, fast": {"include_comments": False, "fast": True},
    }
    for name, documents in (("extraction", extraction_set()), ("fundus", metadata_set())):
        rows = {
            label: [trafilatura.extract(d.html, **kw) or "" for d in documents]
            for label, kw in settings.items()
        }
        rows["newsbeam"] = [read_page(page_of(d), now=NOW).text for d in documents]
        for label, texts in rows.items():
            pairs = [precision_recall(t, d.body) for t, d in zip(texts, documents, strict=True)]
            p, r, f = f1_of_means(pairs)
            halves = [f1_of_means(pairs[i::2])[2] for i in (0, 1)]
            print(
                f"{name:11} {label:26} P {p:.4f}  R {r:.4f}  F1 {f:.4f}"
                f"  halves {halves[0]:.4f} {halves[1]:.4f}"
            )


def _plain(text: str | None) -> str:
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text or "").casefold()))


def _days(moment: datetime) -> set[date]:
    """Return the day in the outlet's zone and in UTC: both are right."""
    return {moment.date()} | ({moment.astimezone(UTC).date()} if moment.tzinfo else set())


def dates() -> None:
    """Print exact days, titles and authors against trafilatura and htmldate, in one run."""
    score: Counter[str] = Counter()
    documents = metadata_set()
    for d in documents:
        article = read_page(page_of(d), now=d.crawled)
        theirs = trafilatura.extract_metadata(d.html, d.url)
        days = _days(d.published) if d.published else set()
        names = {_plain(a) for a in d.authors}
        score["newsbeam day"] += bool(article.published and article.published.date() in days)
        score["trafilatura day"] += _day(theirs and theirs.date) in days
        score["htmldate day"] += _day(find_date(d.html, url=d.url, original_date=True)) in days
        score["newsbeam title"] += _plain(article.title) == _plain(d.title)
        score["trafilatura title"] += _plain(theirs and theirs.title) == _plain(d.title)
        if names:
            score["pages with authors"] += 1
            score["newsbeam authors"] += {_plain(a) for a in article.authors} == names
            given = ((theirs and theirs.author) or "").split("; ")
            score["trafilatura authors"] += {_plain(a) for a in given} == names
    print(f"{len(documents)} pages, exact matches:")
    for name, count in sorted(score.items()):
        print(f"  {name:22} {count}")


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _trafilatura(html: bytes) -> int:
    return len(trafilatura.extract(html) or "")


def _one_process(pages: list[Page]) -> None:
    """Print the processor time of a page in one process: a busy machine distorts it less."""
    spent = {"trafilatura.extract": 0.0, "newsbeam": 0.0}
    gc.disable()
    for counted in (False, True):  # the first round warms up
        for page in pages:
            start = time.thread_time()
            _trafilatura(page.body)
            middle = time.thread_time()
            read_page(page, now=NOW)
            if counted:
                spent["trafilatura.extract"] += middle - start
                spent["newsbeam"] += time.thread_time() - middle
    gc.enable()
    for name, seconds in spent.items():
        print(f"  {name:22} {1000 * seconds / len(pages):6.1f} ms of processor time a page")
    print(f"  ratio {spent['trafilatura.extract'] / spent['newsbeam']:.2f}")


def throughput(rounds: int = 5) -> None:
    """Print pages per second: plain trafilatura in a process per core, and the reading stage."""
    documents = extraction_set()
    pages, bodies = [page_of(d) for d in documents], [d.html for d in documents]
    _one_process(pages)
    cores = len(os.sched_getaffinity(0))
    rates: dict[str, list[float]] = {}
    with (
        multiprocessing.get_context("forkserver").Pool(cores) as pool,
        Reader(ExtractSettings(workers=cores)) as reader,
    ):
        pool.map(_trafilatura, bodies[:20])
        list(reader.map(pages[:20], now=NOW))
        for _ in range(rounds):  # alternately, so that a busy machine is busy for both
            for name, run in (
                (
                    "trafilatura.extract",
                    lambda: pool.map(_trafilatura, bodies, chunksize=CHUNK),
                ),
                ("newsbeam", lambda: list(reader.map(pages, now=NOW))),
            ):
                start = time.perf_counter()
                run()
                rate = len(documents) / (time.perf_counter() - start)
                rates.setdefault(name, []).append(rate)
    for label, choose in (("best", max), ("median", statistics.median)):
        for name, measured in rates.items():
            print(f"  {name:22} {choose(measured):6.1f} pages/s on {cores} cores, {label}")
        theirs, ours = (choose(measured) for measured in rates.values())
        print(f"  ratio {ours / theirs:.2f}")


def parts() -> Iterator[str]:
    """Yield the parts that the command line names; all by default."""
    yield from sys.argv[1:] or ["extraction", "dates", "throughput"]


def main() -> None:
    """Run the parts, with machine and versions on top."""
    logging.disable(logging.CRITICAL)
    if not (DATA / "extraction").is_dir():
        print(f"skipped: no measuring data at {DATA} (set NEWSBEAM_DATA)")
        return
    print(
        f"{NOW:%Y-%m-%d} Python {platform.python_version()} trafilatura {trafilatura.__version__}"
    )
    for part in parts():
        {"extraction": extraction, "dates": dates, "throughput": throughput}[part]()


if __name__ == "__main__":
    main()
