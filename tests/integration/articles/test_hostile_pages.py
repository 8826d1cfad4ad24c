"""Pages made to hang, exhaust or confuse a parser end as rows; the rest of the batch is read."""

import re
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsbeam.articles import read
from newsbeam.articles.pool import Reader
from newsbeam.errors import ExtractError
from newsbeam.records import Article, Entry, LedgerRow, Page
from newsbeam.settings import ExtractSettings

NOW = datetime(2026, 3, 2, tzinfo=UTC)
TEXT = "The ferry line between Northhaven and the islands starts again in May, the office said. "
GOOD = f"<html><body><article><h1>Ferry</h1><p>{TEXT * 6}</p></article></body></html>"

HOSTILE = {
    "deep nesting": "<div>" * 100_000 + TEXT,
    "deep inline nesting": "<b><i><a href=x>" * 30_000 + TEXT,
    "unclosed paragraphs": f"<p>{TEXT}" * 3_000,
    "one endless line": "<p>" + "a" * 3_000_000,
    "a million entities": "&amp;" * 500_000,
    "deep JSON-LD": '<script type="application/ld+json">' + '{"a":' * 50_000 + "</script>" + GOOD,
    "wide JSON-LD": '<script type="application/ld+json">['
    + '{"@type":"NewsArticle"},' * 50_000
    + "{}]</script>"
    + GOOD,
    "huge colspan": f"<table><tr><td colspan=999999999>{TEXT}</td></tr></table>",
    "many attributes": "<div " + " ".join(f"a{i}=1" for i in range(50_000)) + f">{TEXT}</div>",
    "date-like digits": "<h1>Ferry</h1><p>" + "2026-01-" * 20_000 + "</p>",
    "spaces for a regular expression": "<title>" + "a " * 50_000 + "</title>" + GOOD,
    "NUL and surrogates": GOOD.replace("Ferry", "Fer\x00ry\ufffe"),
}


def page(name: str, body: str) -> Page:
    url = f"https://hostile.example/{name.replace(' ', '-')}"
    return Page(Entry(name, "f", name, url), url, body.encode(errors="surrogatepass"), NOW)


def test_every_hostile_page_ends_as_an_article_or_a_row_and_the_good_ones_are_read() -> None:
    jobs = [page("good before", GOOD)]
    jobs += [page(name, body) for name, body in HOSTILE.items()]
    jobs += [page("good after", GOOD)]
    with Reader(ExtractSettings(workers=2, timeout_s=10)) as reader:
        results = list(reader.map(jobs, now=NOW))
    assert len(results) == len(jobs)
    for result in results:
        assert isinstance(result, Article | LedgerRow)
        if isinstance(result, LedgerRow):
            assert result.verdict == "extract_error"
            assert result.reason
    good = [r for r in (results[0], results[-1]) if isinstance(r, Article)]
    assert [r.verdict for r in good] == ["article", "article"]


def test_a_page_that_eats_memory_is_a_row_and_the_next_page_is_read() -> None:
    huge = "<html><body>" + "<div class='x y z'><p>a <b>b</b></p></div>" * 200_000
    jobs = [page("huge", huge), page("good", GOOD)]
    with Reader(ExtractSettings(workers=1, timeout_s=60, memory_mb=60)) as reader:
        eaten, good = list(reader.map(jobs, now=NOW))
    assert isinstance(eaten, LedgerRow)
    assert eaten.verdict == "extract_error"
    assert isinstance(good, Article)


COSTLY = {
    "hangs": "<html><body>" + "<div><p>word by word </p></div>" * 150_000,
    "links without end": f"<p><a href=/x>{TEXT}</a> {TEXT}</p>" * 22_000,
    "recurses": "<div>" * 1_500_000 + TEXT,
    "recurses in JSON-LD": '<script type="application/ld+json">' + "[" * 2_000_000 + "</script>",
    "eats memory": "<p>a" * 1_900_000,
    "eats memory by attributes": "<a b=c d>" * 850_000,
}
"""Each below the largest page that is fetched."""


@pytest.mark.slow
def test_with_default_limits_a_page_costs_ten_seconds_at_most_and_the_next_is_read() -> None:
    settings = ExtractSettings()
    assert (settings.timeout_s, settings.memory_mb) == (10.0, 300)
    jobs = [p for name, body in COSTLY.items() for p in (page(name, body), page("good", GOOD))]
    with Reader(ExtractSettings(workers=1)) as reader:
        results = list(reader.map(jobs, now=NOW))
        limits = [resource.prlimit(w.pid, resource.RLIMIT_AS)[0] for w in reader._workers]
        sizes = [Path(f"/proc/{w.pid}/statm").read_text().split()[0] for w in reader._workers]
    costly, good = results[::2], results[1::2]
    assert [type(r) for r in good] == [Article] * len(COSTLY)
    found = {name: r for name, r in zip(COSTLY, costly, strict=True) if isinstance(r, LedgerRow)}
    assert {r.verdict for r in found.values()} == {"extract_error"}
    # which limit it meets first, time or memory, is the machine's speed
    assert re.search("longer than 10 s|more than 300 MiB", found["hangs"].reason or "")
    assert {"eats memory", "eats memory by attributes"} <= set(found)
    if sys.platform.startswith("linux"):  # what a worker may still grow by
        page_size = resource.getpagesize()
        for limit, pages in zip(limits, sizes, strict=True):
            assert limit - int(pages) * page_size <= 300 * 1024 * 1024


def test_a_crash_of_a_parser_is_the_page_s_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(read, "main_lines", crash)
    with pytest.raises(ExtractError, match="RecursionError"):
        read.read_page(page("good", GOOD), now=NOW)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit is Linux's")
def test_what_a_page_leaves_behind_in_memory_is_not_the_next_page_s_fault() -> None:
    big = "<html><body>" + "<div class='x y z'><p>a <b>b</b></p></div>" * 10_000
    jobs = [p for n in range(4) for p in (page(f"big {n}", big), page(f"good {n}", GOOD))]
    with Reader(ExtractSettings(workers=1, timeout_s=60, memory_mb=100)) as reader:
        readers = set()
        for job in jobs:
            (result,) = reader.map([job], now=NOW)
            assert isinstance(result, Article)
            readers |= {one.pid for one in reader._workers}
        assert all(isinstance(result, Article) for result in reader.map(jobs, now=NOW))
    assert len(readers) > 1  # one that is full is replaced, and nobody's page is lost
