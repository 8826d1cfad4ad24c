"""What commit and publication need of texts, done by a reader's process meanwhile."""

import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from newsbeam.records import Article, Embedded, Zone, ZoneKind
from newsbeam.settings import Settings
from newsbeam.stories.traits import Traits, read_traits
from newsbeam.topics.query.postings import Indexed, index_words
from pipelines import ahead, readers
from pipelines.ahead import Ahead
from pipelines.job import Job
from pipelines.stages.stage import write_rows
from sinks.store.rows import article_row

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ZONES = '[["lead", 0, 60]]'


def text(number: int) -> str:
    return f"The ferry of {number} o'clock waits for the tide on Monday. " * (5 + number % 7)


def article(number: int) -> Article:
    url = f"https://harbour-post.example/{number}"
    return Article(
        id=f"a{number:03}",
        url=url,
        canonical_url=url,
        outlet="harbour-post.example",
        title=f"Ferry {number} waits",
        text=text(number),
        fetched=NOW,
        zones=(Zone(ZoneKind.LEAD, 0, 60),),
        language="en",
    )


@pytest.fixture
def job(tmp_path: Path) -> Job:
    made = Job("run", NOW, Settings(home=str(tmp_path)))
    made.folder.mkdir(parents=True)
    rows = [article_row(Embedded(article(n))) for n in range(40)]
    write_rows("articles", rows, made.folder, "all")
    readers.warm(made.settings.extract)
    return made


def same(one: Traits, two: Traits) -> bool:
    assert one.print is not None
    assert two.print is not None
    return (
        (one.wire, one.print.runs) == (two.wire, two.print.runs)
        and np.array_equal(one.print.hashes, two.print.hashes)
        and np.array_equal(one.print.opening, two.print.opening)
        and all(
            np.array_equal(getattr(one.terms, name), getattr(two.terms, name))
            for name in ("ids", "priors", "counts", "bits")
        )
    )


def equal(one: Indexed, two: Indexed) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(two, name)) for name in Indexed.__slots__)


def test_the_other_process_says_the_same(job: Job) -> None:
    with Ahead(job.settings) as begun:
        begun.begin(job)
        assert begun._thread is not None
        begun._thread.join()
        assert len(begun._done) == 80, "each article's traits and words"
        for n in range(40):
            said = (f"Ferry {n} waits", text(n), "en")
            assert same(begun.call(read_traits, *said), read_traits(*said))
            words = (f"Ferry {n} waits", text(n), ZONES, "article")
            assert equal(begun.call(index_words, *words), index_words(*words))
        assert not begun._done


def test_what_the_other_process_has_not_begun_is_done_here(job: Job) -> None:
    with Ahead(job.settings) as begun:
        begun.begin(job)
        for n in reversed(range(40)):
            said = (f"Ferry {n} waits", text(n), "en")
            assert same(begun.call(read_traits, *said), read_traits(*said))
        unknown = ("Another headline", text(3), "en")
        assert same(begun.call(read_traits, *unknown), read_traits(*unknown))


def test_where_the_other_process_dies_all_is_done_here(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere_fatal = f"__import__('os').getpid() == {os.getpid()} or __import__('os')._exit(9)"
    calls = [(eval, f"{elsewhere_fatal} or {n}") for n in range(ahead.LEAST)]
    monkeypatch.setattr(ahead, "_calls", lambda _: calls)
    with Ahead(job.settings) as begun:
        begun.begin(job)
        assert all(begun.call(*call) is True for call in calls)


def test_few_articles_are_not_worth_a_process(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "LEAST", 81)
    with Ahead(job.settings) as begun:
        begun.begin(job)
        assert begun._thread is None
    assert not readers.reader(job.settings.extract).started
