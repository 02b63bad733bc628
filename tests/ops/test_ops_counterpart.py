"""What the same call got and gave on the reference, and whether constants of two runs are alike."""

import pytest
import torch

from lrprism.ops.counterpart import Counterpart, is_same


def test_the_counterpart_of_a_tensor_stands_where_it_stands() -> None:
    a, b, k = torch.ones(2), torch.zeros(2), torch.full((3,), 7.0)
    a_r, b_r, k_r = torch.full((2,), 4.0), torch.full((2,), 5.0), torch.full((3,), 6.0)
    counterpart = Counterpart(([a_r, 2], {"w": k_r}), {"other": b_r}, None, [a_r, b_r], [])
    values = (([a, 2], {"w": k}), {"other": b})
    assert counterpart.of(values, a) is a_r
    assert counterpart.of(values, b) is b_r
    assert counterpart.of(values, k) is k_r


@pytest.mark.parametrize(
    ("tensor", "other", "expected"),
    [
        (torch.ones(3, 2), torch.ones(3, 2), True),
        (torch.ones(3, 2), torch.ones(1, 2), True),
        (torch.ones(3, 2), torch.ones(2), True),
        (torch.arange(6.0).view(3, 2), torch.arange(2.0), False),
        (torch.ones(3, 2), torch.zeros(3, 2), False),
        (torch.ones(3, 2), torch.ones(3, 4), False),
        (torch.ones(3).bool(), torch.ones(3).bool(), True),
        (torch.tensor([True, False]), torch.tensor([True, True]), False),
        (torch.arange(3), torch.arange(3), True),
    ],
)
def test_constants_are_alike_if_they_hold_the_same_numbers(
    tensor: torch.Tensor, other: torch.Tensor, *, expected: bool
) -> None:
    assert is_same(tensor, other) is expected
    assert is_same(other, tensor) is expected


def test_a_tensor_is_like_itself_also_where_it_holds_nan() -> None:
    tensor = torch.tensor([float("nan")])
    assert is_same(tensor, tensor)
    assert is_same(tensor, tensor.view(1))
