"""The parts of an explanation: targets, layers and the account, each number worked out by hand."""

import re
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from function_models import FunctionModel, make_linear
from lrprism import presets, select
from lrprism.ops import own
from lrprism.rules import Epsilon, Gamma

LRP_0 = presets.Epsilon(0)


def columns(*rows: list[float]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


# three logits of two inputs: class k gets R_i = a_i w_ki
WEIGHT = [[1.0, 2.0], [-3.0, 5.0], [7.0, -11.0]]
A = columns([1.0, 1.0], [2.0, -1.0])
CONTRIBUTIONS = A * torch.tensor(WEIGHT, dtype=torch.float64)[:, None]


def explain_by_epsilon(target: Any, composite: Any = LRP_0, **options: Any) -> lp.Explanation:
    return lp.LRP(make_linear(WEIGHT), composite).explain(A, target, **options)


@pytest.mark.parametrize(
    ("target", "classes"),
    [
        (None, [0, 2]),  # logits (3, 2, -4) and (0, -11, 25)
        (1, [1, 1]),
        ([2, 0], [2, 0]),
        ((1, 2), [1, 2]),
        (range(2), [0, 1]),
        (torch.tensor(2), [2, 2]),
        (torch.tensor([0, 2], dtype=torch.uint8), [0, 2]),
        (torch.tensor([[1, 2]])[0], [1, 2]),
    ],
)
def test_one_class_of_each_sample(target: Any, classes: list[int]) -> None:
    explanation = explain_by_epsilon(target)
    assert explanation.target.tolist() == classes
    assert torch.equal(explanation.relevance, CONTRIBUTIONS[classes, range(2)])
    assert torch.equal(explanation.output, A @ torch.tensor(WEIGHT, dtype=torch.float64).T)
    assert explanation.audit is None
    assert explanation.layers == {}


@pytest.mark.parametrize(
    ("target", "classes"),
    [("all", [0, 1, 2]), (lp.target.each(2, 0), [2, 0]), (lp.target.each(1), [1])],
)
def test_several_classes_of_every_sample_get_an_axis_in_front(target: Any, classes: list[int]) -> None:
    explanation = explain_by_epsilon(target)
    assert explanation.target.tolist() == classes
    assert torch.equal(explanation.relevance, CONTRIBUTIONS[classes])


def test_two_inputs_and_several_classes_give_each_input_the_axis() -> None:
    model = FunctionModel(lambda m, a, b: m.layer(a) + b, layer=make_linear(WEIGHT))
    b = columns([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    of_a, of_b = lp.LRP(model, LRP_0).explain((A, b), lp.target.each(2, 1)).relevance
    assert torch.equal(of_a, CONTRIBUTIONS[[2, 1]])
    assert of_b.tolist() == [[[0.0, 0.0, 3.0], [0.0, 0.0, 6.0]], [[0.0, 2.0, 0.0], [0.0, 5.0, 0.0]]]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (0, 2, CONTRIBUTIONS[0] - CONTRIBUTIONS[2]),
        ([0, 1], 2, CONTRIBUTIONS[[0, 1], range(2)] - CONTRIBUTIONS[2]),
        (torch.tensor([2, 2]), [0, 1], CONTRIBUTIONS[2] - CONTRIBUTIONS[[0, 1], range(2)]),
        ([1, 0], [1, 2], CONTRIBUTIONS[[1, 0], range(2)] - CONTRIBUTIONS[[1, 2], range(2)]),
    ],
)
def test_a_contrast_is_the_difference_of_two_classes(one: Any, other: Any, expected: Tensor) -> None:
    explanation = explain_by_epsilon(lp.target.contrast(one, other))
    assert torch.equal(explanation.relevance, expected.double())
    assert explanation.target is None


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        (1, 1, "contrast(1, 1)"),
        (torch.tensor(1), 1, "contrast(tensor(1), 1)"),
        ([0, 2], torch.tensor([0, 2]), "contrast([0, 2], Tensor(2,))"),
        (None, None, "contrast(None, None)"),
        (lp.target.at(1), lp.target.at(1), "contrast(at(1), at(1))"),
        (
            lp.target.token(0, 3),
            lp.target.token(0, 3),
            "contrast(token(position=0, id=3), token(position=0, id=3))",
        ),
    ],
)
def test_a_contrast_of_a_class_with_itself_is_refused(one: Any, other: Any, shown: str) -> None:
    words = (
        f"contrast() should set one class against another. Found {shown}, which is zero everywhere. "
        "Try contrast(0, 1), or the class alone as the target."
    )
    with pytest.raises(lp.TargetError, match=f"^{re.escape(words)}$"):
        lp.target.contrast(one, other)


