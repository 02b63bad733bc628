"""The inputs of a model as users give them: one tensor, several, or named ones."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lrprism.attribution.explanation import Relevance
from lrprism.attribution.no_inputs import refuse_input, way_to_tensor
from lrprism.attribution.structures import Path, fill, format_path, leaves, nest
from lrprism.engine import check_surroundings, constants
from lrprism.errors import InputError

Inputs = Any
"""A float tensor or token ids, ``[N, ...]``; a tuple of positional arguments; a mapping of named ones; or one
argument that holds tensors: a list, a named tuple, a dataclass, an object with tensors as attributes; a
mapping too, where ``forward`` has no arguments of such names.
"""


class ParsedInputs(NamedTuple):
    """Inputs, checked and taken apart.

    Args:
        original: What the caller gave.
        tensors: The tensors that can receive relevance.
        paths: Where each of them is in ``original``.
        names: The name of each in messages.
        args: Further positional arguments of the model.
        kwargs: Keyword arguments of the model.
        nonnegative: Which of the tensors hold no negative number.
    """

    original: Inputs
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
            replacement: Tensor = by_path[path] if path in by_path else constants(tensor)
            return replacement

        # model(x), the usual case
        if isinstance(self.original, Tensor):
            return (*live, *self.args), self.kwargs
        # model(**x), as for what a tokenizer returns
        if isinstance(self.original, Mapping) and not is_one:
            return self.args, {**fill(dict(self.original), put), **self.kwargs}
        filled = fill(self.original, put)
        return (*(filled if _is_several(self.original) else (filled,)), *self.args), self.kwargs

    def shape_like_inputs(self, relevance: Sequence[Tensor], reached: Sequence[bool]) -> Relevance:
        """Give relevance the form of the inputs; integers that no table looks up are left out.

        Args:
            relevance: For each of the tensors.
            reached: Whether relevance can reach each of them.
        """
        triples = zip(self.paths, relevance, reached, strict=True)
        by_path = {path: value for path, value, is_reached in triples if is_reached}
        nested: Relevance = nest(self.original, by_path)
        return nested

    def detach(self) -> Relevance:
        """Return the tensors, detached but not copied, in the form of the inputs."""
        return self.shape_like_inputs(
            [tensor.detach() for tensor in self.tensors], [True] * len(self.tensors)
        )

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
        # the path of an argument of its own is empty, or its position in a tuple of arguments
        depth = int(_is_several(self.original))
        missing = [number for number, is_reached in enumerate(reached) if not is_reached]
        is_plain = depth or isinstance(self.original, Tensor)
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


def parse_inputs(inputs: Inputs, args: Sequence[Any], kwargs: Mapping[str, Any] | None) -> ParsedInputs:
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
    pairs = _find_receivers(inputs)
    tensors, paths = tuple([tensor for _, tensor in pairs]), tuple([path for path, _ in pairs])
    names = tuple([format_path(path, top=inputs) if path else "inputs" for path in paths])
    lowest = [check_values(tensor, name) for name, tensor in zip(names, tensors, strict=True)]
    nonnegative = tuple([number for number, low in enumerate(lowest) if low >= 0])
    return ParsedInputs(inputs, tensors, paths, names, *further, nonnegative)


def _find_receivers(inputs: Inputs) -> list[tuple[Path, Tensor]]:
    """Return the tensors that can receive relevance, each with its path.

    Raises:
        InputError: If there is none, or an argument is neither one of them nor holds one.
    """
    if isinstance(inputs, Mapping):
        pairs = _receivers_in(inputs)
        if not pairs:
            keys = ", ".join(map(repr, inputs)) or "nothing"
            others = [key for key, value in inputs.items() if not isinstance(value, Tensor)]
            way_out = way_to_tensor(inputs[others[0]], f"inputs[{others[0]!r}]") if others else ""
            raise InputError(f"inputs should hold a float tensor or token ids. Found {keys}.{way_out}")
        return pairs
    if not _is_several(inputs):
        return _receivers_in(inputs) or refuse_input(inputs, "inputs", "Try inputs.float()")
    if not inputs:
        raise InputError("inputs should hold at least one tensor. Found an empty tuple.")
    receivers = []
    for number, value in enumerate(inputs):
        pairs = _receivers_in(value) or refuse_input(
            value, f"inputs[{number}]", _way_to_constant(inputs, number)
        )
        receivers += [((number, *path), tensor) for path, tensor in pairs]
    return receivers


def _receivers_in(value: Any) -> list[tuple[Path, Tensor]]:
    if isinstance(value, Tensor):
        return [((), value)] if _can_receive(value) else []
    # a sparse matrix beside the inputs is a constant
    return [
        (path, leaf)
        for path, leaf in leaves(value)
        if _can_receive(leaf) and (not path or leaf.layout is torch.strided)
    ]


def _can_receive(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dtype is not torch.bool and not value.is_complex()


def _way_to_constant(inputs: tuple[Any, ...], number: int) -> str:
    """Say how to give the model a tensor among its positional arguments that is to get no relevance."""
    if number and not any(map(_receivers_in, inputs[number:])):
        return f"Try explain(inputs[:{number}], args=inputs[{number}:]), which makes it a constant"
    return "Try inputs by name, such as {'x': inputs[0]}, where whatever is no float tensor is a constant"


def check_values(tensor: Tensor, name: str) -> float:
    """Return the lowest number of an input that can receive relevance; 0 where there is no float.

    Raises:
        InputError: If it holds no values, or some that are not finite.
    """
    if tensor.is_meta or tensor.layout is not torch.strided:
        kind = "a tensor without values (meta)" if tensor.is_meta else f"layout {tensor.layout}"
        raise InputError(f"{name} should be a dense tensor with values. Found {kind}.")
    if not tensor.is_floating_point() or not tensor.numel():
        return 0.0
    # one pass over the numbers: NaN comes out at both ends
    lowest, highest = tensor.detach().aminmax()
    low, high = float(lowest), float(highest)
    if not (math.isfinite(low) and math.isfinite(high)):
        index = tuple(int(i) for i in (~torch.isfinite(tensor)).nonzero()[0])
        raise InputError(f"{name} should hold finite numbers. Found {tensor[index].item()} at index {index}.")
    return low


def is_one_argument(model: nn.Module, parsed: ParsedInputs) -> bool:
    """Return True if a mapping is one argument of a model, as its keys cannot be the names of several.

    Args:
        model: The model, whose ``forward`` has the names of its arguments.
        parsed: The inputs.
    """
    if not isinstance(parsed.original, Mapping):
        return False
    signature = inspect.signature(model.forward)
    # one name in common is enough: a wrong name beside it is a slip
    if not signature.parameters.keys().isdisjoint(parsed.original):
        return False
    # forward(**kwargs) takes any name
    return not can_bind(signature, parsed.args, {**parsed.original, **parsed.kwargs}) and can_bind(
        signature, (parsed.original, *parsed.args), parsed.kwargs
    )


def can_bind(signature: inspect.Signature, args: Sequence[Any], kwargs: Mapping[Any, Any]) -> bool:
    """Return True if a function takes such arguments."""
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        return False
    return True
