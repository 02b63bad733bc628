"""An op that a user names for an autograd Function stands in its place."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism import presets
from lrprism.ops import own
from small_models import Model as SmallModel

LRP_0 = presets.Epsilon(0)
X = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


class Spike(torch.autograd.Function):
    """A step with a surrogate gradient, as in spiking networks."""

    @staticmethod
    def forward(_ctx: Any, x: Tensor) -> Tensor:
        return (x > 0).to(x)

    @staticmethod
    def backward(_ctx: Any, *grad_outputs: Tensor) -> Tensor:
        return grad_outputs[0]


class Times(torch.autograd.Function):
    """A product with a number."""

    @staticmethod
    def forward(ctx: Any, k: float, x: Tensor) -> Tensor:
        ctx.k = k
        return x * k

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Any:
        return None, grad_outputs[0] * ctx.k


class Multiply(torch.autograd.Function):
    """A product in numpy."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor) -> Tensor:
        ctx.save_for_backward(x, y)
        return torch.from_numpy(x.detach().numpy() * y.detach().numpy())

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Any:
        x, y = ctx.saved_tensors
        return grad_outputs[0] * y, grad_outputs[0] * x


class Model(nn.Module):
    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.a, self.b = nn.Linear(4, 8, bias=False).double(), nn.Linear(8, 2, bias=False).double()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.b(self.function(self.a(x)))


def explained(
    function: Callable[..., Tensor], ops: Any, composite: Any = LRP_0
) -> tuple[Tensor, lp.Explanation]:
    explainer = lp.LRP(Model(function), composite, strict=True, ops=ops)
    explanation, audited = explainer.explain(X, 0), explainer.explain(X, 0, audit=True)
    torch.testing.assert_close(audited.relevance, explanation.relevance, rtol=1e-12, atol=1e-14)
    assert audited.audit.unaccounted == pytest.approx(0, abs=1e-12)
    torch.testing.assert_close(explanation.output, Model(function)(X).detach())
    return explanation.relevance, audited


@pytest.mark.parametrize("key", [Spike, Spike.apply])
def test_an_activation_passes_relevance_unchanged(key: Any) -> None:
    relevance, found = explained(Spike.apply, {key: own.activation("spike")})
    torch.testing.assert_close(relevance.sum(1), found.output[:, 0])
    assert [row.op for row in found.audit] == ["linear", "spike", "linear"]


def test_routing_follows_the_backward_of_the_function() -> None:
    relevance, found = explained(lambda h: Times.apply(3.0, h), {Times: own.routing("times")})
    torch.testing.assert_close(relevance.sum(1), found.output[:, 0])
    assert [row.op for row in found.audit] == ["linear", "times", "linear"]


def test_a_product_is_shared() -> None:
    relevance, _ = explained(
        lambda h: Multiply.apply(h, h.flip(1)), {Multiply: own.product("multiply")}, presets.AttnLRP()
    )
    expected, _ = explained(lambda h: h * h.flip(1), {}, presets.AttnLRP())
    torch.testing.assert_close(relevance, expected)


def test_a_constant_stops_relevance() -> None:
    relevance, _ = explained(lambda h: h + Spike.apply(h), {Spike: own.constant("spike")})
    expected, _ = explained(lambda h: h + (h.detach() > 0).to(h), {})
    torch.testing.assert_close(relevance, expected)


def test_a_composed_function_is_written_out() -> None:
    relevance, _ = explained(
        lambda h: Multiply.apply(h, h.flip(1)),
        {Multiply: own.composed("multiply", torch.mul)},
        presets.AttnLRP(),
    )
    expected, _ = explained(lambda h: h * h.flip(1), {}, presets.AttnLRP())
    torch.testing.assert_close(relevance, expected)


def test_a_result_that_is_changed_in_place_and_used_twice() -> None:
    def function(h: Tensor) -> Tensor:
        y = Spike.apply(h) * 1.0
        y.mul_(2.0)
        return y + Spike.apply(h)

    relevance, found = explained(function, {Spike: own.activation("spike")})
    torch.testing.assert_close(relevance.sum(1), found.output[:, 0])