def test_one_logit_of_exactly_zero_speaks_for_class_0() -> None:
    explanation = lp.LRP(make_linear([[1.0, -1.0]]), LRP_0).explain(columns([2.0, 2.0]), lp.target.side())
    assert explanation.target.tolist() == [0]
    assert explanation.relevance.tolist() == [[-2.0, 2.0]]


PRESETS = [
    presets.Epsilon(),
    presets.EpsilonGamma(),
    presets.EpsilonPlus(),
    presets.EpsilonAlpha2Beta1(),
    presets.EpsilonPlusFlat(),
    presets.EpsilonAlpha2Beta1Flat(),
    presets.EpsilonGammaBox(-4.0, 4.0),
    presets.AttnLRP(),
    presets.CPLRP(),
    presets.Hyper3DNetTutorial(),
]


@pytest.mark.parametrize("composite", PRESETS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("audit", [False, True])
def test_all_classes_in_one_pass_equal_one_class_at_a_time(composite: Any, *, audit: bool) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 3, 2), nn.SiLU(), nn.AvgPool2d(2)
    )
    model.append(nn.Flatten()).append(nn.LayerNorm(3)).append(nn.Linear(3, 4)).double()
    x = torch.randn(2, 2, 5, 5, dtype=torch.float64)
    explainer = lp.LRP(model, composite)
    together = explainer.explain(x, "all", layers=["2", "4"], audit=audit)
    alone = [explainer.explain(x, number, layers=["2", "4"], audit=audit) for number in range(4)]
    torch.testing.assert_close(
        together.relevance,
        torch.stack([explanation.relevance for explanation in alone]),
        rtol=1e-12,
        atol=1e-14,
    )
    for path in ("2", "4"):
        expected = torch.stack([explanation.layers[path] for explanation in alone])
        torch.testing.assert_close(together.layers[path], expected, rtol=1e-12, atol=1e-14)
    if audit:
        for rows in zip(together.audit, *(explanation.audit for explanation in alone), strict=True):
            for name in ("relevance_out", "relevance_in", "to_bias", "to_stabilizer", "to_rule"):
                total = sum(getattr(row, name) for row in rows[1:])
                assert getattr(rows[0], name) == pytest.approx(total, rel=1e-10, abs=1e-10)
        assert together.audit.explained == pytest.approx(
            sum(explanation.audit.explained for explanation in alone)
        )
        assert together.audit.reached == pytest.approx(
            sum(explanation.audit.reached for explanation in alone)
        )


@pytest.mark.parametrize("composite", PRESETS, ids=lambda each: type(each).__name__)
def test_keeping_the_account_changes_no_bit_of_relevance(composite: Any) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 3, 2), nn.GELU(), nn.AvgPool2d(2)
    )
    model.append(nn.Flatten()).append(nn.LayerNorm(3)).append(nn.Linear(3, 4))
    x = torch.randn(2, 2, 5, 5)
    explainer = lp.LRP(model, composite)
    for target in (None, "all", lp.target.contrast(0, 1)):
        with_account = explainer.explain(x, target, audit=True, layers=["*"])
        without = explainer.explain(x, target, layers=["*"])
        assert torch.equal(with_account.relevance, without.relevance)
        for path, result in without.layers.items():
            assert torch.equal(with_account.layers[path], result)


