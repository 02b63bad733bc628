"""The inputs of a model as they come: one tensor, several, or named ones."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lrprism._errors import InputError
from lrprism.attribution.explanation import Relevance
from lrprism.engine import constants

Inputs = Tensor | tuple[Tensor, ...] | Mapping[str, Any]
"""A float tensor or token ids, ``[N, ...]``; a tuple of positional arguments; or a mapping of named ones."""


class Arranged(NamedTuple):
    """Inputs, checked and taken apart.

    Args:
        given: What the caller gave.
        tensors: The tensors that can receive relevance.
        names: What each is called in messages, or its key in a mapping.
        args: Further positional arguments of the model.
        kwargs: Keyword arguments of the model.
        nonnegative: Which of the tensors hold no negative number.
    """

    given: Inputs
    tensors: tuple[Tensor, ...]
    names: tuple[str, ...]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    nonnegative: tuple[int, ...]

    def arguments(self, live: Sequence[Tensor]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Put tensors in the place of the inputs among the model's arguments."""
        if not isinstance(self.given, Mapping):
            return (*live, *self.args), self.kwargs
        own = dict(zip(self.names, live, strict=True))
        rest = {key: constants(value) for key, value in self.given.items() if key not in own}
        return self.args, {**rest, **own, **self.kwargs}

    def shaped(self, relevance: Sequence[Tensor], *, found: Sequence[bool]) -> Relevance:
        """Give relevance the form of the inputs; named integers that no table looks up are left out.

        Args:
            relevance: For each of the tensors.
            found: Whether relevance can reach each of them.

        Raises:
            InputError: If it cannot reach one that the caller asked about.
        """
        if isinstance(self.given, Mapping):
            if any(found):
                each = zip(self.names, relevance, found, strict=True)
                return {name: value for name, value, is_found in each if is_found}
        elif all(found):
            return tuple(relevance) if isinstance(self.given, tuple) else relevance[0]
        missing = next(number for number, is_found in enumerate(found) if not is_found)
        raise InputError(
            f"{self.names[missing]} should be a float tensor, or token ids that the model looks up. "
            f"Found {self.tensors[missing].dtype} that no embedding looks up. "
            f"Try .float(), or give it in args= or kwargs= as a constant."
        )


def arranged(inputs: Inputs, args: Sequence[Any], kwargs: Mapping[str, Any] | None) -> Arranged:
    """Check inputs and take them apart.

    Raises:
        InputError: If one is no tensor, none can receive relevance, or one holds NaN or inf.
    """
    if not isinstance(args, (tuple, list)):
        raise InputError(f"args should be a tuple or a list. Found {type(args).__name__}. Try args=(value,).")
    if not isinstance(kwargs or {}, Mapping):
        raise InputError(f"kwargs should be a mapping of names. Found {type(kwargs).__name__}.")
    rest = tuple(constants(list(args))), {key: constants(value) for key, value in (kwargs or {}).items()}
    if isinstance(inputs, Mapping):
        named = {key: value for key, value in inputs.items() if _can_receive(value)}
        if not named:
            found = ", ".join(map(repr, inputs)) or "nothing"
            raise InputError(f"inputs should hold a float tensor or token ids. Found {found}.")
        names, tensors = tuple(named), tuple(named.values())
    else:
        tensors = inputs if isinstance(inputs, tuple) else (inputs,)
        is_one = not isinstance(inputs, tuple)
        names = ("inputs",) if is_one else tuple(f"inputs[{number}]" for number in range(len(tensors)))
    if not tensors:
        raise InputError("inputs should hold at least one tensor. Found an empty tuple.")
    shown = [f"inputs[{name!r}]" if isinstance(inputs, Mapping) else name for name in names]
    lowest = [_check(tensor, name) for name, tensor in zip(shown, tensors, strict=True)]
    nonnegative = tuple(number for number, low in enumerate(lowest) if low >= 0)
    return Arranged(inputs, tensors, names, *rest, nonnegative)


def _can_receive(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dtype is not torch.bool and not value.is_complex()


def _check(tensor: Any, name: str) -> float:
    """Return the lowest number of an input that can receive relevance; 0 where there is no float.

    Raises:
        InputError: If it cannot.
    """
    if not isinstance(tensor, Tensor):
        raise InputError(
            f"{name} should be a tensor. Found {type(tensor).__name__}. Try torch.as_tensor(...)."
        )
    if not _can_receive(tensor):
        raise InputError(f"{name} should be a float tensor. Found {tensor.dtype}. Try {name}.float().")
    if tensor.is_meta or tensor.layout is not torch.strided:
        found = "a tensor without values (meta)" if tensor.is_meta else f"layout {tensor.layout}"
        raise InputError(f"{name} should be a dense tensor with values. Found {found}.")
    if not tensor.is_floating_point() or not tensor.numel():
        return 0.0
    low, high = (float(each) for each in tensor.detach().aminmax())
    if not (math.isfinite(low) and math.isfinite(high)):
        where = tuple(int(i) for i in (~torch.isfinite(tensor)).nonzero()[0])
        raise InputError(f"{name} should hold finite numbers. Found {tensor[where].item()} at index {where}.")
    return low


_ABOUT_FIT = re.compile(r"dtype|device|scalar type|input type|\b(Float|Double|Half|Long|Int)\b|type .* but")


def is_about_fit(message: str) -> bool:
    """Whether torch complains of a type or a device."""
    return _ABOUT_FIT.search(message) is not None


def misfit(model: nn.Module, tensors: Sequence[Tensor]) -> str | None:
    """Say how float inputs differ from the model's parameters in type or device, or None."""
    parameter = next((each for each in model.parameters() if each.is_floating_point()), None)
    for tensor in tensors:
        if not tensor.is_floating_point():
            return (
                "inputs should be float tensors, or token ids that the model looks up. "
                f"Found {tensor.dtype}. Try inputs.float()."
            )
        if parameter is None:
            continue
        if tensor.device != parameter.device:
            return (
                f"inputs should lie on the model's device {parameter.device}. Found {tensor.device}. "
                f"Try inputs.to({str(parameter.device)!r})."
            )
        if tensor.dtype is not parameter.dtype:
            return (
                f"inputs should have the model's type {parameter.dtype}. Found {tensor.dtype}. "
                f"Try inputs.to({parameter.dtype})."
            )
    return None
