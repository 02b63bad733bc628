"""Sums of what is explained and of what arrives, by hand."""

import pytest
import torch

from lrprism.attribution.arrival import sum_magnitudes, sum_relevance, sum_samples

# two samples whose logits cancel: 3 and -3 are explained
OUTPUT = torch.tensor([[3.0, 1.0], [-3.0, 2.0]])
SEED = torch.tensor([[1.0, 0.0], [1.0, 0.0]])


def test_samples_are_summed_up_without_their_sign() -> None:
    # the first input arrives with 2 and -1, the second with 1/2 in each sample: |2.5| + |-0.5|
    inputs = [torch.tensor([[2.0, 0.0], [-2.0, 1.0]]), torch.tensor([0.5, 0.5])]
    assert sum_samples(OUTPUT, [SEED], [inputs]) == (6.0, 3.0)


def test_inputs_without_samples_in_front_are_summed_over_the_batch() -> None:
    assert sum_samples(OUTPUT, [SEED], [[torch.tensor([[[1.0]], [[2.0]], [[-7.0]]])]]) == (0.0, 4.0)


def test_an_entry_that_is_not_explained_may_be_infinite() -> None:
    masked = torch.tensor([[3.0, -torch.inf]])
    assert sum_samples(masked, [SEED[:1]], [[torch.ones(1, 2)]]) == (3.0, 2.0)


def test_a_difference_that_is_rounding_alone_explains_nothing() -> None:
    output = torch.tensor([[1000.0, 1000.0 + 2**-14]])
    contrast = torch.tensor([[-1.0, 1.0]])
    assert sum_samples(output, [contrast], [[torch.zeros(1, 1)]]) == (0.0, 0.0)
    wide = torch.tensor([[1000.0, 1001.0]])
    assert sum_samples(wide, [contrast], [[torch.zeros(1, 1)]]) == (1.0, 0.0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_half_precision_is_summed_up_in_a_wider_type(dtype: torch.dtype) -> None:
    # 100,000 is beyond float16, and 4096 + 1 = 4096 in bfloat16
    ones = torch.ones(100_000, dtype=dtype)
    assert sum_relevance([ones, -ones[:5]]) == 99_995
    assert sum_magnitudes(-ones) == 100_000
