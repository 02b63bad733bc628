"""Slow and obvious versions of what the library does fast, written from the papers' formulas alone."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def dense(op: Callable[[Tensor], Tensor], shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """The matrix ``[inputs, outputs]`` and bias ``[outputs]`` of an affine op on one sample of this shape."""
    zero = torch.zeros(1, *shape, dtype=torch.float64)
    bias = op(zero).flatten()
    basis = torch.eye(zero.numel(), dtype=torch.float64).view(-1, *shape)
    return op(basis).flatten(1) - bias, bias


def _stabilized(z: Tensor, eps: float) -> Tensor:
    return z + eps if z >= 0 else z - eps


def epsilon(a: Tensor, w: Tensor, b: Tensor, relevance: Tensor, eps: float) -> Tensor:
    result = torch.zeros_like(a)
    for j in range(len(b)):
        z = (a * w[:, j]).sum() + b[j]
        if relevance[j] != 0:
            result += a * w[:, j] * relevance[j] / _stabilized(z, eps)
    return result


def gamma(a: Tensor, w: Tensor, b: Tensor, relevance: Tensor, eps: float, g: float = 0.25) -> Tensor:
    """Each contribution ``a_i w_ij`` (and the bias) that has the sign of ``z_j`` counts ``1 + g`` times.

    That is what ``a+ wP + a- wN`` and ``a+ wN + a- wP`` come to, as the sign of ``a_i w_ij`` decides which
    part grows.
    """
    result = torch.zeros_like(a)
    for j in range(len(b)):
        contributions = a * w[:, j]
        z = contributions.sum() + b[j]
        grown = torch.where(contributions * z > 0, contributions * (1 + g), contributions)
        bias = b[j] * (1 + g) if b[j] * z > 0 else b[j]
        if z != 0:
            result += grown * relevance[j] / _stabilized(grown.sum() + bias, eps)
    return result


def without_bias(oracle: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The same rule with every bias left out of the denominators."""
    return lambda a, w, b, *parameters: oracle(a, w, torch.zeros_like(b), *parameters)


def alpha_beta(
    a: Tensor, w: Tensor, b: Tensor, relevance: Tensor, eps: float, alpha: float = 2.0, beta: float = 1.0
) -> Tensor:
    """Positive contributions share ``alpha`` times the relevance, negative ones ``-beta`` times."""
    result = torch.zeros_like(a)
    for j in range(len(b)):
        contributions = a * w[:, j]
        for sign, share in ((1, alpha), (-1, -beta)):
            of_sign = torch.where(contributions * sign > 0, contributions, 0)
            bias = b[j] if b[j] * sign > 0 else 0
            result += share * of_sign * relevance[j] / _stabilized(of_sign.sum() + bias, eps)
    return result


def z_plus(a: Tensor, w: Tensor, b: Tensor, relevance: Tensor, eps: float) -> Tensor:
    return alpha_beta(a, w, b, relevance, eps, 1.0, 0.0)


def z_box(
    a: Tensor, w: Tensor, b: Tensor, relevance: Tensor, eps: float, low: float = -1.0, high: float = 2.0
) -> Tensor:
    """The distance of each contribution from the lowest that it could be."""
    result = torch.zeros_like(a)
    for j in range(len(b)):
        lowest = torch.where(w[:, j] > 0, low, high) * w[:, j]
        above = a * w[:, j] - lowest
        result += above * relevance[j] / _stabilized(above.sum(), eps)
    return result


def w_square(a: Tensor, w: Tensor, b: Tensor, relevance: Tensor, eps: float) -> Tensor:
    result = torch.zeros_like(a)
    for j in range(len(b)):
        squares = w[:, j] ** 2
        result += squares * relevance[j] / _stabilized(squares.sum() + b[j] ** 2, eps)
    return result


def flat(a: Tensor, w: Tensor, b: Tensor, relevance: Tensor, eps: float) -> Tensor:
    """Equal shares for the inputs with a weight; random weights are never zero where there is a way."""
    result = torch.zeros_like(a)
    for j in range(len(b)):
        feeds = (w[:, j] != 0).to(a.dtype)
        result += feeds * relevance[j] / _stabilized(feeds.sum(), eps)
    return result


def tutorial(layers: list[tuple[nn.Module, str]], x: Tensor) -> list[Tensor]:
    """The 2020 tutorial's loop, layer by layer: relevance at the input of every layer, first layer first.

    ``layers`` names for each step what it is: "gamma", "zero" (LRP-0), "pass" (ReLU), or "shape" (a reshape).
    Repaired where the tutorial crashes (average pooling), and without the 1e-6 that it adds to every entry of
    the starting relevance.
    """
    activations = [x]
    for layer, _ in layers:
        activations.append(layer(activations[-1]))
    logits = activations[-1]
    relevance = torch.zeros_like(logits)
    winner = logits.argmax(1)
    relevance[torch.arange(len(x)), winner] = logits[torch.arange(len(x)), winner]
    per_layer = [relevance.detach()]
    for (layer, what), a in zip(reversed(layers), reversed(activations[:-1]), strict=True):
        relevance = per_layer[0]
        if what == "pass":
            per_layer.insert(0, relevance)
        elif what == "shape":
            per_layer.insert(0, relevance.reshape(a.shape))
        else:
            per_layer.insert(0, _redistribute(layer, what, a, relevance))
    return per_layer


def _redistribute(layer: nn.Module, what: str, a: Tensor, relevance: Tensor) -> Tensor:
    a = a.detach().requires_grad_()
    parameters = {}
    for name, parameter in layer.named_parameters():
        value = parameter.detach()
        parameters[name] = value + 0.25 * value.clamp(min=0) if what == "gamma" else value
    z = torch.func.functional_call(layer, parameters, (a,)) + 1e-9
    s = relevance / z.detach()
    (c,) = torch.autograd.grad((z * s).sum(), a)
    return (a * c).detach()
