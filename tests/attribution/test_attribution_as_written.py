"""Models that do unusual things give the map of the same model written plainly."""

from collections import OrderedDict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers.modeling_outputs import SequenceClassifierOutput

import expected_warnings
import lrprism as lp
from function_models import FunctionModel
from lrprism import presets, select
from lrprism.rules import ZBox

X = torch.rand(2, 4, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda y: SequenceClassifierOutput(logits=y),
        lambda y: OrderedDict(logits=y),
        lambda y: SimpleNamespace(logits=y),
        lambda y: {"logits": y},
    ],
)
def test_a_tensor_written_in_place_is_read_from_any_output(wrap: Callable[[Tensor], Any]) -> None:
    def forward(_: Any, x: Tensor) -> Any:
        y = 2 * x
        y.mul_(3.0)
        return wrap(y)

    explanation = lp.LRP(FunctionModel(forward), strict=True).explain(X, torch.ones_like)
    torch.testing.assert_close(explanation.output, 6 * X)
    torch.testing.assert_close(explanation.relevance, 6 * X)


@pytest.mark.parametrize("context", [torch.enable_grad, torch.no_grad, torch.inference_mode])
@expected_warnings.LOGITS_BEHIND
def test_ops_in_an_output_callable_have_their_rules(context: Callable[[], Any]) -> None:
    explainer = lp.LRP(FunctionModel(lambda _, x: {"a": 2 * x}), strict=True)
    with context():
        explanation = explainer.explain(X, torch.ones_like, output=lambda out: out["a"].sigmoid(), audit=True)
    torch.testing.assert_close(explanation.relevance, (2 * X).sigmoid())
    assert explanation.audit is not None
    assert [row.op for row in explanation.audit] == ["mul", "sigmoid"]


def scale_by_detach(y: Tensor) -> None:
    y.detach().mul_(3.0)


def scale_by_data(y: Tensor) -> None:
    y.data.mul_(3.0)


def clear_by_data(y: Tensor) -> None:
    y.data[:, 0] = 0.0


@pytest.mark.parametrize("write", [scale_by_detach, scale_by_data, clear_by_data])
def test_a_write_through_an_alias_is_a_write(write: Callable[[Tensor], None]) -> None:
    def forward(_: Any, x: Tensor) -> Tensor:
        y = 2 * x
        write(y)
        return y

    model = FunctionModel(forward)
    explanation = lp.LRP(model, strict=True).explain(X, torch.ones_like)
    torch.testing.assert_close(explanation.output, model(X))
    torch.testing.assert_close(explanation.relevance, model(X))


def test_a_weight_constraint_is_followed_and_leaves_the_weight_alone() -> None:
    def forward(self: Any, x: Tensor) -> Tensor:
        self.w.data = torch.renorm(self.w.data, 2, 0, 1.0)
        self.w.data.mul_(0.5)
        return x @ self.w

    weight = nn.Parameter(torch.ones(4, 3))
    before = weight.detach().clone()
    explanation = lp.LRP(FunctionModel(forward, w=weight), presets.Epsilon(0), strict=True).explain(
        X, torch.ones_like
    )
    assert torch.equal(weight, before)
    torch.testing.assert_close(explanation.output, X @ (0.5 * torch.renorm(before, 2, 0, 1.0)))


def test_the_z_box_rule_keeps_its_relevance_at_a_shift_inside_the_model() -> None:
    # w = (1, -2, 3, 4), a = x - 1 = (0, -1, 1, 2): z = 13; l = -1, h = 2: a w - l w+ - h w- = (1, 6, 6, 12)
    layer = nn.Linear(4, 1, bias=False).double()
    layer.weight.data = torch.tensor([[1.0, -2.0, 3.0, 4.0]], dtype=torch.float64)
    model = FunctionModel(lambda self, x: self.layer(x - 1), layer=layer)
    explainer = lp.LRP(model, [(select.at_input(), ZBox(-1.0, 2.0, 0))])
    explanation = explainer.explain(
        torch.tensor([[1.0, 0.0, 2.0, 3.0]], dtype=torch.float64), torch.ones_like
    )
    torch.testing.assert_close(explanation.relevance, 13 * torch.tensor([[1.0, 6, 6, 12]]).double() / 25)


@pytest.mark.parametrize("composite", [presets.EpsilonPlusFlat(), presets.EpsilonGammaBox(0.0, 1.0)])
@expected_warnings.OUTSIDE_THE_BOX
def test_a_shift_that_broadcasts_the_input(composite: Any) -> None:
    shift = torch.rand(3, 1, 1) + 0.5
    model = FunctionModel(lambda self, x: self.conv((x - shift) / shift).flatten(1), conv=nn.Conv2d(3, 4, 3))
    explanation = lp.LRP(model, composite, strict=True).explain(torch.rand(2, 1, 6, 6), audit=True)
    assert isinstance(explanation.relevance, Tensor)
    assert explanation.relevance.shape == (2, 1, 6, 6)
    assert explanation.audit is not None
    assert abs(explanation.audit.unaccounted) < 1e-5 * abs(explanation.audit.explained)


def test_tensors_made_in_inference_mode() -> None:
    with torch.inference_mode():
        weight, shift, x = torch.rand(4, 3), torch.rand(3), torch.rand(2, 4)
        model = FunctionModel(lambda self, x, w: x @ w + self.shift, shift=shift)
        explanation = lp.LRP(model, presets.Epsilon(0), strict=True).explain(
            x, torch.ones_like, args=(weight,)
        )
    torch.testing.assert_close(explanation.relevance, x * weight.sum(1))


