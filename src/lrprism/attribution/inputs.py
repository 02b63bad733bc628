"""The inputs of a model as they come: one tensor, several, or named ones."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lrprism.attribution.explanation import Relevance
from lrprism.attribution.no_inputs import refuse, way_to_tensor
from lrprism.attribution.structures import Path, fill, leaves, nest, shown
from lrprism.engine import check_surroundings, constants
from lrprism.errors import InputError

Inputs = Any
"""A float tensor or token ids, ``[N, ...]``; a tuple of positional arguments; a mapping of named ones; or one
argument that holds tensors: a list, a named tuple, a dataclass, an object with tensors as attributes; a
mapping too, where ``forward`` has no arguments of such names.
"""


class Arranged(NamedTuple):
    """Inputs, checked and taken apart.

    Args:
        given: What the caller gave.
        tensors: The tensors that can receive relevance.
        paths: Where each of them is in ``given``.
        names: What each is called in messages.
        args: Further positional arguments of the model.
        kwargs: Keyword arguments of the model.
        nonnegative: Which of the tensors hold no negative number.
    """

    given: Inputs
    tensors: tuple[Tensor, ...]
    paths: tuple[Path, ...]
    names: tuple[str, ...]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    nonnegative: tuple[int, ...]

    def arguments(
        self, live: Sequence[Tensor], *, is_one: bool = False
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Put tensors in the place of the inputs among the model's arguments.

        Args:
            live: The tensors.
            is_one: Whether a mapping is one argument; see :func:`is_one_argument`.
        """
        by_path = dict(zip(self.paths, live, strict=True))

        def put(path: Path, tensor: Tensor) -> Tensor:
            constant: Tensor = by_path[path] if path in by_path else constants(tensor)
            return constant

        if isinstance(self.given, Tensor):
            return (*live, *self.args), self.kwargs
        if isinstance(self.given, Mapping) and not is_one:
            return self.args, {**fill(dict(self.given), put), **self.kwargs}
        filled = fill(self.given, put)
        return (*(filled if _is_several(self.given) else (filled,)), *self.args), self.kwargs

    def shape_like_inputs(self, relevance: Sequence[Tensor], reached: Sequence[bool]) -> Relevance:
        """Give relevance the form of the inputs; integers that no table looks up are left out.

        Args:
            relevance: For each of the tensors.
            reached: Whether relevance can reach each of them.
        """
        each = zip(self.paths, relevance, reached, strict=True)
        shaped: Relevance = nest(self.given, {path: value for path, value, is_reached in each if is_reached})
        return shaped

    def check_reached(self, reached: Sequence[bool]) -> None:
        """Check that relevance can reach the tensors that the caller asked about.

        Integers inside a structure may be anything, such as an index; an argument of its own may not.

        Args:
            reached: Whether relevance can reach each of the tensors.

        Raises:
            InputError: If it cannot.
        """
        if all(reached):
            return
        depth = int(_is_several(self.given))
        missing = [number for number, is_reached in enumerate(reached) if not is_reached]
        is_plain = depth or isinstance(self.given, Tensor)
        asked = [number for number in missing if is_plain and len(self.paths[number]) == depth]
        if not asked and len(missing) < len(reached):
            return
        first = asked[0] if asked else missing[0]
        name, dtype = self.names[first], self.tensors[first].dtype
        constant = ", or give it in args= or kwargs= as a constant" if len(reached) > 1 else ""
        raise InputError(
            f"{name} should be a float tensor, or token ids that the model looks up. "
            f"Found {dtype} that no embedding looks up. Try {name}.float(){constant}."
        )


def _is_several(inputs: Any) -> bool:
    """Return True for several positional arguments; a named tuple is one argument."""
    return isinstance(inputs, tuple) and not hasattr(inputs, "_fields")


def arranged(inputs: Inputs, args: Sequence[Any], kwargs: Mapping[str, Any] | None) -> Arranged:
    """Check inputs and take them apart.

    Raises:
        InputError: If one is no tensor, none can receive relevance, or one holds NaN or inf.
        ModelError: If torch takes derivatives of what runs here.
    """
    check_surroundings()
    if not isinstance(args, (tuple, list)):
        raise InputError(f"args should be a tuple or a list. Found {type(args).__name__}. Try args=(value,).")
    if not isinstance(kwargs or {}, Mapping):
        raise InputError(f"kwargs should be a mapping of names. Found {type(kwargs).__name__}.")
    further = tuple(map(constants, args)), {key: constants(kwargs[key]) for key in kwargs} if kwargs else {}
    pairs = _receivers(inputs)
    tensors, paths = tuple([tensor for _, tensor in pairs]), tuple([path for path, _ in pairs])
    names = tuple([shown(path, top=inputs) if path else "inputs" for path in paths])
    lowest = [check_values(tensor, name) for name, tensor in zip(names, tensors, strict=True)]
    nonnegative = tuple([number for number, low in enumerate(lowest) if low >= 0])
    return Arranged(inputs, tensors, paths, names, *further, nonnegative)


