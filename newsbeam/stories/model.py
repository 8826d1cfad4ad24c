"""The log odds that two articles report the same event.

A logistic model over :data:`~newsbeam.stories.features.PAIR_FEATURES`; one set of weights for two
full texts, one where at least one side is only a headline.  Trained by
``tests/benchmarks/train_stories.py``; docs/stories.md says on what and how it was chosen.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from newsbeam.stories.features import PAIR_FEATURES, Floats

FREE_DAYS = 1.5
"""Articles that far apart lose nothing."""
DECAY_PER_DAY = 0.3
"""Log odds that each further day costs."""
MOST_DECAY = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class PairModel:
    """Weights of the pair features."""

    full: Floats
    """(len(PAIR_FEATURES),) for two texts."""
    full_bias: float
    short: Floats
    """The same where one side has no text."""
    short_bias: float
    threshold: float
    """Score at which an article joins a story."""
    best_share: float
    """Share of the best member in a story's score; the rest is the mean of the members."""

    def odds(self, pairs: Floats, full: NDArray[np.bool_], gap_days: Floats) -> Floats:
        """Return log odds, float32 (n,).

        Args:
            pairs: (n, len(PAIR_FEATURES)).
            full: (n,), whether both sides have a text.
            gap_days: (n,), days between the publication dates; 0 where one is unknown.
        """
        long, short = pairs @ self.full + self.full_bias, pairs @ self.short + self.short_bias
        decay = np.clip((gap_days - FREE_DAYS) * DECAY_PER_DAY, 0.0, MOST_DECAY)
        return np.asarray(np.where(full, long, short) - decay, np.float32)


@lru_cache(maxsize=1)
def load_model() -> PairModel:
    """Return the model that comes with newsbeam."""
    full = {
        "vector": 4.5, "terms": 3.8, "title": 0.5, "title_in_other": 3.4, "names": 3.6,
        "numbers": 0.4, "number_conflict": -1.0,
        "dates": 0.0, "date_conflict": -0.4, "name_conflict": -0.5,
    }  # fmt: skip
    short = {
        "vector": 7.9, "terms": 0.0, "title": 3.0, "title_in_other": 2.5, "names": 0.0,
        "numbers": 0.5, "number_conflict": -0.7,
        "dates": 0.0, "date_conflict": 0.0, "name_conflict": 0.0,
    }  # fmt: skip
    return PairModel(
        full=np.array([full[name] for name in PAIR_FEATURES], np.float32),
        full_bias=-4.3,
        short=np.array([short[name] for name in PAIR_FEATURES], np.float32),
        short_bias=-4.9,
        threshold=0.5,
        best_share=0.5,
    )
