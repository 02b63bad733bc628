"""Requests of a model to torch while it is explained: hooks hear, gradients are refused."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.utils.flop_counter import FlopCounterMode

import lrprism as lp
from lrprism import presets

LRP_0 = presets.Epsilon(0)
X = torch.rand(2, 1, 6, 6, generator=torch.Generator().manual_seed(0))


class Hooked(nn.Module):
    """Keeps the gradient of its features, as for Grad-CAM; ``scale`` is what its hook returns of it."""

    def __init__(self, scale: float | None = None) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.linear = nn.Conv2d(1, 4, 3), nn.Linear(64, 3)
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv(x).relu()
        if h.requires_grad:
            h.register_hook(self.save)
        return self.linear(h.flatten(1))

    def save(self, g: Tensor) -> Tensor | None:
        self.heard = g
        return None if self.scale is None else g * self.scale


@pytest.mark.parametrize("audit", [False, True])
def test_a_hook_on_a_tensor_hears_and_changes_nothing(*, audit: bool) -> None:
    model = Hooked(scale=0.0)
    explanation = lp.LRP(model, LRP_0, strict=True).explain(X, 1, audit=audit)
    x = X.clone().requires_grad_()
    plain = Hooked()
    (g,) = torch.autograd.grad(plain(x)[:, 1].sum(), x)
    torch.testing.assert_close(explanation.relevance, X * g)
    torch.testing.assert_close(model.heard, plain.heard)  # under LRP-0 the modified gradient is the gradient


@pytest.mark.parametrize("audit", [False, True])
def test_under_a_counter_of_operations(*, audit: bool) -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    x = torch.rand(2, 4)
    expected = lp.LRP(model).explain(x).relevance
    with FlopCounterMode(display=False) as counter:
        explanation = lp.LRP(model).explain(x, audit=audit)
    torch.testing.assert_close(explanation.relevance, expected)
    assert counter.get_total_flops() > 0


def test_a_hook_under_audit_does_not_end_the_interpreter() -> None:
    # in a process of its own: what failed here was a segmentation fault
    script = (
        "import torch, lrprism as lp\n"
        "class M(torch.nn.Module):\n"
        "    def forward(self, x):\n"
        "        h = 2 * x\n"
        "        h.register_hook(print)\n"
        "        h.retain_grad()\n"
        "        return 3 * h\n"
        "print(lp.LRP(M()).explain(torch.ones(1, 2), 0, audit=True).relevance.tolist())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["tensor([[3., 0.]])", "[[6.0, 0.0]]"]


@pytest.mark.parametrize("audit", [False, True])
def test_a_gradient_taken_in_forward_is_refused_with_its_place(*, audit: bool) -> None:
    class Forces(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.energy = nn.Sequential(nn.Linear(4, 8), nn.SiLU(), nn.Linear(8, 1))

        def forward(self, x: Tensor) -> Tensor:
            x = x.clone().requires_grad_(True)
            e = self.energy(x)
            (force,) = torch.autograd.grad(e.sum(), x, create_graph=True)
            return torch.cat([e, force], 1)

    model: Any = Forces()
    words = r"forward should take no gradient .*\. Found torch\.autograd\.grad at .*answers\.py:\d+: relev"
    with pytest.raises(lp.ModelError, match=words):
        lp.LRP(model, LRP_0).explain(torch.rand(2, 4), 1, audit=audit)
    # the way out that the message names
    assert lp.LRP(model.energy, LRP_0).explain(
        torch.rand(2, 4), lambda e: torch.ones_like(e)
    ).output.shape == (2, 1)


class Training(nn.Module):
    """Takes a step of its own, or looks at a gradient, whenever it is called."""

    def __init__(self, take: Callable[[Tensor], None]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.take = nn.Linear(4, 3), take

    def forward(self, x: Tensor) -> Tensor:
        y = self.layer(x)
        self.take(y)
        return y


def look_at_gradient(y: Tensor) -> None:
    y.retain_grad()
    y.sum().backward(retain_graph=True)
    assert y.grad is not None


def take_of_a_weight(_: Tensor) -> None:
    w = torch.ones(3, requires_grad=True)
    (w**2).sum().backward()


TAKES: dict[str, tuple[Callable[[Tensor], None], str]] = {
    "backward": (lambda y: y.sum().backward(), "Tensor.backward"),
    "backward with a graph to keep, and a look": (look_at_gradient, "Tensor.backward and a look at .grad"),
    "torch.autograd.backward": (lambda y: torch.autograd.backward(y.sum()), "torch.autograd.backward"),
    "of a weight": (take_of_a_weight, "Tensor.backward"),
    "of the inputs, detached": (
        lambda y: (y.detach().requires_grad_() ** 2).sum().backward(),
        "Tensor.backward",
    ),
}


# torch 2.14 scripts the derivatives of forward mode with what it deprecates itself
FORWARD_MODE = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:FutureWarning")
OLD = tuple(int(part) for part in torch.__version__.split(".")[:2]) < (2, 10)


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("what", TAKES)
def test_a_backward_in_forward_is_refused_with_its_place(what: str, *, audit: bool) -> None:
    take, name = TAKES[what]
    if OLD and what == "torch.autograd.backward":
        pytest.skip("torch 2.9 shows this call to nobody: it ends in torch's error of a graph used twice")
    model = Training(take)
    with pytest.raises(
        lp.ModelError, match=rf"forward should take no gradient .*\. Found {name} at .*answers\.py:\d+"
    ):
        lp.LRP(model, LRP_0).explain(torch.rand(2, 4), 1, audit=audit)
    assert model.layer.weight.grad is None
    # the way out that the message names
    model.take = lambda _: None
    assert lp.LRP(model, LRP_0, strict=True).explain(torch.rand(2, 4), 1).output.shape == (2, 3)


DENSE = lp.LRP(nn.Linear(4, 3), LRP_0)


def relevance_of(x: Tensor) -> Tensor:
    relevance = DENSE.explain(x, 0).relevance
    assert isinstance(relevance, Tensor)
    return relevance


TRANSFORMS: dict[str, Callable[[Tensor], Any]] = {
    "grad": lambda x: torch.func.grad(lambda a: relevance_of(a).sum())(x),
    "jvp": lambda x: torch.func.jvp(relevance_of, (x,), (x,)),
    "vjp": lambda x: torch.func.vjp(relevance_of, x),
    "vmap": lambda x: torch.vmap(lambda a: relevance_of(a[None])[0])(x),
    "plan in vmap": lambda x: torch.vmap(lambda a: len(DENSE.plan(a[None])))(x),
}


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")  # torch's own
@pytest.mark.parametrize("what", TRANSFORMS)
@FORWARD_MODE
def test_an_explanation_inside_a_transformation_is_refused(what: str) -> None:
    with pytest.raises(
        lp.ModelError,
        match=r"^an explanation should not run inside a transformation of torch\.func.* Explain a",
    ):
        TRANSFORMS[what](torch.rand(2, 4))
    assert relevance_of(torch.rand(2, 4)).shape == (2, 4)  # outside of it


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")  # torch's own
@FORWARD_MODE
def test_an_explanation_of_dual_tensors_is_refused() -> None:
    x = torch.rand(2, 4)
    with forward_ad.dual_level():
        for inputs in (forward_ad.make_dual(x, x), x):
            with pytest.raises(
                lp.ModelError, match=r"^an explanation should not run under torch\.autograd\.forward_ad\."
            ):
                relevance_of(inputs)
        inputs = forward_ad.make_dual(x, x)
        plain = forward_ad.unpack_dual(inputs).primal
    assert torch.equal(relevance_of(plain), relevance_of(x))  # the way out that the message names


class Tangents(nn.Module):
    """The change of its layer's output along the input: w x (1 - tanh^2)."""

    def __init__(self, *, by_function: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.by_function = nn.Linear(4, 3), by_function

    def forward(self, x: Tensor) -> Tensor:
        if self.by_function:
            tangents: Tensor = torch.func.jvp(lambda a: self.layer(a).tanh(), (x,), (torch.ones_like(x),))[1]
            return tangents
        with forward_ad.dual_level():
            dual = self.layer(forward_ad.make_dual(x, torch.ones_like(x))).tanh()
            return forward_ad.unpack_dual(dual).tangent


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")  # torch's own
@FORWARD_MODE
def test_a_derivative_in_forward_mode_is_refused_with_a_way_out() -> None:
    x = torch.rand(2, 4)
    with pytest.raises(
        lp.ModelError, match=r"^forward should take no derivative in forward mode .*func\.jvp,"
    ):
        lp.LRP(Tangents(by_function=False), LRP_0).explain(x, 0)
    model = Tangents(by_function=True)
    with pytest.warns(
        lp.RelevanceWarning, match="no rule is known for torch.func .* as plain torch calls on"
    ):
        explanation = lp.LRP(model, LRP_0).explain(x, 0)
    a = x.clone().requires_grad_()
    (g,) = torch.autograd.grad(model(a)[:, 0].sum(), a)
    torch.testing.assert_close(explanation.relevance, x * g)


class Masked(nn.Module):
    """Rows that look at near rows; the mask is made by ``vmap``, as transformers makes those of a window."""

    def __init__(self, near: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.near = near

    def forward(self, x: Tensor) -> Tensor:
        rows = torch.arange(len(x))
        every = torch.vmap(torch.vmap(self.near, (None, 0)), (0, None))
        mask: Tensor = every(rows, rows)
        return mask.to(x.dtype) @ x


def test_a_mask_that_is_made_by_vmap_is_a_constant() -> None:
    x = torch.randn(4, 3)
    explanation = lp.LRP(Masked(lambda i, j: (i - j).abs() < 2), LRP_0, strict=True).explain(
        x, torch.ones_like
    )
    close_by = torch.tensor([[2.0], [3.0], [3.0], [2.0]])  # rows that see each row
    torch.testing.assert_close(explanation.relevance, close_by * x)


def test_a_mask_that_vmap_makes_of_the_input_is_named() -> None:
    x = torch.rand(4, 3)

    class OfInput(Masked):
        def forward(self, x: Tensor) -> Tensor:
            self.near = lambda i, j: x.sum() * (i - j)
            return super().forward(x)

    class OfWritten(Masked):
        def forward(self, x: Tensor) -> Tensor:
            total = torch.zeros(())
            total.add_(x.sum())
            self.near = lambda i, j: total * (i - j)
            return super().forward(x)

    for model in (OfInput(torch.mul), OfWritten(torch.mul)):
        with pytest.raises(lp.ModelError, match=r"no rule is known for torch\.func"):
            lp.LRP(model, LRP_0, strict=True).explain(x, torch.ones_like)
