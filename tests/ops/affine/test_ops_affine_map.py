"""What all affine maps have in common: a change of type, and a transpose by autograd."""

import pytest
import torch

from lrprism.ops.affine.map import vjp_of
from lrprism.ops.linear import Linear

WEIGHT = torch.tensor([[1.0, 2.0], [3.0, 4.0]])


def test_the_transpose_by_autograd() -> None:
    s = torch.tensor([[1.0, 10.0]])
    # s w: 1 * (1, 2) + 10 * (3, 4)
    assert vjp_of(lambda a: a @ WEIGHT.t(), torch.zeros(1, 2), s).tolist() == [[31, 42]]


@pytest.mark.parametrize("bias", [None, torch.ones(2)])
def test_a_map_in_another_type_leaves_the_first_one_as_it_is(bias: torch.Tensor | None) -> None:
    affine = Linear(WEIGHT, bias)
    wide = affine.with_type(torch.float64)
    assert (wide.weight.dtype, affine.weight.dtype) == (torch.float64, torch.float32)
    assert (wide.bias is None) is (bias is None)
    a = torch.tensor([[1.0, -1.0]])
    torch.testing.assert_close(
        wide.forward(a.double(), wide.weight, wide.bias), affine.forward(a, WEIGHT, bias).double()
    )


def test_a_weight_that_has_to_be_computed_is_computed_when_it_is_read() -> None:
    factors = [1.0, 2.0]
    affine = Linear(lambda: factors.pop() * WEIGHT, None)
    assert affine.weight.tolist() == (2 * WEIGHT).tolist()
    assert affine.weight.tolist() == WEIGHT.tolist()


def test_a_linear_map_has_no_channels_in_front_of_its_last_dimension() -> None:
    affine = Linear(WEIGHT, None)
    assert affine.scale_output(torch.ones(2), torch.zeros(2), torch.zeros(1, 3, 2)) is None
