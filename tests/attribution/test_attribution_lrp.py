from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

import expected_warnings
import lrprism as lp
from lrprism import presets, select
from lrprism.rules import Epsilon, Gamma
from lrprism.spectral.networks import Hyper3DNetLite


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-12)])
def test_lrp_0_conserves_on_a_network_without_biases(dtype: torch.dtype, tolerance: float) -> None:
    torch.manual_seed(0)
    model = Hyper3DNetLite(bands=6, classes=3, window=7).to(dtype)
    for module in model.modules():
        if getattr(module, "bias", None) is not None:
            module.bias = None
    explanation = lp.LRP(model, presets.Epsilon(0)).explain(torch.rand(3, 1, 6, 7, 7, dtype=dtype))
    logit = explanation.output.amax(1)
    assert ((explanation.relevance.flatten(1).sum(1) - logit).abs() / logit.abs()).max() <= tolerance


def test_the_one_liner_and_the_default_composite() -> None:
    torch.manual_seed(0)
    model, x = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2, 2)), torch.rand(2, 1, 3, 3)
    assert torch.equal(
        lp.explain(model, x).relevance, lp.LRP(model, presets.EpsilonGamma()).explain(x).relevance
    )


def test_further_arguments_get_no_relevance() -> None:
    class Scaled(nn.Module):
        def forward(self, x: Tensor, factor: Tensor, *, shift: float) -> Tensor:
            return x * factor + shift

    explanation = lp.LRP(Scaled(), presets.Epsilon(0)).explain(
        torch.ones(1, 2), 0, args=(torch.tensor([3.0, 4.0]),), kwargs={"shift": 1.0}
    )
    assert explanation.output.tolist() == [[4.0, 5.0]]
    assert explanation.relevance.tolist() == [[3.0, 0.0]]


def test_relevance_at_layers_by_glob_and_for_repeated_calls() -> None:
    torch.manual_seed(0)
    shared = nn.Linear(3, 3)
    model = nn.Sequential(shared, nn.ReLU(), shared)
    explanation = lp.explain(model, torch.rand(2, 3)), lp.LRP(model).explain(torch.rand(2, 3), layers=["*"])
    assert explanation[0].layers == {}
    assert isinstance(explanation[1].layers["0"], tuple)
    assert len(explanation[1].layers["0"]) == 2
    assert explanation[1].layers["1"].shape == (2, 3)


def test_captum_s_signature() -> None:
    torch.manual_seed(0)
    model, x = nn.Linear(4, 3), torch.rand(2, 4)
    explainer = lp.LRP(model)
    assert torch.equal(explainer.attribute(x, 1), explainer.explain(x, 1).relevance)
    relevance, delta = explainer.attribute((x,), 1, return_convergence_delta=True)
    torch.testing.assert_close(delta, model(x)[:, 1] - relevance[0].sum(1))


def test_captum_s_delta_for_every_class() -> None:
    torch.manual_seed(0)
    model, x = nn.Linear(4, 3), torch.rand(2, 4)
    relevance, delta = lp.LRP(model).attribute(x, "all", return_convergence_delta=True)
    torch.testing.assert_close(delta, model(x).T - relevance.sum(2))


def test_arguments_that_carry_a_graph_are_constants() -> None:
    class Product(nn.Module):
        def forward(self, x: Tensor, factor: Tensor, *, factors: list[Tensor]) -> Tensor:
            return x * factor * factors[0]

    factor = torch.tensor([2.0], requires_grad=True) * 1
    explainer = lp.LRP(Product(), presets.Epsilon(0), strict=True)
    explanation = explainer.explain(torch.ones(1, 1), 0, args=(factor,), kwargs={"factors": [factor]})
    assert explanation.relevance.item() == 4.0


