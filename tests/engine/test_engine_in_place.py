"""In-place functions of torch, and their out-of-place twins."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.engine.in_place import SWITCHES, is_in_place, twin_of


@pytest.mark.parametrize(
    ("in_place", "twin"),
    [
        (torch.relu_, torch.relu),
        (Tensor.relu_, Tensor.relu),
        (Tensor.t_, Tensor.t),
        (Tensor.masked_fill_, Tensor.masked_fill),
        (F.leaky_relu_, torch._C._nn.leaky_relu),
        (Tensor.__iadd__, Tensor.__add__),
        (Tensor.__imul__, Tensor.__mul__),
        (Tensor.__itruediv__, Tensor.__truediv__),
    ],
)
def test_an_in_place_function_and_its_twin(in_place: object, twin: Callable[..., Tensor]) -> None:
    x = torch.tensor([[-1.0, 2.0]])
    function = twin_of(in_place)
    arguments = {Tensor.masked_fill_: (x > 0, 5.0)}.get(in_place, ())  # type: ignore[call-overload]
    if in_place in (Tensor.__iadd__, Tensor.__imul__, Tensor.__itruediv__):
        arguments = (4.0,)
    assert torch.equal(function(x, *arguments), twin(x, *arguments))
    assert x.tolist() == [[-1.0, 2.0]]


@pytest.mark.parametrize("function", [Tensor.zero_, Tensor.copy_, Tensor.uniform_, Tensor.__setitem__])
def test_functions_without_a_twin(function: object) -> None:
    assert twin_of(function) is None


@pytest.mark.parametrize(
    "function",
    [
        Tensor.requires_grad_,
        Tensor.share_memory_,
        Tensor.set_,
        Tensor.resize_,
        Tensor.retain_grad,
        Tensor.__init__,
        Tensor.__index__,
        Tensor.__invert__,
        Tensor.relu,
    ],
)
def test_functions_that_write_no_values(function: object) -> None:
    assert not is_in_place(function)


def test_every_function_of_torch_with_a_switch_is_known() -> None:
    activations = (
        "relu relu6 leaky_relu elu selu celu rrelu threshold silu mish hardtanh hardsigmoid hardswish"
    )
    dropouts = "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout"
    names = activations.split(" ") + dropouts.split(" ")
    assert {getattr(F, name) for name in names} <= SWITCHES.keys()
    assert (SWITCHES[F.relu], SWITCHES[F.leaky_relu], SWITCHES[F.dropout]) == (1, 2, 3)
