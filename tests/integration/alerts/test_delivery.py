"""What happens between the outbox and Slack when things go wrong."""

import itertools
import json
from datetime import timedelta

import pytest

from sinks.slack.webhook import SlackWebhook
from sinks.store import outbox
from tests.alert_support import Desk, alerts, article, rule
from tests.loopback_slack import LoopbackSlack


def status(desk: Desk) -> list[tuple[str, str | None]]:
    return [(r[0], r[1]) for r in desk.rows("SELECT status, error FROM alert_outbox ORDER BY 1, 2")]


def test_a_429_is_waited_for_as_long_as_slack_asks(desk: Desk, slack: LoopbackSlack) -> None:
    slack.retry_after = 40
    slack.faults.append("429")
    desk.arrive(article("one"))
    begin = desk.now
    desk.dispatch(slack, seconds=39)
    assert slack.posted() == []
    desk.dispatch(slack, seconds=2)
    assert len(slack.posted()) == 1
    assert desk.now - begin == timedelta(seconds=41)


@pytest.mark.parametrize("fault", ["accept_drop", "accept_timeout"])
def test_what_arrived_without_an_answer_is_found_and_not_sent_again(
    desk: Desk, slack: LoopbackSlack, fault: str
) -> None:
    slack.faults.append(fault)
    desk.arrive(article("one"))
    desk.dispatch(slack)
    assert status(desk)[0][0] == "unknown"
    desk.dispatch(slack, seconds=60)
    assert len(slack.posted()) == 1
    assert status(desk) == [("sent", None)]


@pytest.mark.parametrize("fault", ["drop", "timeout", "500"])
def test_what_did_not_arrive_is_sent_after_looking(
    desk: Desk, slack: LoopbackSlack, fault: str
) -> None:
    slack.faults.append(fault)
    desk.arrive(article("one"))
    desk.dispatch(slack, seconds=60)
    assert len(slack.posted()) == 1
    assert [c[0] for c in slack.calls] == [
        *("chat.postMessage", "conversations.list", "conversations.history", "chat.postMessage")
    ]


def test_a_reply_without_an_answer_is_looked_for_in_its_thread(
    desk: Desk, slack: LoopbackSlack
) -> None:
    desk.arrive(article("one"), story="s1")
    desk.dispatch(slack)
    desk.now += timedelta(hours=1)
    desk.arrive(article("two", outlet="b.example"), story="s1")
    desk.db.execute("UPDATE alert_outbox SET status = 'cancelled' WHERE kind = 'update'")
    slack.faults.append("accept_drop")
    desk.dispatch(slack, seconds=60)
    (parent,) = slack.parents()
    assert len(slack.replies(parent["ts"])) == 1
    assert "conversations.replies" in {c[0] for c in slack.calls}


def test_a_message_is_found_on_a_later_page_of_the_history(
    desk: Desk, slack: LoopbackSlack
) -> None:
    slack.faults.append("accept_drop")
    desk.arrive(article("one"))
    desk.dispatch(slack)
    desk.arrive(*[article(f"n{n}") for n in range(11)])
    desk.now -= timedelta(hours=1)
    desk.dispatch(slack)
    desk.dispatch(slack, seconds=7200)
    assert len(slack.posted()) == len(set(slack.alerts())) == 12


def test_a_process_that_died_during_a_call_looks_first(desk: Desk, slack: LoopbackSlack) -> None:
    desk.arrive(article("one"))
    sender = desk.dispatcher(slack)
    (delivery,) = outbox.due(desk.db, desk.now, 0)
    outbox.claim(desk.db, delivery, desk.now)
    sender.transports("#news").send(delivery)  # type: ignore[union-attr]
    desk.dispatch(slack, seconds=60)  # a new process
    assert len(slack.posted()) == 1
    assert status(desk) == [("sent", None)]


def test_without_the_right_to_look_an_unknown_outcome_is_a_dead_letter(
    desk: Desk, slack: LoopbackSlack
) -> None:
    slack.scopes.discard("channels:history")
    slack.faults.append("accept_drop")
    desk.arrive(article("one"))
    desk.dispatch(slack, seconds=60)
    ((word, error),) = status(desk)
    assert word == "dead"
    assert error is not None
    assert "it may have arrived" in error
    assert "channels:history" in error


