"""Inputs that are no tensors: name them, and say how to make tensors of them."""

from __future__ import annotations

from typing import Any, NoReturn

from torch import Tensor

from lrprism.attribution.structures import parts_of
from lrprism.errors import InputError


def refuse_input(value: Any, name: str, way_out: str) -> NoReturn:
    """Refuse an input that is no tensor with relevance.

    Args:
        value: The input.
        name: Its name, such as ``inputs[1]``.
        way_out: What to do about a tensor of bools.

    Raises:
        InputError: Always.
    """
    if not isinstance(value, Tensor):
        raise InputError(
            f"{name} should be a tensor. Found {type(value).__name__}.{way_to_tensor(value, name)}"
        )
    # the imaginary part would be lost on the way to float
    if value.is_complex():
        way_out = f"Try torch.view_as_real({name}), and a module that calls torch.view_as_complex first"
    raise InputError(f"{name} should be a float tensor. Found {value.dtype}. {way_out}.")


def way_to_tensor(value: Any, name: str) -> str:
    """Say how to make a tensor of something else.

    Args:
        value: The input.
        name: Its name.
    """
    kind = type(value)
    # a text or the path of an image
    if isinstance(value, str):
        return " Try what a tokenizer or a reader of images makes of it."
    # a data frame may hold columns of several types, which become one array of objects
    if kind.__module__.startswith("pandas"):
        return f" Try torch.tensor({name}.to_numpy(dtype='float32'))."
    if hasattr(kind, "to_numpy"):
        return _way_from_array(value, f"torch.tensor({name}.to_numpy())")
    if kind.__module__ == "numpy":
        return _way_from_array(value, f"torch.tensor({name})")
    if _is_array(value):
        return _way_from_array(value, f"torch.tensor(numpy.asarray({name}))")
    if isinstance(value, range):
        return _way_from_whole(f"torch.tensor({name})")
    if isinstance(value, (list, tuple)) and value and all(map(_is_array, value)):
        return _way_from_array(value[0], f"torch.tensor(numpy.stack({name}))")
    if isinstance(value, (bool, int, float)) or (isinstance(value, (list, tuple)) and _are_numbers(value)):
        return _way_from_numbers(value, name)
    holds = "" if parts_of(value) is None else " It holds no float tensor."
    return f"{holds} Try a float tensor, or token ids."


def _is_array(value: Any) -> bool:
    is_array = any(hasattr(type(value), attribute) for attribute in ("__array__", "__array_interface__"))
    return is_array and not isinstance(value, Tensor)


def _way_from_array(array: Any, tensor: str) -> str:
    """Say what to make of an array, by the type of its numbers."""
    dtype = getattr(array, "dtype", None)
    match getattr(dtype, "kind", "f"):
        case "i" | "u" if str(dtype) != "uint8":  # bytes are a picture's
            return _way_from_whole(tensor)
        case "c":
            return f" Try torch.view_as_real({tensor}), and a module that calls torch.view_as_complex first."
        case "i" | "u" | "f" | "b":
            return f" Try {tensor}.float()."
        case _:
            return f" It holds {dtype}, no numbers. Try an array of numbers."


def _way_from_whole(tensor: str) -> str:
    return f" Try {tensor}.long() for token ids, or {tensor}.float() for other numbers."


def _way_from_numbers(values: Any, name: str) -> str:
    """Say what to make of numbers in lists."""
    shapes = _shapes_of(values)
    # token ids of texts of several lengths
    if len(shapes) > 1:
        return (
            " Its lists differ in length. Pad them to one, as a tokenizer does with padding=True and "
            "return_tensors='pt'."
        )
    if _are_ints(values):
        return _way_from_whole(f"torch.tensor({name})")
    return f" Try torch.tensor({name}, dtype=torch.float32)."


def _shapes_of(values: Any) -> set[tuple[int, ...]]:
    """Return the shapes of the numbers in nested lists: one, if they can be a tensor."""
    if not isinstance(values, (list, tuple)):
        return {()}
    return {(len(values), *shape) for value in values for shape in _shapes_of(value)}


def _are_ints(values: Any) -> bool:
    if isinstance(values, (list, tuple)):
        return all(map(_are_ints, values))
    return type(values) is int


def _are_numbers(values: Any) -> bool:
    if isinstance(values, (list, tuple)):
        return bool(values) and all(map(_are_numbers, values))
    return isinstance(values, (bool, int, float))