def _receivers(inputs: Inputs) -> list[tuple[Path, Tensor]]:
    """The tensors that can receive relevance, each with its path.

    Raises:
        InputError: If there is none, or an argument is neither one of them nor holds one.
    """
    if isinstance(inputs, Mapping):
        pairs = _receivers_in(inputs)
        if not pairs:
            keys = ", ".join(map(repr, inputs)) or "nothing"
            none = next(
                ((key, value) for key, value in inputs.items() if not isinstance(value, Tensor)), None
            )
            way_out = "" if none is None else way_to_tensor(none[1], f"inputs[{none[0]!r}]")
            raise InputError(f"inputs should hold a float tensor or token ids. Found {keys}.{way_out}")
        return pairs
    if not _is_several(inputs):
        return _receivers_in(inputs) or refuse(inputs, "inputs", "Try inputs.float()")
    if not inputs:
        raise InputError("inputs should hold at least one tensor. Found an empty tuple.")
    found = []
    for number, value in enumerate(inputs):
        pairs = _receivers_in(value) or refuse(value, f"inputs[{number}]", _as_constant(inputs, number))
        found += [((number, *path), tensor) for path, tensor in pairs]
    return found


def _receivers_in(value: Any) -> list[tuple[Path, Tensor]]:
    if isinstance(value, Tensor):
        return [((), value)] if _can_receive(value) else []
    return [
        (path, leaf) for path, leaf in leaves(value) if _can_receive(leaf) and (not path or _is_dense(leaf))
    ]


