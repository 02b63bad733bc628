"""What the autograd graph tells about the affine calls of small models whose answer is seen by eye."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lrprism.engine import Request, trace

Forward = Callable[[Any, Tensor], Any]


class Model(nn.Module):
    """Three linear layers, registered in another order than they run, and a convolution."""

    def __init__(self, forward: Forward) -> None:
        super().__init__()
        self.c, self.b, self.a = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)
        self.conv = nn.Conv1d(1, 1, 3, padding=1)
        self.function = forward

    def forward(self, x: Tensor) -> Any:
        return self.function(self, x)


def facts(forward: Forward, *, audit: bool = False) -> list[tuple[str, bool, bool, bool]]:
    """Path, first, rectified, nonnegative of each affine call in order of execution."""
    passed = trace(
        Model(forward), [torch.randn(2, 4)], lambda live: (tuple(live), {}), request=Request(audit=audit)
    )
    known = passed.collect_facts()
    properties = known.first, known.rectified, known.nonnegative
    return [(call.module, *(call in calls for calls in properties)) for call in known.affine]  # type: ignore[misc]


def picked(forward: Forward, column: int, *, audit: bool) -> set[str]:
    return {str(row[0]) for row in facts(forward, audit=audit) if row[column]}


both = pytest.mark.parametrize("audit", [False, True])


@both
def test_a_chain(*, audit: bool) -> None:
    def chain(m: Any, x: Tensor) -> Tensor:
        return m.b(m.conv(x.unsqueeze(1)).relu().flatten(1))

    assert facts(chain, audit=audit) == [("conv", True, True, False), ("b", False, False, True)]


RECTIFIED: dict[str, tuple[Forward, set[str]]] = {
    "a relu after it": (lambda m, x: m.b(F.relu(m.a(x))), {"a"}),
    "an in-place relu after it": (lambda m, x: m.b(F.relu(m.a(x), inplace=True)), {"a"}),
    "two relus": (lambda m, x: (lambda z: m.b(z.relu()) + torch.relu(z))(m.a(x)), {"a"}),
    "a relu and a skip": (lambda m, x: (lambda z: z.relu() + z)(m.a(x)), set()),
    "a residual around it": (lambda m, x: m.b(x + m.a(x).relu()), {"a"}),
    "a reshape before the relu": (lambda m, x: m.a(x).view(2, 2, 2).relu().flatten(1), set()),
    "a leaky relu": (lambda m, x: F.leaky_relu(m.a(x)), set()),
    "a gelu": (lambda m, x: m.b(F.gelu(m.a(x))), set()),
    "the output itself": (lambda m, x: m.a(x), set()),
    "the output and its relu": (lambda m, x: (lambda z: torch.cat([z, z.relu()]))(m.a(x)), set()),
    "the relu is the output": (lambda m, x: m.a(x).relu(), {"a"}),
    "a use that the output does not need": (lambda m, x: unneeded(m, m.a(x)), {"a"}),
}


def unneeded(m: Any, z: Tensor) -> Tensor:
    m.c(z)
    result: Tensor = m.b(z.relu())
    return result


@both
@pytest.mark.parametrize("name", RECTIFIED)
def test_rectified(name: str, *, audit: bool) -> None:
    forward, expected = RECTIFIED[name]
    assert picked(forward, 2, audit=audit) == expected


NONNEGATIVE: dict[str, tuple[Forward, set[str]]] = {
    "the input": (lambda m, x: m.a(x), set()),
    "a relu": (lambda m, x: m.b(m.a(x).relu()), {"b"}),
    "reshapes": (lambda m, x: m.b(x.relu().view(4, 2).t().reshape(2, 4)[:, [1, 0, 2, 3]]), {"b"}),
    "max pooling": (
        lambda m, x: m.conv(F.max_pool2d(x.relu().view(2, 1, 1, 4), (1, 2)).squeeze(2)),
        {"conv"},
    ),
    "max pooling in one dimension": (lambda m, x: m.conv(F.max_pool1d(x.relu().unsqueeze(1), 2)), {"conv"}),
    "average pooling": (lambda m, x: m.conv(F.avg_pool1d(x.relu().unsqueeze(1), 2)), {"conv"}),
    "adaptive pooling": (
        lambda m, x: m.b(F.adaptive_avg_pool2d(x.relu().view(2, 4, 1, 1), 1).flatten(1)),
        {"b"},
    ),
    "a mean": (lambda m, x: m.b(x.relu().view(2, 4, 1).mean(2)), {"b"}),
    "a sum": (lambda m, x: m.b(x.relu().view(2, 4, 1).sum(2)), {"b"}),
    "two relus side by side": (
        lambda m, x: m.b(torch.cat([x[:, :2].relu(), m.a(x)[:, 2:].relu()], 1)),
        {"b"},
    ),
    "a relu beside something else": (lambda m, x: m.b(torch.cat([x[:, :2].relu(), x[:, 2:]], 1)), set()),
    "a relu beside a constant": (lambda m, x: m.b(torch.cat([x[:, :2].relu(), -torch.ones(2, 2)], 1)), set()),
    "relus stacked": (lambda m, x: m.b(torch.stack([x[0].relu(), x[1].relu()])), {"b"}),
    "a relu times a number": (lambda m, x: m.b(-2 * x.relu()), set()),
    "a relu minus a number": (lambda m, x: m.b(x.relu() - 1), set()),
    "a skip added": (lambda m, x: m.b(x + m.a(x).relu()), set()),
    "a relu, then another layer": (lambda m, x: m.c(m.b(x.relu())), {"b"}),
    "dropout": (lambda m, x: m.b(F.dropout(x.relu())), {"b"}),
}


@both
@pytest.mark.parametrize("name", NONNEGATIVE)
def test_nonnegative(name: str, *, audit: bool) -> None:
    forward, expected = NONNEGATIVE[name]
    assert picked(forward, 3, audit=audit) == expected


FIRST: dict[str, tuple[Forward, set[str]]] = {
    "a chain": (lambda m, x: m.c(m.b(m.a(x))), {"a"}),
    "two ways in": (lambda m, x: m.c(m.a(x) + m.b(2 * x)), {"a", "b"}),
    "a skip around the first": (lambda m, x: m.b(x + m.a(x)), {"a"}),
    "an activation and a mean before it": (
        lambda m, x: m.a(F.silu(x.unsqueeze(2).mean(2))),
        {"a"},
    ),
}


@both
@pytest.mark.parametrize("name", FIRST)
def test_first(name: str, *, audit: bool) -> None:
    forward, expected = FIRST[name]
    assert picked(forward, 1, audit=audit) == expected


@both
@pytest.mark.parametrize("swapped", [False, True])
def test_calls_stand_in_order_of_execution(*, audit: bool, swapped: bool) -> None:
    def two_branches(m: Any, x: Tensor) -> Tensor:
        earlier = m.b(x)
        later = m.a(x)
        result: Tensor = m.c(later + earlier if swapped else earlier + later)
        return result

    assert [path for path, *_ in facts(two_branches, audit=audit)] == ["b", "a", "c"]


@both
def test_each_call_of_a_shared_layer_has_its_own_facts(*, audit: bool) -> None:
    def twice(m: Any, x: Tensor) -> Tensor:
        result: Tensor = m.a(m.a(x).relu())
        return result

    assert facts(twice, audit=audit) == [("a", True, True, False), ("a", False, False, True)]


@both
def test_an_output_that_depends_on_no_affine_call(*, audit: bool) -> None:
    assert facts(lambda _, x: 2 * x, audit=audit) == []
