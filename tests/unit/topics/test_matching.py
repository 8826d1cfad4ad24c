"""Articles against topics."""

import pickle
import weakref
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from newsbeam.encoder import reads
from newsbeam.errors import ConfigError
from newsbeam.headlines import without_site
from newsbeam.topics import TopicSet, load_topics, topicset
from newsbeam.topics.calibration import Calibration, compare, write_calibration
from newsbeam.topics.embedding import embed_articles
from newsbeam.topics.explain import explain
from newsbeam.topics.features import NAMES, UNREAD, look
from newsbeam.topics.menus import prose_pieces
from newsbeam.topics.model import GENERIC
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


def test_an_article_on_the_topic_is_a_mention_with_evidence(topics: TopicSet) -> None:
    (mention,) = topics.match(embed(topics, ABOUT, ENCODER))
    assert mention.topic == "wells"
    assert mention.matched_by == "both"
    assert mention.topic_version == topics.version("wells")
    terms = [e for e in mention.evidence if e.kind == "query"]
    assert {e.term for e in terms} >= {"well", "village*"}
    for evidence in mention.evidence:
        source = ABOUT.title if evidence.zone == "title" else ABOUT.text
        assert source is not None
        stretch = source[evidence.start : evidence.end]
        assert stretch.startswith(evidence.text) or evidence.text.startswith(stretch[:40])
        assert evidence.sentence in source


def test_related_boxes_trigger_nothing_and_cost_nothing(topics: TopicSet) -> None:
    assert topics.passages(ELSEWHERE) == ()
    assert topics.match(embed(topics, ELSEWHERE, ENCODER)) == ()


def test_a_passing_word_is_no_mention(topics: TopicSet) -> None:
    passing = article(
        "Mayor opens library",
        "The library has ten thousand books and is open on every day of the week from now on.",
        "There is also a tap with water for the readers on the second floor of the building.",
    )
    assert topics.match(embed(topics, passing, ENCODER)) == ()


def test_only_passages_with_the_words_of_a_topic_are_embedded_for_their_words(
    topics: TopicSet,
) -> None:
    mixed = article(
        "News from the valley",
        "A new well gives water to the village, and everybody came to drink from it at noon.",
        "The choir sang for two hours and nobody wanted to go home when it ended at midnight.",
    )
    (only,) = topics.passages(mixed)
    assert "new well" in only.text


def test_a_query_does_not_count_where_a_passage_deals_with_another_topic(topics: TopicSet) -> None:
    view, topic = ArticleView(ABOUT), topics["wells"].topic
    meaning = {0: 0.4, 1: 0.4, 2: 0.4}
    plain = look(topic, view, meaning)
    apart = look(topic, view, meaning, aside=[0, 1])
    assert plain.queried == apart.queried == (0, 1, 2)
    assert (plain.aside, apart.aside) == ((), (1,))
    assert plain.named()["body_share"] == 1.0
    assert apart.named()["body_share"] == 0.5
    assert apart.named()["title_query"] == 1.0, "a headline says what it is about"
    unread = look(topic, view, meaning, read=False, aside=[0, 1])
    assert unread.aside == ()
    judged = replace(topics.judge(embed(topics, ABOUT, ENCODER))[0], look=apart)
    assert "It does not count in paragraph 1, which read like" in "\n".join(explain(judged, view))


def test_a_headline_that_its_text_does_not_bear_out_counts_less(topics: TopicSet) -> None:
    topic = topics["wells"].topic
    headline, song = (
        "Village digs a new well",
        "The choir sang for two hours, and nobody went home.",
    )
    apart = look(topic, ArticleView(article(headline, song)), {}).named()
    borne = look(
        topic, ArticleView(article(headline, "The village has a new well again, they say.")), {}
    )
    bare = look(topic, ArticleView(article(headline)), {}).named()
    assert (apart["title_query"], apart["title_alone"]) == (1.0, 1.0)
    assert (borne.named()["title_query"], borne.named()["title_alone"]) == (1.0, 0.0)
    assert (bare["title_query"], bare["title_alone"]) == (1.0, 0.0), "there is no text to say more"