def test_module_paths_stay_right_after_an_exception_caught_in_forward() -> None:
    class Careful(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.broken, self.sound = nn.Linear(9, 9), nn.Linear(2, 2)

        def forward(self, x: Tensor) -> Tensor:
            try:
                x = self.broken(x)
            except RuntimeError:
                x = x * 2
            return self.sound(x)

    plan = lp.LRP(Careful()).plan(torch.rand(1, 2))
    assert [(row.module, row.op) for row in plan if row.op in ("mul", "linear")][-2:] == [
        ("", "mul"),
        ("sound", "linear"),
    ]


@expected_warnings.LITTLE_ARRIVES
def test_the_audit_counts_a_slice_that_is_overwritten() -> None:
    class Overwritten(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            y = 2 * x
            y[:, 0] = 7.0
            return y

    audit = lp.LRP(Overwritten(), presets.Epsilon(0)).explain(torch.ones(1, 2), 0, audit=True).audit
    assert [(row.op, row.relevance_out, row.to_constant) for row in audit] == [
        ("mul", 0.0, 0.0),
        ("setitem", 7.0, 7.0),
    ]


@expected_warnings.LITTLE_ARRIVES
def test_the_audit_adds_up_in_float32() -> None:
    torch.manual_seed(0)
    model = Hyper3DNetLite(bands=6, classes=3, window=9)
    x = torch.rand(4, 1, 6, 9, 9)
    explanation = lp.LRP(model).explain(x, audit=True)
    audit = explanation.audit
    assert audit is not None
    seed = float(explanation.output.amax(1).double().sum())
    sinks = sum(row.to_bias + row.to_stabilizer + row.to_rule + row.to_constant for row in audit)
    assert audit[-1].relevance_out == pytest.approx(seed, rel=1e-6)
    assert float(explanation.relevance.double().sum()) + sinks == pytest.approx(seed, rel=1e-5)
    assert max(abs(row.to_rule) + abs(row.to_constant) for row in audit) < 1e-6 * abs(seed)
    for earlier, later in pairwise(audit):
        assert earlier.relevance_out == pytest.approx(later.relevance_in, rel=1e-5, abs=1e-7)
    assert "block_1.depthwise" in str(audit)


def test_the_audit_splits_a_linear_layer_by_hand() -> None:
    # w = (3, -1), b = 1, a = (1, 2): z = 2, eps = 1/2: s = 2 / 2.5 = 0.8
    # in = 0.8 (3 - 2), bias = 0.8, stabiliser = 0.4
    layer = nn.Linear(2, 1).double()
    layer.weight.data, layer.bias.data = torch.tensor([[3.0, -1.0]]).double(), torch.tensor([1.0]).double()
    composite = presets.Epsilon(0.5)
    (row,) = lp.LRP(layer, composite).explain(torch.tensor([[1.0, 2.0]]).double(), audit=True).audit
    result = (
        row.relevance_out,
        row.relevance_in,
        row.to_bias,
        row.to_stabilizer,
        row.to_rule,
        row.to_constant,
    )
    assert result == pytest.approx((2.0, 0.8, 0.8, 0.4, 0.0, 0.0), abs=1e-15)
    assert (row.op, row.rule, row.module) == ("linear", "Epsilon(eps=0.5)", "")


def test_the_audit_shows_a_residual_and_an_added_constant() -> None:
    class Model(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x + 2 * x + 4.0

    rows = lp.LRP(Model(), presets.Epsilon(0)).explain(torch.ones(1, 1), 0, audit=True).audit
    assert [(row.op, row.relevance_out, row.relevance_in, row.to_constant) for row in rows] == [
        ("mul", 2.0, 2.0, 0.0),
        ("add", 3.0, 3.0, 0.0),
        ("add", 7.0, 3.0, 4.0),
    ]


def test_the_audit_changes_no_relevance() -> None:
    torch.manual_seed(0)
    model, x = (
        nn.Sequential(nn.Conv1d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 2)),
        torch.randn(3, 1, 6),
    )
    for composite in (presets.EpsilonGamma(), presets.Epsilon(), presets.Hyper3DNetTutorial()):
        explainer = lp.LRP(model, composite)
        assert torch.equal(explainer.explain(x, audit=True).relevance, explainer.explain(x).relevance)


def test_the_plan_says_which_rule_and_why() -> None:
    model = nn.Sequential(nn.Conv1d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))
    plan = lp.LRP(model, [(select.first(), Epsilon(0.5)), (select.kind(select.Kind.LINEAR), Gamma())]).plan(
        torch.rand(1, 1, 6)
    )
    assert [(row.module, row.op, row.rule, row.why) for row in plan] == [
        ("0", "conv1d", "Epsilon(eps=0.5)", "first affine op"),
        ("1", "relu", "", "routing: plain gradient"),
        ("2", "flatten", "", "routing: plain gradient"),
        ("3", "linear", "Gamma(gamma=0.25, eps=1e-06)", "linear"),
    ]
    assert str(plan).splitlines()[0].split() == ["call", "module", "type", "op", "rule", "why"]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([1.0], r"inputs should be a tensor\. Found list\. Try torch\.tensor\(inputs"),
        (
            torch.ones(1, 2, dtype=torch.int64),
            r"inputs should be float tensors, or token ids that the model looks up\. Found torch\.int64\.",
        ),
        (
            torch.tensor([[0.0, float("nan")]]),
            r"inputs should hold finite numbers\. Found nan at index \(0, 1\)\.",
        ),
        (
            (torch.tensor([[float("inf"), 0.0]]),),
            r"inputs\[0\] should hold finite numbers\. Found inf at index \(0, 0\)\.",
        ),
    ],
)
def test_bad_inputs(inputs: object, message: str) -> None:
    with pytest.raises(lp.InputError, match=message):
        lp.explain(nn.Linear(2, 2), inputs)  # type: ignore[arg-type]


def test_bad_models_and_layers() -> None:
    x = torch.rand(1, 2)
    with pytest.raises(
        lp.ModelError,
        match=r"model should be a torch\.nn\.Module\. Found function\. Wrap a function in a module\.",
    ):
        lp.LRP(lambda x: x)  # type: ignore[arg-type]
    with pytest.raises(lp.ModelError, match="the model's output should depend on the inputs"):
        lp.explain(Detached(), x)
    with pytest.raises(lp.ModelError, match=r"the model should return one tensor\. Found tuple\."):
        lp.explain(Pair(), x)
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    with pytest.raises(
        lp.InputError, match=r"layers should name modules of the model\. Found 'conv'; it has 0, 1"
    ):
        lp.LRP(model).explain(x, layers=["conv"])
    with pytest.raises(
        lp.InputError,
        match=r"layers should be modules that run and depend on the inputs\. Found branch\.unused\.",
    ):
        lp.LRP(Unused()).explain(x, layers=["branch.unused"])


class Detached(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.detach() * 2


class Pair(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x * 2, x * 3


class Unused(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.branch = nn.ModuleDict({"used": nn.Linear(2, 2), "unused": nn.Linear(2, 2)})

    def forward(self, x: Tensor) -> Tensor:
        return self.branch["used"](x)


def test_a_rule_that_average_pooling_cannot_serve() -> None:
    model = nn.Sequential(nn.AvgPool1d(2), nn.Flatten(), nn.Linear(2, 2))
    with pytest.raises(
        lp.RuleError,
        match=r"avg_pool1d should get Epsilon\. Found Gamma\(.*for avg_pool1d in module '0'\. Narrow",
    ):
        lp.LRP(model, [(select.kind(select.Kind.AVERAGE_POOLING), Gamma())]).explain(torch.rand(1, 1, 4))
