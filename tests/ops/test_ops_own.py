"""Ops for functions that the library does not know, in the words of their user."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lrprism as lp
from lrprism import select
from lrprism.ops import AbstractOp, Kind, own
from lrprism.rules import Uniform
from small_models import LRP_0, Function, Model, close, numbers

FLAT = (2, 3)
K = torch.tensor([1.5, -0.5, 2.0], dtype=torch.float64)


def found(
    function: Function, ops: dict[Any, AbstractOp], *inputs: Tensor, composite: Any = LRP_0
) -> tuple[Tensor, ...]:
    result = lp.LRP(Model(function), composite, strict=True, ops=ops).explain(
        inputs, torch.ones_like, audit=True
    )
    assert result.audit is not None
    assert abs(result.audit.unaccounted) <= 1e-9
    close(result.output, function(*inputs).detach())
    assert isinstance(result.relevance, tuple)
    return result.relevance


@pytest.mark.parametrize("key", [torch.lgamma, Tensor.lgamma])
@pytest.mark.parametrize(
    "call", [torch.lgamma, Tensor.lgamma, lambda a: torch.lgamma(input=a), lambda a: (1 * a).lgamma_()]
)
def test_an_activation_passes_relevance_unchanged_under_every_name(
    key: Callable[..., Tensor], call: Function
) -> None:
    a = numbers(FLAT)[0].abs() + 0.1
    close(found(call, {key: own.activation("lgamma")}, a)[0], a.lgamma())


def test_routing_has_its_gradient() -> None:
    a = numbers(FLAT)[0].abs() + 0.1
    close(found(torch.lgamma, {torch.lgamma: own.routing("lgamma")}, a)[0], a * a.digamma())


@torch.library.custom_op("lrprism_tests::vector_product", mutates_args=())
def vector_product(a: Tensor, b: Tensor) -> Tensor:
    return torch.linalg.cross(a, b)


def keep_factors(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
    del output
    ctx.save_for_backward(*inputs)


def cross_back(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor]:
    a, b = ctx.saved_tensors
    return torch.linalg.cross(b.expand_as(g), g), torch.linalg.cross(g, a)


vector_product.register_autograd(cross_back, setup_context=keep_factors)


def test_a_product_is_shared_by_a_rule() -> None:
    a, b = numbers(FLAT, FLAT)
    ops = {vector_product: own.product("cross")}
    for composite in (LRP_0, [(select.op("cross"), Uniform())]):
        of_a, of_b = found(vector_product, ops, a, b, composite=composite)
        close(of_a.sum(1), torch.linalg.cross(a, b).sum(1) / 2)
        close(of_b.sum(1), of_a.sum(1))
    close(
        found(lambda a: vector_product(a, K.expand(2, 3)), ops, a)[0].sum(1),
        torch.linalg.cross(a, K[None]).sum(1),
    )
    gated = found(lambda a, b: vector_product(a, b.sigmoid()), ops, a, b)
    close(gated[0].sum(1), torch.linalg.cross(a, b.sigmoid()).sum(1))
    assert not gated[1].any()


def test_a_constant_stops_relevance() -> None:
    a, b = numbers(FLAT, FLAT)
    of_a, of_b = found(lambda a, b: torch.digamma(a) * b, {torch.digamma: own.constant("digamma")}, a, b)
    assert not of_a.any()
    close(of_b, torch.digamma(a) * b)


def test_a_composed_op_runs_its_parts() -> None:
    def parts(input: Tensor) -> Tensor:
        return input.diagonal().prod().log()

    a = numbers(FLAT)[0].abs().add(0.5).flatten()[:3].diag()
    (relevance,) = found(torch.logdet, {torch.logdet: own.composed("logdet", parts)}, a)
    close(
        relevance, torch.eye(3).double() * a.logdet() / 3
    )  # the logarithm passes it on, each factor gets 1 / 3


def test_own_ops_are_named_in_the_plan() -> None:
    a = numbers(FLAT)[0].abs()
    kinds = {
        own.activation: Kind.ACTIVATION,
        own.routing: Kind.ROUTING,
        own.constant: Kind.STOPPED,
        own.product: Kind.ROUTING,
    }
    for word, kind in kinds.items():
        model = Model(lambda a: torch.lgamma(a) + a)
        first = lp.LRP(model, ops={torch.lgamma: word("my op")}, strict=True).plan(a)[0]
        assert (first.op, first.kind) == ("my op", kind.value)


@pytest.mark.parametrize(
    ("function", "kind"),
    [(torch.relu, "routing"), (Tensor.sigmoid, "activation"), (F.linear, "linear"), (torch.mul, "product")],
)
def test_a_function_that_is_known_is_refused(function: Callable[..., Tensor], kind: str) -> None:
    with pytest.raises(
        lp.InputError,
        match=rf"ops should name functions that have no op yet\. Found \w+, which is {kind} already\. Leave",
    ):
        lp.LRP(nn.Identity(), ops={function: own.activation("mine")})


def test_a_function_named_twice_is_refused() -> None:
    ops = {torch.lgamma: own.activation("one"), Tensor.lgamma: own.routing("two")}
    with pytest.raises(lp.InputError, match=r"Found lgamma, which is activation already"):
        lp.LRP(nn.Identity(), ops=ops)


def test_without_an_op_of_ones_own_the_function_is_unknown() -> None:
    with pytest.raises(lp.ModelError, match=r"no rule is known for lgamma in \(model\).*own\.activation"):
        found(torch.lgamma, {}, numbers(FLAT)[0].abs())


@torch.library.custom_op("lrprism_tests::cube", mutates_args=())
def cube(a: Tensor) -> Tensor:
    return a**3


def keep_input(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
    del output
    ctx.save_for_backward(inputs[0])


cube.register_autograd(lambda ctx, g: 3 * g * ctx.saved_tensors[0] ** 2, setup_context=keep_input)
CUBES = [cube, torch.ops.lrprism_tests.cube, torch.ops.lrprism_tests.cube.default]


@pytest.mark.parametrize("key", CUBES)
@pytest.mark.parametrize("call", CUBES)
def test_a_custom_op_is_meant_by_every_name(key: Callable[..., Tensor], call: Callable[..., Tensor]) -> None:
    (a,) = numbers((2, 3))
    model = Model(lambda a: call(a))
    close(
        lp.LRP(model, strict=True, ops={key: own.activation("cube")}).explain(a, torch.ones_like).relevance,
        a**3,
    )
    with pytest.raises(lp.ModelError, match=r"but no rule is known for cube[.a-z]* in \(model\): the plain"):
        lp.LRP(model, strict=True).explain(a)


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(_ctx: Any, a: Tensor) -> Tensor:
        return 2 * a.detach()

    @staticmethod
    def backward(_ctx: Any, *grad_outputs: Tensor) -> Tensor:
        return 2 * grad_outputs[0]


class Halved(Doubled):
    pass


def mine(a: Tensor) -> Tensor:
    return 2 * a


IDLE = (
    "ops should name functions that the model calls. Found no call of {}, so that its op has no part.{} Name "
    "the torch function that forward itself calls, or the autograd.Function that it applies, or leave it out."
)
IDLES: dict[str, tuple[Function, list[Any], list[str]]] = {
    "a torch function that is not called": (lambda a: 2 * a, [torch.lgamma], [IDLE.format("lgamma", "")]),
    "by the name of its method": (lambda a: 2 * a, [Tensor.lgamma], [IDLE.format("lgamma", "")]),
    "two of three": (
        torch.lgamma,
        [torch.lgamma, torch.digamma, Doubled],
        [IDLE.format("digamma, Doubled", "")],
    ),
    "another Function is applied": (
        lambda a: Halved.apply(2 * a),
        [Doubled],
        [IDLE.format("Doubled", " What ran without one: HalvedBackward.")],
    ),
    "the forward of a Function": (
        lambda a: Doubled.apply(2 * a),
        [Doubled.forward],
        [IDLE.format("Doubled.forward", " What ran without one: DoubledBackward.")],
    ),
    "a function of one's own": (mine, [mine], [IDLE.format("mine", "")]),
    "another function without a rule": (
        torch.lgamma,
        [torch.digamma],
        [IDLE.format("digamma", " What ran without one: lgamma.")],
    ),
    "one that is called on a constant": (lambda a: a * torch.lgamma(K), [torch.lgamma], []),
    "one that a batch calls": (lambda a: a.lgamma(), [torch.lgamma], []),
}


@pytest.mark.parametrize("what", IDLES)
@pytest.mark.parametrize("way", ["explain", "plan", "batches"])
def test_an_op_that_has_no_part_is_named(what: str, way: str) -> None:
    function, keys, expected = IDLES[what]
    explainer = lp.LRP(Model(function), LRP_0, ops={key: own.routing("mine") for key in keys})
    a = numbers(FLAT)[0].abs() + 0.1
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if way == "plan":
            explainer.plan(a)
        else:
            explainer.explain(a, torch.ones_like, batch_size=1 if way == "batches" else None)
    found = [str(warning.message) for warning in caught]
    assert [message for message in found if not message.startswith("no rule is known")] == expected


MAPPING: dict[str, tuple[Any, str]] = {
    "a list": ([torch.lgamma], r"ops should be a mapping\. Found list\. Try {torch\.lgamma: own"),
    "text": ({"lgamma": own.routing("a")}, r"ops should map torch functions to ops .* Found 'lgamma'"),
    "a word that was not called": ({torch.lgamma: own.activation}, r"ops should map torch functions"),
    "a class of modules": (
        {nn.ReLU: own.activation("a")},
        r"ops should map functions .* Found the class ReLU\. Name the torch function or the autograd",
    ),
    "a module": ({nn.ReLU(): own.activation("a")}, r"Found the module ReLU\. Name .* select\.module_type\."),
}


@pytest.mark.parametrize("what", MAPPING)
def test_ops_that_name_no_function(what: str) -> None:
    ops, message = MAPPING[what]
    with pytest.raises(lp.InputError, match=message):
        lp.LRP(nn.Identity(), ops=ops)
