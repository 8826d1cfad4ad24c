import os
import signal
from datetime import UTC, datetime
from functools import partial

import pytest
from trafilatura import external

from newsbeam.articles.dom import body
from newsbeam.articles.pool import Reader
from newsbeam.articles.read import read_page
from newsbeam.articles.worker import FIRST_PAGE
from newsbeam.records import Article, Entry, LedgerRow, Page
from newsbeam.settings import ExtractSettings

NOW = datetime(2026, 3, 2, tzinfo=UTC)
TEXT = "The ferry line between Northhaven and the islands starts again in May, the office said. "


def page(number: int, body: str | None = None) -> Page:
    url = f"https://harbour-post.example/{number}/ferry"
    text = (
        body
        or f"<html><body><article><h1>Ferry</h1><p>{TEXT * 8}{number}</p></article></body></html>"
    )
    return Page(Entry(f"e{number}", "f", f"g{number}", url), url, text.encode(), NOW)


@pytest.fixture(scope="module")
def reader():  # type: ignore[no-untyped-def]
    with Reader(ExtractSettings(workers=2)) as reader:
        yield reader


def test_results_come_in_the_order_of_the_pages(reader: Reader) -> None:
    results = list(reader.map((page(n) for n in range(30)), now=NOW))
    assert [r.entry_id for r in results if isinstance(r, Article)] == [f"e{n}" for n in range(30)]


def test_the_processes_are_kept_for_the_next_batch(reader: Reader) -> None:
    list(reader.map([page(1)], now=NOW))
    before = {one.pid for one in reader._workers}
    list(reader.map([page(2)], now=NOW))
    assert {one.pid for one in reader._workers} == before


def test_a_stop_of_the_whole_service_leaves_the_pages_under_way_to_the_parent(
    reader: Reader,
) -> None:
    results = reader.map([page(n) for n in range(12)], now=NOW)
    first = next(results)
    assert reader._nursery is not None
    for pid in [reader._nursery.pid, *(one.pid for one in reader._workers)]:
        os.kill(pid, signal.SIGTERM)
    assert all(isinstance(r, Article) for r in [first, *results])


def test_nothing_starts_without_a_page() -> None:
    with Reader() as reader:
        assert list(reader.map([])) == []
        assert reader._nursery is None


def test_parsers_load_ahead_and_nobody_need_wait_for_them() -> None:
    with Reader(ExtractSettings(workers=1)) as reader:
        reader.warm()
        nursery = reader._nursery
        assert nursery is not None
        assert len(list(reader.map([page(1)], now=NOW))) == 1
        assert reader._nursery is nursery
    with Reader() as idle:
        idle.warm()
        started = idle._nursery
    assert started is not None
    assert started.returncode is not None


def test_a_page_that_takes_too_long_is_a_ledger_row_and_the_rest_is_read() -> None:
    slow = "<html><body>" + "<div><p>word by word </p></div>" * 150_000 + "</body></html>"
    settings = ExtractSettings(workers=2, timeout_s=3)
    with Reader(settings) as reader:
        results = list(reader.map([page(0), page(1, slow), page(2), page(3)], now=NOW))
    assert [type(r) for r in results] == [Article, LedgerRow, Article, Article]
    row = results[1]
    assert isinstance(row, LedgerRow)
    assert (row.verdict, row.subject) == ("extract_error", "e1")
    assert "longer than 3 s" in (row.reason or "")


def test_stopping_early_leaves_the_reader_usable(reader: Reader) -> None:
    for _ in reader.map(page(n) for n in range(20)):
        break
    assert len(list(reader.map([page(1), page(2)]))) == 2


def test_tasks_are_done_ahead_in_order_by_one_process_and_end_where_one_fails() -> None:
    with Reader(ExtractSettings(workers=2)) as reader:
        list(reader.map([page(n) for n in range(4)], now=NOW))
        used = {one.pid for one in reader._workers}
        done = list(reader.ahead(partial(divmod, n, 7) for n in range(20)))
        assert done == [divmod(n, 7) for n in range(20)]
        assert not reader._workers
        pids = list(reader.ahead(partial(os.getpid) for _ in range(5)))
        assert len(set(pids)) == 1
        assert not used & {os.getpid(), *pids}
        failing = [partial(divmod, 9, 7), partial(os._exit, 9), partial(divmod, 9, 7)]
        assert list(reader.ahead(failing)) == [(1, 2)]
        results = list(reader.map([page(n) for n in range(4)], now=NOW))
        assert all(isinstance(r, Article) for r in results)


def test_who_waits_for_the_parsers_learns_when_they_are_loaded() -> None:
    loaded, told = os.pipe()
    with Reader(ExtractSettings(workers=1)) as reader:
        reader.warm(told)
        os.close(told)
        assert os.read(loaded, 1) == b""  # nobody holds the other end
        assert reader.started
    os.close(loaded)


def test_the_first_page_needs_no_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> None:
        raise AssertionError("it costs three times as much")

    monkeypatch.setattr(body, "second_lines", asked)
    url = "https://newsbeam.example/first"
    article = read_page(Page(Entry("", "", "", url), url, FIRST_PAGE, NOW), now=NOW)
    assert article.verdict == "article"


def test_the_words_of_second_opinions_are_those_of_the_library() -> None:
    own = set(external.jt_stoplist_init())
    body.read_words.cache_clear()
    body.read_words()
    assert isinstance(external.JT_STOPLIST, frozenset)
    assert own == external.JT_STOPLIST
