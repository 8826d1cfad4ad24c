"""What happens rarely: people and operators who change things under our hands, and bad clocks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sinks.slack.bot import retry_after
from sinks.slack.renames import follow_renames
from sinks.store import outbox
from tests.alert_support import Desk, alerts, article, rule
from tests.loopback_slack import LoopbackSlack


def statuses(desk: Desk, kind: str = "story") -> list[str]:
    return [r[0] for r in desk.rows(f"SELECT status FROM alert_outbox WHERE kind = '{kind}'")]


def told(desk: Desk, slack: LoopbackSlack, story: str = "s1") -> dict[str, Any]:
    """Tell a story; return its message."""
    desk.arrive(article("one"), story=story)
    desk.dispatch(slack)
    desk.now += timedelta(hours=1)
    return slack.parents()[-1]


def grow(desk: Desk, name: str = "two", story: str = "s1") -> None:
    desk.arrive(article(name, outlet=f"{name}.example"), story=story)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7), ("0", 1), ("-5", 1), ("1e300", 86_400), ("inf", 86_400), ("nan", 30), ("", 30),
        ("soon", 30), ("Mon, 02 Mar 2026 12:01:00 GMT", 60), ("Mon, 02 Mar 2020 12:00:00 GMT", 1),
        ("Mon, 02 Mar 2099 12:00:00 GMT", 86_400), (["9"], 9), ([], 30), (None, 30),
    ],
)  # fmt: skip
def test_any_retry_after_is_a_wait_that_ends(value: Any, seconds: float) -> None:
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert retry_after({"Retry-After": value}, now) == seconds


def test_history_of_many_pages_is_read_on_where_slack_asked_to_wait(
    desk: Desk, slack: LoopbackSlack
) -> None:
    slack.faults.append("accept_drop")
    desk.arrive(article("one"))
    desk.dispatch(slack)
    place = slack.ids["news"]
    for n in range(40):  # other people's messages, which stand before ours
        ts = f"{int(desk.now.timestamp()) + n}.5"
        slack.history[place].append({"ts": ts, "text": "chat", "at": 0, "edits": []})
    # the list of channels, then one page a minute
    slack.read_faults.extend(["ok", "ok", "429", "ok", "429", "ok"])
    desk.dispatch(slack, seconds=300)
    assert statuses(desk) == ["sent"]
    assert len(slack.alerts()) == 1


def test_looking_for_a_reply_whose_parent_was_deleted_ends_the_story_only(
    desk: Desk, slack: LoopbackSlack
) -> None:
    told(desk, slack)
    grow(desk)
    slack.faults.append("drop")
    sender = desk.dispatcher(slack)
    sender.step()
    assert statuses(desk, "reply") == ["unknown"]
    slack.history.clear()
    desk.arrive(article("another"), story="s2")
    desk.dispatch(slack, seconds=120)
    assert statuses(desk, "reply") == ["cancelled"]
    assert [m["text"].split(" (")[0] for m in slack.parents()] == ["Port closed: another"]


@pytest.mark.parametrize("word", ["cant_update_message", "edit_window_closed"])
def test_a_message_that_cannot_be_edited_keeps_its_thread(
    desk: Desk, slack: LoopbackSlack, word: str
) -> None:
    parent = told(desk, slack)
    grow(desk)
    slack.faults.extend(["", word])
    desk.dispatch(slack)
    assert statuses(desk, "update") == ["cancelled"]
    assert outbox.dead_letters(desk.db) == []
    for n in range(4):
        desk.now += timedelta(hours=1)
        grow(desk, f"more{n}")
    desk.dispatch(slack)
    assert len(slack.replies(parent["ts"])) == 2


def test_a_public_channel_is_found_without_the_right_to_see_private_ones(
    desk: Desk, slack: LoopbackSlack
) -> None:
    slack.faults.append("accept_drop")
    desk.arrive(article("one"))
    desk.dispatch(slack, seconds=60)
    assert statuses(desk) == ["sent"]
    assert len(slack.alerts()) == 1


@pytest.mark.parametrize(("scope", "end"), [("groups:read", "sent"), ("channels:read", "dead")])
def test_a_private_channel_is_found_with_the_right_to_see_it(
    desk: Desk, slack: LoopbackSlack, scope: str, end: str
) -> None:
    slack.private.add("news")
    slack.scopes.add(scope)
    slack.faults.append("accept_drop")
    desk.arrive(article("one"))
    desk.dispatch(slack, seconds=60)
    assert statuses(desk) == [end]


def test_a_new_token_is_tried_at_once(desk: Desk, slack: LoopbackSlack) -> None:
    desk.arrive(article("one"))
    slack.faults.extend(["token_revoked"] * 3)
    desk.dispatch(slack, seconds=200)
    assert slack.posted() == []
    (error,) = desk.rows("SELECT error FROM alert_channels")
    assert error == ("the token is refused: token_revoked",)
    slack.faults.clear()
    desk.dispatch(slack)  # a new process, with a token that is right
    assert len(slack.posted()) == 1


def test_a_rest_that_slack_asked_for_outlives_a_restart(desk: Desk, slack: LoopbackSlack) -> None:
    slack.retry_after = 100
    slack.faults.append("429")
    desk.arrive(article("one"))
    desk.dispatch(slack)
    desk.dispatch(slack, seconds=90)
    assert slack.posted() == []
    desk.dispatch(slack, seconds=20)
    assert len(slack.posted()) == 1


def test_a_clock_that_was_ahead_holds_nothing_back(desk: Desk, slack: LoopbackSlack) -> None:
    right = desk.now
    desk.now += timedelta(days=1)
    slack.faults.extend(["", "429"])
    desk.arrive(article("one", published=None), article("two", published=None))
    sender = desk.dispatcher(slack)
    sender.transports("#news").gap_s = 1.0  # type: ignore[union-attr]
    sender.step()
    desk.now = right + timedelta(minutes=1)
    sender.step()
    desk.now += timedelta(seconds=2)
    sender.step()
    sender.step()
    assert statuses(desk) == ["sent", "sent"]
    assert len(slack.posted()) == len(set(slack.alerts())) == 2


def test_a_call_of_a_clock_that_was_ahead_is_looked_for(desk: Desk, slack: LoopbackSlack) -> None:
    slack.faults.append("accept_drop")
    desk.arrive(article("one"))
    sender = desk.dispatcher(slack)
    sender.step()
    desk.now -= timedelta(minutes=30)
    desk.dispatch(slack, seconds=60)
    assert statuses(desk) == ["sent"]
    assert len(slack.posted()) == 1


def test_stories_of_the_future_do_not_fill_the_hour(desk: Desk, slack: LoopbackSlack) -> None:
    desk.settings = alerts(rule(max_per_hour=2))
    desk.now += timedelta(days=1)
    desk.arrive(*[article(f"n{n}", published=None) for n in range(2)])
    desk.now -= timedelta(days=1)
    desk.arrive(article("now"))
    desk.dispatch(slack)
    assert len(slack.posted()) == 3


def test_what_a_mute_cancelled_may_be_told_when_it_is_over(
    desk: Desk, slack: LoopbackSlack
) -> None:
    desk.arrive(article("one"), story="s1")
    until = desk.now + timedelta(hours=2)
    outbox.mute(desk.db, kind="topic", value="ports", channel=None, until=until, who="me",
                now=desk.now)  # fmt: skip
    desk.dispatch(slack)
    desk.now += timedelta(hours=1)
    grow(desk, "two")
    desk.dispatch(slack)
    assert slack.posted() == []
    desk.now += timedelta(hours=2)
    grow(desk, "three")
    desk.dispatch(slack)
    assert [m["text"].split(" · ")[-1] for m in slack.posted()] == ["also covered by 2 newsrooms"]
    desk.now += timedelta(hours=2)
    grow(desk, "four")
    desk.dispatch(slack)
    assert len(slack.parents()) == 1


@pytest.mark.parametrize(("old", "new"), [("#news", "#wire"), ("#news", "id"), ("id", "#news")])
def test_a_channel_that_is_renamed_keeps_its_threads(
    desk: Desk, slack: LoopbackSlack, old: str, new: str
) -> None:
    place = slack.ids["news"]
    named = {"id": place}
    desk.settings = alerts(rule(channel=named.get(old, old)))
    parent = told(desk, slack)
    if new == "#wire":
        slack.ids = {"wire": place, "ops": slack.ids["ops"]}
    desk.settings = alerts(rule(name="other", channel=named.get(new, new)))
    sender = desk.dispatcher(slack)
    moved = follow_renames(desk.db, desk.settings, sender.transports)
    assert moved == {named.get(old, old): named.get(new, new)}
    assert follow_renames(desk.db, desk.settings, sender.transports) == {}
    grow(desk)
    desk.dispatch(slack)
    history = slack.history[place]
    assert [m.get("thread_ts") for m in history] == [None, parent["ts"]]


def test_another_channel_is_another_channel(desk: Desk, slack: LoopbackSlack) -> None:
    told(desk, slack)
    desk.settings = alerts(rule(channel="#ops"))
    sender = desk.dispatcher(slack)
    assert follow_renames(desk.db, desk.settings, sender.transports) == {}
    grow(desk)
    desk.dispatch(slack)
    assert len(slack.parents("ops")) == 1


def test_a_rule_or_topic_that_is_renamed_tells_nothing_again(
    desk: Desk, slack: LoopbackSlack
) -> None:
    told(desk, slack)
    desk.settings = alerts(rule(name="under another name", topics=("har*",)))
    desk.arrive(article("one", text="The council met. The port opens."), topics=["harbour"])
    desk.dispatch(slack)
    assert len(slack.posted()) == 1


def test_what_waits_for_a_channel_that_is_gone_from_the_settings_stops_nothing(
    desk: Desk, slack: LoopbackSlack
) -> None:
    desk.settings = alerts(
        rule(channel="webhook:desk"), rule(name="b"), webhooks={"desk": "http://127.0.0.1:9/"}
    )
    desk.arrive(article("one"))
    desk.settings = replace(desk.settings, rules=(rule(name="b"),), webhooks={})
    sender = desk.dispatcher(slack)
    bot = sender.transports("#news")
    sender.transports = lambda channel: None if channel == "webhook:desk" else bot
    sender.step()
    assert len(slack.posted()) == 1
    assert sender.no_way == {"webhook:desk"}


def test_ten_thousand_waiting_alerts_are_sent_one_by_one(desk: Desk, slack: LoopbackSlack) -> None:
    desk.arrive(article("one"))
    desk.db.execute(
        "INSERT INTO alert_outbox SELECT o.* REPLACE (alert_id || i AS alert_id, "
        "not_before + to_seconds(i) AS not_before) FROM alert_outbox o, range(1, 10000) r(i)"
    )
    sender = desk.dispatcher(slack)
    for _ in range(3):
        sender.step()
    assert len(slack.posted()) == 3
    assert outbox.summary(desk.db) == {"pending": 9_997, "sent": 3}
