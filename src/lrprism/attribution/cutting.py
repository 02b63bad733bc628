"""Arguments of one batch of samples: tensors with a row per sample are cut, others stay as they are."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lrprism.attribution.inputs import ParsedInputs, parse_inputs
from lrprism.attribution.structures import Path, fill, format_path, leaves, tensor_leaves
from lrprism.errors import InputError

Run = Callable[["Arguments"], Tensor]
"""Returns the model's output for some arguments."""


class Arguments(NamedTuple):
    """Everything that a model gets.

    Args:
        inputs: The inputs.
        args: Further positional arguments.
        kwargs: Keyword arguments.
        reference: What each input is compared with, of one sample or of as many as there are; None for zero.
    """

    inputs: Any
    args: Sequence[Any]
    kwargs: Mapping[str, Any] | None
    reference: tuple[Tensor, ...] | None = None

    def cut(self, rows: slice, count: int, uncut: Collection[Path] = ()) -> Arguments:
        """Return the arguments of some samples, and copies of whatever ``forward`` may write to.

        Args:
            rows: The samples.
            count: How many there are altogether: each tensor with as many rows is cut.
            uncut: The paths of tensors that are not, although they have as many rows.

        Raises:
            InputError: If an argument is an object that cannot be copied.
        """

        def put(path: Path, tensor: Tensor) -> Tensor:
            return tensor[rows] if _has_rows(tensor, count) and path not in uncut else tensor

        reference = self.reference and tuple(r[rows] if _has_rows(r, count) else r for r in self.reference)
        inputs, args, kwargs = fill(self._as_parts(), put)
        return Arguments(inputs, args, kwargs, reference)._copy_containers()

    def parse(self) -> ParsedInputs:
        """Check the inputs and take them apart."""
        return parse_inputs(self.inputs, self.args, self.kwargs)

    def expand_reference(self, parsed: ParsedInputs) -> Arguments | None:
        """Return the arguments with one reference per sample; None where there is one for each already."""
        pairs = list(zip(self.reference or (), parsed.tensors, strict=False))
        if all(r.shape == x.shape for r, x in pairs):
            return None
        return self._replace(reference=tuple(r.expand_as(x) for r, x in pairs))

    def _as_parts(self) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """Return the arguments in containers whose paths start with 0, 1 and 2."""
        return self.inputs, tuple(self.args), dict(self.kwargs or {})

    def _copy_containers(self) -> Arguments:
        """Return the same tensors and modules in new containers and objects, such as a cache.

        What one batch leaves in them must not be what the next one finds.

        Raises:
            InputError: If an object cannot be copied.
        """
        inputs, args, kwargs = self._as_parts()
        # deepcopy copies nothing that its memo holds
        memo = {
            id(leaf): leaf for _, leaf in leaves(self._as_parts()) if isinstance(leaf, (Tensor, nn.Module))
        }

        def copy_value(value: Any, name: str) -> Any:
            try:
                return copy.deepcopy(value, memo)
            # an object may copy itself in its own way, and raise anything
            except Exception as error:
                raise InputError(
                    f"with batch_size, each batch should get its own copy of what is no tensor. Found {name} "
                    f"of type {type(value).__name__}, which cannot be copied: {error}. {_ADVICE}"
                ) from error

        return Arguments(
            copy_value(inputs, "inputs"),
            tuple(copy_value(value, f"args[{number}]") for number, value in enumerate(args)),
            {key: copy_value(value, f"kwargs[{key!r}]") for key, value in kwargs.items()},
            self.reference,
        )

    def constants(self, parsed: ParsedInputs) -> list[tuple[Path, Tensor]]:
        """Return the tensors that receive no relevance, with their paths."""
        receivers = {(0, *path) for path in parsed.paths}
        return [(path, tensor) for path, tensor in tensor_leaves(self._as_parts()) if path not in receivers]

    def name(self, path: Path) -> str:
        """Return the name of a tensor in messages, such as ``kwargs['mask']``."""
        root = ("inputs", "args", "kwargs")[path[0]]
        return format_path(path[1:], root, self[path[0]])