def test_a_text_is_as_long_as_its_paragraphs_are_many(topics: TopicSet) -> None:
    topic = topics["wells"].topic
    line = "The village has a new well that gives clean water again after ten long and dry years."
    lengths = [
        look(topic, ArticleView(article("Wells", *[line] * n)), {}).named()["length"]
        for n in (0, 1, 7, 63, 200)
    ]
    assert lengths == pytest.approx([0, 1 / 6, 0.5, 1, 1])


def test_a_worker_that_did_not_embed_an_article_finds_the_same(topics: TopicSet) -> None:
    embedded = embed(topics, OBLIQUE, ENCODER)
    again = pickle.loads(pickle.dumps(topics))
    assert [j.look for j in again.judge(embedded)] == [j.look for j in topics.judge(embedded)]
    assert [j.look.named()["worded"] for j in again.judge(embedded)] == [0]


def test_passages_of_a_batch_keep_their_vectors(topics: TopicSet) -> None:
    """Chosen by words, by the beginning, not at all, and a bare headline, in one batch."""
    bare = article("Villagers dig a new hole for clean drink")
    every = [ABOUT, ELSEWHERE, OBLIQUE, bare]
    texts = [beginning(a) for a in every]
    together = embed_articles(every, texts, [topics.passages(a) for a in every], topics, ENCODER)
    for made, found in zip(every, together, strict=True):
        alone = embed(topics, made, ENCODER)
        assert found == alone
        rows = np.frombuffer(found.vectors or b"", dtype=np.float32).reshape(-1, 32)
        assert np.array_equal(rows, ENCODER.encode([p.text for p in found.passages]))


def test_a_prepared_set_survives_pickling(topics: TopicSet) -> None:
    again = pickle.loads(pickle.dumps(topics))
    embedded = embed(topics, ABOUT, ENCODER)
    assert again.match(embedded) == topics.match(embedded)


def test_matching_is_pure(topics: TopicSet) -> None:
    embedded = embed(topics, ABOUT, ENCODER)
    assert topics.match(embedded) == topics.match(embedded)


def test_a_headline_alone_can_be_a_mention(topics: TopicSet) -> None:
    bare = article("Village gets its first well with clean water")
    (mention,) = topics.match(embed(topics, bare, ENCODER))
    assert all(e.zone == "title" for e in mention.evidence)


def test_a_changed_model_refuses_to_run_uncalibrated(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, wells=TOPIC)
    weights = {name: GENERIC[name] for name in ("bias", *NAMES)}
    bound = Calibration("v", "other@2/fp32/test", "hash", 10, 5, 1.0, 1.0, 1.0, 0.5, weights)
    write_calibration(folder / "wells.toml", bound)
    with pytest.raises(ConfigError, match=r"calibrated for the model other@2.*topics calibrate"):
        load_topics([], [folder]).prepare(ENCODER)


def test_a_calibration_serves_a_precision_that_was_measured(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, wells=TOPIC)
    weights = {name: GENERIC[name] for name in ("bias", *NAMES)}
    served = compare([0.2, 0.9, 0.0], [0.21, 0.88, 0.0], threshold=0.5, candidates=2)
    assert (served.texts, served.largest, served.mean, served.changed) == (3, 0.02, 0.015, 0)
    assert compare([0.45], [0.55], threshold=0.5, candidates=1).changed == 1
    assert compare([0.04, 0.3], [0.0, 0.3], threshold=0.5, candidates=2).largest == 0.0
    assert compare([0.12, 0.3], [0.0, 0.3], threshold=0.5, candidates=2).largest == 0.12
    bound = Calibration("v", "words@1/bf16/test", "hash", 10, 5, 1.0, 1.0, 1.0, 0.5, weights)
    write_calibration(folder / "wells.toml", replace(bound, also={ENCODER.identity: served}))
    load_topics([], [folder]).prepare(ENCODER)
    write_calibration(folder / "wells.toml", bound)
    with pytest.raises(ConfigError, match="calibrated for the model words@1/bf16"):
        load_topics([], [folder]).prepare(ENCODER)


def test_a_calibration_older_than_a_feature_counts_without_it(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, wells=TOPIC)
    weights = {name: GENERIC[name] for name in ("bias", *NAMES) if name != "agreeing"}
    bound = Calibration("v", ENCODER.identity, "hash", 10, 5, 1.0, 1.0, 1.0, 0.5, weights)
    write_calibration(folder / "wells.toml", bound)
    topics = load_topics([], [folder])
    topics.prepare(ENCODER)
    (mention,) = topics.match(embed(topics, ABOUT, ENCODER))
    assert "agreeing" not in dict(mention.parts)