def _can_receive(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dtype is not torch.bool and not value.is_complex()


def _is_dense(tensor: Tensor) -> bool:
    return tensor.layout is torch.strided  # a sparse matrix beside the inputs is a constant


def _as_constant(inputs: tuple[Any, ...], number: int) -> str:
    """Say how to give the model a tensor among its positional arguments that is to get no relevance."""
    if number and not any(map(_receivers_in, inputs[number:])):
        return f"Try explain(inputs[:{number}], args=inputs[{number}:]), which makes it a constant"
    return "Try inputs by name, such as {'x': inputs[0]}, where whatever is no float tensor is a constant"


def check_values(tensor: Tensor, name: str) -> float:
    """Return the lowest number of an input that can receive relevance; 0 where there is no float.

    Raises:
        InputError: If it holds no values, or some that are not finite.
    """
    if tensor.is_meta or not _is_dense(tensor):
        kind = "a tensor without values (meta)" if tensor.is_meta else f"layout {tensor.layout}"
        raise InputError(f"{name} should be a dense tensor with values. Found {kind}.")
    if not tensor.is_floating_point() or not tensor.numel():
        return 0.0
    lowest, highest = tensor.detach().aminmax()
    low, high = float(lowest), float(highest)
    if not (math.isfinite(low) and math.isfinite(high)):
        where = tuple(int(i) for i in (~torch.isfinite(tensor)).nonzero()[0])
        raise InputError(f"{name} should hold finite numbers. Found {tensor[where].item()} at index {where}.")
    return low


_ABOUT_FIT = re.compile(
    r"dtype|device|scalar type|[Ii]nput type|\b(Float|Double|Half|BFloat16|Long|Int)(Tensor)?\b|type .* but"
)


def is_about_fit(message: str) -> bool:
    """Whether torch complains of a type or a device."""
    return _ABOUT_FIT.search(message) is not None


def misfit(model: nn.Module, given: Arranged, message: str) -> str | None:
    """Say how inputs differ from the model's parameters in type or device, or None.

    Args:
        model: The model.
        given: The inputs.
        message: What torch complains of.
    """
    if "for embedding" in message:
        for name, tensor in zip(given.names, given.tensors, strict=True):
            if tensor.is_floating_point():
                return (
                    f"{name} should be token ids, as whole numbers, where the model looks them up. "
                    f"Found {tensor.dtype}. Try {name}.long()."
                )
    parameter = next((each for each in model.parameters() if each.is_floating_point()), None)
    # whole numbers last: beside a float input of the wrong type they may be what the model wants
    for name, tensor in sorted(
        zip(given.names, given.tensors, strict=True), key=lambda each: not each[1].is_floating_point()
    ):
        if not tensor.is_floating_point():
            return (
                f"{name} should be float tensors, or token ids that the model looks up. "
                f"Found {tensor.dtype}. Try {name}.float()."
            )
        if parameter is None:
            continue
        if tensor.device != parameter.device:
            return (
                f"{name} should lie on the model's device {parameter.device}. Found {tensor.device}. "
                f"Try {name}.to({str(parameter.device)!r})."
            )
        if tensor.dtype is not parameter.dtype:
            return (
                f"{name} should have the model's type {parameter.dtype}. Found {tensor.dtype}. "
                f"Try {name}.to({parameter.dtype})."
            )
    return None


def is_one_argument(model: nn.Module, given: Arranged) -> bool:
    """Whether a mapping is one argument of a model, because its keys cannot be the names of several.

    Args:
        model: The model, whose ``forward`` says what its arguments are called.
        given: The inputs.
    """
    if not isinstance(given.given, Mapping):
        return False
    signature = inspect.signature(model.forward)
    if not signature.parameters.keys().isdisjoint(given.given):
        return False
    return not _binds(signature, given.args, {**given.given, **given.kwargs}) and _binds(
        signature, (given.given, *given.args), given.kwargs
    )


def _binds(signature: inspect.Signature, args: Sequence[Any], kwargs: Mapping[Any, Any]) -> bool:
    """Whether a function takes such arguments."""
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        return False
    return True


def explain_mapping(model: nn.Module, given: Arranged, error: Exception) -> str | None:
    """Say what the keys of a mapping should be, if they do not fit the model; None if it failed otherwise."""
    if not isinstance(given.given, Mapping):
        return None
    signature = inspect.signature(model.forward)
    is_one = is_one_argument(model, given)
    if not is_one and _binds(signature, given.args, {**given.given, **given.kwargs}):
        return None
    as_one = ", and that it fails at the mapping as its one argument" if is_one else ""
    way_out = "" if is_one else ", or ({...},) if the mapping is one argument"
    return (
        f"inputs should be named as the arguments of forward: {', '.join(signature.parameters) or 'none'}. "
        f"Found {', '.join(map(repr, given.given))}{as_one}: {error}. Try a mapping of these names{way_out}."
    )


def note_one_sample(model: nn.Module, given: Arranged, error: Exception) -> None:
    """Note on a failure of the model itself that an input may be one sample without an axis for the batch."""
    for name, x in zip(given.names, given.tensors, strict=True):
        if any(_takes_dimensions(module) == x.dim() + 1 for module in model.modules()):
            error.add_note(f"If {name} is one sample, give it an axis for the batch in front: {name}[None].")
            return


def _takes_dimensions(module: nn.Module) -> int | None:
    """How many dimensions a layer's input has for a batch, where torch lets the first be left out."""
    match module:
        case nn.Linear() | nn.Embedding():
            return 2
        case nn.Conv1d() | nn.RNNBase():
            return 3
        case nn.Conv2d():
            return 4
        case nn.Conv3d():
            return 5
    return None


def note_mapping(model: nn.Module, given: Arranged, error: Exception) -> None:
    """Note on a failure of the model itself how it was given a mapping."""
    if isinstance(given.given, Mapping):
        if is_one_argument(model, given):
            way = "as one argument, since forward has no arguments of such names"
        else:
            way = "as keyword arguments; ({...},) would make it one argument"
        error.add_note(f"The model was given the mapping in inputs {way}.")


def explain_list(given: Arranged, error: Exception) -> str | None:
    """Say that a list is one argument, if the model failed at that; None if it failed at something else."""
    if not isinstance(given.given, list) or not re.search(r"\blist\b|positional argument", str(error)):
        return None
    many = "inputs[0]"
    if len(given.given) > 1:
        many = f"tuple(inputs) for {len(given.given)} positional arguments"
        if len({getattr(each, "shape", None) for each in given.given}) == 1:
            many += ", or torch.stack(inputs) for samples"
    return (
        "inputs should be what the model takes, and a list is one argument of it. "
        f"Found that the model fails at it: {error}. Try {many}."
    )
