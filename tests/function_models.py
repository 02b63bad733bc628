"""Models from a function, and the warnings of a call: what the tests of attribution share."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp


class FunctionModel(nn.Module):
    """A model whose forward is ``function(self, ...)``.

    Args:
        function: The forward pass.
        parts: The attributes of the model, modules among them.
    """

    def __init__(self, function: Callable[..., Any], **parts: Any) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(self, *args, **kwargs)


def make_linear(
    weight: list[list[float]], bias: list[float] | None = None, dtype: torch.dtype = torch.float64
) -> nn.Linear:
    """Return a linear layer with these weights."""
    layer = nn.Linear(len(weight[0]), len(weight), bias=bias is not None, dtype=dtype)
    layer.weight.data = torch.tensor(weight, dtype=dtype)
    if bias is not None:
        layer.bias.data = torch.tensor(bias, dtype=dtype)
    return layer


def collect_warnings(call: Callable[[], Any], filename: str) -> list[str]:
    """Return the warnings of a call, each of which should be ours and point at a file."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert {warning.filename for warning in caught} <= {filename}
    assert {warning.category for warning in caught} <= {lp.RelevanceWarning}
    return [str(warning.message) for warning in caught]


def check_refusal(error: type[lp.LRPrismError], message: str, call: Callable[[], Any]) -> None:
    """Check the error and that its message is one line that holds the whole of ``message``."""
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).count("\n") == 0
    assert message in str(caught.value)


class TwoInputs(nn.Module):
    """Two inputs, two outputs, a hidden layer and a constant argument."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.a, self.b, self.last = nn.Linear(4, 5), nn.Linear(3, 5), nn.Linear(5, 3)

    def forward(
        self, x: Tensor, y: Tensor, *, mask: Tensor | None = None, scale: Tensor | None = None
    ) -> Any:
        hidden = torch.relu(self.a(x) + self.b(y))
        hidden = hidden if mask is None else hidden * mask
        logits = self.last(hidden)
        return {"logits": logits if scale is None else logits * scale, "hidden": hidden}


def assert_same(actual: Any, expected: Any) -> None:
    torch.testing.assert_close(actual, expected, rtol=1e-5, atol=1e-6)
