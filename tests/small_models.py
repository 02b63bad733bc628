"""A model from a function, and its relevance with everything checked that holds for any op."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism import presets
from lrprism.composites import AbstractComposite

LRP_0 = presets.Epsilon(0)
Function = Callable[..., Tensor]


class Model(nn.Module):
    """A function as a model; what it calls is registered in ``layers``."""

    def __init__(self, function: Function, *layers: nn.Module) -> None:
        super().__init__()
        self.function, self.layers = function, nn.ModuleList(layers)

    def forward(self, *inputs: Any, **options: Any) -> Any:
        return self.function(*inputs, **options)


def numbers(*shapes: tuple[int, ...]) -> tuple[Tensor, ...]:
    """A random tensor of each shape, the same each time."""
    # torch.manual_seed takes half a millisecond: for each kind of device it notes the stack of who asked
    torch.default_generator.manual_seed(0)
    return tuple(torch.randn(shape, dtype=torch.float64) for shape in shapes)


def explained(
    model: nn.Module,
    *inputs: Tensor,
    composite: AbstractComposite = LRP_0,
    seed: Callable[[Tensor], Tensor] = torch.ones_like,
) -> tuple[Tensor, ...]:
    """The relevance of each input; the same in both modes, with an account that adds up."""
    expected = model.eval()(*(a.clone() for a in inputs)).detach()  # the model may write in place
    explainer = lp.LRP(model, composite, strict=True)
    first = explainer.explain(inputs, seed).relevance
    model.train()
    explanation = explainer.explain(inputs, seed, audit=True)
    assert explanation.audit is not None
    assert abs(explanation.audit.unaccounted) <= 1e-9 * max(1.0, abs(explanation.audit.explained))
    torch.testing.assert_close(explanation.output, expected, rtol=1e-11, atol=1e-12)
    torch.testing.assert_close(explanation.relevance, first, rtol=1e-11, atol=1e-12)
    assert isinstance(explanation.relevance, tuple)
    return explanation.relevance


def close(tensor: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(tensor, expected, rtol=1e-10, atol=1e-11)


def numbers_of(*shape: int) -> Tensor:
    """Random numbers of one shape, the same each time and whatever other tests draw."""
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(sum(shape)))


def relevances(function: Function, *inputs: Tensor) -> tuple[Tensor, ...]:
    """Relevance for a seed of ones; strict accepts, the account adds up and changes nothing."""
    explainer = lp.LRP(Model(function), LRP_0, strict=True)
    audited = explainer.explain(inputs, torch.ones_like, audit=True)
    plain = explainer.explain(inputs, torch.ones_like)
    torch.testing.assert_close(audited.output, function(*inputs))
    assert audited.audit is not None
    assert abs(audited.audit.unaccounted) < 1e-9
    torch.testing.assert_close(audited.relevance, plain.relevance)
    assert isinstance(plain.relevance, tuple)
    return plain.relevance
