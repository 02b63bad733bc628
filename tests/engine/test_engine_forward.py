"""One pass over a model as its user made it: wrapped, copied, with hooks and parametrisations of its own."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune

import expected_warnings
import lrprism as lp
from lrprism import presets
from lrprism.engine import constants, unwrap
from lrprism.ops import own

LRP_0 = presets.Epsilon(0)
COMPOSITES = [presets.Epsilon(0.1), presets.EpsilonGamma(0.25, 0.1), presets.EpsilonPlusFlat(0.1)]


class Model(nn.Module):
    def __init__(self, function: Callable[..., Any], **layers: nn.Module) -> None:
        super().__init__()
        self.function = function
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, *inputs: Tensor) -> Any:
        return self.function(self, *inputs)


def small() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 5), nn.SiLU(), nn.Linear(5, 3))


X = torch.rand(2, 4, generator=torch.Generator().manual_seed(0))


def same(model: nn.Module, plain: nn.Module, **options: Any) -> None:
    """Check that two models get one map by every composite."""
    for composite in COMPOSITES:
        found = lp.LRP(model, composite, strict=True).explain(X, 1, audit=True, **options)
        expected = lp.LRP(plain, composite, strict=True).explain(X, 1, audit=True)
        assert torch.equal(found.output, expected.output)
        torch.testing.assert_close(found.relevance, expected.relevance)
        assert [row.op for row in found.audit] == [row.op for row in expected.audit]


WRAPPERS: dict[str, Callable[[nn.Module], nn.Module]] = {
    "torch.compile": lambda model: torch.compile(model, backend="eager"),
    "data parallelism": nn.DataParallel,
    "both": lambda model: nn.DataParallel(torch.compile(model, backend="eager")),
    "twice": lambda model: nn.DataParallel(nn.DataParallel(model)),
}


@pytest.mark.parametrize("wrapper", WRAPPERS)
@expected_warnings.NO_CONVOLUTION
@expected_warnings.FLAT_ON_A_DENSE_LAYER
def test_a_wrapped_model_is_the_model(wrapper: str) -> None:
    model = small()
    wrapped = WRAPPERS[wrapper](model)
    assert unwrap(wrapped) is model
    assert lp.LRP(wrapped).model is model
    same(wrapped, model)


@expected_warnings.NO_CONVOLUTION
@expected_warnings.FLAT_ON_A_DENSE_LAYER
def test_a_part_in_data_parallelism_is_looked_into() -> None:
    model = small()
    same(nn.Sequential(model[0], model[1], nn.DataParallel(model[2])), model)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
@expected_warnings.NO_CONVOLUTION
@expected_warnings.IDLE_OPS
def test_an_explainer_and_an_explanation_can_be_copied_and_pickled(copied: Callable[[Any], Any]) -> None:
    explainer = lp.LRP(
        small(), presets.EpsilonGamma(0.5), strict=True, ops={torch.lgamma: own.routing("own")}
    )
    found = explainer.explain(X, "all", layers=["*"], audit=True)
    other = copied(explainer)
    again = other.explain(X, "all", layers=["*"], audit=True)
    assert torch.equal(again.relevance, found.relevance)
    assert other.plan(X) == explainer.plan(X) == copied(explainer.plan(X))
    again = copied(found)
    assert torch.equal(again.relevance, found.relevance)
    assert again.audit == found.audit
    assert again.layers.keys() == found.layers.keys()
    again.check(1e9)


def test_an_explainer_follows_its_model() -> None:
    layer = nn.Linear(1, 1, bias=False)
    explainer = lp.LRP(layer, LRP_0)
    for weight in (2.0, 5.0):
        layer.weight.data.fill_(weight)
        assert explainer.explain(torch.ones(1, 1), 0).relevance.item() == weight


def weight_normed(layer: nn.Linear) -> nn.Module:
    return parametrizations.weight_norm(layer)


def pruned(layer: nn.Linear) -> nn.Module:
    return prune.l1_unstructured(layer, "weight", 0.5)


@pytest.mark.parametrize(
    "made", [weight_normed, parametrizations.orthogonal, parametrizations.spectral_norm, pruned]
)
@expected_warnings.NO_CONVOLUTION
@expected_warnings.FLAT_ON_A_DENSE_LAYER
def test_a_parametrised_weight_counts_as_what_it_is(made: Callable[[nn.Linear], nn.Module]) -> None:
    model = small()
    made(model[0])
    model.eval()
    plain = small()
    plain[0].weight.data, plain[0].bias.data = model[0].weight.detach(), model[0].bias.detach()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    same(model, plain)
    model.train()
    lp.LRP(model).explain(X)
    assert before.keys() == model.state_dict().keys()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


@expected_warnings.NO_CONVOLUTION
@expected_warnings.FLAT_ON_A_DENSE_LAYER
def test_a_hook_that_changes_an_output_is_part_of_the_model() -> None:
    model = small()
    model[1].register_forward_hook(lambda _, args, output: 3 * output + args[0])
    model[2].register_forward_pre_hook(lambda _, args: (args[0].relu(),))
    plain = small()
    written = Model(lambda m, x: m.b(plain_middle(m.a(x)).relu()), a=plain[0], b=plain[2])
    same(model, written)


def plain_middle(z: Tensor) -> Tensor:
    return 3 * nn.functional.silu(z) + z


def test_hooks_that_only_look_stay_and_see_the_model_s_numbers() -> None:
    model, seen = small(), list[Tensor]()
    model[1].register_forward_hook(lambda *call: seen.append(call[2].detach()))
    model[0].weight.register_hook(lambda _: pytest.fail("no gradient of a parameter is computed"))
    expected = lp.LRP(small()).explain(X)
    assert torch.equal(lp.LRP(model).explain(X).relevance, expected.relevance)
    assert torch.equal(seen[0], small()[:2](X))
    assert len(model[1]._forward_hooks) == len(model[0].weight._backward_hooks) == 1


def test_a_parameter_written_in_forward_stays_as_it_was() -> None:
    class Decaying(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.ones(2))

        def forward(self, x: Tensor) -> Tensor:
            with torch.no_grad():
                self.w.mul_(0.5)
            return x * self.w

    model = Decaying()
    before = (model.w, model.w._version)
    assert lp.explain(model, torch.ones(1, 2), 0).relevance.tolist() == [[0.5, 0.0]]
    assert (model.w, model.w._version) == before
    assert model.w.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("audit", [False, True])
def test_a_backward_pass_inside_forward_leaves_no_gradients(*, audit: bool) -> None:
    def forward(m: Any, x: Tensor) -> Tensor:
        m.a(x).sum().backward(retain_graph=True)
        return m.b(nn.functional.silu(m.a(x)))

    plain = small()
    model = Model(forward, a=plain[0], b=plain[2])
    x = X.clone().requires_grad_()
    found = lp.LRP(model, LRP_0).explain(x, 1, audit=audit).relevance
    assert torch.equal(found, lp.LRP(plain, LRP_0).explain(X, 1).relevance)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert x.grad is None


@expected_warnings.NO_CONVOLUTION
@expected_warnings.FLAT_ON_A_DENSE_LAYER
def test_one_class_and_two_passes_free_what_they_kept() -> None:
    # nothing of the first pass is left for the second: no buffers freed twice, no shares added up
    explainer = lp.LRP(small(), presets.EpsilonPlusFlat())
    first, second = (explainer.explain(X, "all", audit=True) for _ in range(2))
    assert torch.equal(first.relevance, second.relevance)
    assert first.audit == second.audit


def test_constants_are_detached_however_deep_and_others_stay_the_same() -> None:
    live, dead = torch.ones(1, requires_grad=True) * 2, torch.ones(1)
    found = constants({"a": [live, (dead, live)], "b": {"c": live}, "n": 3})
    assert found["a"][1][0] is dead
    assert found["n"] == 3
    assert type(found["a"][1]) is tuple
    for each in (found["a"][0], found["a"][1][1], found["b"]["c"]):
        assert (each.requires_grad, each.item()) == (False, 2.0)
    assert live.requires_grad
