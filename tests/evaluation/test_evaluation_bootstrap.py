import pytest
import torch

from lrprism.errors import InputError
from lrprism.evaluation import Bootstrap, Interval


def test_the_interval_of_a_mean_is_that_of_the_normal_law() -> None:
    values = torch.randn(400, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2 + 5
    interval = Bootstrap(resamples=4000).measure(values)
    error = values.std(correction=0).item() / 20
    assert interval.value == pytest.approx(values.mean().item())
    assert interval.low == pytest.approx(interval.value - 1.96 * error, abs=0.15 * error)
    assert interval.high == pytest.approx(interval.value + 1.96 * error, abs=0.15 * error)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    generator = torch.Generator().manual_seed(1)
    intervals = [
        Bootstrap(resamples=200, level=0.8, seed=seed).measure(torch.rand(60, generator=generator))
        for seed in range(300)
    ]
    covered = sum(interval.low <= 0.5 <= interval.high for interval in intervals) / 300
    assert 0.72 < covered < 0.86


def test_a_statistic_is_taken_of_the_means_of_each_draw() -> None:
    values = torch.rand(30, 4, 2, dtype=torch.float64)
    draw = Bootstrap(resamples=50)
    interval = draw.measure(values, lambda means: means.amax((1, 2)))
    assert interval.value == pytest.approx(values.mean(0).max().item())
    by_hand = torch.stack([
        (weights[:, None, None] * values).sum(0).max() for weights in draw.draw_weights(30)
    ])  # fmt: skip
    assert interval.low == pytest.approx(by_hand.quantile(0.025).item())


def test_the_same_seed_draws_the_same_samples() -> None:
    values = torch.rand(20)
    assert Bootstrap(seed=3).measure(values) == Bootstrap(seed=3).measure(values)
    assert Bootstrap(seed=3).measure(values) != Bootstrap(seed=4).measure(values)
    weights = Bootstrap(resamples=10).draw_weights(20)
    torch.testing.assert_close(weights.sum(1), torch.ones(10, dtype=torch.float64))


def test_one_sample_has_no_width_and_none_is_refused() -> None:
    assert Bootstrap().measure(torch.tensor([2.0])) == Interval(2.0, 2.0, 2.0)
    assert str(Interval(0.5, 0.25, 1)) == "0.500 [0.250, 1.000]"
    with pytest.raises(InputError, match=r"at least one sample. Found none"):
        Bootstrap().measure(torch.zeros(0))


@pytest.mark.parametrize("settings", [{"resamples": 0}, {"level": 1.0}, {"level": 0.0}])
def test_impossible_settings_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(InputError, match="at least one resample and a level between 0 and 1"):
        Bootstrap(**settings)  # type: ignore[arg-type]
