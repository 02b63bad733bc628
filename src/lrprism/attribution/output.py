"""Which tensor of a model's output is explained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from torch import Tensor

from lrprism.attribution.structures import Path, leaves
from lrprism.errors import InputError, ModelError

Output = str | int | tuple[Any, ...] | Callable[[Any], Tensor] | None
"""How to choose a tensor from what a model returns; see :func:`chosen` and :class:`logits.LogitsFinder`."""


def chosen(returned: Any, output: Output) -> Tensor:
    """Return the tensor to explain.

    Args:
        returned: What the model returned.
        output: None for the only tensor, or the one named ``logits``; a key, an attribute's name or a
            position; a path of these, ``"head.logits"`` or ``("head", 0)``; or a callable that takes what the
            model returned.

    Raises:
        InputError: If there is no such thing.
        ModelError: If the choice is open, or the tensor holds no float numbers.
    """
    tensor = _only(returned) if output is None else _picked(returned, output)
    if not isinstance(tensor, Tensor):
        raise InputError(f"output should choose a tensor. Found {type(tensor).__name__}. {_offer(returned)}")
    if not tensor.is_floating_point():
        raise ModelError(
            "the model's output should depend on the inputs. "
            f"Found one of {tensor.dtype}, which carries no relevance. {_offer(returned)}"
        )
    return tensor


def check_dependence(output: Tensor) -> None:
    """Check that an output depends on the inputs in a way that can be followed.

    Raises:
        ModelError: If it does not.
    """
    if output.grad_fn is None:
        raise ModelError(
            "the model's output should depend on the inputs. Found one that does not. "
            "Look in forward for detach(), .data, numpy, or a division of a constant by the inputs."
        )


def _picked(returned: Any, output: str | int | tuple[Any, ...] | Callable[[Any], Tensor]) -> Any:
    if callable(output):
        return output(returned)
    if isinstance(returned, Tensor):  # 0 would be the first sample
        raise InputError(
            f"output should be left out where the model returns one tensor. Found {output!r}, and a tensor "
            f"of shape {tuple(returned.shape)}. Choose a class with target=, or give a function of it."
        )
    try:
        if isinstance(output, tuple) and not _is_key(returned, output):
            return reduce(_part, output, returned)
        return _part(returned, output)
    except (KeyError, IndexError, AttributeError, TypeError) as error:
        raise InputError(
            f"output should name a part of what the model returns. Found {output!r}. {_offer(returned)}"
        ) from error


def _is_key(returned: Any, key: Any) -> bool:
    return isinstance(returned, Mapping) and key in returned


def _part(returned: Any, key: Any) -> Any:
    """One part of a container; a text with dots, if no key itself, leads through several."""
    if isinstance(key, str) and not isinstance(returned, Mapping):
        if isinstance(returned, (list, tuple)) and key.lstrip("-").isdigit():
            return returned[int(key)]
        if not hasattr(returned, key) and "." in key:
            return reduce(_part, key.split("."), returned)
        return getattr(returned, key)
    if isinstance(key, str) and key not in returned and "." in key:
        return reduce(_part, key.split("."), returned)
    return returned[key]


def _parts(returned: Any) -> dict[Path, Tensor]:
    """The float tensors in a model's output, by path: those at the top, or else those further down."""
    paths = {
        path: leaf
        for path, leaf in leaves(returned)
        if path and isinstance(leaf, Tensor) and leaf.is_floating_point()
    }
    return {path: leaf for path, leaf in paths.items() if len(path) == 1} or paths


def float_parts(returned: Any) -> list[Tensor]:
    """Return the float tensors at the top of a model's output."""
    return [returned] if isinstance(returned, Tensor) else list(_parts(returned).values())


def _only(returned: Any) -> Tensor:
    if isinstance(returned, Tensor):
        return returned
    parts = _parts(returned)
    named = [leaf for path, leaf in parts.items() if path[-1] == "logits"]
    if len(named) == 1:
        return named[0]
    if len(parts) == 1:
        return next(iter(parts.values()))
    raise ModelError(
        f"the model should return one tensor. Found {type(returned).__name__}. {_offer(returned)}"
    )


def _offer(returned: Any) -> str:
    keys = ", ".join(map(_typed, _parts(returned)))
    return f"Try output= with one of {keys}." if keys else "Try output= with a function that picks one."


def _typed(path: Path) -> str:
    """Write a path as ``output=`` takes it."""
    if len(path) == 1:
        return repr(path[0])
    is_dotted = all(isinstance(key, str) and "." not in key for key in path)
    return repr(".".join(path) if is_dotted else path)
