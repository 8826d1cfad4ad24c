"""Trouble is told once, and again when it is over."""

from dataclasses import replace
from datetime import datetime, timedelta

from newsbeam.records import Cursor
from sinks.store.troubles import check_troubles, find_troubles
from tests.alert_support import FEED, NOW, Desk, article
from tests.loopback_slack import LoopbackSlack


def feed(desk: Desk, **changes: object) -> None:
    """Make the feed active, in the given state."""
    desk.db.execute(
        "INSERT INTO feeds VALUES ('f', ?, NULL, NULL, [], NULL, 'feed', ?, true) "
        "ON CONFLICT DO NOTHING",
        [FEED, naive(NOW)],
    )
    desk.commit([], cursors=[replace(Cursor(FEED, last_success=NOW), **changes)])  # type: ignore[arg-type]


def naive(time: datetime) -> datetime:
    return time.replace(tzinfo=None)


def kinds(desk: Desk) -> list[str]:
    return [t.kind for t in find_troubles(desk.db, desk.settings, desk.now)]


def test_a_failing_feed_is_told_once_and_once_when_it_is_over(
    desk: Desk, slack: LoopbackSlack
) -> None:
    desk.settings = replace(desk.settings, operations_channel="#ops")
    feed(desk, failures=6.0, reason="HTTP 503")
    for _ in range(3):
        check_troubles(desk.db, desk.settings, desk.now)
        desk.dispatch(slack)
        desk.now += timedelta(minutes=5)
    feed(desk, failures=0.0)
    for _ in range(2):
        check_troubles(desk.db, desk.settings, desk.now)
        desk.dispatch(slack)
    texts = [m["text"] for m in slack.posted("ops")]
    assert texts == [
        f"newsbeam needs attention: no answer since 02 Mar 12:00 from {FEED}: HTTP 503",
        f"newsbeam: trouble is over: over: no answer since 02 Mar 12:00 from {FEED}: HTTP 503",
    ]
    assert slack.posted("news") == []


def test_without_a_channel_trouble_is_only_remembered(desk: Desk) -> None:
    feed(desk, failures=6.0)
    assert check_troubles(desk.db, desk.settings, desk.now) == 1
    assert desk.rows("SELECT kind, told FROM alert_troubles") == [("failing_feed", None)]
    assert desk.rows("FROM alert_outbox") == []


def test_a_feed_that_has_gone_silent_is_noticed(desk: Desk) -> None:
    feed(desk, last_new=NOW - timedelta(hours=60))
    for n in range(28):
        desk.db.execute(
            "INSERT INTO entries SELECT $1, 0, 0, $2, $1, NULL, NULL, NULL, NULL, NULL, NULL, [], "
            "NULL, [], 'article', $3, $3, NULL, 'article'",
            [f"e{n}", FEED, naive(NOW - timedelta(hours=60 + 8 * n))],
        )
    assert kinds(desk) == ["silent_feed"]
    feed(desk, last_new=NOW - timedelta(hours=40))
    assert kinds(desk) == []


def test_a_topic_that_falls_silent_is_noticed(desk: Desk) -> None:
    desk.now = NOW - timedelta(days=10)
    for n in range(24):
        desk.now += timedelta(hours=8)
        desk.arrive(article(f"n{n}"), kind="backfill")
    desk.now += timedelta(hours=20)
    assert kinds(desk) == []
    desk.now = NOW + timedelta(days=1)
    assert kinds(desk) == ["quiet_topic"]


def test_dead_letters_are_told(desk: Desk, slack: LoopbackSlack) -> None:
    desk.settings = replace(desk.settings, operations_channel="#ops")
    slack.faults.append("is_archived")
    desk.arrive(article("one"))
    desk.dispatch(slack)
    check_troubles(desk.db, desk.settings, desk.now)
    desk.dispatch(slack)
    assert [m["text"] for m in slack.posted("ops")] == [
        "newsbeam needs attention: 1 alert could not be sent to #news: is_archived"
    ]
