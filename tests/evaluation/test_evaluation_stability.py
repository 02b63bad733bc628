from typing import Any

import pytest
import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.evaluation import measure_sensitivity


def split(x: Tensor) -> Tensor:
    return torch.stack([x[:, 0], -x[:, 0]], dim=1)


def repeat_x(model: Any, x: Tensor, target: Tensor) -> Tensor:  # noqa: ARG001
    return x


def test_a_map_that_is_the_sample_changes_as_the_noise_does() -> None:
    # |delta| / |x| with |delta|^2 about 100 * .01^2 and |x| = 10: .01
    x, target = torch.ones(50, 100), torch.zeros(50).long()
    sensitivity = measure_sensitivity(repeat_x, split, x, target, 0.01, draws=20)
    assert sensitivity.mean.value == pytest.approx(0.01, rel=0.05)
    assert sensitivity.mean.value < sensitivity.maximum.value < 0.02
    assert sensitivity.dropped == 0


def test_noise_per_band_moves_these_bands_alone() -> None:
    x, target = torch.ones(20, 4), torch.zeros(20).long()
    noise = torch.tensor([0.0, 0.0, 0.0, 0.5])

    def first_bands(model: Any, x: Tensor, target: Tensor) -> Tensor:  # noqa: ARG001
        return x * torch.tensor([1.0, 1.0, 1.0, 0.0])

    assert measure_sensitivity(first_bands, split, x, target, noise).maximum.value == 0
    assert measure_sensitivity(repeat_x, split, x, target, noise).maximum.value > 0.1


def test_samples_whose_prediction_changes_are_left_out_and_counted() -> None:
    x = torch.ones(10, 2)
    x[:3, 0] = 1e-6  # any noise turns these
    sensitivity = measure_sensitivity(repeat_x, split, x, torch.zeros(10).long(), 0.01, draws=20)
    assert sensitivity.dropped == 3
    x[:] = 1e-6
    with pytest.raises(InputError, match=r"the prediction of some samples as it is. Found all 10 changed"):
        measure_sensitivity(repeat_x, split, x, torch.zeros(10).long(), 0.01, draws=40)


def test_a_map_of_zeros_that_stays_one_has_not_changed() -> None:
    x = torch.ones(5, 2)
    zeros = measure_sensitivity(lambda _, x, __: 0 * x, split, x, torch.zeros(5).long(), 0.1)
    assert zeros.maximum.value == 0


@pytest.mark.parametrize(("noise", "draws"), [(0.0, 5), (-1.0, 5), (float("nan"), 5), (0.1, 0)])
def test_noise_that_is_none_is_refused(noise: float, draws: int) -> None:
    with pytest.raises(InputError, match="noise should be a standard deviation above 0"):
        measure_sensitivity(repeat_x, split, torch.ones(5, 2), torch.zeros(5).long(), noise, draws=draws)


def test_a_map_of_zeros_that_changes_is_left_out_and_counted() -> None:
    # of its change no share can be told
    x = torch.tensor([[4.0, 0.0], [5.0, 0.0], [-6.0, 0.0]])

    def show_positive(model: Any, x: Tensor, target: Tensor) -> Tensor:  # noqa: ARG001
        return torch.where(x[:, :1] > -5, x, 0 * x)

    target = torch.tensor([0, 0, 1])
    moved = measure_sensitivity(lambda *a: show_positive(*a) * (a[1][:, :1] != 4), split, x, target, 0.1)
    assert moved.dropped == 1
    assert 0 < moved.mean.value < 1
    with pytest.raises(InputError, match="Found zeros alone for every one of the 1 samples whose prediction"):
        measure_sensitivity(lambda *a: a[1] * (a[1][:, :1] != 4), split, x[:1], target[:1], 0.1)


def test_noise_that_does_not_fit_a_sample_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"noise should broadcast with one sample of shape \(2,\). Found \(3,\)"
    ):
        measure_sensitivity(repeat_x, split, torch.ones(4, 2), torch.zeros(4).long(), torch.ones(3))
