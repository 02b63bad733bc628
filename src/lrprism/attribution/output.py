"""The tensor of a model's output that is explained: ``output=``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from torch import Tensor

from lrprism.attribution.structures import Path, tensor_leaves
from lrprism.errors import InputError, ModelError

Output = str | int | tuple[Any, ...] | Callable[[Any], Tensor] | None
"""The choice of a tensor; see :func:`choose_output` and :class:`logits.LogitsFinder`."""


def choose_output(returned: Any, output: Output) -> Tensor:
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
    tensor = _pick_only_tensor(returned) if output is None else _pick(returned, output)
    if not isinstance(tensor, Tensor):
        raise InputError(
            f"output should choose a tensor. Found {type(tensor).__name__}. {_offer_choices(returned)}"
        )
    if not tensor.is_floating_point():
        raise ModelError(
            "the model's output should depend on the inputs. "
            f"Found one of {tensor.dtype}, which carries no relevance. {_offer_choices(returned)}"
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


def _pick(returned: Any, output: str | int | tuple[Any, ...] | Callable[[Any], Tensor]) -> Any:
    if callable(output):
        return output(returned)
    # 0 would be the first sample
    if isinstance(returned, Tensor):
        raise InputError(
            f"output should be left out where the model returns one tensor. Found {output!r}, and a tensor "
            f"of shape {tuple(returned.shape)}. Choose a class with target=, or give a function of it."
        )
    try:
        if isinstance(output, tuple) and not _is_key(returned, output):
            return reduce(_pick_part, output, returned)
        return _pick_part(returned, output)
    except (KeyError, IndexError, AttributeError, TypeError) as error:
        raise InputError(
            f"output should name a part of what the model returns. Found {output!r}. "
            f"{_offer_choices(returned)}"
        ) from error


def _is_key(returned: Any, key: Any) -> bool:
    return isinstance(returned, Mapping) and key in returned


def _pick_part(returned: Any, key: Any) -> Any:
    """Return one part of a container; a text with dots, if no key itself, leads through several."""
    if isinstance(key, str) and not isinstance(returned, Mapping):
        # the 0 of "0.logits"
        if isinstance(returned, (list, tuple)) and key.lstrip("-").isdigit():
            return returned[int(key)]
        if not hasattr(returned, key) and "." in key:
            return reduce(_pick_part, key.split("."), returned)
        return getattr(returned, key)
    if isinstance(key, str) and key not in returned and "." in key:
        return reduce(_pick_part, key.split("."), returned)
    return returned[key]


def _float_leaves(returned: Any) -> dict[Path, Tensor]:
    """Return the float tensors in a model's output by path: those at the top, or else those further down."""
    paths = {path: tensor for path, tensor in tensor_leaves(returned) if path and tensor.is_floating_point()}
    return {path: tensor for path, tensor in paths.items() if len(path) == 1} or paths


def float_parts(returned: Any) -> list[Tensor]:
    """Return the float tensors at the top of a model's output."""
    return [returned] if isinstance(returned, Tensor) else list(_float_leaves(returned).values())


def _pick_only_tensor(returned: Any) -> Tensor:
    if isinstance(returned, Tensor):
        return returned
    tensors = _float_leaves(returned)
    # the outputs of transformers hold hidden states and caches beside the logits
    logits = [tensor for path, tensor in tensors.items() if path[-1] == "logits"]
    if len(logits) == 1:
        return logits[0]
    if len(tensors) == 1:
        return next(iter(tensors.values()))
    raise ModelError(
        f"the model should return one tensor. Found {type(returned).__name__}. {_offer_choices(returned)}"
    )


def _offer_choices(returned: Any) -> str:
    keys = ", ".join(map(_format_choice, _float_leaves(returned)))
    return f"Try output= with one of {keys}." if keys else "Try output= with a function that picks one."


def _format_choice(path: Path) -> str:
    """Write a path as ``output=`` takes it."""
    if len(path) == 1:
        return repr(path[0])
    is_dotted = all(isinstance(key, str) and "." not in key for key in path)
    return repr(".".join(path) if is_dotted else path)
