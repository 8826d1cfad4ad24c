import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from newsbeam.stories.copies import sketch
from newsbeam.stories.features import compare
from newsbeam.stories.grouper import Grouper, StoryInput
from newsbeam.stories.pack import pack, readable, unpack
from newsbeam.stories.window import Window

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def vector(seed: int) -> np.ndarray:
    found = np.random.default_rng(seed).normal(size=384).astype(np.float32)
    return found / np.linalg.norm(found)


def story(id: str, title: str, text: str = "", hours: float = 0, seed: int = 0) -> StoryInput:
    return StoryInput(
        id=id,
        title=title,
        text=text or None,
        outlet=f"{id}.example",
        published=NOON + timedelta(hours=hours),
        vector=vector(seed),
    )


FERRY = (
    "PORT HALDEN (AP) — A ferry with 212 people on board ran aground off Port Halden on Monday, "
    "the coast guard said. Eleven passengers were taken to hospital. The Norrsund was on its way "
    "to Brevik when its engine failed in a storm, the harbour master Ida Lund told reporters."
)


def test_reports_of_one_event_share_a_story() -> None:
    grouper = Grouper()
    first = grouper.add(story("a", "Ferry Norrsund runs aground off Port Halden", FERRY, seed=1))
    other = grouper.add(
        story(
            "b",
            "212 rescued as ferry Norrsund hits rocks near Port Halden",
            "The Norrsund ferry struck rocks near Port Halden. Harbour master Ida Lund said that "
            "all 212 people were safe; eleven are in hospital.",
            hours=1,
            seed=1,
        )
    )
    apart = grouper.add(
        story("c", "Central bank of Arvenia raises interest rates", hours=2, seed=2)
    )
    assert first.new
    assert other.story == first.story
    assert apart.story != first.story


def test_a_cut_reprint_under_another_headline_is_a_copy() -> None:
    grouper = Grouper()
    grouper.add(story("a", "Ferry Norrsund runs aground off Port Halden", FERRY, seed=1))
    made = grouper.add(story("b", "Storm drama at sea", FERRY[:200], hours=2, seed=3))
    assert made.copy_of == "a"
    assert made.wire_origin == "AP"


def test_a_restored_grouper_goes_on_as_the_one_that_ran() -> None:
    items = [
        story(
            str(i),
            f"Town council {i % 4} votes on bridge {i % 4} in Lund {i % 4}",
            hours=i,
            seed=i % 4,
        )
        for i in range(12)
    ]
    ran = Grouper()
    for item in items[:8]:
        ran.add(item)
    restored = Grouper.restore(ran.past())
    laid_by = pickle.loads(pickle.dumps(ran))
    expected = [ran.add(i) for i in items[8:]]
    assert [restored.add(i) for i in items[8:]] == expected
    assert [laid_by.add(i) for i in items[8:]] == expected


OTHER = "larger@1-centred/fp32/sentence-transformers"


@pytest.mark.parametrize("length", [384, 768])
def test_vectors_of_another_model_are_compared_as_they_are(length: int) -> None:
    one, other = np.random.default_rng(1).normal(size=(2, length)).astype(np.float32)
    other = one + other  # cosine .7
    one, other = one / np.linalg.norm(one), other / np.linalg.norm(other)
    grouper = Grouper(encoder=OTHER)
    grouper.add(replace(story("a", "Ferry runs aground"), vector=one, language="de"))
    kept = grouper._window.rows([0])
    newcomer = replace(grouper._window.features(0), vector=other)
    assert compare(newcomer, kept)[0, 0] == np.float32(kept.vectors[0] @ other)
    assert not grouper._window.unread([0])[0], "nothing is known of the languages it reads"
    restored = Grouper.restore(grouper.past(), encoder=OTHER)
    last = replace(story("b", "Ferry runs aground again", hours=1), vector=other)
    assert restored.add(last) == grouper.add(last)


def test_a_grouper_in_a_file_takes_as_much_as_its_articles() -> None:
    grouper = Grouper(days=1)
    for i in range(12):
        grouper.add(story(str(i), f"Town council {i} votes on bridge {i}", hours=4 * i, seed=i))
    assert len(pickle.dumps(grouper)) < 8_000 * len(grouper)
    assert len(pickle.dumps(Grouper())) < 8_000


def test_what_has_left_the_window_is_forgotten() -> None:
    grouper = Grouper(days=2)
    old = grouper.add(story("a", "Ferry Norrsund runs aground off Port Halden", FERRY, seed=1))
    late = grouper.add(story("b", "Ferry Norrsund runs aground off Port Halden", hours=72, seed=1))
    assert len(grouper) == 1
    assert late.story != old.story


def test_a_restored_window_is_bounded_as_the_one_that_ran() -> None:
    ran = Grouper()
    for i in range(12):
        ran.add(story(str(i), f"Town council {i} votes on bridge {i} in Lund", hours=i, seed=i))
    later = story("x", "Ferry Norrsund runs aground off Port Halden", hours=15)
    short, few = Grouper.restore(ran.past(), days=0.25), Grouper.restore(ran.past(), articles=5)
    assert (len(short), len(few)) == (7, 5)
    short.add(later)
    few.add(later)
    assert (len(short), len(few)) == (4, 5)


def test_features_survive_packing() -> None:
    grouper = Grouper()
    grouper.add(story("a", "Ferry Norrsund runs aground off Port Halden", FERRY, seed=1))
    packed = grouper.packed("a")
    read = unpack([packed.tobytes()])
    assert readable(packed.tobytes())
    assert not readable(packed.tobytes()[:-1])
    assert (read == packed).all()
    window = Window()
    window.fill(read, np.zeros((1, 384), np.float32), np.zeros(1, np.bool_))
    features, sketch_ = window.features(0), window.sketch(0)
    again = pack(features, sketch_)
    assert (again == packed).all()
    assert sketch_ is not None
    assert sketch_.runs == sketch(FERRY).runs  # type: ignore[union-attr]


def test_what_was_split_stays_apart_from_what_the_other_becomes() -> None:
    main = np.zeros(384, np.float32)
    main[0] = 1
    other = np.zeros(384, np.float32)
    other[:2] = 0.8, 0.6

    def report(id: str, vector: np.ndarray) -> StoryInput:
        return StoryInput(id=id, title="Ferry Norrsund runs aground", vector=vector)

    def merged(apart: list[tuple[str, str]]) -> set[tuple[str, str]]:
        grouper = Grouper(apart=apart)
        for id, vector in (("c", main), ("b", main), ("a", other)):
            grouper.add(report(id, vector))
        for id in "abc":
            grouper.move([id], id.upper())
        made = [grouper.add(report(id, v)) for id, v in (("n1", main), ("n2", other))]
        return {(m.merged, m.story) for one in made for m in one.merges}

    assert merged([]) == {("B", "C"), ("A", "C")}
    assert merged([("A", "B")]) == {("B", "C")}