def test_relevance_at_a_layer_by_hand() -> None:
    # z = (2, -1) -> relu (2, 0) -> logit 3 * 2 + 5 * 0 = 6
    model = nn.Sequential(make_linear([[2.0], [-1.0]]), nn.ReLU(), make_linear([[3.0, 5.0]]))
    explanation = lp.LRP(model, LRP_0).explain(columns([1.0]), 0, layers="*")
    assert {path: tensor.tolist() for path, tensor in explanation.layers.items()} == {
        "": [[6.0]],
        "0": [[6.0, 0.0]],
        "1": [[6.0, 0.0]],
        "2": [[6.0]],
    }


def test_a_layer_with_two_outputs_and_one_whose_output_is_written_in_place() -> None:
    # halves (1, 2) and (3, 4); 2 left + 3 right = (11, 16), then times 10 in place
    model = nn.Sequential(
        FunctionModel(lambda _, x: x.chunk(2, 1)), FunctionModel(lambda _, halves: add_up(*halves))
    )
    explanation = lp.LRP(model, LRP_0).explain(columns([1.0, 2.0, 3.0, 4.0]), 1, layers=["0", "1"])
    left, right = explanation.layers["0"]
    assert (left.tolist(), right.tolist()) == ([[0.0, 40.0]], [[0.0, 120.0]])
    assert explanation.layers["1"].tolist() == [[0.0, 160.0]]


def add_up(left: Tensor, right: Tensor) -> Tensor:
    z = 2 * left + 3 * right
    z.mul_(10.0)
    return z


def test_what_reaches_a_layer_is_what_left_the_one_before() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv1d(2, 3, 3), nn.ReLU(), nn.Conv1d(3, 3, 3), nn.ReLU(), nn.Flatten())
    model.append(nn.Linear(6, 2)).double()
    rules = [(select.kind(select.Kind.CONVOLUTION), Gamma(0.25, 0)), (select.last(), Epsilon(0))]
    explanation = lp.LRP(model, rules).explain(
        torch.randn(3, 2, 6, dtype=torch.float64), layers=["1", "3"], audit=True
    )
    by_path = {row.module: row for row in explanation.audit}
    assert float(explanation.layers["3"].sum()) == pytest.approx(by_path["5"].relevance_in, rel=1e-12)
    assert float(explanation.layers["1"].sum()) == pytest.approx(by_path["2"].relevance_in, rel=1e-12)
    assert float(explanation.relevance.sum()) == pytest.approx(by_path["0"].relevance_in, rel=1e-12)


def make_shift(by: float) -> lp.Explanation:
    """4 a + by with a = 1: of the explained output, 4 arrive and ``by`` stay with the bias."""
    return lp.LRP(make_linear([[4.0]], [by]), LRP_0).explain(columns([1.0]), 0, audit=True)


@pytest.mark.parametrize(("by", "tolerance"), [(0.0, 0.0), (1.0, 0.2), (-1.0, 1 / 3), (-8.0, 2.0)])
def test_a_check_passes_up_to_its_tolerance(by: float, tolerance: float) -> None:
    make_shift(by).check(tolerance + 1e-12)
    if by:
        with pytest.raises(lp.ConservationError, match="explained output should be lost on the way"):
            make_shift(by).check(tolerance - 1e-12)


def test_a_failed_check_names_the_worst_ops_first() -> None:
    model = nn.Sequential(
        make_linear([[2.0]], [1.0]),
        nn.Sequential(make_linear([[1.0]], [-30.0])),
        make_linear([[1.0]], [1e-9]),
    )
    expected = (
        r"^at most 0\.001 of the explained output should be lost on the way to the inputs\. "
        r"Found -27 explained, 2 arrived, 0 unaccounted for\. "
        r"Most is here: linear in 1\.0 kept -30; linear in 0 kept 1\. "
        r"Try a larger tolerance, or a rule with bias=False where a bias keeps it\.$"
    )
    with pytest.raises(lp.ConservationError, match=expected):
        lp.LRP(model, LRP_0).explain(columns([1.0]), 0, audit=True).check()


def test_a_check_needs_an_account() -> None:
    with pytest.raises(
        lp.InputError, match=r"^check\(\) should have an account\. Found none\. Try .*audit=True"
    ):
        explain_by_epsilon(1).check()