def test_vectors_of_another_model_are_refused(topics: TopicSet) -> None:
    embedded = replace(embed(topics, ABOUT, ENCODER), model="other")
    with pytest.raises(ConfigError, match="vectors of other"):
        topics.match(embedded)


def test_a_topic_without_examples_works_by_its_query(tmp_path: Path) -> None:
    text = TOPIC[: TOPIC.index("[examples]")]
    topics = load_topics([], [folder_with(tmp_path, wells=text)])
    topics.prepare(ENCODER)
    assert topics.passages(ABOUT) == ()
    (mention,) = topics.match(embed(topics, ABOUT, ENCODER))
    assert mention.matched_by == "query"


def test_a_topic_without_query_works_by_meaning(tmp_path: Path) -> None:
    lines = [line for line in TOPIC.splitlines() if not line.startswith(("query", "wide"))]
    topics = load_topics([], [folder_with(tmp_path, wells="\n".join(lines))])
    topics.prepare(ENCODER)
    assert len(topics.passages(ELSEWHERE)) == 2
    judged = topics.judge(embed(topics, ABOUT, ENCODER))[0]
    assert judged.look.values[NAMES.index("meaning_best")] > 0.3
    again = article("Villagers dig a new well", "The well gives clean water again, villagers say.")
    (alike,) = topics.match(embed(topics, again, ENCODER))
    assert alike.matched_by == "meaning"
    assert topics.match(embed(topics, ELSEWHERE, ENCODER)) == ()


class EnglishEncoder(WordEncoder):
    """Says that it is the bundled model, which reads English alone."""

    identity = "all-MiniLM-L6-v2@0/fp32/torch"


def test_in_a_language_that_the_model_does_not_read_the_query_counts_as_meaning(
    tmp_path: Path,
) -> None:
    topics = load_topics([], [folder_with(tmp_path, wells=TOPIC)])
    topics.prepare(EnglishEncoder())
    far = article(
        "Anno nuovo in paese", "La village fu oggi felice per via del well che hanno aperto ieri."
    )
    foreign = replace(far, language="it")
    english, other = (
        topics.judge(embed(topics, a, EnglishEncoder()), ["wells"])[0] for a in (far, foreign)
    )
    best = NAMES.index("meaning_best")
    assert english.look.values[best] < UNREAD
    assert other.look.values[best] == UNREAD
    assert other.probability > english.probability
    assert other.look.meaning == english.look.meaning  # the evidence says what was measured
    assert "hardly reads" in "\n".join(explain(other, ArticleView(foreign)))
    assert "hardly reads" not in "\n".join(explain(english, ArticleView(far)))


@pytest.mark.parametrize(
    ("identity", "language", "read"),
    [
        ("all-MiniLM-L6-v2@0/fp32/torch", "en-GB", True),
        ("all-MiniLM-L6-v2@0/fp32/torch", "de", False),
        ("all-MiniLM-L6-v2@0/fp32/torch", None, True),
        ("paraphrase-multilingual-MiniLM-L12-v2@0/fp32/x", "de", True),
        (None, "de", True),
    ],
)
def test_only_the_bundled_model_is_known_to_read_english_alone(
    identity: str | None, language: str | None, read: bool
) -> None:
    assert reads(identity, language) is read


def test_an_article_is_explained_in_words(topics: TopicSet) -> None:
    judged = topics.judge(embed(topics, ABOUT, ENCODER), ["wells"])[0]
    text = "\n".join(explain(judged, ArticleView(ABOUT)))
    assert "IS a mention of Village wells" in text
    assert "matches “well”" in text
    judged = topics.judge(embed(topics, ELSEWHERE, ENCODER), ["wells"])[0]
    text = "\n".join(explain(judged, ArticleView(ELSEWHERE)))
    assert "is NOT a mention" in text
    assert "NO  one of 2: (well OR wells)" in text or "NO " in text


