"""Warnings about a map that is right by the formulas and still not what a reader takes it for."""

import re
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import nn

import lrprism as lp
from function_models import FunctionModel, collect_warnings, make_linear
from lrprism import presets, select
from lrprism.rules import Epsilon

LRP_0 = presets.Epsilon(0)
linear = partial(make_linear, dtype=torch.float32)


def collect(explain: Callable[[], Any]) -> list[str]:
    return collect_warnings(explain, __file__)


# --- little arrives


def make_shift(bias: float) -> nn.Module:
    """2 a + bias: with a = 1, 2 arrive of 2 + bias."""
    return linear([[2.0]], [bias])


LITTLE = (
    "at least 1% of what is explained should arrive at the inputs. Found {}, summed over samples without "
    "their sign: the map says little about the model. Biases, detach() or an eps that is large beside the "
    "output may keep the rest. See where it stayed: print(explain(..., audit=True).audit)."
)


@pytest.mark.parametrize("options", [{}, {"audit": True}, {"batch_size": 2}, {"layers": ["*"]}], ids=str)
def test_less_than_a_hundredth_arrives(options: Any) -> None:
    # 3 samples: 2 of 202 arrive of each, and one sample 2 of -202
    x = torch.ones(3, 1)
    assert collect(lambda: lp.LRP(make_shift(200.0), LRP_0).explain(x, **options)) == [
        LITTLE.format("6 of 606")
    ]
    assert collect(lambda: lp.LRP(make_shift(197.0), LRP_0).explain(x, **options)) == []


def test_samples_do_not_cancel() -> None:
    # 2 and -2 explained, 2 and -2 arrive: sums over the batch are 0
    x = torch.tensor([[1.0], [-1.0]])
    assert collect(lambda: lp.LRP(make_shift(0.0), LRP_0).explain(x)) == []
    # of 2 + 500 and -2 - 500 nothing to speak of
    model = FunctionModel(lambda m, x: m.layer(x) + 500 * x.detach(), layer=make_shift(0.0))
    assert collect(lambda: lp.LRP(model, LRP_0).explain(x)) == [LITTLE.format("4 of 1e+03")]


def test_a_batch_that_loses_all_is_outweighed_by_one_that_does_not() -> None:
    model = FunctionModel(lambda m, x: torch.where(x > 0, m.layer(x), 3.0 + 0 * x), layer=make_shift(0.0))
    x = torch.tensor([[5.0], [-1.0]])
    assert collect(lambda: lp.LRP(model, LRP_0).explain(x, batch_size=1)) == []
    assert collect(lambda: lp.LRP(model, LRP_0).explain(x[1:])) == [LITTLE.format("0 of 3")]


def test_what_is_detached_does_not_arrive() -> None:
    model = FunctionModel(lambda _, x: x.detach() + 0 * x)
    assert collect(lambda: lp.LRP(model, LRP_0).explain(torch.ones(2, 1))) == [LITTLE.format("0 of 2")]


def test_an_eps_beside_a_tiny_output() -> None:
    layer = linear([[1e-9]])
    messages = collect(lambda: lp.LRP(layer).explain(torch.ones(1, 1)))
    assert len(messages) == 1
    assert messages[0].startswith("at least 1% of what is explained should arrive")
    assert collect(lambda: lp.LRP(layer, LRP_0).explain(torch.ones(1, 1))) == []


NOTHING_TO_EXPLAIN: dict[str, tuple[nn.Module, Any]] = {
    "an output of zero": (make_shift(-2.0), None),
    "a contrast of equal logits": (linear([[2.0], [2.0]], [500.0, 500.0]), lp.target.contrast(0, 1)),
    "two logits that are equal but for rounding": (
        linear([[0.1 * 3], [0.3]], [1e3, 1e3]),
        lp.target.contrast(0, 1),
    ),
    "a seed of zeros": (make_shift(500.0), torch.zeros_like),
}


@pytest.mark.parametrize("what", NOTHING_TO_EXPLAIN)
def test_nothing_is_missed_where_nothing_is_explained(what: str) -> None:
    model, target = NOTHING_TO_EXPLAIN[what]
    assert collect(lambda: lp.LRP(model, LRP_0).explain(torch.ones(1, 1), target)) == []


def test_every_entry_of_a_class_axis_and_tokens_count() -> None:
    one, other = linear([[2.0], [3.0]], [0.0, 900.0]), linear([[2.0], [3.0]], [900.0, 900.0])
    assert collect(lambda: lp.LRP(one, LRP_0).explain(torch.ones(2, 1), lp.target.each(1))) == [
        LITTLE.format("6 of 1.81e+03")
    ]
    assert collect(lambda: lp.LRP(other, LRP_0).explain(torch.ones(2, 1), "all")) == [
        LITTLE.format("10 of 3.61e+03")
    ]
    table = nn.Embedding(4, 1)
    table.weight.data.fill_(1.0)
    for bias, expected in ((0.0, []), (900.0, [LITTLE.format("8 of 1.81e+03")])):
        model = nn.Sequential(table, nn.Flatten(), linear([[2.0, 2.0]], [bias]))
        assert (
            collect(lambda model=model: lp.LRP(model, LRP_0).explain(torch.tensor([[0, 1], [2, 3]])))
            == expected
        )


def test_inputs_without_the_samples_in_front_are_summed_up() -> None:
    # time first: [5, 2, 1] -> [2, 1]; the outputs 5 and -5 cancel, so that nothing is missed
    model = FunctionModel(lambda _, x: x.sum(0))
    x = torch.ones(5, 2, 1) * torch.tensor([[1.0], [-1.0]])
    assert collect(lambda: lp.LRP(model, LRP_0).explain(x)) == []
    model = FunctionModel(lambda _, x: x.sum(0) + 900)
    assert collect(lambda: lp.LRP(model, LRP_0).explain(x.abs())) == [LITTLE.format("10 of 1.81e+03")]


def mlp() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 6, bias=False), nn.ReLU(), nn.Linear(6, 3, bias=False))


# --- all of them


def test_python_s_filters_switch_each_of_them_off() -> None:
    net = nn.Sequential(mlp(), nn.Softmax(1))
    explainer = lp.LRP(net, presets.EpsilonPlusFlat())
    messages = collect(lambda: explainer.explain(torch.rand(2, 4), 0))
    assert [message.split()[0] for message in messages] == ["logits", "EpsilonPlusFlat", "Flat", "at"][
        : len(messages)
    ]
    assert len(messages) >= 3
    for message in messages:
        with warnings.catch_warnings():
            for other in messages:
                warnings.filterwarnings("error" if other == message else "ignore", re.escape(other))
            with pytest.raises(lp.RelevanceWarning, match=re.escape(message)):
                explainer.explain(torch.rand(2, 4), 0)
    with warnings.catch_warnings():
        warnings.filterwarnings("error")
        warnings.filterwarnings("ignore", category=lp.RelevanceWarning)
        explainer.explain(torch.rand(2, 4), 0)


def test_an_op_without_a_rule_is_named_once_for_all_batches() -> None:
    model = FunctionModel(lambda _, x: torch.lgamma(x))
    messages = collect(
        lambda: lp.LRP(model, [(select.last(), Epsilon())]).explain(torch.full((4, 1), 3.0), batch_size=1)
    )
    assert [message[:22] for message in messages] == ["no rule is known for l", "selectors should mean "]
