"""Rules apply inside whatever wraps torch calls; what no torch call shows is said and not accounted for."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint, checkpoint_sequential

import expected_warnings
import lrprism as lp
from lrprism import presets
from lrprism.ops import own

LRP_0 = presets.Epsilon(0)
COMPOSITES = [LRP_0, presets.Epsilon(0.1), presets.EpsilonGamma(0.25, 0.1), presets.EpsilonPlusFlat(0.1)]


class Model(nn.Module):
    def __init__(self, function: Callable[..., Any], **layers: nn.Module) -> None:
        super().__init__()
        self.function = function
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, *inputs: Tensor) -> Any:
        return self.function(self, *inputs)


class Hidden(torch.autograd.Function):
    """Two layers in a function of the user's own, whose backward is the plain gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return F.silu(x @ weight.T)

    @staticmethod
    def backward(_ctx: Any, *_grad_outputs: Tensor) -> Any:
        pytest.fail("the rules stand in the place of this backward")


class Cubed(torch.autograd.Function):
    """A function in numpy, which no torch call shows."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.from_numpy(x.detach().numpy() ** 3)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return 3 * x**2 * grad_outputs[0]


def plain(m: Any, x: Tensor) -> Tensor:
    return F.silu(m.a(x))


WRAPPED: dict[str, Callable[[Any, Tensor], Tensor]] = {
    "a function": lambda m, x: Hidden.apply(x, m.a.weight),
    "checkpointing": lambda m, x: checkpoint(lambda x: plain(m, x), x, use_reentrant=False),
    "reentrant checkpointing": lambda m, x: checkpoint(lambda x: plain(m, x), x, use_reentrant=True),
    "checkpointing in checkpointing": lambda m, x: checkpoint(
        lambda x: F.silu(checkpoint(m.a, x, use_reentrant=False)), x, use_reentrant=False
    ),
    "a checkpointed sequence": lambda m, x: checkpoint_sequential(
        nn.Sequential(m.a, nn.SiLU()), 2, x, use_reentrant=False
    ),
    "no_grad": torch.no_grad()(plain),
    "inference_mode": torch.inference_mode()(plain),
    "enable_grad in no_grad": torch.no_grad()(torch.enable_grad()(plain)),
    "functional_call": lambda m, x: F.silu(torch.func.functional_call(m.a, {"weight": m.a.weight}, (x,))),
    "saved tensors on the cpu": lambda m, x: saved_elsewhere(m, x),
}


def saved_elsewhere(m: Any, x: Tensor) -> Tensor:
    with torch.autograd.graph.save_on_cpu():
        return plain(m, x)


def model_of(function: Callable[[Any, Tensor], Tensor]) -> Model:
    torch.manual_seed(0)
    first, last = nn.Linear(4, 5, bias=False), nn.Linear(5, 3)
    return Model(lambda m, x: m.b(function(m, x)), a=first, b=last).double()


X = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("composite", COMPOSITES, ids=repr)
@pytest.mark.parametrize("wrapped", WRAPPED)
@expected_warnings.LOGITS_BEHIND
@expected_warnings.NO_CONVOLUTION
@expected_warnings.FLAT_ON_A_DENSE_LAYER
@expected_warnings.LOGITS_BEHIND
def test_rules_apply_inside(wrapped: str, composite: Any) -> None:
    model, expected = model_of(WRAPPED[wrapped]), lp.LRP(model_of(plain), composite).explain(X, "all")
    explainer = lp.LRP(model, composite, strict=True)
    explanation = explainer.explain(X, "all")
    torch.testing.assert_close(explanation.relevance, expected.relevance, rtol=1e-12, atol=1e-14)
    audited = explainer.explain(X, "all", audit=True)
    assert torch.equal(audited.relevance, explanation.relevance)
    assert audited.audit.unaccounted == pytest.approx(0, abs=1e-12)
    assert {"linear", "silu"} <= {row.op.replace("matmul", "linear") for row in audited.audit}


def test_what_cannot_be_seen_is_named_and_left_unaccounted_for() -> None:
    # 2 a with a = 1, cubed: 8, whose plain gradient makes 3 * 8 of it
    model = Model(lambda _, x: Cubed.apply(2 * x))
    x = torch.ones(1, 1, dtype=torch.float64)
    message = r"no rule is known for CubedBackward \(cannot be seen\): the plain gradient is used there"
    with pytest.warns(lp.RelevanceWarning, match=message):
        explanation = lp.LRP(model, LRP_0).explain(x, 0, audit=True)
    assert explanation.relevance.item() == 24.0
    audit = explanation.audit
    assert (audit.explained, audit.reached, audit.unaccounted) == (8.0, 24.0, -16.0)
    assert audit.unseen == ("CubedBackward",)
    assert str(audit).endswith("unaccounted for -16 (cannot be seen: CubedBackward)")
    with pytest.raises(lp.ConservationError, match="24 arrived, -16 unaccounted for"):
        explanation.check()
    with pytest.raises(
        lp.ModelError, match=r"every op should have a rule \(strict=True\), but no rule .*Cubed"
    ):
        lp.LRP(model, LRP_0, strict=True).explain(x, 1)


def test_a_plan_names_what_cannot_be_seen() -> None:
    model = Model(lambda _, x: Cubed.apply(2 * x) + Cubed.apply(x))
    with pytest.warns(lp.RelevanceWarning, match="CubedBackward"):
        plan = lp.LRP(model, LRP_0).plan(X)
    last = plan[-1]
    assert (last.call, last.op, last.kind, last.rule) == (-1, "CubedBackward", "unknown", "")
    assert last.why == "cannot be seen: plain gradient"
    assert [row.op for row in plan].count("CubedBackward") == 1


def test_what_cannot_be_seen_is_not_named_where_the_output_does_not_need_it() -> None:
    model = Model(lambda _, x: (Cubed.apply(x), 2 * x))
    explainer = lp.LRP(model, LRP_0, strict=True)
    assert explainer.explain(X, 1, output=1, audit=True).audit.unseen == ()
    assert [row.op for row in explainer.plan(X, output=1)] == [
        "detach",
        "mul",
    ]  # what stops relevance is said


def test_an_op_without_a_rule_is_an_unknown_sink_of_its_row_alone() -> None:
    # lgamma(3) = log 2 and the slope there is 3/2 - Euler's constant; twice the former is explained
    x = torch.tensor([[3.0]], dtype=torch.float64)
    model = Model(lambda _, x: 2 * torch.lgamma(x))
    with pytest.warns(lp.RelevanceWarning, match="no rule is known for lgamma"):
        explanation = lp.LRP(model, LRP_0).explain(x, 0, audit=True)
    log2, slope = 0.6931471805599453, 1.5 - 0.5772156649015329
    unknown, product = explanation.audit
    assert unknown.to_unknown == pytest.approx(2 * (log2 - 3 * slope))
    assert (product.to_unknown, product.lost) == (0.0, 0.0)
    assert explanation.audit.unaccounted == pytest.approx(0, abs=1e-12)


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "nn.PReLU": nn.PReLU(init=0.3).double(),
    "F.prelu per channel": lambda x: F.prelu(x, torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=torch.float64)),
    "nn.Mish": nn.Mish(),
    "nn.SiLU in place": nn.SiLU(inplace=True),
    "nn.GELU by tanh": nn.GELU("tanh"),
    "x.sigmoid()": lambda x: x.sigmoid(),
    "torch.tanh": torch.tanh,
    "F.silu": F.silu,
    "nn.ELU": nn.ELU(),
    "nn.Softplus": nn.Softplus(),
    "x.mul(x.sigmoid())": lambda x: x.mul(x.sigmoid()),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
@expected_warnings.LOGITS_BEHIND
def test_an_activation_passes_relevance_on_as_module_function_or_method(name: str) -> None:
    # with seed 1 the relevance at f(a) is f(a), and all of it comes to a
    function = ACTIVATIONS[name]
    expected = function(X.clone()).detach()
    explanation = lp.LRP(Model(lambda _, x: function(x)), LRP_0, strict=True).explain(
        X, torch.ones_like, audit=True
    )
    torch.testing.assert_close(explanation.relevance, expected, rtol=1e-12, atol=1e-14)
    assert all(row.lost == pytest.approx(0, abs=1e-12) for row in explanation.audit)


@pytest.mark.parametrize("dim", [0, 1, 2, -1, -2])
@pytest.mark.parametrize("form", ["module", "function", "method"])
@expected_warnings.LOGITS_BEHIND
def test_softmax_follows_its_dimension(form: str, dim: int) -> None:
    # R_i = a_i (R^s_i - s_i sum_k R^s_k), where R^s = s * seed and the sum runs over ``dim``
    a = torch.randn(2, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    seed = torch.randn(2, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    forms: dict[str, Callable[[Tensor], Tensor]] = {
        "module": nn.Softmax(dim),
        "function": lambda x: torch.softmax(x, dim=dim),
        "method": lambda x: x.softmax(dim),
    }
    s = a.exp() / a.exp().sum(dim, keepdim=True)
    expected = a * (s * seed - s * (s * seed).sum(dim, keepdim=True))
    explanation = lp.LRP(Model(lambda _, x: forms[form](x)), LRP_0, strict=True).explain(a, lambda _: seed)
    torch.testing.assert_close(explanation.relevance, expected, rtol=1e-12, atol=1e-14)


@torch.library.custom_op("lrprism_tests::cubed", mutates_args=())
def cubed(x: Tensor) -> Tensor:
    """A user's registered op with a gradient of its own."""
    return x**3


cubed.register_autograd(
    lambda ctx, g: 3 * ctx.saved_tensors[0] ** 2 * g,
    setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs),  # noqa: ARG005
)


def test_a_registered_op_is_unknown_until_its_user_says_what_it_is() -> None:
    # 2 a with a = 1, cubed: 8, whose plain gradient makes 24 of it
    model, x = Model(lambda _, x: torch.ops.lrprism_tests.cubed(2 * x)), torch.ones(1, 1, dtype=torch.float64)
    with pytest.warns(lp.RelevanceWarning, match="no rule is known for cubed in "):
        explanation = lp.LRP(model, LRP_0).explain(x, 0, audit=True)
    assert explanation.relevance.item() == 24.0
    assert [(row.op, row.to_unknown) for row in explanation.audit] == [("mul", 0.0), ("cubed", -16.0)]
    assert explanation.audit.unaccounted == 0
    explanation_with_op = lp.LRP(
        model, LRP_0, strict=True, ops={torch.ops.lrprism_tests.cubed: own.activation("cubed")}
    )
    assert explanation_with_op.explain(x, 0).relevance.item() == 8.0