def test_backward_hooks_of_the_user_do_not_run() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    expected, seen = lp.explain(model, X).relevance, []
    model[1].register_full_backward_hook(lambda *_: seen.append("hook"))
    model[2].register_full_backward_pre_hook(lambda *_: seen.append("pre-hook"))
    assert torch.equal(lp.explain(model, X).relevance, expected)
    assert not seen
    model(X.clone().requires_grad_()).sum().backward()
    assert seen == ["pre-hook", "hook"]


def test_a_model_that_asks_for_gradients_itself() -> None:
    def forward(_: Any, x: Tensor) -> Tensor:
        assert x.requires_grad_() is not None
        y = 2 * x
        assert y.requires_grad
        return y

    torch.testing.assert_close(
        lp.LRP(FunctionModel(forward), strict=True).explain(X, torch.ones_like).relevance, 2 * X
    )


def test_parts_that_were_compiled_in_place() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2))
    expected = lp.LRP(model, presets.Epsilon(0.5), strict=True).explain(X).relevance
    model[2].compile(backend="eager")
    model.compile(backend="eager")
    assert torch.equal(lp.LRP(model, presets.Epsilon(0.5), strict=True).explain(X).relevance, expected)


def test_what_torch_func_transforms_is_said() -> None:
    linear = nn.Linear(4, 3)
    model = FunctionModel(lambda self, x: torch.vmap(lambda row: F.silu(self.linear(row)))(x), linear=linear)
    with pytest.warns(lp.RelevanceWarning, match=r"no rule is known for torch\.func \(cannot be seen\)"):
        explanation = lp.explain(model, X)
    torch.testing.assert_close(explanation.output, model(X).detach())
    with pytest.raises(lp.ModelError, match=r"no rule is known for torch\.func \(cannot be seen\)"):
        lp.LRP(model, strict=True).explain(X)


def test_a_model_s_own_error_is_not_blamed_on_the_inputs() -> None:
    model = nn.Sequential(nn.Embedding(6, 4), nn.Linear(7, 2))
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        lp.explain(model, torch.randint(6, (2, 3)))


@pytest.mark.parametrize(
    "layer", [nn.Linear(4, 2), nn.Sequential(nn.Unflatten(1, (4, 1)), nn.Conv1d(4, 2, 1))]
)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_another_type_than_the_model_s_is_refused(layer: nn.Module, dtype: torch.dtype) -> None:
    words = rf"inputs should have the model's type torch\.float32\. Found {dtype}\. Try inputs\.to\(torch"
    with pytest.raises(lp.InputError, match=words):
        lp.explain(layer, X.to(dtype))


REFUSED: dict[str, tuple[Callable[[lp.LRP], Any], str]] = {
    "meta": (
        lambda e: e.explain(X.to("meta")),
        r"^inputs should be a dense tensor with values\. Found a tensor",
    ),
    "sparse": (
        lambda e: e.explain(X.to_sparse()),
        r"^inputs should be a dense tensor .* layout torch.sparse_coo",
    ),
    "args": (lambda e: e.explain(X, args=X), r"^args should be a tuple or a list\. Found Tensor\. Try args="),
    "kwargs": (lambda e: e.explain(X, kwargs=[1]), r"^kwargs should be a mapping of names\. Found list\.$"),
    "layers": (
        lambda e: e.explain(X, layers=[0]),
        r"^layers should be modules, or their paths as text\. Found 0\.$",
    ),
    "target": (
        lambda e: e.explain(X, {0}),
        r"^target should be None, a class, one class per .* Found \{0\}\. See lp",
    ),
    "no target": (lambda e: e.explain(X, []), r"^target should hold at least one class\. Found none\.$"),
    "each": (lambda _: lp.target.each([0, 1]), r"^each\(\) should name whole numbers\. Found \(\[0, 1\],\)"),
    "nan": (
        lambda e: e.explain(X, lambda z: z * float("nan")),
        r"^a callable target should return a finite seed",
    ),
    "tolerance": (lambda e: e.explain(X, audit=True).check(-1), r"^tolerance should be >= 0\. Found -1\.$"),
    "op": (
        lambda e: lp.LRP(e.model, ops={torch.lgamma: "lgamma"}),
        r"^ops should map torch functions to ops of",
    ),
    "name": (
        lambda e: lp.LRP(e.model, ops={"lgamma": lp.ops.own.constant("lgamma")}),
        r"^ops should map torch functions to ops of lrprism\.ops\.own\. Found 'lgamma': ",
    ),
    "complex": (
        lambda _: lp.explain(FunctionModel(lambda _, x: torch.complex(x, x)), X),
        r"^the model's output should depend on the inputs\. Found one of torch\.complex64, which carries no",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_meant_is_refused(what: str) -> None:
    call, words = REFUSED[what]
    with pytest.raises(lp.LRPrismError, match=words):
        call(lp.LRP(nn.Linear(4, 2)))


def test_a_gradient_taken_by_torch_func_is_right() -> None:
    model = FunctionModel(lambda _, x: torch.func.grad(lambda z: F.silu(z).sum())(x) * x)
    with pytest.warns(lp.RelevanceWarning, match=r"torch\.func \(cannot be seen\)"):
        explanation = lp.explain(model, X, torch.ones_like)
    torch.testing.assert_close(explanation.output, model(X))
