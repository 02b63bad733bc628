"""Relevance that inputs get whatever their value finds its way through moves, shifts and scales."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import expected_warnings
import lrprism as lp
from lrprism import presets, select
from lrprism.engine import backward
from lrprism.rules import Epsilon, Flat, Pass, WSquare, ZBox

AT_INPUT = select.at_input()


class Model(nn.Module):
    """z = w a with w = (1, -2, 3, 4), after what ``function`` makes of the inputs."""

    def __init__(self, function: Callable[..., Any], **layers: nn.Module) -> None:
        super().__init__()
        self.function = function
        self.layer = nn.Linear(4, 1, bias=False).double()
        self.layer.weight.data = torch.tensor([[1.0, -2.0, 3.0, 4.0]], dtype=torch.float64)
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(self, *inputs)


def rows(*values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


X = rows([1.0, 0.0, 2.0, 3.0])  # z = 1 + 6 + 12 = 19
SQUARES = rows([1.0, 4.0, 9.0, 16.0])  # of the weights; they add up to 30
RULES: dict[str, tuple[Any, Tensor]] = {
    "flat": (Flat(0), torch.ones(1, 4, dtype=torch.float64) / 4),
    "squares": (WSquare(0), SQUARES / 30),
}


def explained(
    function: Callable[..., Any], rule: Any, inputs: Any = X, target: Any = None, **options: Any
) -> Any:
    model = function if isinstance(function, nn.Module) else Model(function)
    return lp.LRP(model, [(AT_INPUT, rule)], strict=True).explain(inputs, target, **options)


# each with where the four shares of z come to lie, and what z is
WAYS: dict[str, tuple[Callable[..., Tensor], Callable[[Tensor], Tensor], float]] = {
    "nothing": (lambda m, x: m.layer(x), lambda r: r, 19),
    "a number added": (lambda m, x: m.layer(x + 1), lambda r: r, 25),
    "a number subtracted from": (lambda m, x: m.layer(1 - x), lambda r: r, -13),
    "a negative": (lambda m, x: m.layer(-x), lambda r: r, -19),
    "a scale per feature": (
        lambda m, x: m.layer(x * rows([2.0, 5.0, 1.0, -1.0]) / 2),
        lambda r: r,
        0.5 * (2 + 6 - 12),
    ),
    "a scale of zero": (lambda m, x: m.layer(0 * x + 1), lambda r: r, 6),
    "standardised": (lambda m, x: m.layer((x - 1.5) / 0.5), lambda r: r, 2 * (19 - 9)),
    "a reshape": (lambda m, x: m.layer(x.view(2, 2).t().t().reshape(1, 4)), lambda r: r, 19),
    "a flip": (lambda m, x: m.layer(x.flip(1)), lambda r: r.flip(1), 3 - 4 + 4),
    "a roll": (lambda m, x: m.layer(x.roll(1, 1)), lambda r: r.roll(-1, 1), 3 - 2 + 8),
    "a permutation": (
        lambda m, x: m.layer(x[:, [1, 0, 3, 2]]),
        lambda r: r[:, [1, 0, 3, 2]],
        -2 + 9 + 8,
    ),
    "two halves joined": (lambda m, x: m.layer(torch.cat(x.chunk(2, 1), 1)), lambda r: r, 19),
    "stacked": (lambda m, x: m.layer(torch.stack(x.unbind(1), 1)), lambda r: r, 19),
    "a clone written in place": (lambda m, x: m.layer(x.clone().mul_(2.0).add_(1.0)), lambda r: r, 44),
    "batch norm": (
        lambda m, x: m.layer(
            F.batch_norm(x, torch.zeros(4).double(), torch.full((4,), 4.0).double(), eps=0.0)
        ),
        lambda r: r,
        9.5,
    ),
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("audit", [False, True])
@expected_warnings.FLAT_ON_A_DENSE_LAYER
def test_shares_come_back_to_where_the_numbers_came_from(way: str, rule: str, *, audit: bool) -> None:
    function, back, z = WAYS[way]
    found = explained(function, RULES[rule][0], audit=audit)
    assert found.output.item() == pytest.approx(z)
    torch.testing.assert_close(found.relevance, back(RULES[rule][1]) * z, rtol=1e-12, atol=1e-12)
    if audit:
        assert found.audit.reached == pytest.approx(z)
        assert found.audit.unaccounted == pytest.approx(0, abs=1e-12)
        assert all(row.lost == pytest.approx(0, abs=1e-12) for row in found.audit)


@expected_warnings.FLAT_ON_A_DENSE_LAYER
def test_what_padding_gets_is_lost_to_a_constant() -> None:
    # (0, 1, 2, 0): z = -2 + 6 = 4, a quarter each, of which two fall on zeros that are no input
    found = explained(lambda m, x: m.layer(F.pad(x, (1, 1))), Flat(0), rows([1.0, 2.0]), audit=True)
    assert found.relevance.tolist() == [[1.0, 1.0]]
    assert [(row.op, row.to_constant) for row in found.audit] == [("pad", 2.0), ("linear", 0.0)]


@expected_warnings.FLAT_ON_A_DENSE_LAYER
def test_an_entry_used_twice_gets_both_shares() -> None:
    # (a, b, a, b) with a = 1, b = 2: z = 1 - 4 + 3 + 8 = 8
    found = explained(lambda m, x: m.layer(torch.cat([x, x], 1)), Flat(0), rows([1.0, 2.0]))
    assert found.relevance.tolist() == [[4.0, 4.0]]
    found = explained(lambda m, x: m.layer(x.repeat(1, 2)), WSquare(0), rows([1.0, 2.0]))
    torch.testing.assert_close(found.relevance, rows([80 / 30, 160 / 30]))
    found = explained(lambda m, x: m.layer(x.expand(1, 4)), Flat(0), rows([2.0]))  # z = 12
    assert found.relevance.tolist() == [[12.0]]


@expected_warnings.FLAT_ON_A_DENSE_LAYER
def test_two_inputs_side_by_side() -> None:
    # z = 1 + 3 * 2 + 4 * 3 = 19, a quarter each
    one, three = explained(
        lambda m, a, b: m.layer(torch.cat([a, b], 1)), Flat(0), (X[:, :1], X[:, 1:])
    ).relevance
    assert (one.tolist(), three.tolist()) == ([[4.75]], [[4.75, 4.75, 4.75]])


def test_two_layers_on_one_input_add_up_and_another_way_joins_them() -> None:
    # z = 19 twice; beside them 5 a1 by the gradient, which is 5
    def forward(m: Any, x: Tensor) -> Tensor:
        return m.layer(x) + m.layer(2 * x) + 5 * x[:, :1]

    found = explained(forward, Flat(0), audit=True)
    assert found.relevance.tolist() == [[57 / 4 + 5, 57 / 4, 57 / 4, 57 / 4]]
    assert found.audit.reached == found.audit.explained == 62.0


@expected_warnings.FLAT_ON_A_DENSE_LAYER
def test_several_classes_keep_apart() -> None:
    layer = nn.Linear(2, 2, bias=False).double()
    layer.weight.data = torch.tensor([[1.0, 3.0], [2.0, 5.0]], dtype=torch.float64)
    x = rows([0.0, 2.0], [1.0, 1.0])  # logits (6, 10) and (4, 7)
    found = explained(layer, Flat(0), x, "all", audit=True)
    assert found.relevance.tolist() == [[[3.0, 3.0], [2.0, 2.0]], [[5.0, 5.0], [3.5, 3.5]]]
    assert found.audit.reached == 27.0
    assert explained(layer, Flat(0), x, lp.target.contrast(0, 1)).relevance.tolist() == [
        [-2.0, -2.0],
        [-1.5, -1.5],
    ]


def test_tokens_get_what_their_vectors_get() -> None:
    # vectors (1, 0, 2, 3) and zeros: z = 19 and 0, shared whatever the numbers are
    table = nn.Embedding.from_pretrained(torch.cat([X, torch.zeros(1, 4).double()]))
    model = Model(lambda m, ids: m.layer(m.table(ids)).sum(1), table=table)
    found = explained(model, Flat(0), torch.tensor([[0, 1, 0]]))
    assert found.relevance.tolist() == [[19.0, 0.0, 19.0]]


def test_a_box_behind_a_scale_is_the_box_of_what_the_layer_sees() -> None:
    # 2 a = (2, 0, 4, 6) in [-1, 8]: lowest w a is -1, -16, -3, -4; above it are 3, 16, 15, 28; z = 38
    found = explained(lambda m, x: m.layer(2 * x), ZBox(-1.0, 8.0, 0)).relevance
    torch.testing.assert_close(found, 38 * rows([3.0, 16.0, 15.0, 28.0]) / 62)


@expected_warnings.FLAT_ON_A_DENSE_LAYER
def test_another_type_in_between() -> None:
    found = explained(lambda m, x: m.layer(x.double()), Flat(0), X.float())
    assert (found.relevance.dtype, found.relevance.tolist()) == (torch.float32, [[4.75] * 4])


def test_passing_on_gives_zeros_their_relevance() -> None:
    square = nn.Linear(2, 2, bias=False).double()
    square.weight.data = torch.tensor([[1.0, 3.0], [2.0, 5.0]], dtype=torch.float64)
    found = explained(square, Pass(), rows([0.0, 2.0]), torch.ones_like)
    assert found.relevance.tolist() == [[6.0, 10.0]]


@expected_warnings.NO_CONVOLUTION
@expected_warnings.FLAT_ON_A_DENSE_LAYER
def test_a_layer_in_front_of_it_is_read_too() -> None:
    model = nn.Sequential(nn.Identity(), nn.Flatten(), Model(lambda m, x: m.layer(2 * x)))
    found = explained(model, Flat(0), X.view(1, 2, 2), layers=["0", "1"])
    assert found.layers["0"].tolist() == [[[9.5, 9.5], [9.5, 9.5]]]
    assert found.layers["1"].tolist() == [[9.5, 9.5, 9.5, 9.5]]


@pytest.mark.parametrize(
    "between", [torch.relu, lambda x: x * x, lambda x: x.cumsum(1), lambda x: x.softmax(1)]
)
def test_ops_that_change_entries_in_between_are_refused(between: Callable[[Tensor], Tensor]) -> None:
    model = Model(lambda m, x: m.layer(between(x)))
    with pytest.raises(
        lp.RuleError, match=r"Flat should serve the first op behind an input.*Try select\.at_i"
    ):
        lp.LRP(model, [(select.first(), Flat())]).explain(X, 0)
    rules = [(AT_INPUT, Flat()), (select.last(), Epsilon(0))]
    with pytest.warns(lp.RelevanceWarning, match="Found none for 'affine op at the input'"):
        found = lp.LRP(model, rules).explain(X, 0)
    expected = lp.LRP(model, presets.Epsilon(0)).explain(X, 0)
    assert torch.equal(found.relevance, expected.relevance)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda m, x: m.layer(x), False),
        (lambda m, x: m.layer((x * 2 + 1).flip(1).view(1, 4)), False),
        (lambda m, x: m.layer(x[:, torch.arange(4)]), True),
        (lambda m, x: m.layer(x.gather(1, torch.arange(4)[None])), True),
        (lambda m, x: _assigned(m, x), True),
    ],
)
@expected_warnings.FLAT_ON_A_DENSE_LAYER
def test_what_autograd_saves_is_held_only_where_a_move_has_saved_some(
    monkeypatch: pytest.MonkeyPatch, function: Callable[..., Any], expected: bool
) -> None:
    asked = []
    run = backward._run_autograd
    monkeypatch.setattr(
        backward, "_run_autograd", lambda *args, **how: asked.append(how["retain_graph"]) or run(*args, **how)
    )
    explained(function, Flat(0))
    assert asked == [expected]


def _assigned(m: Model, x: Tensor) -> Tensor:
    whole = torch.zeros_like(x)
    whole[:, 1:] = x[:, 1:]
    return m.layer(whole)
