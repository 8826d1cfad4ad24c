"""What a commit decides, seen in the channel."""

from datetime import UTC, datetime, timedelta

from newsbeam.records import Cursor
from sinks.store import outbox
from tests.alert_support import NOW, Desk, alerts, article, rule
from tests.loopback_slack import LoopbackSlack

NEW_FEED = "https://quay-gazette.example/rss"


def test_an_article_on_a_topic_is_posted_once(desk: Desk, slack: LoopbackSlack) -> None:
    desk.arrive(article("monday"))
    desk.dispatch(slack)
    desk.dispatch(slack)
    assert [m["text"] for m in slack.posted()] == [
        "Port closed: monday (harbour-courier.example) · ports 90 %"
    ]


def test_what_the_first_run_finds_is_seen_and_not_posted(desk: Desk, slack: LoopbackSlack) -> None:
    desk.db.execute("DELETE FROM meta WHERE name = 'alerts_armed'")
    desk.arrive(*[article(f"day {n}") for n in range(30)])
    desk.dispatch(slack)
    assert slack.posted() == []
    assert desk.rows("SELECT DISTINCT outcome FROM alert_decisions") == [("seeded",)]


def test_the_first_poll_of_a_new_feed_is_seen_and_not_posted(
    desk: Desk, slack: LoopbackSlack
) -> None:
    first = [Cursor(NEW_FEED, last_success=NOW)]
    desk.arrive(article("old hat", feed_url=NEW_FEED), cursors=first)
    desk.arrive(article("news", feed_url=NEW_FEED), cursors=first)
    desk.dispatch(slack)
    assert [m["text"].split(" (")[0] for m in slack.posted()] == ["Port closed: news"]


def test_first_run_alert_does_not_seed(desk: Desk, slack: LoopbackSlack) -> None:
    desk.db.execute("DELETE FROM meta WHERE name = 'alerts_armed'")
    desk.settings = alerts(first_run="alert")
    desk.arrive(article("monday", feed_url=NEW_FEED))
    desk.dispatch(slack)
    assert len(slack.posted()) == 1


def test_a_backfill_never_alerts(desk: Desk, slack: LoopbackSlack) -> None:
    desk.arrive(article("monday"), kind="backfill")
    desk.dispatch(slack)
    assert slack.posted() == []
    assert desk.rows("SELECT * FROM alert_decisions") == []


def test_an_article_that_was_published_long_ago_does_not_alert(
    desk: Desk, slack: LoopbackSlack
) -> None:
    desk.arrive(article("archive", published=NOW - timedelta(days=5)))
    desk.dispatch(slack)
    assert slack.posted() == []
    assert desk.rows("SELECT outcome, detail FROM alert_decisions") == [
        ("too_old", "published 120 hours ago; the limit is 48")
    ]


def test_a_date_in_the_future_counts_as_now(desk: Desk, slack: LoopbackSlack) -> None:
    desk.arrive(article("tomorrow", published=NOW + timedelta(days=400)))
    desk.dispatch(slack)
    assert len(slack.posted()) == 1


def test_a_publisher_that_touches_an_article_causes_no_second_message(
    desk: Desk, slack: LoopbackSlack
) -> None:
    desk.arrive(article("monday"))
    desk.dispatch(slack)
    for n in range(5):
        desk.now += timedelta(minutes=20)
        desk.arrive(
            article(
                "monday",
                text=f"Updated {n} minutes ago.\nThe port stays closed.",
                published=desk.now,
            )
        )
        desk.dispatch(slack)
    assert len(slack.posted()) == 1


def test_a_growing_story_edits_its_parent_and_replies_at_two_five_and_ten(
    desk: Desk, slack: LoopbackSlack
) -> None:
    for n in range(12):
        desk.arrive(article(f"version {n}", outlet=f"outlet{n}.example"), story="s1")
        desk.dispatch(slack)
        desk.now += timedelta(hours=1)
    (parent,) = slack.parents()
    assert "also covered by 11 newsrooms" in parent["text"]
    assert "version 0" in parent["text"]
    assert len(parent["edits"]) == 11
    replies = [m["text"].split(" —")[0] for m in slack.replies(parent["ts"])]
    assert replies == [f"now covered by {n} newsrooms" for n in (2, 5, 10)]


def test_growth_before_the_parent_is_sent_changes_the_parent(
    desk: Desk, slack: LoopbackSlack
) -> None:
    desk.arrive(article("one"), story="s1")
    desk.arrive(article("two", outlet="b.example"), story="s1")
    desk.dispatch(slack)
    (only,) = slack.posted()
    assert "also covered by 1 newsroom" in only["text"]
    assert only["edits"] == []


