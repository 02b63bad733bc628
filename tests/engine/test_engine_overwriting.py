"""Arguments of writing calls."""

from typing import Any

import pytest
import torch
from torch import Tensor

from lrprism.engine.overwriting import fills_mask, find_full_source, switch_off

A, B, ROW = torch.zeros(2, 3), torch.ones(2, 3), torch.ones(3)
MASK = A < 1


@pytest.mark.parametrize(
    ("mask", "value", "expected"),
    [
        (MASK, 0.0, True),
        (MASK, torch.tensor(1.0), True),
        (MASK, ROW, False),  # a value for each entry
        (MASK[0], 0.0, False),  # a mask of rows or columns
        (0, 0.0, False),
    ],
)
def test_a_mask_of_the_tensors_shape_is_filled(mask: Any, value: Any, expected: bool) -> None:
    assert fills_mask((A, mask, value)) is expected


@pytest.mark.parametrize("index", [..., slice(None), (slice(None), slice(None)), (..., slice(None))])
def test_an_assignment_to_all_of_a_tensor_has_a_source(index: Any) -> None:
    assert find_full_source(Tensor.__setitem__, (A, index, B)) is B


@pytest.mark.parametrize("index", [0, slice(1, None), (slice(None), 0), MASK])
def test_an_assignment_to_a_part_has_none(index: Any) -> None:
    assert find_full_source(Tensor.__setitem__, (A, index, B)) is None


def test_other_sources() -> None:
    assert find_full_source(Tensor.copy_, (A, B)) is B
    assert find_full_source(Tensor.__setitem__, (A, ..., 1.0)) is None
    assert find_full_source(Tensor.__setitem__, (A, ..., B[None])) is None  # more dimensions than its target
    assert find_full_source(Tensor.add_, (A, B)) is None


@pytest.mark.parametrize(
    ("args", "kwargs", "expected"),
    [
        ((A, True), {}, ((A, False), {}, True)),
        ((A,), {"inplace": True}, ((A,), {"inplace": False}, True)),
        ((A,), {}, ((A,), {"inplace": False}, False)),
    ],
)
def test_inplace_is_switched_off(args: Any, kwargs: Any, expected: Any) -> None:
    assert switch_off(1, args, kwargs) == expected
