"""Decisions, without a store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.alerts.facts import (
    ArticleFact,
    Circumstances,
    EventFact,
    MentionFact,
    Mute,
    StoryFact,
    ThreadFact,
)
from newsbeam.alerts.rules import decide
from newsbeam.alerts.settings import AlertRule

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ABOUT = Circumstances(NOW)


def rule(**changes: Any) -> AlertRule:
    return AlertRule(**{"name": "all", "channel": "#news", **changes})


def fact(name: str = "a", **changes: Any) -> ArticleFact:
    made: dict[str, Any] = {
        "id": name, "url": f"https://{name}.example/", "outlet": f"{name}.example",
        "title": name, "seen": NOW, "mentions": (MentionFact("ports", 0.9),),
    }  # fmt: skip
    return ArticleFact(**{**made, **changes})


def story(*members: ArticleFact, **changes: Any) -> StoryFact:
    members = members or (fact(),)
    made: dict[str, Any] = {
        "id": "s", "title": "t", "newsrooms": len(members), "articles": len(members),
        "first_outlet": "a.example", "first_at": NOW, "members": members,
    }  # fmt: skip
    return StoryFact(**{**made, **changes})


def kinds(*arguments: Any) -> list[str]:
    return [intent.kind for intent in decide(*arguments).intents]


def test_a_new_story_is_one_message() -> None:
    assert kinds(story(), [rule(), rule(name="b")], None, ABOUT) == ["story"]
    words = {
        o.rule: o.word for o in decide(story(), [rule(), rule(name="b")], None, ABOUT).outcomes
    }
    assert words == {"all": "alerted", "b": "same_message"}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"seeded": True}, "seeded"),
        ({"published": NOW - timedelta(days=3)}, "too_old"),
        ({"change": "revised", "mentions": (MentionFact("ports", 0.9, new=False),)}, "not_new"),
    ],
)
def test_what_is_not_news_is_not_told(changes: dict[str, Any], word: str) -> None:
    decision = decide(story(fact(**changes)), [rule()], None, ABOUT)
    assert {i.kind for i in decision.intents} <= {"seed"}
    assert [o.word for o in decision.outcomes] == [word]


def test_a_revision_that_newly_is_about_the_topic_is_news() -> None:
    assert kinds(story(fact(change="revised")), [rule()], None, ABOUT) == ["story"]


def test_the_most_immediate_of_the_rules_decides() -> None:
    rules = [rule(name="daily", mode="digest"), rule(name="now")]
    (intent,) = decide(story(), rules, None, ABOUT).intents
    assert (intent.kind, intent.rule.name) == ("story", "now")


def test_the_article_that_stands_for_the_story_is_whole_and_sure() -> None:
    members = (
        fact("teaser", partial=True, mentions=(MentionFact("ports", 0.99),)),
        fact("weak", mentions=(MentionFact("ports", 0.6),)),
        fact("sure", mentions=(MentionFact("ports", 0.8),)),
    )
    (intent,) = decide(story(*members), [rule()], None, ABOUT).intents
    assert intent.article_id == "sure"


@pytest.mark.parametrize("kind", ["story", "topic", "outlet"])
def test_mutes_hold_in_their_channel_only(kind: str) -> None:
    value = {"story": "s", "topic": "ports", "outlet": "a.example"}[kind]
    for channel, expected in ((None, []), ("#news", []), ("#other", ["story"])):
        about = replace(ABOUT, mutes=(Mute(kind, value, channel),))
        assert kinds(story(), [rule()], None, about) == expected


def test_the_most_important_step_comes_first() -> None:
    known = ThreadFact("open", 1, NOW - timedelta(hours=5))
    members = (fact("a", change="revised", correction="correction"), fact("b"), fact("c"))
    events = (EventFact("e", "new_fact", "new: x"), EventFact("f", "burst", "jump"))
    update, reply = decide(story(*members, events=events), [rule()], known, ABOUT).intents
    assert (update.kind, reply.kind) == ("update", "reply")
    states = [s.state for s in reply.steps]
    assert states == ["correction:a", "burst:f", "newsrooms:2", "fact:e"]
    assert reply.broadcast


def test_a_story_whose_message_was_deleted_is_left_alone() -> None:
    assert kinds(story(fact(), fact("b")), [rule()], ThreadFact("gone", 1), ABOUT) == []


facts = st.builds(
    fact, st.sampled_from("abc"),
    change=st.sampled_from(["new", "revised", "same"]), seeded=st.booleans(),
    partial=st.booleans(), copy=st.booleans(),
    correction=st.sampled_from([None, "correction"]),
    mentions=st.lists(
        st.builds(MentionFact, st.sampled_from(["ports", "ships"]), st.floats(0, 1)), max_size=2
    ).map(tuple),
)  # fmt: skip
rules = st.builds(
    rule, mode=st.sampled_from(["instant", "digest", "burst"]),
    topics=st.sampled_from([("*",), ("ports",)]), min_newsrooms=st.integers(0, 4),
    quiet_hours=st.sampled_from(["", "11:00-13:00"]), max_per_hour=st.integers(0, 2),
)  # fmt: skip
threads = st.one_of(
    st.none(),
    st.builds(
        ThreadFact,
        st.sampled_from(["seeded", "waiting", "item", "listed", "open", "gone"]),
        st.integers(1, 9),
        st.just(NOW - timedelta(minutes=10)),
    ),
)


@given(
    st.lists(facts, min_size=1, max_size=4), st.lists(rules, min_size=1, max_size=3), threads,
    st.integers(1, 12),
)  # fmt: skip
def test_whatever_comes_a_channel_gets_at_most_one_notice(
    members: list[ArticleFact], chosen: list[AlertRule], thread: ThreadFact | None, newsrooms: int
) -> None:
    about = replace(ABOUT, recent=(NOW - timedelta(minutes=5),) * 2)
    decision = decide(story(*members, newsrooms=newsrooms), chosen, thread, about)
    notices = [i for i in decision.intents if i.kind in ("story", "reply", "item")]
    assert len(notices) <= 1
    assert all(i.not_before >= NOW for i in decision.intents)
    if thread and thread.status in ("open", "waiting"):
        assert not any(i.kind == "story" for i in decision.intents)
    if not any(a.mentions for a in members):
        assert decision.intents == []