def test_two_steps_within_the_cooldown_are_one_reply(desk: Desk, slack: LoopbackSlack) -> None:
    desk.arrive(article("one"), story="s1")
    desk.dispatch(slack)
    for n in range(2, 7):
        desk.now += timedelta(minutes=2)
        desk.arrive(article(f"v{n}", outlet=f"outlet{n}.example"), story="s1")
        desk.dispatch(slack)
    (parent,) = slack.parents()
    assert slack.replies(parent["ts"]) == []
    desk.dispatch(slack, seconds=1800)
    assert [m["text"].split(" —")[0] for m in slack.replies(parent["ts"])] == [
        "now covered by 5 newsrooms"
    ]


def test_a_new_fact_is_a_reply(desk: Desk, slack: LoopbackSlack) -> None:
    desk.arrive(article("one"), story="s1")
    desk.dispatch(slack)
    desk.now += timedelta(hours=1)
    desk.events.append(("e1", "new_fact", "s1", "Two ships collided."))
    desk.arrive(article("two"), story="s1")
    desk.dispatch(slack)
    (parent,) = slack.parents()
    (reply,) = slack.replies(parent["ts"])
    assert "Two ships collided." in reply["text"]
    assert not reply["broadcast"]


def test_a_burst_is_broadcast_at_once(desk: Desk, slack: LoopbackSlack) -> None:
    desk.arrive(article("one"), story="s1")
    desk.dispatch(slack)
    desk.events.append(("e1", "burst", None, ""))
    desk.arrive(article("two"), story="s1")
    desk.dispatch(slack)
    (parent,) = slack.parents()
    (reply,) = slack.replies(parent["ts"])
    assert reply["broadcast"]
    assert "3.5 times the usual" in reply["text"]


def test_a_correction_is_a_reply_without_cooldown(desk: Desk, slack: LoopbackSlack) -> None:
    desk.arrive(article("one"))
    desk.dispatch(slack)
    text = "The port stays closed.\nCorrection: An earlier version misstated the day."
    desk.arrive(article("one", text=text))
    desk.dispatch(slack)
    (parent,) = slack.parents()
    (reply,) = slack.replies(parent["ts"])
    assert "harbour-courier.example published a correction" in reply["text"]
    assert ":warning: correction" in str(parent["blocks"])


def test_one_story_on_two_topics_is_one_message_in_one_channel(
    desk: Desk, slack: LoopbackSlack
) -> None:
    desk.settings = alerts(
        rule(name="a", topics=("ports",)), rule(name="b", topics=("ships",)),
        rule(name="c", channel="#ops", topics=("ship*",)),
    )  # fmt: skip
    desk.arrive(article("one"), topics=("ports", "ships"))
    desk.dispatch(slack)
    (news,) = slack.posted("news")
    (ops,) = slack.posted("ops")
    assert "ports 90 % · ships 90 %" in news["text"]
    assert "ports" not in ops["text"].split("·", 1)[1]


def test_filters_leave_out_and_say_so(desk: Desk, slack: LoopbackSlack) -> None:
    desk.settings = alerts(
        rule(not_outlets=("spam.example",), languages=("en",), min_score=0.8, min_newsrooms=2)
    )
    desk.arrive(article("a", outlet="news.spam.example"))
    desk.arrive(article("b", language="de"))
    desk.arrive(article("c"), score=0.7)
    desk.arrive(article("d"), story="s1")
    assert [r[0] for r in desk.rows("SELECT outcome FROM alert_decisions ORDER BY run_id")] == [
        *("outlet_left_out", "language_left_out", "below_score", "too_few_newsrooms"),
    ]
    desk.arrive(article("e", outlet="b.example"), story="s1")
    desk.dispatch(slack)
    assert len(slack.posted()) == 1


def test_quiet_hours_gather_into_one_digest(desk: Desk, slack: LoopbackSlack) -> None:
    desk.settings = alerts(rule(quiet_hours="22:00-07:00", timezone="Europe/Berlin"))
    desk.now = datetime(2026, 3, 2, 23, tzinfo=UTC)
    for n in range(4):
        desk.arrive(article(f"night {n}", published=desk.now))
    desk.dispatch(slack, seconds=6 * 3600)
    assert slack.posted() == []
    desk.dispatch(slack, seconds=3601)
    (digest,) = slack.posted()
    assert digest["text"].startswith("4 stories since 02 Mar 2026 23:00 UTC: Port closed")
    desk.arrive(article("night 0b", outlet="b.example"), story="unrelated")
    desk.dispatch(slack)
    assert len(slack.parents()) == 2


def test_one_alert_of_the_quiet_hours_comes_as_itself(desk: Desk, slack: LoopbackSlack) -> None:
    desk.settings = alerts(rule(quiet_hours="11:00-13:00"))
    desk.arrive(article("noon"))
    desk.dispatch(slack, seconds=7200)
    (only,) = slack.posted()
    assert only["text"] == "Port closed: noon (harbour-courier.example) · ports 90 %"


