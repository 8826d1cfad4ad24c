"""How much passages read like a topic."""

from pathlib import Path

import numpy as np
import pytest

from newsbeam.encoder import LazyEncoder
from newsbeam.settings import ModelSettings
from newsbeam.topics import meaning
from newsbeam.topics.meaning import BACKGROUND_VECTORS, background, example_vectors, fit_lean
from newsbeam.topics.topic import load_topic
from tests.unit.topics.topic_support import TOPIC, WordEncoder


def unit(*rows: list[float]) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    table = np.array(rows, dtype=np.float32)
    return table / np.linalg.norm(table, axis=1, keepdims=True)


def margin(lean: "np.ndarray[tuple[int], np.dtype[np.float32]]", row: list[float]) -> float:
    return float(lean[0] + meaning.SCALE * (unit(row) @ lean[1:])[0])


def test_the_border_has_the_examples_on_one_side_and_all_others_on_the_other() -> None:
    about = unit([1, 0.2, 0], [1, -0.2, 0])
    lean = fit_lean(about, unit([0.5, 1, 0]), unit([0, 0, 1], [0, 0.1, 1]))
    assert margin(lean, [1, 0, 0]) > 0
    assert margin(lean, [0.5, 1, 0]) < 0
    assert margin(lean, [0, 0, 1]) < 0


def test_it_is_the_minimum_of_the_regression_that_it_claims_to_be() -> None:
    rng = np.random.default_rng(1)
    about, other, rest = (unit(*rng.normal(size=(n, 5)).tolist()) for n in (6, 4, 9))
    lean = fit_lean(about, other, rest).astype(float)
    x = np.vstack([about, other, rest]) * meaning.SCALE
    y = np.array([1] * 6 + [0] * 13)
    count = np.array([1] * 10 + [meaning.BACKGROUND_WEIGHT] * 9)

    def loss(w: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
        z = w[0] + x @ w[1:]
        fit = float((count * (np.logaddexp(0, z) - y * z)).sum())
        return fit + meaning.STRENGTH / 2 * float(w[1:] @ w[1:] + w[0] ** 2 / 10)

    for _ in range(50):
        assert loss(lean + rng.normal(size=6) * 0.05) > loss(lean)


def test_without_counter_examples_the_background_is_the_other_side() -> None:
    lean = fit_lean(unit([1, 0]), unit([1, 0])[:0], unit([0, 1], [-1, 1]))
    assert margin(lean, [1, 0]) > margin(lean, [0, 1])


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
    assert np.array_equal(fresh.lean, kept.lean)
    assert np.array_equal(fresh.about, kept.about)
    assert np.array_equal(fresh.not_about, kept.not_about)


@pytest.mark.parametrize("damage", ["{", "[]", '{"key": 1}', ""])
def test_damaged_vectors_are_computed_again(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "wells.toml"
    path.write_text(TOPIC)
    before = example_vectors(load_topic(path), path, WordEncoder())
    path.with_suffix(".vectors.json").write_text(damage)
    after = example_vectors(load_topic(path), path, WordEncoder())
    assert before is not None
    assert after is not None
    assert np.array_equal(before.lean, after.lean)


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
