"""What the mode makes of each way in which a model calls torch."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lrprism as lp
from lrprism.engine import Request, Trace, trace

X = torch.tensor([[-1.0, 2.0, 3.0]])


class Written(nn.Module):
    def __init__(self, forward: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.written = forward

    def forward(self, x: Tensor) -> Tensor:
        return self.written(x)


def run(forward: Callable[[Tensor], Tensor]) -> Trace:
    return trace(Written(forward).eval(), [X], lambda live: (tuple(live), {}), request=Request())


def relevance_of(forward: Callable[[Tensor], Tensor]) -> list[float]:
    explainer = lp.LRP(Written(forward), lp.presets.Epsilon(0), strict=True)
    return explainer.explain(X, torch.ones_like).relevance.flatten().tolist()


def write_with_out(x: Tensor) -> Tensor:
    out = torch.empty(1, 3)
    torch.mul(x, 2, out=out)
    return out


def write_in_place(x: Tensor) -> Tensor:
    y = x.clone()
    y.mul_(2)
    return y


def write_a_part(x: Tensor) -> Tensor:
    y = x.clone()
    y[:, 0] = 5
    return y + x


def assign_data(x: Tensor) -> Tensor:
    y = torch.zeros(1, 3)
    y.data = 2 * x
    return y


def copy_over(x: Tensor) -> Tensor:
    y = torch.empty(1, 3)
    y.copy_(2 * x)
    return y


def without_gradients(x: Tensor) -> Tensor:
    with torch.no_grad():
        return 2 * x


def in_inference_mode(x: Tensor) -> Tensor:
    with torch.inference_mode():
        return 2 * x


@pytest.mark.parametrize(
    "forward",
    [write_with_out, write_in_place, assign_data, copy_over, without_gradients, in_inference_mode],
)
def test_twice_the_input_is_twice_the_input(forward: Callable[[Tensor], Tensor]) -> None:
    # under no_grad a plain call has no gradient: the mode follows the values all the same
    assert relevance_of(forward) == [-2, 4, 6]


def test_a_part_that_was_written_to_has_lost_its_input() -> None:
    assert relevance_of(write_a_part) == [-1, 4, 6]


@pytest.mark.parametrize("inplace", [False, True])
def test_an_inplace_switch_leaves_the_input_as_it_is(*, inplace: bool) -> None:
    # y + relu(y) reads 2 * x twice, unless the ReLU has written over it
    def forward(x: Tensor) -> Tensor:
        y = 2 * x
        z = F.relu(y, inplace=inplace)
        return y + z

    assert relevance_of(forward) == ([0, 8, 12] if inplace else [-2, 8, 12])


def test_what_does_not_descend_from_the_inputs_is_a_constant() -> None:
    weight = nn.Parameter(torch.ones(3))
    prototype = weight * 2  # made before the pass, and with a gradient
    assert [call.name for call in run(lambda x: x * prototype).calls] == ["mul"]
    assert relevance_of(lambda x: x * prototype) == [-2, 4, 6]
    assert weight.grad is None


def test_a_question_about_a_tensor_is_no_call() -> None:
    asked: list[object] = []

    def forward(x: Tensor) -> Tensor:
        asked.extend([x.shape, x.dim(), len(x), x.dtype, x.is_floating_point()])
        return 2 * x

    assert [call.name for call in run(forward).calls] == ["mul"]
    assert asked == [torch.Size([1, 3]), 2, 1, torch.float32, True]


def test_a_transform_of_torch_func_on_live_tensors_is_not_seen() -> None:
    assert run(lambda x: torch.func.vmap(torch.sin)(x)).unseen == {"torch.func"}
