"""Running the model and the methods that are judged: in eval mode, in batches, with checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from lrprism.errors import InputError, ModelError

Method = Callable[[Any, Tensor, Tensor], Tensor]
"""An attribution: ``(model, x, target) -> relevance`` like ``x``; samples ``[N, ...]``, classes ``[N]``."""
Model = Callable[[Tensor], Any]
"""Logits ``[N, classes]`` of samples; an ``nn.Module`` where weights are drawn anew."""
Output = Literal["probability", "logit"]
"""The output of the target that is followed: its softmax probability or its logit."""

_NUMBERS_AT_ONCE = 2**17
_SAMPLES_AT_ONCE = 1024
"""A batch whose activations stay in the processor's cache runs faster than a large one."""
_EXPLAINED_AT_ONCE = 2**22


@contextmanager
def set_to_evaluate(model: Model) -> Iterator[None]:
    """Set every module of a model to eval mode, and restore the mode of each afterwards."""
    modules = list(model.modules()) if isinstance(model, nn.Module) else []
    modes = [module.training for module in modules]
    try:
        for module in modules:
            module.training = False
        yield
    finally:
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode


def count_at_once(x: Tensor) -> int:
    """Return how many samples like those of ``x`` make a batch."""
    return max(1, min(_SAMPLES_AT_ONCE, _NUMBERS_AT_ONCE // max(1, x[0].numel())))


@torch.no_grad()
def read_logits(model: Model, x: Tensor) -> Tensor:
    """Return the logits of samples, ``[N, classes]``, in batches and in eval mode.

    Raises:
        InputError: If there is no sample.
        ModelError: If the output is no matrix of at least two finite logits per sample.
    """
    check_samples(x)
    with set_to_evaluate(model):
        logits = torch.cat([_read_batch(model, batch) for batch in torch.split(x, count_at_once(x))])
    if not logits.isfinite().all():
        raise ModelError(
            f"the model's logits should be finite. Found {int((~logits.isfinite()).sum())} of "
            f"{logits.numel()} that are not. Look at the weights, and at inputs with features removed."
        )
    return logits


def _read_batch(model: Model, x: Tensor) -> Tensor:
    logits = model(x)
    if not isinstance(logits, Tensor) or logits.dim() != 2 or logits.shape[1] < 2 or len(logits) != len(x):
        shape = f"shape {tuple(logits.shape)}" if isinstance(logits, Tensor) else type(logits).__name__
        raise ModelError(
            f"the model should return logits of shape [N, classes] for N={len(x)} samples, with at least two "
            f"classes. Found {shape}. Try a lambda around it, such as lambda x: model(x).logits."
        )
    return logits


def read_target(model: Model, x: Tensor, target: Tensor, output: Output) -> Tensor:
    """Return the followed output of each sample's target, ``[N]``.

    Raises:
        InputError: If ``output`` is no word for an output, or a target no class of the model.
    """
    if output not in get_args(Output):
        raise InputError(f"output should be one of {', '.join(get_args(Output))}. Found {output!r}.")
    logits = read_logits(model, x)
    check_classes(target, len(x), logits.shape[1])
    values = logits.softmax(1) if output == "probability" else logits
    return values.gather(1, target.to(values.device, torch.int64)[:, None])[:, 0]


def attribute(method: Method, model: Model, x: Tensor, target: Tensor, name: str = "method") -> Tensor:
    """Run an attribution method in eval mode, in batches, and check what it returns.

    Args:
        method: The attribution, ``(model, x, target) -> relevance``.
        model: The model.
        x: Samples, ``[N, ...]``; the method gets a copy.
        target: Classes, ``[N]``.
        name: Its name in messages.

    Returns:
        Relevance like ``x``, detached.

    Raises:
        InputError: If it is no tensor, of another shape than ``x``, complex, or not finite; or if there is no
            sample, or not one target for each.
    """
    check_samples(x, target)
    at_once = max(1, _EXPLAINED_AT_ONCE // max(1, x[0].numel()))
    parts = zip(torch.split(x, at_once), torch.split(target, at_once), strict=True)
    return torch.cat([_attribute_batch(method, model, *part, name=name) for part in parts])


def _attribute_batch(method: Method, model: Model, x: Tensor, target: Tensor, *, name: str) -> Tensor:
    with set_to_evaluate(model), torch.enable_grad():
        relevance = method(model, x.detach().clone(), target.clone())
    if not isinstance(relevance, Tensor):
        raise InputError(
            f"'{name}' should return a tensor of relevance. Found {type(relevance).__name__}. "
            "Try lambda model, x, target: ...explain(x, target).relevance."
        )
    if relevance.shape != x.shape:
        raise InputError(
            f"'{name}' should return relevance of the samples' shape {tuple(x.shape)}. "
            f"Found {tuple(relevance.shape)}. Spread it over the input, or sum it where it has more axes."
        )
    if relevance.is_complex():
        raise InputError(
            f"'{name}' should return real relevance. Found {relevance.dtype}. Try relevance.real."
        )
    wrong = int((~relevance.isfinite()).sum())
    if wrong:
        raise InputError(
            f"'{name}' should return finite relevance. Found {wrong} of {relevance.numel()} values that are "
            "NaN or inf. Look for a division by zero in it."
        )
    return relevance.detach().to(x)


def check_targets(x: Tensor, target: Tensor, classes: int) -> None:
    """Check that there is one class index for each sample.

    Raises:
        InputError: If the samples are no float tensor or not finite, or a target is no class of the model.
    """
    if not x.is_floating_point() or not x.isfinite().all() or len(x) < 1:
        raise InputError(
            f"x should be finite floating-point samples [N, ...]. Found {x.dtype} of shape {tuple(x.shape)}, "
            f"{int((~x.isfinite()).sum())} values not finite."
        )
    check_classes(target, len(x), classes)


def check_classes(target: Tensor, count: int, classes: int) -> None:
    """Check that there is one class index for each of some samples.

    Raises:
        InputError: If there are more or fewer, or one is no class of the model.
    """
    is_index = not (target.is_floating_point() or target.is_complex() or target.dtype is torch.bool)
    if not is_index or target.shape != (count,) or not ((target >= 0) & (target < classes)).all():
        raise InputError(
            f"target should be one class from 0 to {classes - 1} for each of the {count} samples. "
            f"Found {target.dtype} of shape {tuple(target.shape)}, values {_describe_range(target)}."
        )


def check_samples(x: Tensor, target: Tensor | None = None) -> None:
    """Check that there are samples, and one target for each.

    Raises:
        InputError: If there are none, or they or the targets are no tensors or of another number.
    """
    if not isinstance(x, Tensor) or x.dim() < 1 or len(x) < 1:
        found = f"shape {tuple(x.shape)}" if isinstance(x, Tensor) else type(x).__name__
        raise InputError(f"x should be a tensor of at least one sample, [N, ...]. Found {found}.")
    if target is not None and (not isinstance(target, Tensor) or target.shape != (len(x),)):
        is_tensor = isinstance(target, Tensor)
        found = f"{target.dtype} of shape {tuple(target.shape)}" if is_tensor else type(target).__name__
        raise InputError(
            f"target should be a tensor of one class for each of the {len(x)} samples. Found {found}."
        )


def _describe_range(target: Tensor) -> str:
    return f"{target.min().item()} to {target.max().item()}" if target.numel() else "none"
