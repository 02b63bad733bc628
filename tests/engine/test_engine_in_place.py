"""What takes the place of tensors that in-place ops would have changed."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.engine.in_place import SWITCHES, Rewrites, is_in_place, twin_of


@pytest.fixture
def rewrites() -> Rewrites:
    return Rewrites(lambda _: None)


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
    found = twin_of(in_place)
    arguments = {Tensor.masked_fill_: (x > 0, 5.0)}.get(in_place, ())  # type: ignore[call-overload]
    if in_place in (Tensor.__iadd__, Tensor.__imul__, Tensor.__itruediv__):
        arguments = (4.0,)
    assert torch.equal(found(x, *arguments), twin(x, *arguments))
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


def test_nothing_written_means_everything_is_itself(rewrites: Rewrites) -> None:
    x = torch.ones(2)
    assert not rewrites
    assert rewrites.read(x) is x


def test_a_written_tensor_reads_as_its_value_and_keeps_its_memory(rewrites: Rewrites) -> None:
    x, value = torch.ones(2), torch.zeros(2)
    assert rewrites.write(x, value) is value
    assert rewrites
    assert rewrites.read(x) is value
    assert rewrites.read(value) is value
    assert x.tolist() == [1.0, 1.0]


def test_every_stand_in_sees_a_later_write_to_any_of_them(rewrites: Rewrites) -> None:
    x = torch.ones(2)
    second = rewrites.write(x, torch.full((2,), 2.0))
    third = rewrites.write(second, torch.full((2,), 3.0))
    assert [rewrites.read(each).tolist() for each in (x, second, third)] == [[3.0, 3.0]] * 3
    fourth = rewrites.write(x, torch.full((2,), 4.0))
    assert rewrites.read(third) is fourth


def test_a_view_follows_a_write_to_its_base(rewrites: Rewrites) -> None:
    base = torch.arange(6.0).view(2, 3).clone()
    column, untouched = base[:, 1], torch.ones(3)[1:]
    rewrites.write(base, 10 * base)
    assert rewrites.read(column).tolist() == [10.0, 40.0]
    assert rewrites.read(untouched) is untouched
    assert column.tolist() == [1.0, 4.0]


def test_a_write_to_a_view_reaches_its_base_and_its_neighbours(rewrites: Rewrites) -> None:
    base = torch.arange(6.0).view(2, 3).clone()
    column, row = base[:, 1], base[1]
    assert rewrites.write(column, torch.tensor([-1.0, -2.0])).tolist() == [-1.0, -2.0]
    assert rewrites.read(base).tolist() == [[0.0, -1.0, 2.0], [3.0, -2.0, 5.0]]
    assert rewrites.read(row).tolist() == [3.0, -2.0, 5.0]
    rewrites.write(row, torch.zeros(3))
    assert rewrites.read(column).tolist() == [-1.0, 0.0]
    assert base.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


def test_a_write_to_a_view_keeps_the_way_back(rewrites: Rewrites) -> None:
    leaf = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    base = leaf * 1
    rewrites.write(base[1:], 5 * leaf[:2])
    (gradient,) = torch.autograd.grad(rewrites.read(base).sum(), leaf)
    assert gradient.tolist() == [1.0 + 5.0, 5.0, 0.0]
