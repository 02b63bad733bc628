"""Tensors that take the place of those that in-place ops would have changed; arguments that share memory."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lrprism import LRP, InputError, presets
from lrprism.engine.rewrites import Rewrites


@pytest.fixture
def rewrites() -> Rewrites:
    return Rewrites(lambda _: None)


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
    assert [rewrites.read(tensor).tolist() for tensor in (x, second, third)] == [[3.0, 3.0]] * 3
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


def test_an_alias_reads_what_was_written_to_its_memory_as_a_constant(rewrites: Rewrites) -> None:
    x, other = torch.ones(2), torch.full((2,), 7.0)
    alias, second, untouched = x.detach(), x.detach(), other.detach()
    for name, tensor in ((alias, x), (second, alias), (untouched, other)):
        rewrites.share(name, tensor)
    rewrites.write(x, torch.zeros(2, requires_grad=True))
    assert [rewrites.read(name).tolist() for name in (alias, second, untouched)] == [[0, 0], [0, 0], [7, 7]]
    assert not rewrites.read(alias).requires_grad
    assert rewrites.read(untouched) is untouched


def test_a_write_to_a_view_keeps_the_way_back(rewrites: Rewrites) -> None:
    leaf = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    base = leaf * 1
    rewrites.write(base[1:], 5 * leaf[:2])
    (gradient,) = torch.autograd.grad(rewrites.read(base).sum(), leaf)
    assert gradient.tolist() == [1.0 + 5.0, 5.0, 0.0]


X = torch.tensor([[1.0, 2.0, -3.0, 4.0]])


class Double(nn.Module):
    """Doubles one argument in place and adds up both, with weights 1 and 10."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        a.mul_(2)
        return (a.sum(1) + 10 * b.sum(1))[:, None]


class DoubleInDict(Double):
    def forward(self, tensors: dict[str, Tensor]) -> Tensor:  # type: ignore[override]
        tensors["a"] = tensors["a"].mul_(2)
        return (tensors["a"].sum(1) + 10 * tensors["b"].sum(1))[:, None]


def explain_doubling(inputs: Any, **kwargs: Any) -> Any:
    model = DoubleInDict() if isinstance(inputs, dict) else Double()
    return LRP(model, presets.Epsilon(0), strict=True).explain(inputs, **kwargs)


@pytest.mark.parametrize(
    ("explain", "other"),
    [
        (lambda: explain_doubling((X, X)), "input 1"),
        (lambda: explain_doubling((X[:, :3], X[:, 1:])), "input 1"),
        (lambda: explain_doubling((X, X.detach())), "input 1"),
        (lambda: explain_doubling((X.view(torch.float32), X)), "input 1"),
        (lambda: explain_doubling({"a": X, "b": X}), "input 1"),
        (lambda: explain_doubling(X, args=(X,)), "argument 1"),
        (lambda: explain_doubling(X, kwargs={"b": X}), "argument 'b'"),
    ],
)
def test_a_write_that_another_argument_would_show_is_refused(explain: Callable[[], Any], other: str) -> None:
    before = X.clone()
    with pytest.raises(InputError, match=rf"Found input 0, .* and {other} on the same memory.*x\.clone\(\)"):
        explain()
    assert torch.equal(X, before)


def test_a_copy_isexplain_doubling() -> None:
    explanation = explain_doubling((X, X.clone()))
    assert explanation.output.tolist() == [[48.0]]  # 2 * 4 + 10 * 4
    assert explanation.relevance[0].tolist() == [[2.0, 4.0, -6.0, 8.0]]
    assert explanation.relevance[1].tolist() == [[10.0, 20.0, -30.0, 40.0]]


def test_slices_side_by_side_share_nothing() -> None:
    first, second = explain_doubling((X[:, ::2], X[:, 1::2])).relevance
    assert first.tolist() == [[2.0, -6.0]]
    assert second.tolist() == [[20.0, 40.0]]


def test_a_tensor_given_twice_isexplain_doubling_where_nothing_is_written() -> None:
    class Sum(nn.Module):
        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return (a.sum(1) + 10 * b.sum(1))[:, None]

    first, second = LRP(Sum(), presets.Epsilon(0)).explain((X, X)).relevance
    assert first.tolist() == [[1.0, 2.0, -3.0, 4.0]]
    assert second.tolist() == [[10.0, 20.0, -30.0, 40.0]]
