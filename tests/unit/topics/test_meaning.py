"""How much passages read like a topic."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from newsbeam.encoder import LazyEncoder
from newsbeam.settings import ModelSettings
from newsbeam.topics import load_topics, meaning
from newsbeam.topics.meaning import (
    BACKGROUND_VECTORS,
    BACKGROUND_WEIGHT,
    Compared,
    background,
    example_vectors,
    fit_border,
)
from newsbeam.topics.topic import load_topic
from tests.unit.topics.topic_support import TOPIC, WordEncoder

Matrix = np.ndarray[Any, np.dtype[np.float32]]


def unit(*rows: list[float]) -> Matrix:
    table = np.array(rows, dtype=np.float32)
    return table / np.linalg.norm(table, axis=1, keepdims=True)


def border(about: Matrix, other: Matrix, rest: Matrix) -> Matrix:
    answers = np.array([1] * len(about) + [0] * (len(other) + len(rest)))
    weights = np.where(np.arange(len(answers)) < len(about) + len(other), 1, BACKGROUND_WEIGHT)
    return fit_border(np.vstack([about, other, rest]), answers, weights)


def margin(found: Matrix, rows: Matrix, row: list[float]) -> float:
    return float(found[0] + np.exp(meaning.REACH * (unit(row) @ rows.T - 1))[0] @ found[1:])


def test_the_border_has_the_examples_on_one_side_and_all_others_on_the_other() -> None:
    about, other = unit([1, 0.2, 0], [1, -0.2, 0]), unit([0.5, 1, 0])
    rest = unit([0, 0, 1], [0, 0.1, 1])
    found, rows = border(about, other, rest), np.vstack([about, other, rest])
    assert margin(found, rows, [1, 0, 0]) > 0
    assert margin(found, rows, [0.5, 1, 0]) < 0
    assert margin(found, rows, [0, 0, 1]) < 0


def test_the_border_bends_around_a_counter_example_between_examples() -> None:
    about = unit([1, 0.8, 0], [1, -0.8, 0], [1, 0.9, 0.1], [1, -0.9, 0.1])
    other = unit([1, 0, 0.0], [1, 0.05, 0.1], [1, -0.05, 0.1])
    found, rows = border(about, other, unit([0, 0, 1])), np.vstack([about, other, unit([0, 0, 1])])
    assert margin(found, rows, [1, 0, 0]) < margin(found, rows, [1, 0.8, 0])
    assert margin(found, rows, [1, 0, 0]) < margin(found, rows, [1, -0.8, 0])


def test_it_is_the_minimum_of_the_regression_that_it_claims_to_be() -> None:
    rng = np.random.default_rng(1)
    about, other, rest = (unit(*rng.normal(size=(n, 5)).tolist()) for n in (6, 4, 9))
    found = border(about, other, rest).astype(float)
    x = np.vstack([about, other, rest]).astype(float)
    near = np.exp(meaning.REACH * (x @ x.T - 1))
    y = np.array([1] * 6 + [0] * 13)
    count = np.array([1] * 10 + [BACKGROUND_WEIGHT] * 9)

    def loss(w: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
        z = w[0] + near @ w[1:]
        fit = float((count * (np.logaddexp(0, z) - y * z)).sum())
        pull = meaning.STRENGTH * float(w[1:] @ near @ w[1:]) + w[0] ** 2 / meaning.BIAS_SPREAD
        return fit + float(pull) / 2

    for _ in range(50):
        assert loss(found + rng.normal(size=20) * 0.05) > loss(found)


def test_without_counter_examples_the_background_is_the_other_side() -> None:
    about, rest = unit([1, 0]), unit([0, 1], [-1, 1])
    found, rows = border(about, about[:0], rest), np.vstack([about, rest])
    assert margin(found, rows, [1, 0]) > margin(found, rows, [0, 1])


SHARED_LINES = (
    '{"text": "The mayor opens a new well", "about": ["wells"]}',
    '{"text": "An oil well burns at sea", "about": ["oil"]}',
    '{"text": "The well and the village", "open": ["wells"]}',
)


def with_shared(folder: Path) -> Path:
    (folder / "_examples.jsonl").write_text("\n".join(SHARED_LINES) + "\n", encoding="utf-8")
    path = folder / "wells.toml"
    path.write_text(TOPIC)
    return path


def test_shared_examples_are_about_what_they_name_and_against_the_rest(tmp_path: Path) -> None:
    path = with_shared(tmp_path)
    found = example_vectors(load_topic(path), path, WordEncoder())
    assert found is not None
    assert found.about.tolist() == [True, True, False, True, False, False]
    assert found.other.tolist() == [False, False, True, False, True, False]
    assert found.border[1 + 5] == 0  # the open one pulls nowhere
    near, far = found.meaning(
        Compared(WordEncoder().encode(["The mayor opens a new well", "An oil well burns at sea"]))
    )
    assert near > far + 0.3


def test_a_passage_near_the_examples_of_another_topic_deals_with_that(tmp_path: Path) -> None:
    oil = [
        "Rig drills for oil at sea",
        "Rig drills for oil again",
        "Oil company drills for oil at sea",
    ]
    lines = [json.dumps({"text": text, "about": ["oil"]}) for text in oil]
    lines.append(json.dumps({"text": "A new well for the village", "about": ["wells"]}))
    (tmp_path / "_examples.jsonl").write_text("\n".join(lines), encoding="utf-8")
    path = tmp_path / "wells.toml"
    path.write_text(TOPIC)
    found = example_vectors(load_topic(path), path, WordEncoder())
    assert found is not None
    assert found.elsewhere.tolist() == [False] * 3 + [True] * 3 + [False]
    texts = ["Rig drills a well for oil at sea", "Villagers dig a new well", "The mayor sings"]
    assert found.aside(Compared(WordEncoder().encode(texts))).tolist() == [True, False, False]
    (tmp_path / "_examples.jsonl").unlink()
    alone = example_vectors(load_topic(path), path, WordEncoder())
    assert alone is not None
    assert not alone.aside(Compared(WordEncoder().encode(texts))).any()


def test_shared_examples_are_embedded_once_for_all_topics_of_the_folder(tmp_path: Path) -> None:
    path = with_shared(tmp_path)
    oil = tmp_path / "oil.toml"
    oil.write_text(TOPIC.replace('name = "wells"', 'name = "oil"'))
    encoder = WordEncoder()
    first = example_vectors(load_topic(path), path, encoder)
    calls = encoder.calls
    second = example_vectors(load_topic(oil), oil, encoder)
    assert encoder.calls == calls + 1  # its own examples alone
    assert first is not None
    assert second is not None
    assert first.shared is second.shared


def test_a_topic_that_no_shared_example_is_about_does_not_learn_from_them(tmp_path: Path) -> None:
    path = with_shared(tmp_path)
    (tmp_path / "_examples.jsonl").write_text(SHARED_LINES[1])
    alone = load_topic(path)
    assert alone.shared == ()
    (tmp_path / "_examples.jsonl").unlink()
    assert load_topic(path).version == alone.version


def test_stored_and_fresh_vectors_are_equal(tmp_path: Path) -> None:
    path = tmp_path / "wells.toml"
    path.write_text(TOPIC)
    encoder = WordEncoder()
    fresh = example_vectors(load_topic(path), path, encoder)
    calls = encoder.calls
    kept = example_vectors(load_topic(path), path, encoder)
    assert encoder.calls == calls
    assert fresh is not None
    assert kept is not None
    assert np.array_equal(fresh.border, kept.border)
    assert np.array_equal(fresh.own, kept.own)


@pytest.mark.parametrize("damage", ["text", "nothing", "half", "no key", "one array", "spoilt"])
def test_damaged_vectors_are_computed_again(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "wells.toml"
    path.write_text(TOPIC)
    before = example_vectors(load_topic(path), path, WordEncoder())
    kept = path.with_suffix(".vectors.npz")
    whole = kept.read_bytes()
    with kept.open("wb") as file:
        match damage:
            case "text":
                file.write(b"{}")
            case "half":
                file.write(whole[: len(whole) // 2])
            case "no key":
                np.savez(file, own=np.zeros(3))
            case "one array":
                np.save(file, np.zeros(3))
            case "spoilt":
                file.write(whole.replace(b"\x93NUMPY", b"\x93NUMPX"))
    after = example_vectors(load_topic(path), path, WordEncoder())
    assert kept.read_bytes() == whole  # and stored again, the same bytes
    assert before is not None
    assert after is not None
    assert np.array_equal(before.border, after.border)


def test_another_model_leaves_the_background_that_comes_with_newsbeam(tmp_path: Path) -> None:
    path = tmp_path / "wells.toml"
    path.write_text(TOPIC)
    before = BACKGROUND_VECTORS.read_bytes()
    example_vectors(load_topic(path), path, WordEncoder())
    assert BACKGROUND_VECTORS.read_bytes() == before


def test_the_background_that_comes_with_newsbeam_is_that_of_its_model() -> None:
    key = meaning._key(LazyEncoder(ModelSettings()), background())
    kept = meaning._read(BACKGROUND_VECTORS, key)
    assert kept is not None, "call meaning.store_background"
    assert len(kept["background"]) % len(background()) == 0
    assert all(line.strip() for line in background())


def test_the_vectors_of_the_pack_are_those_of_its_examples(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Bundled:
        identity = LazyEncoder(ModelSettings()).identity

        def encode(self, texts: Sequence[str]) -> np.ndarray:
            raise AssertionError(f"{len(texts)} texts have no vector here: {texts[0]!r}")

    monkeypatch.setattr(meaning, "_matrices", {})
    load_topics(["ai"], []).prepare(Bundled())
