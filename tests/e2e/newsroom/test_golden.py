"""The main job on the sample newsroom gives exactly what the golden table says."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from newsbeam.settings import Settings, load_settings
from pipelines.cli.demo import QUERY, write_settings
from pipelines.newsroom.content import LAST_TICK
from pipelines.newsroom.server import Newsroom
from pipelines.report import RunReport
from pipelines.run import run_and_publish
from tests.e2e.newsroom.comparing import (
    page_differences,
    story_differences,
    topic_differences,
)

EDITION = date(2026, 11, 18)
NOW = datetime(2026, 11, 18, 20, tzinfo=UTC)

Row = tuple[Any, ...]
Compare = Callable[[duckdb.DuckDBPyConnection, date, int], list[str]]

OPEN = pytest.mark.xfail(
    strict=True,
    reason="neighbouring events of one subject share a story in four places: docs/stories.md",
)

KNOWN = (
    "https://kernel-and-quill.example/a/llama-licence-hosts-pay, "
    "https://ledgerline.example/companies/meta-ai-plus-20261117, meta-filing",
    "https://gridwatch.example/news/gas-turbines-sold-out, power-deal",
    "https://kernel-and-quill.example/a/open-or-downloadable, "
    "https://kernel-and-quill.example/a/tartu-lab-open-weights, "
    "https://statute-and-code.example/issues/draft-rules-for-open-models",
    "https://threadbarn.example/t/20817-can-they-train-on-my-blog, "
    "https://valley-post.example/2026/11/11/opinion-my-novel-and-the-machine",
)
"""These four places: pages, and events of the golden table, that are one story."""


@pytest.fixture(scope="module")
def newsroom() -> Iterator[Newsroom]:
    with Newsroom(EDITION) as up:
        yield up


@pytest.fixture(scope="module")
def settings(newsroom: Newsroom, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(write_settings(tmp_path_factory.mktemp("demo"), newsroom))


@pytest.fixture(scope="module")
def first(settings: Settings) -> RunReport:
    return run_and_publish(settings, kind="demo", now=NOW)


def ask(settings: Settings, sql: str) -> list[Row]:
    with duckdb.connect(settings.path(settings.store.path), read_only=True) as db:
        return db.execute(sql).fetchall()


def wrong(settings: Settings, compare: Compare, tick: int = 0) -> str:
    with duckdb.connect(settings.path(settings.store.path), read_only=True) as db:
        return "\n".join(compare(db, EDITION, tick))


@pytest.mark.slow
def test_every_page_becomes_what_the_golden_table_says(
    settings: Settings, first: RunReport
) -> None:
    assert wrong(settings, page_differences) == ""


@pytest.mark.slow
def test_the_topics_are_those_of_the_golden_table(settings: Settings, first: RunReport) -> None:
    assert wrong(settings, topic_differences) == ""


@OPEN
@pytest.mark.slow
def test_stories_and_copies_are_those_of_the_golden_table(
    settings: Settings, first: RunReport
) -> None:
    assert wrong(settings, story_differences) == ""


@pytest.mark.slow
def test_no_other_story_is_wrong_than_those_that_are_known(
    settings: Settings, first: RunReport
) -> None:
    assert wrong(settings, story_differences).splitlines() == [
        f"one story of several events: {events}" for events in KNOWN
    ]


@pytest.mark.slow
def test_the_verdicts_add_up_to_the_entries(settings: Settings, first: RunReport) -> None:
    assert first.entries == 65
    assert sum(first.verdicts.values()) + first.known == first.entries
    rows = ask(settings, "SELECT count(*) FROM ledger_rows WHERE kind = 'entry'")
    assert rows == [(first.entries,)]


@pytest.mark.slow
def test_the_question_that_the_demo_suggests_has_an_answer(
    settings: Settings, first: RunReport
) -> None:
    published = settings.path(settings.publish.path)
    with duckdb.connect(str(published), read_only=True) as db:
        rows = db.execute(QUERY).fetchall()
    assert len(rows) == sum(first.mentions.values()) > 0


@pytest.mark.slow
def test_a_second_run_changes_nothing(settings: Settings, first: RunReport) -> None:
    again = run_and_publish(settings, kind="demo", now=NOW + timedelta(hours=1), every_feed=True)
    assert (again.articles_new, again.articles_revised, again.mentions) == (0, 0, {})


@pytest.mark.slow
def test_edits_reprints_and_corrections_arrive_with_time(
    newsroom: Newsroom, settings: Settings, first: RunReport
) -> None:
    for tick in range(1, LAST_TICK + 1):
        newsroom.at(tick)
        now = NOW + timedelta(hours=2 + tick)
        run_and_publish(settings, kind="demo", now=now, every_feed=True)
        assert wrong(settings, page_differences, tick) == "", f"tick {tick}"
        assert wrong(settings, topic_differences, tick) == "", f"tick {tick}"
