import pytest

from newsbeam.stories.bursts import at_least, judge


def test_without_enough_measured_windows_there_is_no_baseline() -> None:
    assert judge(50, [0] * 10, least_windows=28).verdict == "no_baseline"


def test_a_count_far_above_a_quiet_baseline_is_a_burst() -> None:
    found = judge(9, [0, 1, 0, 2, 1, 0, 0, 1] * 10, least_windows=28)
    assert found.verdict == "burst"
    assert found.ratio is not None
    assert found.ratio > 10


def test_a_clumpy_baseline_expects_clumps() -> None:
    clumpy = [0] * 70 + [12] * 10
    assert judge(9, clumpy, least_windows=28).verdict == "normal"


def test_the_interval_holds_the_mean_and_narrows_with_the_baseline() -> None:
    short, long = judge(2, [1, 3] * 15, 28), judge(2, [1, 3] * 60, 28)
    for found in (short, long):
        assert found.low is not None
        assert found.mean is not None
        assert found.high is not None
        assert found.low < found.mean < found.high
    assert long.high - long.low < short.high - short.low  # type: ignore[operator]


@pytest.mark.parametrize(("mean", "variance"), [(2.0, 2.0), (2.0, 6.0)])
def test_probabilities_add_up(mean: float, variance: float) -> None:
    assert at_least(0, mean, variance) == 1.0
    steps = [at_least(k, mean, variance) for k in range(40)]
    assert steps == sorted(steps, reverse=True)
    assert sum(steps[1:]) == pytest.approx(mean, rel=1e-3)