def test_many_newsrooms_break_the_quiet(desk: Desk, slack: LoopbackSlack) -> None:
    desk.settings = alerts(rule(quiet_hours="11:00-13:00", quiet_unless_newsrooms=3))
    for n in range(3):
        desk.arrive(article(f"v{n}", outlet=f"o{n}.example"), story="s1")
        desk.dispatch(slack)
    (only,) = slack.posted()
    assert "also covered by 2 newsrooms" in only["text"]


def test_a_volume_peak_rolls_up_into_one_digest(desk: Desk, slack: LoopbackSlack) -> None:
    desk.settings = alerts(rule(max_per_hour=3))
    desk.arrive(*[article(f"n{n:02}") for n in range(40)])
    desk.dispatch(slack)
    assert len(slack.posted()) == 3
    desk.dispatch(slack, seconds=3601)
    digest = slack.posted()[-1]
    assert len(slack.posted()) == 4
    assert digest["text"].startswith("37 stories")
    assert "and 17 more" in str(digest["blocks"])


def test_a_digest_rule_sends_at_its_times(desk: Desk, slack: LoopbackSlack) -> None:
    desk.settings = alerts(rule(mode="digest", digest_times=("08:00", "17:00")))
    desk.arrive(article("one"))
    desk.now += timedelta(hours=1)
    desk.arrive(article("two"))
    desk.dispatch(slack, seconds=3 * 3600)
    assert slack.posted() == []
    desk.dispatch(slack, seconds=3600 + 1)
    (digest,) = slack.posted()
    assert digest["text"].startswith("2 stories since")


def test_a_listed_story_gets_its_own_message_when_another_rule_fires(
    desk: Desk, slack: LoopbackSlack
) -> None:
    desk.settings = alerts(rule(name="daily", mode="digest"), rule(name="wide", min_newsrooms=2))
    desk.arrive(article("one"), story="s1")
    desk.dispatch(slack)
    assert slack.posted() == []
    desk.arrive(article("two", outlet="b.example"), story="s1")
    desk.dispatch(slack, seconds=30 * 3600)
    (only,) = slack.posted()
    assert "also covered by 1 newsroom" in only["text"]


def test_a_muted_story_is_quiet(desk: Desk, slack: LoopbackSlack) -> None:
    desk.arrive(article("one"), story="s1")
    desk.dispatch(slack)
    outbox.mute(
        desk.db, kind="story", value="s1", channel="#news", until=None, who="me", now=desk.now
    )
    for n in range(5):
        desk.arrive(article(f"v{n}", outlet=f"o{n}.example"), story="s1")
    desk.dispatch(slack, seconds=7200)
    (only,) = slack.posted()
    assert only["edits"] == []


def test_a_merged_story_goes_on_in_the_thread_of_the_old_one(
    desk: Desk, slack: LoopbackSlack
) -> None:
    desk.arrive(article("one"), story="s1")
    desk.dispatch(slack)
    desk.db.execute(
        "INSERT INTO story_lineage VALUES ('l', 'merge', 's1', 's2', 1, 'same', 1, 'newsbeam', "
        "TIMESTAMP '2026-03-02 12:00:00', NULL)"
    )
    desk.stories[article("one").id] = "s2"
    desk.now += timedelta(hours=1)
    desk.arrive(article("two", outlet="b.example"), story="s2")
    desk.dispatch(slack)
    (parent,) = slack.parents()
    assert len(slack.replies(parent["ts"])) == 1


def test_a_reprint_in_a_seeded_story_is_no_news_and_a_report_is(
    desk: Desk, slack: LoopbackSlack
) -> None:
    new = [Cursor(NEW_FEED, last_success=NOW)]
    desk.arrive(article("old", feed_url=NEW_FEED), cursors=new, story="s1")
    desk.copies.add(article("reprint").id)
    desk.arrive(article("reprint"), story="s1")
    desk.dispatch(slack)
    assert slack.posted() == []
    desk.arrive(article("report"), story="s1")
    desk.dispatch(slack)
    assert [m["text"].split(" (")[0] for m in slack.posted()] == ["Port closed: report"]


def test_a_silent_change_of_figures_is_a_reply(desk: Desk, slack: LoopbackSlack) -> None:
    desk.arrive(article("one", text="The port lost 40 million in one night of storm."))
    desk.dispatch(slack, seconds=3600)
    desk.arrive(article("one", text="The port lost 55 million in one night of storm."))
    desk.dispatch(slack)
    (parent,) = slack.parents()
    (reply,) = slack.replies(parent["ts"])
    assert "harbour-courier.example changed figures: 40 → 55" in reply["text"]