def test_the_last_op_of_a_model() -> None:
    class Last(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return Times.apply(2.0, 3 * x)

    explanation = lp.LRP(Last(), LRP_0, strict=True, ops={Times: own.routing("times")}).explain(X, 0)
    torch.testing.assert_close(explanation.relevance[:, 0], 6 * X[:, 0])


def test_without_an_op_the_message_says_how_to_give_one() -> None:
    with pytest.raises(
        lp.ModelError, match=r"SpikeBackward \(cannot be seen\).*torch function or an autograd\.Fun"
    ):
        lp.LRP(Model(Spike.apply), strict=True).explain(X)


def test_a_function_may_ask_for_an_array() -> None:
    class Squared(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.save_for_backward(x)
            return torch.from_numpy(x.numpy() ** 2)  # which torch allows inside a Function

        @staticmethod
        def backward(ctx: Any, *grad_outputs: Tensor) -> Any:
            return 2 * ctx.saved_tensors[0] * grad_outputs[0]

    relevance, found = explained(Squared.apply, {Squared: own.activation("squared")})
    torch.testing.assert_close(relevance.sum(1), found.output[:, 0])


class Spiking(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return Spike.apply(x)


class Inside(nn.Module):
    """Applies a Function between two modules, which it hands it to by name."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.a, self.b = nn.Linear(4, 3).double(), nn.Linear(3, 2).double()

    def forward(self, x: Tensor) -> Tensor:
        return self.b(input=Spike.apply(self.a(x)))


@pytest.mark.parametrize(
    ("model", "rows"),
    [
        (
            nn.Sequential(nn.Linear(4, 3), Spiking(), nn.Linear(3, 2)).double(),
            [("0", "linear"), ("1", "spike"), ("2", "linear")],
        ),
        (nn.Sequential(nn.Linear(4, 2), Spiking()).double(), [("0", "linear"), ("1", "spike")]),
        (Inside(), [("a", "linear"), ("", "spike"), ("b", "linear")]),
        (
            nn.Sequential(Inside(), nn.Sequential(Spiking())),
            [("0.a", "linear"), ("0", "spike"), ("0.b", "linear"), ("1.0", "spike")],
        ),
    ],
    ids=["between", "last", "by name", "nested"],
)
def test_the_row_names_the_module_that_applies_the_function(
    model: nn.Module, rows: list[tuple[str, str]]
) -> None:
    explainer = lp.LRP(model, LRP_0, strict=True, ops={Spike: own.activation("spike")})
    assert [(row.module, row.op) for row in explainer.plan(X)] == rows
    explanation = explainer.explain(X, 0, audit=True)
    assert [(row.module, row.op) for row in explanation.audit] == rows
    types = {"": type(model), **{name: type(each) for name, each in model.named_modules()}}
    assert [row.module_type for row in explainer.plan(X)] == [types[module].__name__ for module, _ in rows]


class Beyond(torch.autograd.Function):
    """A step at a threshold that is learned."""

    @staticmethod
    def forward(_ctx: Any, x: Tensor, threshold: Tensor) -> Tensor:
        return (x > threshold).to(x)

    @staticmethod
    def backward(_ctx: Any, *grad_outputs: Tensor) -> Any:
        (g,) = grad_outputs
        return g, -g.sum(0)


def test_a_parameter_that_a_function_takes_is_a_constant() -> None:
    threshold = nn.Parameter(torch.zeros(8, dtype=torch.float64))
    relevance, found = explained(lambda h: Beyond.apply(h, threshold), {Beyond: own.activation("beyond")})
    torch.testing.assert_close(relevance.sum(1), found.output[:, 0])
    assert [row.op for row in found.audit] == ["linear", "beyond", "linear"]


@pytest.mark.parametrize(
    ("function", "rows"),
    [
        (lambda h: Spike.apply(Times.apply(3.0, h)), ["times", "spike"]),
        (lambda h: Times.apply(3.0, Spike.apply(h)), ["spike", "times"]),
        (lambda h: Multiply.apply(Times.apply(3.0, h), Spike.apply(h)), ["times", "spike", "multiply"]),
    ],
)
def test_functions_of_what_functions_return(function: Callable[[Tensor], Tensor], rows: list[str]) -> None:
    ops = {
        Spike: own.activation("spike"),
        Times: own.routing("times"),
        Multiply: own.product("multiply"),
    }
    named = {tensor: op for tensor, op in ops.items() if op.name in rows}
    relevance, found = explained(function, named, presets.AttnLRP())
    torch.testing.assert_close(relevance.sum(1), found.output[:, 0])
    met = [row.op for row in found.audit if row.op != "detach"]  # of the array that Multiply asks for
    assert met == ["linear", *rows, "linear"]


class Writing(torch.autograd.Function):
    """Doubles its input where it lies."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.mark_dirty(x)
        x.detach().numpy()[...] *= 2
        return x

    @staticmethod
    def backward(_ctx: Any, *grad_outputs: Tensor) -> Tensor:
        return 2 * grad_outputs[0]


@pytest.mark.parametrize("audit", [False, True])
def test_a_function_that_writes_to_its_input_is_said_to_go_without_its_op(*, audit: bool) -> None:
    model = Model(lambda h: Writing.apply(Writing.apply(1 * h)))
    explainer = lp.LRP(model, LRP_0, ops={Writing: own.routing("writing")})
    with pytest.warns(lp.RelevanceWarning) as caught:
        explanation = explainer.explain(X, 0, audit=audit)
    messages = [str(warning.message) for warning in caught]
    assert messages[1] == (
        "an autograd.Function with an op should take the result of a torch call and leave it as it is. Found "
        "that Writing takes what another Function returned or writes to its input, so that its op has no "
        "part. Return a new tensor from its forward, and put a clone() between two Functions: "
        "Outer.apply(Inner.apply(x).clone())."
    )
    assert messages[0].startswith("no rule is known for WritingBackward (cannot be seen)")
    torch.testing.assert_close(
        explanation.relevance.sum(1), explanation.output[:, 0]
    )  # its gradient is right here


R = torch.randn(1, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


class Cube(torch.autograd.Function):
    """A smooth function of each entry."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return 3 * x.square() * grad_outputs[0]


@pytest.mark.parametrize(
    ("function", "ops", "expected"),
    [
        (Spike.apply, {Spike: own.activation("spike")}, (X > 0).double() - (R > 0).double()),
        (Cube.apply, {Cube: own.activation("cube")}, X**3 - R**3),
        (lambda x: Times.apply(3.0, x), {Times: own.routing("times")}, 3 * (X - R)),
        # each factor moves beside the mean of both runs of the other
        (lambda x: Multiply.apply(x, 2 * x), {Multiply: own.product("multiply")}, 2 * (X**2 - R**2)),
        (lambda x: Cube.apply(x).detach() + x, {Cube: own.constant("cube")}, X - R),
    ],
)
@pytest.mark.filterwarnings("ignore:relevance of a difference should add up:lrprism.RelevanceWarning")
def test_a_function_is_compared_with_itself_on_the_reference(
    function: Callable[[Tensor], Tensor], ops: Any, expected: Tensor
) -> None:
    model = SmallModel(function)
    for audit in (False, True):
        explanation = lp.LRP(model, LRP_0, ops=ops).explain(X, torch.ones_like, reference=R, audit=audit)
        torch.testing.assert_close(explanation.relevance, expected)


def test_a_function_between_equal_arguments_has_its_derivative() -> None:
    # a grows by one as b shrinks by one in each second entry: the cube sees equal arguments there
    step = torch.tensor([[1.0, 0.0, 1.0, 0.0]]).double()
    explanation = lp.LRP(
        SmallModel(lambda a, b: Cube.apply(a + b)), LRP_0, ops={Cube: own.activation("cube")}
    ).explain((X, -step.expand_as(X)), torch.ones_like, reference=(X - step, 0.0))
    of_a, of_b = explanation.relevance
    torch.testing.assert_close(of_a, 3 * (X - step).square() * step)
    torch.testing.assert_close(of_a, -of_b)


class OtherCube(Cube):
    """The same calls, by another Function."""


def test_another_function_on_the_reference_is_named() -> None:
    def choose(x: Tensor) -> Tensor:
        return 2 * (Cube.apply(x) if x.sum() > 0 else OtherCube.apply(x))

    ops = {function: own.activation("cube") for function in (Cube, OtherCube)}
    with pytest.raises(lp.ModelError, match=r"Found Cube in \(model\) as call .* inputs and OtherCube in"):
        lp.LRP(SmallModel(choose), LRP_0, ops=ops).explain(X.abs(), torch.ones_like, reference=-X.abs())
