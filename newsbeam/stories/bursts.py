"""Bursts: far more coverage than the measured baseline leads one to expect.

The baseline is counted in windows of the same length, before the one in question, and only in those
in which the system ran: time when nobody looked is not time without news.  Counts of news come in
clumps, so the expectation is a negative binomial with the baseline's own mean and variance; a burst
is a count whose probability under it is below :data:`SURPRISE`.  With too short a baseline the
answer is that there is none yet, not an alarm.

Source: Heard et al., "Bayesian anomaly detection methods for social networks", 2010 (predictive
counts); https://en.wikipedia.org/wiki/Negative_binomial_distribution.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma, log, sqrt
from statistics import fmean, pvariance

SURPRISE = 1e-4
"""Probability below which a count is a burst: with 4 windows a day and 50 topics, one false burst
in some 50 days if the counts are as the baseline says."""
LEAST_COUNT = 4
"""Fewer reports are never a burst."""
LEAST_RATIO = 3.0
"""Times the expectation that a burst has at least: statistically odd is not yet much."""


@dataclass(frozen=True, slots=True)
class Burst:
    """A window's count against its baseline."""

    verdict: str
    """``burst``, ``normal`` or ``no_baseline``."""
    count: int
    mean: float | None
    """Expected count per window."""
    low: float | None
    high: float | None
    """95 % interval of the mean (of its standard error, from the variance between windows)."""
    windows: int
    """Measured windows in the baseline."""
    probability: float | None
    """Of so many or more reports, if nothing is unusual."""

    @property
    def ratio(self) -> float | None:
        """Times the expected count; the expectation is taken as at least one window's worth of a
        report in the whole baseline.
        """
        if self.mean is None:
            return None
        return round(self.count / max(self.mean, 1 / max(1, self.windows)), 2)


def judge(count: int, baseline: Sequence[int], least_windows: int) -> Burst:
    """Hold a window's count against the counts of the windows before.

    Args:
        count: independent reports in the window.
        baseline: the same of each measured window before; order does not matter.
        least_windows: with fewer there is no baseline yet.
    """
    n = len(baseline)
    if n < least_windows:
        return Burst("no_baseline", count, None, None, None, n, None)
    # a prior of half a report in the whole baseline: a silent topic is not impossible to burst,
    # and its first report alone is no miracle
    mean = fmean(baseline) + 0.5 / n
    variance = max(pvariance(baseline), mean)
    error = 1.96 * sqrt(variance / n)
    probability = at_least(count, mean, variance)
    burst = (
        count >= LEAST_COUNT and count >= LEAST_RATIO * (mean + error) and probability < SURPRISE
    )
    return Burst(
        "burst" if burst else "normal",
        count,
        round(mean, 4),
        round(max(0.0, mean - error), 4),
        round(mean + error, 4),
        n,
        probability,
    )


def at_least(count: int, mean: float, variance: float) -> float:
    """Return the probability of ``count`` or more: negative binomial, Poisson at the limit."""
    if count <= 0:
        return 1.0
    if variance <= mean * 1.0001:
        log_p = [-mean + k * log(mean) - lgamma(k + 1) for k in range(count)]
    else:
        size = mean * mean / (variance - mean)
        success = size / (size + mean)
        log_p = [
            lgamma(k + size) - lgamma(size) - lgamma(k + 1)
            + size * log(success) + k * log(1 - success)
            for k in range(count)
        ]  # fmt: skip
    return max(0.0, 1.0 - sum(exp(p) for p in log_p))
