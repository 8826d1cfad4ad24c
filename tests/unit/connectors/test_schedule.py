"""When a feed is polled again."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.history import History, load_history
from connectors.parsing.items import Hints
from connectors.poll import Poll, distrusts
from connectors.schedule import schedule
from newsbeam.records import Cursor, Entry, Feed
from newsbeam.settings import PollSettings

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
URL = "https://herald.example/feed"
SETTINGS = PollSettings()


def poll(
    entries: int = 20, verdict: str = "feed_ok", hints: Hints | None = None, **cursor: object
) -> Poll:
    values: dict[str, object] = {"interval_s": 900.0, "last_poll": NOW, "polls": 5, **cursor}
    made = tuple(Entry(str(n), URL, str(n), None) for n in range(entries))
    return Poll(Feed(URL), Cursor(URL, **values), made, verdict, hints=hints or Hints())  # type: ignore[arg-type]


def after(made: Poll, new: int = 0, jitter: float = 0.5) -> Cursor:
    return schedule(made, new, now=NOW, jitter=jitter, settings=SETTINGS)


def wait_s(cursor: Cursor) -> float:
    assert cursor.next_poll
    return (cursor.next_poll - NOW).total_seconds()


def test_no_news_lengthens_the_interval() -> None:
    assert after(poll(), 0).interval_s == pytest.approx(1170)


def test_much_news_shortens_it() -> None:
    assert after(poll(), 12).interval_s == pytest.approx(300)
    assert after(poll(), 5).interval_s == pytest.approx(600)
    assert after(poll(), 1).interval_s == pytest.approx(900)


def test_a_late_poll_does_not_lengthen_the_interval() -> None:
    late = poll(next_poll=NOW - timedelta(hours=10))
    assert after(late, 0).interval_s == 900


def test_a_late_poll_with_much_news_is_judged_by_its_rate() -> None:
    late = poll(next_poll=NOW - timedelta(hours=10))
    assert after(late, 20).interval_s == 900


@pytest.mark.parametrize(
    ("hints", "least"),
    [
        (Hints(ttl_s=1800), 1800),
        (Hints(max_age_s=2400), 2400),
        (Hints(ttl_s=86_400), 3600),
        (Hints(period_s=86_400), 3 * 3600),
        (Hints(retry_after_s=7200), 7200),
    ],
)
def test_hints_delay_the_next_poll_within_reason(hints: Hints, least: float) -> None:
    assert wait_s(after(poll(hints=hints), 1)) == pytest.approx(least)


def test_a_feed_that_overflows_is_polled_sooner_than_its_ttl() -> None:
    assert wait_s(after(poll(hints=Hints(ttl_s=3600)), 20)) < 600


def test_skipped_hours_and_days_are_skipped() -> None:
    hours = Hints(skip_hours=(12, 13))
    assert after(poll(hints=hours), 1).next_poll == NOW.replace(hour=14)
    everything = Hints(skip_hours=tuple(range(24)))
    assert wait_s(after(poll(hints=everything), 1)) == pytest.approx(900)


def test_backoff_is_linear_and_differs_by_kind() -> None:
    cursor = Cursor(URL, interval_s=900.0)
    waits = []
    for _ in range(4):
        cursor = after(replace(poll(0, "timeout"), cursor=cursor))
        waits.append(wait_s(cursor))
    assert waits == pytest.approx([900, 1800, 2700, 3600])
    assert wait_s(after(poll(0, "gone"))) > wait_s(after(poll(0, "timeout")))


def test_a_feed_is_never_given_up() -> None:
    dead = after(poll(0, "gone", failures=1e6), jitter=1.0)
    assert wait_s(dead) <= 1.1 * SETTINGS.max_interval_s
    assert dead.interval_s == 900


def test_a_success_forgives_all_failures() -> None:
    assert after(poll(failures=9.0), 1).failures == 0


def test_a_first_poll_learns_from_the_dates() -> None:
    made = tuple(
        Entry(str(n), URL, str(n), None, published=NOW - timedelta(minutes=20 * n))
        for n in range(9)
    )
    first = replace(poll(interval_s=None, polls=1), entries=made)
    assert after(first, 9).interval_s == pytest.approx(600)
    assert after(poll(interval_s=None, polls=1), 20).interval_s == SETTINGS.default_interval_s


def test_a_pushed_feed_is_polled_seldom() -> None:
    history = History([], [], lease=int((NOW + timedelta(days=3)).timestamp())).dump()
    assert wait_s(after(poll(history=history), 5)) == pytest.approx(6 * 3600)


def test_jitter_spreads_polls_by_a_tenth() -> None:
    assert wait_s(after(poll(), 1, jitter=0.0)) == pytest.approx(810)
    assert wait_s(after(poll(), 1, jitter=1.0)) == pytest.approx(990)
    alone = schedule(poll(), 1, now=NOW, settings=SETTINGS)
    assert alone == schedule(poll(), 1, now=NOW, settings=SETTINGS)


@settings(deadline=None)
@given(
    st.integers(0, 40), st.floats(0, 1e9), st.floats(0, 1e6), st.floats(0, 1e6),
    st.sampled_from(["feed_ok", "unchanged", "timeout", "gone", "no such verdict"]),
    st.floats(0, 1),
)  # fmt: skip
def test_the_next_poll_is_always_within_the_limits(
    new: int, interval: float, ttl: float, failures: float, verdict: str, jitter: float
) -> None:
    made = poll(40, verdict, Hints(ttl_s=ttl), interval_s=interval, failures=failures)
    cursor = after(made, new, jitter)
    assert 0.8 * SETTINGS.min_interval_s <= wait_s(cursor) <= 1.2 * SETTINGS.max_interval_s


def history_of(gap_s: int, **more: int) -> History:
    last = int(NOW.timestamp()) - 10 * gap_s
    return History([], [last - gap_s * n for n in range(5, -1, -1)], full=last, **more)


def test_silence_beyond_the_habit_is_checked_without_validators() -> None:
    cursor = Cursor(URL, etag='"a"', unchanged=9, last_new=NOW - timedelta(hours=10))
    assert distrusts(cursor, history_of(3600), NOW)
    assert not distrusts(replace(cursor, unchanged=1), history_of(3600), NOW)
    assert not distrusts(replace(cursor, last_new=NOW - timedelta(hours=1)), history_of(3600), NOW)


def test_every_feed_is_read_whole_once_a_day() -> None:
    assert distrusts(Cursor(URL), History([], [], full=int(NOW.timestamp()) - 90_000), NOW)
    assert not distrusts(Cursor(URL), History([], [], full=int(NOW.timestamp()) - 3_000), NOW)


def test_a_feed_caught_with_frozen_validators_is_not_asked_with_them_again() -> None:
    assert distrusts(Cursor(URL), History([], [], full=int(NOW.timestamp()), lies=1), NOW)


@pytest.mark.parametrize(
    "text", [None, "", "{", "[]", "3", '{"known": 7, "arrivals": "x", "z": 1}']
)
def test_a_damaged_history_is_forgotten(text: str | None) -> None:
    assert load_history(text) == History([], [])


def test_a_history_survives_writing_and_reading() -> None:
    history = History(
        ["a b c d e"], [1, 2], full=3, lies=1, hints={"ttl_s": 60.0}, moved_to="https://x.example/"
    )
    assert load_history(history.dump()) == history
    assert json.loads(history.dump())["full"] == 3
