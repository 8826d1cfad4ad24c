"""Stories that turn out to be one: one thread goes on, the other says where."""

from sinks.store import outbox
from tests.alert_support import NOW, Desk, alerts, article, rule
from tests.loopback_slack import LoopbackSlack
from tests.slack_limits import problems


def merge(desk: Desk, gone: str, kept: str) -> None:
    """Let one story become part of another, as the stories' step does."""
    desk.stories = {a: kept if s == gone else s for a, s in desk.stories.items()}
    desk.db.execute("UPDATE story_articles SET story_id = ? WHERE story_id = ?", [kept, gone])
    desk.db.execute(
        "INSERT INTO story_lineage VALUES "
        "($1 || $2, 'merge', $1, $2, 1, 'one event', 0.9, 'newsbeam', $3, NULL)",
        [gone, kept, NOW.replace(tzinfo=None)],
    )


def two_stories(desk: Desk, slack: LoopbackSlack) -> tuple[str, str]:
    """Post two stories; return Slack's ids of their messages."""
    desk.arrive(article("one"), story="s1")
    desk.dispatch(slack)
    desk.arrive(article("two", outlet="b.example"), story="s2")
    desk.dispatch(slack)
    first, second = slack.parents()
    return first["ts"], second["ts"]


def test_the_thread_that_ends_points_once_to_the_one_that_goes_on(
    desk: Desk, slack: LoopbackSlack
) -> None:
    first, second = two_stories(desk, slack)
    merge(desk, "s2", "s1")
    for n in range(3):
        desk.arrive(article(f"more {n}", outlet=f"c{n}.example"), story="s1")
        desk.dispatch(slack, seconds=3600)
    (pointer,) = slack.replies(second)
    assert pointer["text"].startswith("this is one story with another of this channel")
    assert pointer["text"].endswith("Port closed: one")
    assert f"https://desk.slack.example/archives/C00000001/p{first}" in str(pointer["blocks"])
    assert problems(pointer["text"], pointer["blocks"]) == []
    assert len(slack.parents()) == 2
    said = [m["text"].split(" —")[0] for m in slack.replies(first)]
    assert said == ["now covered by 3 newsrooms", "now covered by 5 newsrooms"]


def test_what_was_not_posted_yet_never_is(desk: Desk, slack: LoopbackSlack) -> None:
    desk.arrive(article("one"), story="s1")
    desk.dispatch(slack)
    desk.arrive(article("two", outlet="b.example"), story="s2")
    merge(desk, "s2", "s1")
    desk.arrive(article("three", outlet="c.example"), story="s1")
    desk.dispatch(slack, seconds=3600)
    (parent,) = slack.parents()
    assert "also covered by 2 newsrooms" in parent["text"]


def test_a_call_under_way_is_waited_for(desk: Desk, slack: LoopbackSlack) -> None:
    desk.arrive(article("one"), story="s1")
    desk.dispatch(slack)
    desk.arrive(article("two", outlet="b.example"), story="s2")
    slack.faults.append("accept_drop")
    desk.dispatcher(slack).step()
    merge(desk, "s2", "s1")
    desk.commit([])
    assert desk.rows("SELECT status FROM alert_threads WHERE story_id = 's2'") == [("waiting",)]
    desk.dispatch(slack, seconds=60)
    desk.commit([])
    desk.dispatch(slack)
    _, second = slack.parents()
    assert len(slack.replies(second["ts"])) == 1


def test_a_story_that_was_only_seen_goes_on_where_the_other_was_told(
    desk: Desk, slack: LoopbackSlack
) -> None:
    desk.arrive(article("old", feed_url="https://new.example/rss"), story="s1")
    desk.arrive(article("two", outlet="b.example"), story="s2")
    desk.dispatch(slack)
    merge(desk, "s2", "s1")
    desk.arrive(article("three", outlet="c.example"), story="s1")
    desk.dispatch(slack, seconds=3600)
    (parent,) = slack.parents()
    assert parent["text"].startswith("Port closed: ")
    assert [m["text"].split(" —")[0] for m in slack.replies(parent["ts"])] == [
        "now covered by 3 newsrooms"
    ]


def test_a_mute_pressed_under_the_former_name_still_holds(desk: Desk, slack: LoopbackSlack) -> None:
    desk.arrive(article("two", outlet="b.example"), story="s2")
    desk.dispatch(slack)
    outbox.mute(
        desk.db, kind="story", value="s2", channel="#news", until=None, who="kim", now=desk.now
    )
    merge(desk, "s2", "s1")
    desk.arrive(article("three", outlet="c.example"), story="s1")
    desk.dispatch(slack)
    assert len(slack.posted()) == 1
    assert desk.rows("SELECT DISTINCT outcome FROM alert_decisions ORDER BY 1") == [
        ("alerted",),
        ("muted",),
    ]


def test_unmute_without_a_channel_takes_back_what_was_muted_in_one(desk: Desk) -> None:
    for channel in ("#news", None):
        outbox.mute(
            desk.db, kind="story", value="s1", channel=channel, until=None, who="kim", now=desk.now
        )
    assert outbox.unmute(desk.db, "story", "s1", "#ops") == 0
    assert outbox.unmute(desk.db, "story", "s1", None) == 2


def test_a_thread_that_is_muted_gets_no_pointer(desk: Desk, slack: LoopbackSlack) -> None:
    _, second = two_stories(desk, slack)
    outbox.mute(
        desk.db, kind="story", value="s2", channel="#news", until=None, who="kim", now=desk.now
    )
    merge(desk, "s2", "s1")
    desk.commit([])
    desk.dispatch(slack)
    assert slack.replies(second) == []


def test_each_channel_has_its_own_thread_that_goes_on(desk: Desk, slack: LoopbackSlack) -> None:
    desk.settings = alerts(
        rule(min_newsrooms=1), rule(name="ops", channel="#ops", outlets=("b.example",))
    )
    two_stories(desk, slack)
    merge(desk, "s2", "s1")
    desk.arrive(article("three", outlet="b.example"), story="s1")
    desk.dispatch(slack)
    assert len(slack.parents()) == 2
    (told,) = slack.parents("ops")
    assert all("one story with another" not in m["text"] for m in slack.replies(told["ts"], "ops"))