def test_a_refused_message_is_a_dead_letter_that_can_be_sent_again(
    desk: Desk, slack: LoopbackSlack
) -> None:
    slack.faults.append("is_archived")
    desk.arrive(article("one"))
    desk.dispatch(slack)
    assert status(desk) == [("dead", "is_archived")]
    (letter,) = outbox.dead_letters(desk.db)
    assert outbox.retry(desk.db, [letter["alert_id"]], desk.now) == 1
    desk.dispatch(slack)
    assert len(slack.posted()) == 1


def test_a_wrong_token_holds_everything_back_and_loses_nothing(
    desk: Desk, slack: LoopbackSlack
) -> None:
    desk.arrive(article("one"), article("two"))
    slack.faults.extend(["invalid_auth"] * 3)
    desk.dispatch(slack, seconds=300)
    assert slack.posted() == []
    desk.dispatch(slack, seconds=3600)
    assert len(slack.posted()) == 2


def test_a_message_that_slack_never_digests_does_not_block_the_others(
    desk: Desk, slack: LoopbackSlack
) -> None:
    desk.arrive(article("one"))
    slack.faults.extend(["500"] * outbox.MAX_ATTEMPTS)
    desk.dispatch(slack, seconds=3600)
    desk.arrive(article("two"))
    desk.dispatch(slack, seconds=60)
    assert [s for s, _ in status(desk)] == ["dead", "sent"]


def test_a_long_outage_ends_in_one_digest(desk: Desk, slack: LoopbackSlack) -> None:
    url, slack.url = slack.url, "http://127.0.0.1:9/api/"
    for n in range(9):
        desk.arrive(article(f"n{n}", published=desk.now))
        desk.dispatch(slack, seconds=3600)
    slack.url = url
    desk.dispatch(slack, seconds=600)
    texts = [m["text"] for m in slack.posted()]
    assert len(texts) <= 3, texts
    assert texts[0].startswith("7 stories since")


def test_a_deleted_parent_ends_the_story_in_that_channel(desk: Desk, slack: LoopbackSlack) -> None:
    desk.arrive(article("one"), story="s1")
    desk.dispatch(slack)
    slack.history.clear()
    for n in range(6):
        desk.now += timedelta(hours=1)
        desk.arrive(article(f"v{n}", outlet=f"o{n}.example"), story="s1")
        desk.dispatch(slack)
    assert slack.posted() == []
    assert desk.rows("SELECT status FROM alert_threads") == [("gone",)]


def test_messages_to_one_channel_are_paced(desk: Desk, slack: LoopbackSlack) -> None:
    desk.arrive(*[article(f"n{n}") for n in range(5)])
    sender = desk.dispatcher(slack)
    sender.transports("#news").gap_s = 1.1  # type: ignore[union-attr]
    times = []
    while (again := sender.step()) is not None:
        times.append(desk.now)
        desk.now = again
    assert len(slack.posted()) == 5
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert all(g == timedelta(seconds=1.1) for g in gaps)


def test_every_message_fits_slack_and_unfurls_nothing(desk: Desk, slack: LoopbackSlack) -> None:
    desk.settings = alerts(rule(max_per_hour=2))
    desk.arrive(*[article(f"n{n}", title="<b>&" + "long " * 90) for n in range(30)])
    desk.dispatch(slack, seconds=4000)
    posts = [v for m, v, _ in slack.calls if m == "chat.postMessage"]
    assert len(posts) == 3
    assert all(p["unfurl_links"] is False and p["unfurl_media"] is False for p in posts)
    assert all(len(json.dumps(p["blocks"])) < 13_000 for p in posts)


def test_a_webhook_posts_plain_messages(desk: Desk, slack: LoopbackSlack) -> None:
    hook = SlackWebhook(slack.webhook, timeout_s=1, gap_s=0)
    sender = desk.dispatcher(slack)
    sender.transports = lambda channel: hook
    desk.arrive(article("one"), story="s1")
    slack.faults.extend(["429", "500", "drop"])
    end = desk.now + timedelta(minutes=2)
    while (again := sender.step()) is not None and again < end:
        desk.now = again
    assert len(slack.posted()) == 1
    assert status(desk) == [("sent", None)]
    slack.faults.append("no_service")
    desk.arrive(article("two"))
    sender.step()
    assert status(desk)[0] == ("dead", "HTTP 400: no_service")
