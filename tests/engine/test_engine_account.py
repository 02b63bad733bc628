"""The account of small models, worked out by hand."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn import functional as F

import lrprism as lp
from lrprism import presets, select
from lrprism.engine import Account, Row
from lrprism.rules import Epsilon, Gamma

LRP_0 = presets.Epsilon(0)


class Model(nn.Module):
    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def audited(model: nn.Module, x: list[float], composite: Any = LRP_0, target: Any = None) -> Account:
    inputs = torch.tensor([x], dtype=torch.float64)
    audit = lp.LRP(model.double(), composite).explain(inputs, target, audit=True).audit
    assert audit is not None
    return audit


def numbers(row: Row) -> tuple[float, ...]:
    """Out, in, and the four sinks."""
    return (
        row.relevance_out,
        row.relevance_in,
        row.to_bias,
        row.to_stabilizer,
        row.to_rule,
        row.to_constant,
    )


def in_and_out(audit: Account) -> list[tuple[str, float, float]]:
    return [(row.op, row.relevance_out, row.relevance_in) for row in audit]


def linear(weight: list[list[float]], bias: list[float]) -> nn.Linear:
    layer = nn.Linear(len(weight[0]), len(weight)).double()
    layer.weight.data = torch.tensor(weight, dtype=torch.float64)
    layer.bias.data = torch.tensor(bias, dtype=torch.float64)
    return layer


def batch_norm(mean: list[float], variance: float, weight: float, bias: list[float]) -> nn.BatchNorm1d:
    layer = nn.BatchNorm1d(len(mean), eps=1.0).double()
    layer.running_mean = torch.tensor(mean, dtype=torch.float64)
    layer.running_var = torch.full((len(mean),), variance, dtype=torch.float64)
    layer.weight.data.fill_(weight)
    layer.bias.data = torch.tensor(bias, dtype=torch.float64)
    return layer


def test_a_network_with_batch_norm_by_hand() -> None:
    # a = (1, 2); z = (1 + 2 + 1, 1 - 2) = (4, -1)
    # sqrt(3 + 1) = 2, so batch norm is (z - mean) + bias: (4 - 1 + 0, -1 - 0 - 1) = (3, -2); relu: (3, 0)
    # logit = 2 * 3 + 5 * 0 + 1 = 7
    # way back: g = (2, 5) behind the relu, (2, 0) before it and before batch norm
    model = nn.Sequential(
        linear([[1.0, 1.0], [1.0, -1.0]], [1.0, 0.0]),
        batch_norm([1.0, 0.0], 3.0, 2.0, [0.0, -1.0]),
        nn.ReLU(),
        linear([[2.0, 5.0]], [1.0]),
    ).train()
    audit = audited(model, [1.0, 2.0])
    # merged: w = (1, 1) and (1, -1) times 2 / 2, b = (1 - 1, -1); relevance 3 * 2 from contributions 1 and 2
    assert [(row.module, row.op) for row in audit] == [
        ("0", "linear + batch_norm"),
        ("2", "relu"),
        ("3", "linear"),
    ]
    assert [numbers(row) for row in audit] == [
        pytest.approx((6.0, 6.0, 0.0, 0.0, 0.0, 0.0)),
        pytest.approx((6.0, 6.0, 0.0, 0.0, 0.0, 0.0)),
        pytest.approx((7.0, 6.0, 1.0, 0.0, 0.0, 0.0)),
    ]


def test_batch_norm_on_its_own_keeps_its_shift() -> None:
    # sqrt(3 + 1) = 2, weight 2: relu(a) = (4, 1), minus the mean 1 and 0, plus 0 and -1: (3, 0)
    # explained: class 0, 3 = 4 - 1, of which the input gets 4 and the shift -1
    model = nn.Sequential(nn.ReLU(), batch_norm([1.0, 0.0], 3.0, 2.0, [0.0, -1.0]))
    relu, norm = audited(model, [4.0, 1.0])
    assert (norm.op, numbers(norm)) == ("batch_norm", pytest.approx((3.0, 4.0, -1.0, 0.0, 0.0, 0.0)))
    assert numbers(relu) == pytest.approx((4.0, 4.0, 0.0, 0.0, 0.0, 0.0))


def test_a_merged_layer_whose_output_is_used_elsewhere_too_keeps_its_own_row() -> None:
    # z = 2 a, batch norm halves: z / 2 + z: a = 1: merged gives 1, the layer itself 2
    layer, norm = linear([[2.0]], [0.0]), batch_norm([0.0], 3.0, 1.0, [0.0])

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.norm = layer, norm

        def forward(self, x: Tensor) -> Tensor:
            z = self.layer(x)
            return self.norm(z) + z

    assert in_and_out(audited(Twice(), [1.0])) == [
        ("linear", 2.0, 2.0),
        ("linear + batch_norm", 1.0, 1.0),
        ("add", 3.0, 3.0),
    ]


def test_gamma_counts_the_modified_bias() -> None:
    # a = (1, -2), w = (2, 1), b = 1: z = 1
    # gamma = 1 doubles what is positive: shares 4 and -2, bias 2, zP = 4
    (row,) = audited(
        linear([[2.0, 1.0]], [1.0]), [1.0, -2.0], [(select.kind(select.Kind.LINEAR), Gamma(1.0, 0))]
    )
    assert numbers(row) == pytest.approx((1.0, 0.5, 0.5, 0.0, 0.0, 0.0))
    assert row.rule == "Gamma(gamma=1.0, eps=0)"


def test_average_pooling_counts_its_stabiliser() -> None:
    # the mean of 1 and 3 is 2; with eps = 1/2 it hands on 2 * 2 / 2.5
    model = nn.Sequential(nn.AvgPool1d(2))
    (row,) = audited(model, [1.0, 3.0], [(select.kind(select.Kind.AVERAGE_POOLING), Epsilon(0.5))], 0)
    assert numbers(row) == pytest.approx((2.0, 1.6, 0.0, 0.4, 0.0, 0.0))
    assert (row.op, row.rule) == ("avg_pool1d", "Epsilon(eps=0.5)")


def test_an_op_with_several_outputs() -> None:
    # 2 (1, 2) + 3 (3, 4) = (11, 16): class 1 is explained
    def model(x: Tensor) -> Tensor:
        left, right = x.chunk(2, 1)
        return 2 * left + 3 * right

    assert in_and_out(audited(Model(model), [1.0, 2.0, 3.0, 4.0])) == [
        ("chunk", 16.0, 16.0),
        ("mul", 4.0, 4.0),
        ("mul", 12.0, 12.0),
        ("add", 16.0, 16.0),
    ]


def test_an_output_that_nothing_uses_counts_as_zero() -> None:
    assert in_and_out(audited(Model(lambda x: x.chunk(2, 1)[0]), [1.0, 2.0, 3.0, 4.0])) == [
        ("chunk", 2.0, 2.0)
    ]


def test_a_tensor_used_twice_is_counted_once_per_use() -> None:
    # y = 2 a; y + 3 y = 8 a, a = 1: of the 8 at the sum, 2 come straight to y and 6 through the product
    def model(x: Tensor) -> Tensor:
        y = 2 * x
        return y + 3 * y

    assert in_and_out(audited(Model(model), [1.0], target=0)) == [
        ("mul", 8.0, 8.0),
        ("mul", 6.0, 6.0),
        ("add", 8.0, 8.0),
    ]


def test_dropout_in_train_mode_is_the_identity() -> None:
    model = nn.Sequential(nn.Dropout(0.9), linear([[3.0, 1.0]], [0.0])).train()
    assert in_and_out(audited(model, [1.0, 2.0])) == [("dropout", 5.0, 5.0), ("linear", 5.0, 5.0)]


def test_an_activation_hands_everything_on() -> None:
    # silu(2) = 2 sigmoid(2)
    (row,) = audited(Model(F.silu), [2.0])
    silu = 2 / (1 + torch.tensor(-2.0, dtype=torch.float64).exp().item())
    assert numbers(row) == pytest.approx((silu, silu, 0.0, 0.0, 0.0, 0.0))


def test_an_op_without_a_rule_shows_what_it_loses() -> None:
    # lgamma(3) = log 2, its slope there is digamma(3) = 3/2 - Euler's constant
    euler, log2 = 0.5772156649015329, 0.6931471805599453
    with pytest.warns(lp.RelevanceWarning, match="no rule is known for lgamma"):
        (row,) = audited(Model(torch.lgamma), [3.0], target=0)
    slope = 1.5 - euler
    assert numbers(row) == pytest.approx((log2, 3 * slope, 0.0, 0.0, 0.0, 0.0))
    assert (row.op, row.rule, row.to_unknown) == ("lgamma", "", pytest.approx(log2 - 3 * slope))


def test_what_is_detached_stays_with_the_detach() -> None:
    stop, add = audited(Model(lambda x: x + 3 * x.detach()), [1.0])
    assert (stop.op, stop.why) == ("detach", "counts as a constant: relevance stops")
    assert (add.op, numbers(add)) == ("add", (4.0, 4.0, 0.0, 0.0, 0.0, 0.0))
    assert numbers(stop) == (3.0, 0.0, 0.0, 0.0, 0.0, 3.0)


def test_constants_make_no_rows() -> None:
    audit = audited(Model(lambda x: x * (torch.ones(1).double() + 1).sqrt() * torch.tensor(2.0).exp()), [1.0])
    assert [row.op for row in audit] == ["mul", "mul"]


def test_all_classes_are_summed() -> None:
    # logits (1 + 1, 3 - 1): both are 2; contributions 1 and 3, biases 1 and -1
    (row,) = audited(linear([[1.0], [3.0]], [1.0, -1.0]), [1.0], target="all")
    assert numbers(row) == pytest.approx((4.0, 4.0, 0.0, 0.0, 0.0, 0.0))


def test_the_batch_is_summed() -> None:
    model, x = linear([[1.0, 1.0]], [0.0]), torch.tensor([[1.0, 1.0], [2.0, 3.0]], dtype=torch.float64)
    (row,) = lp.LRP(model, LRP_0).explain(x, 0, audit=True).audit or ()
    assert row.relevance_out == 7.0


def test_the_account_is_a_sequence_that_prints_as_a_table() -> None:
    audit = audited(nn.Sequential(nn.Dropout(), linear([[2.0]], [1.0])), [1.0])
    assert len(audit) == 2
    assert [row.call for row in audit] == [0, 1]
    assert audit[0:1] == (audit[0],)
    head, line, dropout, layer, _, total = str(audit).splitlines()
    columns = "module op rule relevance_out relevance_in bias stabilizer rule_loss constant unknown"
    assert "_".join(head.split()) == columns.replace(" ", "_")
    assert set(line) == {"-"}
    assert dropout.split() == ["0", "dropout", "-", "2", "2", "0", "0", "0", "0", "0"]
    assert layer.split() == ["1", "linear", "Epsilon(eps=0)", "3", "2", "1", "0", "0", "0", "0"]
    assert total == "explained 3 = at the inputs 2 + kept on the way 1 + unaccounted for 0"


def test_an_activation_goes_when_the_last_way_back_has_counted_it() -> None:
    activations: list[StorageWeakRef] = []
    gone: list[bool] = []

    class Watched(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(3, 4), nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            h = torch.tanh(self.a(x))
            activations.append(StorageWeakRef(h.untyped_storage()))
            return self.b(h)

    def watch(z: Tensor) -> Tensor:
        gone.append(activations[-1].expired())
        return z + 1

    composite = [(select.module("a"), Epsilon(watch)), (select.module("b"), Epsilon())]
    explainer, x = lp.LRP(Watched(), composite), torch.rand(2, 3)
    explainer.explain(x, 0, audit=True)
    assert all(gone)
    assert gone
    gone.clear()
    explainer.explain(x, lp.target.each(0, 1), audit=True)
    assert not any(gone)  # asked on the first way back, for both
    assert gone


_HEAD_OF_ROWS = torch.tensor([[1.0, -2.0], [0.5, 3.0]])
_LAYOUTS: dict[str, Callable[[Tensor], Tensor]] = {
    "sparse": lambda x: torch.stack([(rows.to_sparse() @ _HEAD_OF_ROWS).sum(0) for rows in x]),
    "nested": lambda x: (
        torch.nested.to_padded_tensor(torch.nested.as_nested_tensor([rows[:2] for rows in x]) * 2, 0.0).sum(1)
        @ _HEAD_OF_ROWS
    ),
    "jagged": lambda x: (
        torch.nested.as_nested_tensor([rows[:2] for rows in x], layout=torch.jagged)
        .to_padded_tensor(0.0)
        .sum(1)
        @ _HEAD_OF_ROWS
    ),
}


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors", "ignore::lrprism.RelevanceWarning")
@pytest.mark.parametrize("layout", _LAYOUTS)
def test_layouts_without_one_shape_or_memory_are_counted(layout: str) -> None:
    class Model(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return _LAYOUTS[layout](x)

    x = torch.tensor([[[1.0, 2.0], [3.0, -4.0]], [[0.0, 1.0], [2.0, 0.0]]])
    explainer = lp.LRP(Model(), presets.Epsilon(0))
    found = explainer.explain(x, 0, audit=True)
    torch.testing.assert_close(found.relevance, explainer.explain(x, 0).relevance)
    times = 2 if layout == "nested" else 1
    expected = x * torch.tensor([1.0, 0.5]) * times  # 0 is the class of the first column
    torch.testing.assert_close(found.relevance, expected)
    assert found.audit is not None
    assert found.audit.explained == pytest.approx(float(expected.sum()))
    assert found.audit.unaccounted == pytest.approx(0, abs=1e-5)
    assert [row.lost for row in found.audit] == pytest.approx([0.0] * len(found.audit), abs=1e-5)
    made = {"sparse": "to_sparse", "nested": "_nested_tensor_from_tensor_list", "jagged": "to_padded_tensor"}
    held = [row.relevance_out for row in found.audit if row.op == made[layout]]
    assert sum(held) == pytest.approx(float(expected.sum()))