SHOWN: dict[str, tuple[Any, dict[str, Any], str]] = {
    "classes": (columns([1.0, 2.0]), {}, "relevance=Tensor(1, 2), output=Tensor(1, 2), target=[1]"),
    "no class": (
        columns([1.0, 2.0]),
        {"target": torch.ones_like},
        "relevance=Tensor(1, 2), output=Tensor(1, 2)",
    ),
    "many samples and a class axis": (
        torch.ones(9, 2),
        {"target": "all"},
        "relevance=Tensor(2, 9, 2), output=Tensor(9, 2), target=[0, 1]",
    ),
    "many classes": (torch.ones(9, 2), {}, "relevance=Tensor(9, 2), output=Tensor(9, 2), target=Tensor(9,)"),
    "a tuple": ((columns([1.0, 2.0]),), {}, "relevance=(Tensor(1, 2),), output=Tensor(1, 2), target=[1]"),
    "by name, nested": (
        {"x": [columns([1.0, 2.0])]},
        {},
        "relevance={'x': [Tensor(1, 2)]}, output=Tensor(1, 2), target=[1]",
    ),
    "an account and layers": (
        columns([1.0, 2.0]),
        {"audit": True, "layers": ["layers.*", ""]},
        "relevance=Tensor(1, 2), output=Tensor(1, 2), target=[1], "
        "layers=['layers.0', 'layers.1', 'layers.2', 'layers.3', 'layers.4', ...], "
        "audit=<Account of 1 calls: 4 of 4 arrived, print() shows it as a table>",
    ),
}


class Doubling(nn.Module):
    """Doubles through modules that change nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(nn.Identity() for _ in range(6)))

    def forward(self, x: Any) -> Tensor:
        return 2 * self.layers(x[0] if isinstance(x, list) else x)


@pytest.mark.parametrize("what", SHOWN)
def test_an_explanation_prints_as_one_line_of_shapes(what: str) -> None:
    inputs, options, expected = SHOWN[what]
    explanation = lp.LRP(Doubling(), LRP_0).explain(inputs, **options)
    assert str(explanation) == repr(explanation) == f"Explanation({expected})"


def test_an_explainer_and_a_plan_print_as_one_line() -> None:
    last, box = select.last(), presets.EpsilonGammaBox(torch.zeros(3, 1, 1), 1.0)
    words = "<(last affine op & ~module a.*)>"
    explainer = lp.LRP(nn.Flatten(), [(last & ~select.module("a.*"), Gamma(0.25))])
    assert repr(explainer) == f"LRP(Flatten, Composite(rules=[({words}, Gamma(gamma=0.25, eps=1e-06))]))"
    explainer = lp.LRP(nn.Flatten(), box, strict=True, ops={torch.lgamma: own.activation("mine")})
    assert repr(explainer) == (
        "LRP(Flatten, EpsilonGammaBox(low=Tensor(3, 1, 1), high=1.0, gamma=0.25, eps=1e-06, bias=True), "
        "strict=True, ops={lgamma})"
    )
    plan = lp.LRP(Doubling(), LRP_0).plan(columns([1.0]))
    assert repr(plan) == "<Plan of 1 calls: print() shows it as a table>"
    assert str(plan).count("\n") == 2


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"target": "all"},
        {"batch_size": 1},
        {"reference": lp.reference.each(A[:1], A[1:]), "batch_size": 1},
    ],
)
def test_an_explanation_holds_the_inputs_that_were_given_and_no_copy(options: dict[str, Any]) -> None:
    x = A.clone().requires_grad_()
    explanation = lp.LRP(make_linear(WEIGHT), LRP_0).explain(x, **options)
    assert explanation.inputs.data_ptr() == x.data_ptr()
    assert explanation.inputs.shape == x.shape
    assert not explanation.inputs.requires_grad


def test_several_inputs_are_held_in_the_form_that_they_came_in() -> None:
    model = FunctionModel(lambda m, a, b: m.layer(a) + b["bias"], layer=make_linear(WEIGHT))
    b = columns([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    inputs = lp.LRP(model, LRP_0).explain((A, {"bias": b}), batch_size=1).inputs
    assert torch.equal(inputs[0], A)
    assert inputs[1]["bias"].data_ptr() == b.data_ptr()
