"""Cosines without what all news has in common."""

import numpy as np

from newsbeam.stories.directions import cosines

RNG = np.random.default_rng(0)


def unit(n: int) -> np.ndarray:
    made = RNG.normal(size=(n, 384)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_a_vector_is_equal_to_itself_and_the_order_of_two_does_not_count() -> None:
    vectors = unit(5)
    every = np.stack([cosines(v, vectors) for v in vectors])
    assert np.allclose(np.diag(every), 1.0, atol=1e-5)
    assert np.allclose(every, every.T, atol=1e-5)


def test_a_direction_that_all_news_share_counts_for_less() -> None:
    from newsbeam.stories.directions import _common

    mean, axes = _common()
    widest = axes[:, 0] / np.linalg.norm(axes[:, 0])
    own = unit(2)
    own -= (own @ axes) @ np.linalg.pinv(axes)
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    a, b = own + 2 * widest + mean
    plain = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert plain > 0.7
    assert cosines(a, b[None])[0] < plain - 0.1


def test_an_article_without_a_vector_is_like_none() -> None:
    assert cosines(unit(1)[0], np.zeros((2, 384), np.float32)).tolist() == [0.0, 0.0]
