"""The stages' plain functions and their wiring, on records made here."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pytest
from apache_beam.runners.worker.statesampler import StateSampler
from apache_beam.testing import test_pipeline
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.utils.counters import CounterFactory

from newsbeam.records import Article, Entry, LedgerRow, Page
from newsbeam.settings import Settings
from pipelines.job import Job
from pipelines.quick_beam import LOOK_MS, quick_options
from pipelines.stages import timing
from pipelines.stages.dedupe import PickEntries, pick_entry
from pipelines.stages.extract import from_feed, judged
from pipelines.stages.items import Done, Read, Unread, under_way
from pipelines.stages.known import Known
from pipelines.stages.poll import entry_row
from pipelines.stages.timing import timed

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
JOB = Job("run", NOW, Settings())
NOTHING = Known(
    *(np.array([], np.uint64),) * 2,
    *(np.array([], np.int64),) * 3,
    np.array([], np.uint64),
    np.array([], np.bool_),
)


def entry(name: str, url: str = "https://a.example/1", **changes: Any) -> Entry:
    return replace(Entry(name, "https://a.example/feed", name, url, title="T"), **changes)


def article(**changes: Any) -> Article:
    made = Article("id", "https://a.example/1", "https://a.example/1", "a.example", "T", "x", NOW)
    return replace(made, **changes)


def test_a_job_refuses_a_time_without_zone_and_has_a_stable_id() -> None:
    with pytest.raises(ValueError, match="aware and in UTC"):
        Job("run", datetime(2026, 3, 1), Settings())  # noqa: DTZ001
    assert JOB.run_id == Job("run", NOW, Settings()).run_id
    assert JOB.run_id != Job("run", NOW + timedelta(seconds=1), Settings()).run_id


def test_of_entries_with_one_url_the_fullest_goes_on_whatever_the_order() -> None:
    poor, rich, other = entry("a"), entry("b", content="<p>All of it.</p>"), entry("c")
    for same in ([poor, rich, other], [other, rich, poor]):
        first, *rest = pick_entry(same, NOTHING, JOB)
        assert first is rich
        assert [r.entry.id for r in rest if isinstance(r, Done) and r.entry] == ["a", "c"]
        assert {r.row.verdict for r in rest if isinstance(r, Done)} == {"duplicate_url"}


def test_picking_keeps_every_entry_exactly_once(tmp_path: Path) -> None:
    nothing = tmp_path / "known.npz"
    np.savez(nothing, **asdict(NOTHING))
    entries = [entry("a"), entry("b"), entry("c", "https://a.example/2"), entry("d", None)]
    with test_pipeline.TestPipeline("FnApiRunner") as pipeline:
        picked = (
            pipeline
            | beam.Create(entries)
            | PickEntries(JOB, str(nothing))
            | beam.Map(lambda i: (i.entry.id, "done") if isinstance(i, Done) else (i.id, "on"))
        )
        assert_that(picked, equal_to([("a", "on"), ("b", "done"), ("c", "on"), ("d", "on")]))


def test_a_listing_ends_in_the_ledger_and_an_article_goes_on() -> None:
    page = Page(entry("a"), "https://a.example/1", b"", NOW)
    ended = judged(page, article(verdict="listing", reasons=("12 teasers",)), JOB)
    assert isinstance(ended, Done)
    assert (ended.row.verdict, ended.row.reason) == ("listing", "12 teasers")
    goes_on = judged(page, article(), JOB)
    assert isinstance(goes_on, Read)
    assert goes_on.row.article_id == "id"


def test_the_feeds_full_text_stands_for_a_page_that_failed_and_a_summary_is_partial() -> None:
    row = entry_row(entry("a"), "fetch", "forbidden", "HTTP 403", JOB)
    full = from_feed(Unread(entry("a"), row), article(source="feed"))
    assert full.row.verdict == "article"
    assert full.row.reason == "feed text used; page: forbidden: HTTP 403"
    partial = from_feed(Unread(entry("a"), row), article(source="feed", partial=True))
    assert (partial.row.verdict, partial.row.article_id) == ("forbidden", "id")
    assert from_feed(Unread(entry("a"), row), None) == Done(entry("a"), row)


def test_what_is_done_passes_every_stage() -> None:
    row = LedgerRow("a", "entry", None, "poll", "no_link", None, NOW)
    done = Done(entry("a"), row)
    work, passed = under_way([entry("b"), done])
    assert (work, passed) == ([entry("b")], [done])


def test_beam_does_not_wait_long_for_its_own_look_at_where_the_work_is() -> None:
    quick_options(["--runner=FnApiRunner"])
    sampler = StateSampler("any", CounterFactory())
    assert sampler.sampling_period_ms == LOOK_MS


def test_what_a_stage_waits_for_another_is_counted_there(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, spent = [0.0], {}

    class Counter:
        def __init__(self, name: str) -> None:
            self.name = name

        def inc(self, value: int) -> None:
            spent[self.name] = value

    def lasting(items: Iterator[int], seconds: float) -> Iterator[int]:
        for item in items:
            clock[0] += seconds
            yield item

    monkeypatch.setattr(timing, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(timing.Metrics, "counter", lambda _, name: Counter(name))
    fetched = timed("fetch", lasting(iter(range(3)), 5.0))
    assert list(timed("extract", lasting(fetched, 1.0))) == [0, 1, 2]
    assert spent == {"ms/fetch": 15_000, "ms/extract": 3_000}
