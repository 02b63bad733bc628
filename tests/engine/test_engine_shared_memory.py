"""Inputs that share memory, where forward writes to one of them in place."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lrprism import LRP, InputError, presets

_X = torch.tensor([[1.0, 2.0, -3.0, 4.0]])


class _Doubled(nn.Module):
    """Doubles one argument in place and adds up both, with weights 1 and 10."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        a.mul_(2)
        return (a.sum(1) + 10 * b.sum(1))[:, None]


class _DoubledInDict(_Doubled):
    def forward(self, named: dict[str, Tensor]) -> Tensor:  # type: ignore[override]
        named["a"] = named["a"].mul_(2)
        return (named["a"].sum(1) + 10 * named["b"].sum(1))[:, None]


def _explained(inputs: Any, **kwargs: Any) -> Any:
    model = _DoubledInDict() if isinstance(inputs, dict) else _Doubled()
    return LRP(model, presets.Epsilon(0), strict=True).explain(inputs, **kwargs)


@pytest.mark.parametrize(
    ("explain", "other"),
    [
        (lambda: _explained((_X, _X)), "input 1"),
        (lambda: _explained((_X[:, :3], _X[:, 1:])), "input 1"),
        (lambda: _explained((_X, _X.detach())), "input 1"),
        (lambda: _explained((_X.view(torch.float32), _X)), "input 1"),
        (lambda: _explained({"a": _X, "b": _X}), "input 1"),
        (lambda: _explained(_X, args=(_X,)), "argument 1"),
        (lambda: _explained(_X, kwargs={"b": _X}), "argument 'b'"),
    ],
)
def test_a_write_that_another_argument_would_show_is_refused(explain: Callable[[], Any], other: str) -> None:
    before = _X.clone()
    with pytest.raises(InputError, match=rf"Found input 0, .* and {other} on the same memory.*x\.clone\(\)"):
        explain()
    assert torch.equal(_X, before)


def test_a_copy_is_explained() -> None:
    found = _explained((_X, _X.clone()))
    assert found.output.tolist() == [[48.0]]  # 2 * 4 + 10 * 4
    assert found.relevance[0].tolist() == [[2.0, 4.0, -6.0, 8.0]]
    assert found.relevance[1].tolist() == [[10.0, 20.0, -30.0, 40.0]]


def test_slices_side_by_side_share_nothing() -> None:
    first, second = _explained((_X[:, ::2], _X[:, 1::2])).relevance
    assert first.tolist() == [[2.0, -6.0]]
    assert second.tolist() == [[20.0, 40.0]]


def test_a_tensor_given_twice_is_explained_where_nothing_is_written() -> None:
    class Sum(nn.Module):
        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return (a.sum(1) + 10 * b.sum(1))[:, None]

    first, second = LRP(Sum(), presets.Epsilon(0)).explain((_X, _X)).relevance
    assert first.tolist() == [[1.0, 2.0, -3.0, 4.0]]
    assert second.tolist() == [[10.0, 20.0, -30.0, 40.0]]