def _has_rows(tensor: Tensor, count: int) -> bool:
    return tensor.dim() > 0 and len(tensor) == count


def find_uncut(
    arguments: Arguments, parsed: ParsedInputs, rows: slice, count: int, run: Run
) -> frozenset[Path]:
    """Return the constants with one row per sample that are not to be cut, as a (classes, classes) matrix.

    A shape cannot tell a mask per sample from a matrix of as many rows as there happen to be samples. The
    model can: it runs on one batch with each of them cut and whole, and where both give one output per
    sample, they must agree.

    Args:
        arguments: What the model gets for all samples.
        parsed: The inputs, taken apart.
        rows: The samples of one batch, not the first: a constant that forward cuts itself would agree there.
        count: How many samples there are.
        run: Returns the output for one batch.

    Raises:
        InputError: If the model accepts both and they differ, or fails at each of them.
        OutOfMemoryError: If a batch is too large for the memory.
    """
    candidates = [path for path, tensor in arguments.constants(parsed) if _has_rows(tensor, count)]
    if not candidates:
        return frozenset()
    # none, one of them, or all; every subset would take too many runs
    several = [frozenset(candidates)] if len(candidates) > 1 else []
    choices = [frozenset[Path](), *(frozenset({path}) for path in candidates), *several]
    outputs, failure = _run_choices(arguments, rows, count, choices, run)
    if not outputs:
        raise InputError(
            f"with batch_size, {_list_tensors(arguments, candidates)} should be one row per sample or the "
            f"same for all. Found that the model takes it neither way. {_ADVICE}"
        ) from failure
    first, expected = next(iter(outputs.items()))
    differing = [choice for choice, output in outputs.items() if not _agree(output, expected)]
    if differing:
        doubtful = sorted(differing[0] ^ first, key=str)
        raise InputError(
            f"with batch_size, {_list_tensors(arguments, doubtful)} should be one row per sample or the "
            f"same for all. Found {count} samples and that the model takes it both ways, with different "
            f"outputs. {_ADVICE}"
        )
    return first


def _run_choices(
    arguments: Arguments, rows: slice, count: int, choices: Sequence[frozenset[Path]], run: Run
) -> tuple[dict[frozenset[Path], Tensor], Exception | None]:
    """Run the model with other constants uncut; return the outputs with a row per sample, and a failure.

    Raises:
        OutOfMemoryError: If a batch is too large for the memory.
    """
    size = len(range(count)[rows])
    failure: Exception | None = None
    outputs: dict[frozenset[Path], Tensor] = {}
    for choice in choices:
        try:
            output = run(arguments.cut(rows, count, choice))
        except torch.OutOfMemoryError:
            raise
        # a failure answers the question: a tensor of this shape does not go with a batch
        except (RuntimeError, ValueError, TypeError, IndexError, AssertionError) as error:
            failure = failure or error
            continue
        if _has_rows(output, size):
            outputs[choice] = output
    return outputs, failure


_ADVICE = (
    "Try explain() without batch_size on the rows of each batch, with args=(value[:8],), "
    "or a module that holds the constant."
)


def _list_tensors(arguments: Arguments, paths: Sequence[Path]) -> str:
    shapes = {path: tensor.shape for path, tensor in tensor_leaves(tuple(arguments))}
    return ", ".join(f"{arguments.name(path)} {tuple(shapes[path])}" for path in paths)


def _agree(one: Tensor, other: Tensor) -> bool:
    if one.shape != other.shape:
        return False
    return torch.allclose(one, other, rtol=1e-4, atol=1e-6, equal_nan=True)


def describe_uncut(arguments: Arguments, parsed: ParsedInputs, count: int) -> str | None:
    """Name the uncut constants of which another dimension counts the samples, or return None."""
    paths = [
        path
        for path, tensor in arguments.constants(parsed)
        if not _has_rows(tensor, count) and any(size and size % count == 0 for size in tensor.shape)
    ]
    if not paths:
        return None
    return (
        f"with batch_size, what belongs to one sample should be one row of its argument. "
        f"Found {_list_tensors(arguments, paths)} for {count} samples, which each batch got whole. {_ADVICE}"
    )
