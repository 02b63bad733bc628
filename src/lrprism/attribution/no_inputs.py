"""What is given in the place of a tensor: say what it is, and how to make a tensor of it."""

from __future__ import annotations

from typing import Any, NoReturn

from torch import Tensor

from lrprism._errors import InputError
from lrprism.attribution.structures import parts_of


def refuse(value: Any, name: str, way_out: str) -> NoReturn:
    """Refuse an input that is no tensor with relevance.

    Args:
        value: The input.
        name: What it is called, such as ``inputs[1]``.
        way_out: What to do about a tensor of bools.

    Raises:
        InputError: Always.
    """
    if not isinstance(value, Tensor):
        raise InputError(
            f"{name} should be a tensor. Found {type(value).__name__}.{_way_to_tensor(value, name)}"
        )
    # the imaginary part would be lost on the way to float
    if value.is_complex():
        way_out = f"Try torch.view_as_real({name}), and a module that calls torch.view_as_complex first"
    raise InputError(f"{name} should be a float tensor. Found {value.dtype}. {way_out}.")


def _way_to_tensor(value: Any, name: str) -> str:
    kind = type(value)
    if isinstance(value, str):
        return " Try what a tokenizer or a reader of images makes of it."
    # a data frame may hold columns of several types, which become one array of objects
    if kind.__module__.startswith("pandas"):
        return f" Try torch.tensor({name}.to_numpy(dtype='float32'))."
    if hasattr(kind, "to_numpy"):
        return f" Try torch.tensor({name}.to_numpy()).float()."
    if kind.__module__ == "numpy":
        return f" Try torch.tensor({name}).float()."
    if any(hasattr(kind, attribute) for attribute in ("__array__", "__array_interface__")):
        return f" Try torch.tensor(numpy.asarray({name})).float()."
    if isinstance(value, (bool, int, float)) or (isinstance(value, (list, tuple)) and _is_of_numbers(value)):
        return f" Try torch.tensor({name}, dtype=torch.float32)."
    holds = "" if parts_of(value) is None else " It holds no float tensor."
    return f"{holds} Try a float tensor, or token ids."


def _is_of_numbers(values: Any) -> bool:
    if isinstance(values, (list, tuple)):
        return bool(values) and all(map(_is_of_numbers, values))
    return isinstance(values, (bool, int, float))
