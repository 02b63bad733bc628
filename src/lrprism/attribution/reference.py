"""References: what an input is compared with, so that relevance adds up to ``f(x) - f(reference)``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

from lrprism.attribution.inputs import ParsedInputs, check_values
from lrprism.attribution.structures import Path, format_path, leaves
from lrprism.errors import InputError

__all__ = ["blank", "continuum", "each", "mean", "mix"]

Reference = Any
"""A tensor like the input or one that broadcasts to it, or a function that makes one of the input; a tuple, a
mapping or whatever the inputs are in for several; or several references, from :func:`each`.
"""


@final
@dataclass(frozen=True, eq=False)
class Each:
    """Several references, whose relevance is averaged; see :func:`each`."""

    references: tuple[Reference, ...]


def each(*references: Reference) -> Each:
    r"""Compare with several references, and average: :math:`R = \frac{1}{K} \sum_k R^{(k)}`.

    The relevance adds up to ``f(x) - mean f(reference)``. One forward and backward pass per reference.

    Args:
        references: The references.

    Raises:
        InputError: If there is none.
    """
    if not references:
        raise InputError("each() should name at least one reference. Found none. Try each(samples.mean(0)).")
    return Each(references)


def mean(samples: Tensor) -> Tensor:
    """Return the mean of samples ``[N, ...]``, as a reference of one sample ``[1, ...]``.

    Args:
        samples: The samples, such as those that the model was trained on, prepared as the model takes them.

    Raises:
        InputError: If there are no samples, or they are no floats.
    """
    if not isinstance(samples, Tensor) or not samples.is_floating_point():
        found = samples.dtype if isinstance(samples, Tensor) else type(samples).__name__
        raise InputError(f"samples should be a float tensor (N, ...). Found {found}.")
    if samples.dim() == 0 or not len(samples):
        raise InputError(f"samples should hold at least one. Found shape {tuple(samples.shape)}.")
    return samples.detach().mean(0, keepdim=True)


def blank(token: int, *, keep: Sequence[int] = ()) -> Callable[[Tensor], Tensor]:
    """Return the reference of token ids in which each token is the same one, such as the padding or mask.

    Args:
        token: The id of the token, such as ``tokenizer.mask_token_id``.
        keep: Ids of tokens that stay, such as those in front of and behind a sentence.

    Raises:
        InputError: If an id is no whole number, or what it is given holds no token ids.
    """
    ids = [token, *keep] if isinstance(keep, Iterable) else [token, keep]
    wrong = [value for value in ids if isinstance(value, bool) or not isinstance(value, int)]
    if wrong or not isinstance(keep, Iterable):
        raise InputError(
            f"blank() should name tokens by their ids, whole numbers, and those to keep in a list. Found "
            f"{(wrong or ids)[-1]!r}. Try blank(tokenizer.mask_token_id, keep=[tokenizer.cls_token_id])."
        )

    def make(tokens: Tensor) -> Tensor:
        if tokens.is_floating_point():
            raise InputError(
                f"blank() should stand for token ids. Found inputs of type {tokens.dtype}. "
                "Try a number or a tensor, such as reference=0.0."
            )
        stays = torch.isin(tokens, torch.tensor(list(keep), dtype=tokens.dtype, device=tokens.device))
        return torch.where(stays, tokens, torch.full_like(tokens, token))

    return make


def continuum(x: Tensor, widths: int | Sequence[int] = (6, 10, 14), *, axis: int = -1) -> Tensor:
    r"""Return each sample's own continuum: what its bands would be without narrow features.

    .. math:: c_i = \frac{1}{|H|} \sum_{h \in H} \frac{x_{i-h} + x_{i+h}}{2}

    A band beyond an end counts as the one at that end.

    Args:
        x: The samples; like them.
        widths: The distances ``H``, in bands.
        axis: The axis of the bands.

    Raises:
        InputError: If ``x`` is no tensor with that axis, or a width is no whole number from 1 on, or as wide
            as the axis.
    """
    if not isinstance(x, Tensor) or not -x.dim() <= axis < x.dim():
        found = f"shape {tuple(x.shape)}" if isinstance(x, Tensor) else type(x).__name__
        raise InputError(f"x should be a tensor with the bands along axis {axis}. Found {found}.")
    steps = tuple(widths) if isinstance(widths, Iterable) else (widths,)
    count = x.shape[axis]
    if count < 2:
        raise InputError(
            f"x should have at least 2 bands along axis {axis}. Found {count}: a band alone is its continuum."
        )
    wrong = [h for h in steps if isinstance(h, bool) or not isinstance(h, int) or not 1 <= h < count]
    if wrong or not steps:
        raise InputError(
            f"widths should be whole numbers of bands from 1 to {count - 1}. "
            f"Found {widths!r} for {count} bands."
        )
    x = x.detach()
    at = torch.arange(count, device=x.device)
    pairs = [
        x.index_select(axis, (at - h).clamp(min=0)) + x.index_select(axis, (at + h).clamp(max=count - 1))
        for h in steps
    ]
    return torch.stack(pairs).sum(0) / (2 * len(steps))


def mix(a: Tensor, b: Tensor, weight: float = 0.5) -> Tensor:
    """Return ``weight * a + (1 - weight) * b``, such as a third of the mean and two thirds of the continuum.

    Args:
        a: A reference.
        b: Another one; the two broadcast.
        weight: The share of the first, from 0 to 1.

    Raises:
        InputError: If the weight is outside, or the references are no tensors that broadcast.
    """
    if not isinstance(weight, (int, float)) or not 0 <= weight <= 1:
        raise InputError(f"weight should be a number from 0 to 1. Found {weight!r}.")
    try:
        return weight * a.detach() + (1 - weight) * b.detach()
    except (AttributeError, RuntimeError) as error:  # no tensors, or of shapes that do not broadcast
        found = [tuple(r.shape) if isinstance(r, Tensor) else type(r).__name__ for r in (a, b)]
        raise InputError(
            f"references to mix should be tensors that broadcast. Found {found[0]} and {found[1]}."
        ) from error


def read_references(reference: Reference, parsed: ParsedInputs) -> list[tuple[Tensor, ...] | None]:
    """Return for each reference what stands in the place of each input; ``[None]`` where there is none.

    Args:
        reference: What the caller gave.
        parsed: The inputs.

    Raises:
        InputError: If a reference does not fit the inputs.
    """
    if reference is None:
        return [None]
    several = reference.references if isinstance(reference, Each) else (reference,)
    return [_read_one(one, parsed) for one in several]


def _read_one(reference: Reference, parsed: ParsedInputs) -> tuple[Tensor, ...]:
    """Return what stands in the place of each input."""
    by_path = _find_tensors(reference, parsed)
    pairs = zip(parsed.paths, parsed.tensors, parsed.names, strict=True)
    references = []
    for path, x, name in pairs:
        name = name.replace("inputs", "reference", 1) if name.startswith("inputs") else f"reference of {name}"
        references.append(_fit(by_path[path], x, name) if path in by_path else x.detach())
    return tuple(references)


def _find_tensors(reference: Reference, parsed: ParsedInputs) -> dict[Path, Any]:
    """Return what the caller gave for each input; one that is left out is compared with itself.

    Raises:
        InputError: If something was given for what is no input, or nothing for any.
    """
    if len(parsed.paths) == 1 and not isinstance(reference, (tuple, list, Mapping)):
        return {parsed.paths[0]: reference}
    if isinstance(parsed.original, Tensor):
        raise InputError(
            f"reference should be a tensor like the input. Found {type(reference).__name__}. "
            "Try lp.reference.each(*references) to compare with several."
        )
    given = {path: value for path, value in leaves(reference) if value is not None}
    # an object may hold whatever it likes beside its tensors
    is_plain = isinstance(reference, (tuple, list, Mapping))
    unknown = [path for path in given if path not in parsed.paths and (is_plain or path == ())]
    if unknown or given.keys().isdisjoint(parsed.paths):
        found = ", ".join(format_path(path, "reference", reference) for path in unknown) or "none"
        raise InputError(
            f"reference should hold tensors where the inputs do: {', '.join(parsed.names)}. Found {found}."
        )
    return given


def _fit(value: Any, x: Tensor, name: str) -> Tensor:
    """Return a reference of one sample, or of as many as there are.

    Raises:
        InputError: If it does not fit the input.
    """
    value = value(x.detach()) if callable(value) and not isinstance(value, Tensor) else value
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    # a token is a whole number
    if is_number and (x.is_floating_point() or isinstance(value, int)):
        value = torch.as_tensor(value, dtype=x.dtype, device=x.device)
    if not isinstance(value, Tensor):
        kind = "a tensor" if x.is_floating_point() else "token ids"
        raise InputError(f"{name} should be {kind} like the input. Found {type(value).__name__}.")
    if value.dtype != x.dtype:
        raise InputError(
            f"{name} should be of the input's type, {x.dtype}. Found {value.dtype}. Try .to({x.dtype})."
        )
    if value.device != x.device:
        raise InputError(f"{name} should be where the input is, on {x.device}. Found {value.device}.")
    value = value.detach()
    check_values(value, name)
    one = (1, *x.shape[1:]) if x.dim() else ()
    shape = x.shape if value.dim() == x.dim() > 0 and len(value) == len(x) else one
    try:
        reference: Tensor = value.expand(shape)
    except RuntimeError as error:
        raise InputError(
            f"{name} should be of the input's shape {tuple(x.shape)}, or broadcast to it. "
            f"Found {tuple(value.shape)}."
        ) from error
    return reference
