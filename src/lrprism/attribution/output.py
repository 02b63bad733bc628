"""Which tensor of a model's output is explained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from lrprism._errors import InputError, ModelError

Output = str | int | Callable[[Any], Tensor] | None
"""How to choose a tensor from what a model returns; see :func:`chosen` and :class:`ends.Front`."""


def chosen(returned: Any, output: Output) -> Tensor:
    """Return the tensor to explain.

    Args:
        returned: What the model returned.
        output: None for the only tensor, or the one named ``logits``; a key, an attribute's name or a
            position; or a callable that takes what the model returned.

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


def _picked(returned: Any, output: str | int | Callable[[Any], Tensor]) -> Any:
    if callable(output):
        return output(returned)
    try:
        if isinstance(output, str) and not isinstance(returned, Mapping):
            return getattr(returned, output)
        return returned[output]
    except (KeyError, IndexError, AttributeError, TypeError) as error:
        raise InputError(
            f"output should name a part of what the model returns. Found {output!r}. {_offer(returned)}"
        ) from error


def _parts(returned: Any) -> dict[str | int, Tensor]:
    """The float tensors at the top of a model's output."""
    if isinstance(returned, Mapping):
        pairs: Any = returned.items()
    elif hasattr(returned, "_asdict"):
        pairs = returned._asdict().items()
    elif isinstance(returned, (tuple, list)):
        pairs = enumerate(returned)
    else:
        pairs = getattr(returned, "__dict__", {}).items()
    return {key: value for key, value in pairs if isinstance(value, Tensor) and value.is_floating_point()}


def float_parts(returned: Any) -> list[Tensor]:
    """Return the float tensors at the top of a model's output."""
    return [returned] if isinstance(returned, Tensor) else list(_parts(returned).values())


def _only(returned: Any) -> Tensor:
    if isinstance(returned, Tensor):
        return returned
    parts = _parts(returned)
    if "logits" in parts:
        return parts["logits"]
    if len(parts) == 1:
        return next(iter(parts.values()))
    raise ModelError(
        f"the model should return one tensor. Found {type(returned).__name__}. {_offer(returned)}"
    )


def _offer(returned: Any) -> str:
    keys = ", ".join(repr(key) for key in _parts(returned))
    return f"Try output= with one of {keys}." if keys else "Try output= with a function that picks one."