def test_a_list_of_other_articles_with_their_dates_does_not_count() -> None:
    prose = "The village opened its new well yesterday. "
    teasers = (
        "More on this story Why do wells run dry and who pays for it? 20 Jul 2023 Court stops "
        "oil company in the hills 12 Jul 2023 Water law passed after long debate 23 Jun 2023"
    )
    assert [(prose + teasers)[a:b] for a, b in prose_pieces(prose + teasers)] == [prose]
    dated = (
        "The law was passed on 3 May 2021, amended on 4 June 2022 and repealed on 5 July 2023, as "
        "the court had ruled. On 1 March 2024 Parliament passed it again."
    )
    assert prose_pieces(dated) == [(0, len(dated))]


def test_menus_glued_to_the_text_do_not_count() -> None:
    menu = (
        "Search Jobs Newsletters Events Podcasts Video Politics Business Culture Science Security "
        "Climate Games Magazine Insider Coupons Copyright Lawsuits "
    )
    prose = "Last year a court had to decide whether the plan of the city was lawful or not."
    pieces = prose_pieces(menu + prose)
    assert len(pieces) == 1
    assert "Copyright" not in (menu + prose)[slice(*pieces[0])]
    assert prose_pieces(prose) == [(0, len(prose))]


def test_lists_of_names_in_prose_are_no_menu() -> None:
    prose = (
        "The bill comes from Amy Klose (Minnesota), Marsha Brack (Tennessee), Chris Conn "
        "(Delaware), Tom Till (North Carolina), and Ada Byron, Grace Hopp, Alan Turin, and Jo Lee."
    )
    assert prose_pieces(prose) == [(0, len(prose))]


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("Court rules on AI training | Technology | The Example", "Court rules on AI training"),
        ("Court rules on AI training - The Example", "Court rules on AI training"),
        ("We won the case - but at what cost", "We won the case - but at what cost"),
        ("Llama | Meta", "Llama | Meta"),
    ],
)
def test_names_of_sites_are_cut_from_headlines(title: str, kept: str) -> None:
    assert without_site(title) == kept


def test_parts_of_a_score_add_up(topics: TopicSet) -> None:
    import math

    (mention,) = topics.match(embed(topics, ABOUT, ENCODER))
    total = sum(dict(mention.parts).values())
    assert mention.score == pytest.approx(1 / (1 + math.exp(-total)), abs=2e-3)
    assert asdict(mention)["partial"] is False


def test_the_words_of_an_article_that_no_topic_concerns_are_not_kept(topics: TopicSet) -> None:
    """Of a batch of 256 articles they would take 40 MB."""
    views = weakref.WeakSet[ArticleView]()
    make = ArticleView.__init__

    def noted(view: ArticleView, *arguments: Any) -> None:
        make(view, *arguments)
        views.add(view)

    def with_words() -> int:
        return sum("document" in view.__dict__ for view in views)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ArticleView, "__init__", noted)
        other = embed(topics, ELSEWHERE, ENCODER)
        assert (len(views), with_words()) == (1, 0)
        assert topics.match(other) == ()
        assert len(views) == 0
        about = embed(topics, ABOUT, ENCODER)
        assert with_words() == 1
        assert len(topics.match(about)) == 1
        assert len(views) == 0


def test_the_words_of_few_articles_are_kept_where_all_concern_a_topic(
    topics: TopicSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [
        article(f"Villagers dig well {n}", f"The village has {n} wells with clean water for all.")
        for n in range(7)
    ]
    alone = [topics.match(embed(topics, one, ENCODER)) for one in made]
    monkeypatch.setattr(topicset, "WORDED", 3)
    embedded = [embed(topics, one, ENCODER) for one in made]
    kept = [seen.view for seen in topics._views.values()]
    assert ["document" in view.__dict__ for view in kept] == [True] * 3 + [False] * 4
    assert [topics.match(one) for one in embedded] == alone
    assert all(alone)
    embed(topics, made[5], ENCODER)
    assert ["document" in seen.view.__dict__ for seen in topics._views.values()] == [True]


def test_an_article_that_comes_again_with_another_text_is_looked_at_anew(topics: TopicSet) -> None:
    assert topics.passages(ELSEWHERE) == ()
    revised = replace(ABOUT, id=ELSEWHERE.id)
    assert len(topics.match(embed(topics, revised, ENCODER))) == 1
    assert topics.passages(ELSEWHERE) == ()
    assert len(topics.match(replace(embed(topics, revised, ENCODER), article=revised))) == 1
