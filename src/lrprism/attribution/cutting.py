"""What is cut with the samples when they are explained in batches, and what every batch gets whole."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lrprism.attribution.inputs import Arranged
from lrprism.attribution.structures import Path, fill, leaves, shown
from lrprism.errors import InputError

Run = Callable[["Arguments"], Tensor]
"""Returns the model's output for some arguments."""


class Arguments(NamedTuple):
    """Everything that a model gets.

    Args:
        inputs: The inputs.
        args: Further positional arguments.
        kwargs: Keyword arguments.
    """

    inputs: Any
    args: Sequence[Any]
    kwargs: Mapping[str, Any] | None

    def cut(self, rows: slice, count: int, whole: Collection[Path] = ()) -> Arguments:
        """Return the arguments of some samples, and copies of whatever ``forward`` may write to.

        Args:
            rows: The samples.
            count: How many there are altogether: each tensor with as many rows is cut.
            whole: The paths of tensors that are not, although they have as many rows.

        Raises:
            InputError: If an argument is an object that cannot be copied.
        """

        def put(path: Path, tensor: Tensor) -> Tensor:
            return tensor[rows] if _has_rows(tensor, count) and path not in whole else tensor

        return Arguments(*fill((self.inputs, tuple(self.args), dict(self.kwargs or {})), put))._copied()

    def _copied(self) -> Arguments:
        """Return the same tensors and modules in containers and objects of their own, such as a cache.

        What one batch leaves in them must not be what the next one finds.

        Raises:
            InputError: If an object cannot be copied.
        """
        parts = (self.inputs, self.args, dict(self.kwargs or {}))
        same = {id(leaf): leaf for _, leaf in leaves(parts) if isinstance(leaf, (Tensor, nn.Module))}

        def copied(value: Any, name: str) -> Any:
            try:
                return copy.deepcopy(value, same)
            except Exception as error:  # whatever an object's own way of copying itself may raise
                raise InputError(
                    f"with batch_size, each batch should get its own copy of what is no tensor. Found {name} "
                    f"of type {type(value).__name__}, which cannot be copied: {error}. {_ADVICE}"
                ) from error

        return Arguments(
            copied(self.inputs, "inputs"),
            tuple(copied(value, f"args[{place}]") for place, value in enumerate(self.args)),
            {key: copied(value, f"kwargs[{key!r}]") for key, value in parts[2].items()},
        )

    def constants(self, given: Arranged) -> list[tuple[Path, Tensor]]:
        """Return the tensors that receive no relevance, with their paths."""
        receivers = {(0, *path) for path in given.paths}
        parts = (self.inputs, tuple(self.args), dict(self.kwargs or {}))
        return [(p, leaf) for p, leaf in leaves(parts) if isinstance(leaf, Tensor) and p not in receivers]

    def name(self, path: Path) -> str:
        """Return what a tensor is called, such as ``kwargs['mask']``."""
        root = ("inputs", "args", "kwargs")[path[0]]
        return shown(path[1:], root, self[path[0]])


def _has_rows(tensor: Tensor, count: int) -> bool:
    return tensor.dim() > 0 and len(tensor) == count


def find_whole(arguments: Arguments, given: Arranged, rows: slice, count: int, run: Run) -> frozenset[Path]:
    """Return which constants with one row per sample are meant whole, such as a (classes, classes) matrix.

    A shape cannot tell a mask per sample from a matrix of as many rows as there happen to be samples. The
    model can: it runs on one batch with each of them cut and whole, and where both give one output per
    sample, they must agree.

    Args:
        arguments: What the model gets for all samples.
        given: The inputs, taken apart.
        rows: The samples of one batch, not the first: a constant that forward cuts itself would agree there.
        count: How many samples there are.
        run: Returns the output for one batch.

    Raises:
        InputError: If the model accepts both and they differ, or fails at each of them.
        OutOfMemoryError: If a batch is too large for the memory.
    """
    candidates = [path for path, tensor in arguments.constants(given) if _has_rows(tensor, count)]
    if not candidates:
        return frozenset()
    several = [frozenset(candidates)] if len(candidates) > 1 else []
    choices = [frozenset[Path](), *(frozenset({path}) for path in candidates), *several]
    size = len(range(count)[rows])
    failure: Exception | None = None
    outputs: dict[frozenset[Path], Tensor] = {}
    for choice in choices:
        try:
            output = run(arguments.cut(rows, count, choice))
        except torch.OutOfMemoryError:
            raise
        # that it fails is the answer: a tensor of this shape does not go with a batch
        except (RuntimeError, ValueError, TypeError, IndexError, AssertionError) as error:
            failure = failure or error
            continue
        if _has_rows(output, size):
            outputs[choice] = output
    if not outputs:
        raise InputError(
            f"with batch_size, {_list(arguments, candidates)} should be one row per sample or the same for "
            f"all. Found that the model takes it neither way. {_ADVICE}"
        ) from failure
    first, expected = next(iter(outputs.items()))
    differing = [choice for choice, output in outputs.items() if not _agree(output, expected)]
    if differing:
        raise InputError(
            f"with batch_size, {_list(arguments, sorted(differing[0] ^ first, key=str))} should be one row "
            f"per sample or the same for all. Found {count} samples and that the model takes it both ways, "
            f"with different outputs. {_ADVICE}"
        )
    return first


_ADVICE = (
    "Try explain() without batch_size on the rows of each batch, with args=(value[:8],), "
    "or a module that holds the constant."
)


def _list(arguments: Arguments, paths: Sequence[Path]) -> str:
    shapes = {path: leaf.shape for path, leaf in leaves(tuple(arguments)) if isinstance(leaf, Tensor)}
    return ", ".join(f"{arguments.name(path)} {tuple(shapes[path])}" for path in paths)


def _agree(one: Tensor, other: Tensor) -> bool:
    if one.shape != other.shape:
        return False
    return torch.allclose(one, other, rtol=1e-4, atol=1e-6, equal_nan=True)


def explain_failure(arguments: Arguments, given: Arranged, count: int) -> str | None:
    """Name the constants that each batch got whole although another dimension counts samples; or None."""
    paths = [
        path
        for path, tensor in arguments.constants(given)
        if not _has_rows(tensor, count) and any(size and size % count == 0 for size in tensor.shape)
    ]
    if not paths:
        return None
    return (
        f"with batch_size, what belongs to one sample should be one row of its argument. "
        f"Found {_list(arguments, paths)} for {count} samples, which each batch got whole. {_ADVICE}"
    )
