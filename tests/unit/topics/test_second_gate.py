"""The second gate: what reads like a topic is looked at although it lacks the topic's words."""

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from newsbeam.topics import TopicSet, load_topics, topicset
from newsbeam.topics.embedding import embed_articles
from newsbeam.topics.explain import explain
from newsbeam.topics.view import ArticleView
from tests.unit.topics.topic_support import (
    ABOUT,
    ELSEWHERE,
    ENCODER,
    OBLIQUE,
    TOPIC,
    WordEncoder,
    article,
    beginning,
    embed,
    folder_with,
)


def test_what_reads_like_a_topic_is_looked_at_without_its_words(topics: TopicSet) -> None:
    assert topics.passages(OBLIQUE) == ()
    embedded = embed(topics, OBLIQUE, ENCODER)
    assert len(embedded.passages) == 3, "all of its passages"
    (judged,) = topics.judge(embedded)
    assert judged.look.named()["worded"] == 0
    assert judged.look.named()["meaning_best"] > 0.4
    named = article("Villagers dig a new well", *OBLIQUE.text.splitlines())
    (worded,) = topics.judge(embed(topics, named, ENCODER))
    assert worded.look.named()["worded"] == 1
    assert worded.probability > judged.probability


def test_what_only_resembles_a_topic_or_is_unread_is_not_asked_without_its_words(
    topics: TopicSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topicset, "ASKS", 2.0)
    embedded = embed(topics, OBLIQUE, ENCODER)
    assert len(embedded.passages) == 3, "all passages are embedded, for the topics with words"
    assert topics.judge(embedded) == []
    monkeypatch.undo()
    monkeypatch.setattr(topicset, "reads", lambda model, language: language == "en")
    again = pickle.loads(pickle.dumps(topics))
    assert len(again.judge(embedded)) == 1
    foreign = replace(OBLIQUE, language="pl")
    assert again.judge(embed(again, foreign, ENCODER)) == []


SONGS = [f"The choir sang song {n} for hours and nobody went home. " * 12 for n in range(20)]
WET = "They had some water between the songs, and went on at once as if nothing was. " * 8
WELL = "A new well gives water to the village, and everybody came to drink from it. " * 8


def test_the_rest_of_an_article_is_embedded_where_its_words_read_like_the_topic(
    topics: TopicSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topicset, "OPENS", 2.0)
    plain = article("News from the valley", WELL, SONGS[0])
    assert len(topics.passages(plain)) == 1
    embedded = embed(topics, plain, ENCODER)
    assert len(embedded.passages) == 3, "the rest may speak of it in other words"
    passing = article("Choirs sing in all the land", SONGS[0], WET, SONGS[1])
    assert len(topics.passages(passing)) == len(embed(topics, passing, ENCODER).passages) == 1
    batch = [ELSEWHERE, passing, plain, ELSEWHERE]
    chosen = [topics.passages(a) for a in batch]
    together = embed_articles(batch, [beginning(a) for a in batch], chosen, topics, ENCODER)
    assert [len(e.passages) for e in together] == [0, 1, 3, 0]


def test_of_a_long_article_the_passages_with_the_words_come_first(
    topics: TopicSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topicset, "STARTS", -1.0)
    made = article("News from the valley", *SONGS, WET, WELL)
    chosen = [p.text.strip() for p in embed(topics, made, ENCODER).passages]
    most = topicset.MAX_EMBEDDED
    assert chosen[:2] == [WET.strip(), WELL.strip()], "chosen for their words"
    assert chosen[2:] == [made.title, *(song.strip() for song in SONGS[: most - 3])]


def test_what_reads_like_no_topic_costs_no_vector_but_its_own(topics: TopicSet) -> None:
    encoder = WordEncoder()
    embedded = embed(topics, ELSEWHERE, encoder)
    assert (encoder.calls, embedded.passages, embedded.vectors) == (1, (), None)
    assert embedded.vector is not None
    assert topics.judge(embedded) == []


def test_a_bare_headline_is_embedded_once(topics: TopicSet) -> None:
    encoder = WordEncoder()
    bare = article("Villagers dig a new hole")
    embedded = embed(topics, bare, encoder)
    assert encoder.calls == 1
    assert embedded.vectors == embedded.vector
    assert [p.text for p in embedded.passages] == [bare.title]


def test_a_topic_that_needs_its_words_is_never_found_without(tmp_path: Path) -> None:
    strict = TOPIC.replace('wide = "', 'needs_words = true\nwide = "')
    topics = load_topics([], [folder_with(tmp_path, wells=strict)])
    topics.prepare(ENCODER)
    embedded = embed(topics, OBLIQUE, ENCODER)
    assert embedded.passages == ()
    assert topics.judge(embedded) == []
    assert len(topics.match(embed(topics, ABOUT, ENCODER))) == 1


@pytest.mark.parametrize(("context", "asked"), [("drink OR pump*", 1), ("oil OR gas", 0)])
def test_an_article_without_the_words_must_have_the_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, context: str, asked: int
) -> None:
    monkeypatch.setattr(topicset, "ASKS", 2.0)  # which the context stands for
    topic = TOPIC.replace('wide = "', f'context = "{context}"\nwide = "')
    topics = load_topics([], [folder_with(tmp_path, wells=topic)])
    topics.prepare(ENCODER)
    assert len(topics.judge(embed(topics, OBLIQUE, ENCODER))) == asked
    assert len(topics.judge(embed(topics, ABOUT, ENCODER))) == 1, "with its words it needs none"
    (named,) = topics.judge(embed(topics, OBLIQUE, ENCODER), ["wells"])
    assert named.asked == replace(named, probability=0.99).passes == bool(asked)
    said = "\n".join(explain(named, ArticleView(OBLIQUE)))
    assert ("speak of its context" in said) != bool(asked)
