"""Refuse NaN and inf in weights, outputs and relevance, and name the cause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from lrprism.errors import ModelError


def check_finite(
    model: nn.Module, output: Tensor, seeds: Sequence[Tensor], relevance: Iterable[Tensor]
) -> None:
    """Check that output and relevance hold finite numbers; to be called where a sum of them does not.

    An output of inf that is not explained may be: a class that is masked with -inf.

    Args:
        model: The model; its weights are looked at only where something is wrong.
        output: What was explained of its output.
        seeds: The seeds at the output.
        relevance: Relevance at the inputs and layers.

    Raises:
        ModelError: If there is NaN in the output, inf where it is explained, or either in relevance.
    """
    # 0 * -inf is NaN in the sums, but a masked class that is not explained does no harm
    explained = torch.zeros_like(output, dtype=torch.bool)
    for seed in seeds:
        explained |= seed != 0
    wrong = output.isnan() | (explained & ~output.isfinite())
    if wrong.any():
        raise ModelError(
            _describe_weights(model)
            or f"the model's output should be finite. Found {_describe_first(output, wrong)}. "
            "Look in forward for a division by zero, a logarithm or a root, or a number too large for "
            f"{output.dtype}."
        )
    for tensor in relevance:
        if not tensor.isfinite().all():
            raise ModelError(
                _describe_weights(model)
                or f"relevance should be finite. Found {_describe_first(tensor, ~tensor.isfinite())}. "
                f"A number was too large for {tensor.dtype}, or a denominator zero: try a wider type, or a "
                "rule with a larger eps."
            )


def _describe_weights(model: nn.Module) -> str | None:
    """Name the weight that holds NaN or inf, or return None; a mask of -inf in a buffer is none."""
    weights: list[tuple[str, Tensor]] = list(model.named_parameters())
    # a mask in a buffer may hold -inf on purpose
    buffers = list(model.named_buffers())
    looks = [(weights + buffers, torch.isnan), (weights, torch.isinf), (buffers, torch.isposinf)]
    for tensors, is_wrong in looks:
        for name, tensor in tensors:
            if tensor.layout is torch.strided and (tensor.is_floating_point() or tensor.is_complex()):
                wrong = is_wrong(tensor.detach())
                if wrong.any():
                    return f"weights should be finite. Found {_describe_first(tensor, wrong, name)}."
    return None


def _describe_first(tensor: Tensor, wrong: Tensor, name: str = "") -> str:
    """Write the first wrong entry of a tensor and its index."""
    index = tuple(int(i) for i in wrong.nonzero()[0])
    return f"{tensor.detach()[index].item()}{f' in {name}' if name else ''} at index {index}"
