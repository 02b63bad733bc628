"""The methods that are compared: callables ``(model, x, target) -> relevance``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism.composites import AbstractComposite

Method = Callable[[nn.Module, Tensor, Tensor], Tensor]
Methods = Mapping[str, Method]


@dataclass(frozen=True)
class Relevance:
    """LRP with one composite, against zero or, as relevance of the difference, against a reference.

    Args:
        composite: Who gets which rule.
        reference: What the input is compared with.
        batch_size: The most samples at a time.
    """

    composite: AbstractComposite
    reference: Any = None
    batch_size: int | None = None

    def __call__(self, model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
        """Return the relevance of ``x``."""
        explainer = lp.LRP(model, self.composite)
        explanation = explainer.explain(x, target, reference=self.reference, batch_size=self.batch_size)
        relevance: Tensor = explanation.relevance
        return relevance


@dataclass(frozen=True)
class IntegratedGradients:
    r"""Integrated gradients: :math:`(x - b) \int_0^1 \nabla f(b + \alpha (x - b)) \, d\alpha`, by midpoints.

    Reference: Sundararajan et al. 2017, ICML.

    Args:
        baseline: Where the path begins, of a shape that broadcasts to the input's.
        steps: Points on the path.
        batch_size: The most samples at a time.
    """

    baseline: Tensor | float = 0.0
    steps: int = 50
    batch_size: int = 256

    def __call__(self, model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
        """Return the integral for each sample."""
        baseline = torch.as_tensor(self.baseline, dtype=x.dtype).expand_as(x)
        parts = zip(*(tensor.split(self.batch_size) for tensor in (x, target, baseline)), strict=True)
        return torch.cat([self._integrate(model, *part) for part in parts])

    def _integrate(self, model: nn.Module, x: Tensor, target: Tensor, baseline: Tensor) -> Tensor:
        total = torch.zeros_like(x)
        for step in range(self.steps):
            point = baseline + (step + 0.5) / self.steps * (x - baseline)
            total += find_gradient(model, point, target)
        return total / self.steps * (x - baseline)


@dataclass(frozen=True)
class Occlusion:
    """The fall of the output when a window is replaced by the baseline, one window after the other.

    Args:
        window: The size of the window on each axis behind the first; windows do not overlap.
        baseline: What replaces it.
    """

    window: tuple[int, ...]
    baseline: Tensor | float = 0.0

    def __call__(self, model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
        """Return the fall of each window, shared equally among its entries."""
        baseline = torch.as_tensor(self.baseline, dtype=x.dtype).expand_as(x)
        counts = [-(-size // edge) for size, edge in zip(x.shape[1:], self.window, strict=True)]
        relevance = torch.zeros_like(x)
        with torch.no_grad():
            whole = read_output(model, x, target)
            for place in torch.cartesian_prod(*(torch.arange(count) for count in counts)).view(
                -1, len(counts)
            ):
                corner = zip(place.tolist(), self.window, strict=True)
                window = (slice(None), *(slice(edge * i, edge * (i + 1)) for i, edge in corner))
                hidden = x.clone()
                hidden[window] = baseline[window]
                fall = whole - read_output(model, hidden, target)
                size = hidden[window][0].numel()
                relevance[window] = (fall / size).view(-1, *([1] * (x.dim() - 1)))
        return relevance


def multiply_gradient(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
    """Return gradient times input."""
    return x * find_gradient(model, x, target)


def find_gradient(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
    """Return the gradient of the explained outputs at ``x``."""
    leaf = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(read_output(model, leaf, target).sum(), leaf)
    return gradient


def read_output(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
    """Return the explained output of each sample, ``[N]``."""
    output: Tensor = model(x)
    return output.gather(1, target[:, None])[:, 0]


def draw_relevance(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:  # noqa: ARG001 - the control
    """Return noise: the control that every method should beat."""
    return torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
