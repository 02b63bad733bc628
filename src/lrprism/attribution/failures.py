"""Failures of a model at its inputs, explained in the words of whoever gave them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from torch import nn

from lrprism.attribution.inputs import ParsedInputs, can_bind, is_one_argument
from lrprism.engine import explain_forward_mode
from lrprism.errors import InputError, ModelError


@contextmanager
def explain_failures(model: nn.Module, parsed: ParsedInputs) -> Iterator[None]:
    """Run a model inside: a failure that its inputs explain says so; any other comes through as it is.

    Args:
        model: The model.
        parsed: Its inputs.

    Raises:
        InputError: If an input does not fit the model.
        ModelError: If the model takes a derivative.
        NotImplementedError: If the model has no forward.
        RuntimeError: If the model itself fails.
        ValueError: If the model itself refuses its input.
        TypeError: If the model itself cannot use its input.
        AttributeError: As TypeError.
        LookupError: If the model itself misses something in its input.
    """
    try:
        yield
    # torch says so of our autograd functions, which know no forward mode
    except NotImplementedError as error:
        message = explain_forward_mode(error)
        if message is None:
            raise
        raise ModelError(message) from error
    # numbers of the wrong type or on another device
    except (RuntimeError, ValueError) as error:
        message = _describe_misfit(model, parsed, str(error)) if _ABOUT_FIT.search(str(error)) else None
        if message is None:
            _note_missing_batch_axis(model, parsed, error)
            raise
        raise InputError(message) from error
    # another number of arguments, or other names
    except (TypeError, AttributeError) as error:
        message = _explain_list(parsed, error) or _explain_mapping(model, parsed, error)
        if message is None:
            raise
        raise InputError(message) from error
    # a key that forward looks up in its argument
    except LookupError as error:
        _note_mapping(model, parsed, error)
        _note_missing_batch_axis(model, parsed, error)
        raise


_ABOUT_FIT = re.compile(
    r"dtype|device|scalar type|[Ii]nput type|\b(Float|Double|Half|BFloat16|Long|Int)(Tensor)?\b|type .* but"
)
"""Words with which torch complains of a type or a device."""


def _describe_misfit(model: nn.Module, parsed: ParsedInputs, message: str) -> str | None:
    """Say how inputs differ from the model's parameters in type or device; return None if they do not.

    Args:
        model: The model.
        parsed: The inputs.
        message: Torch's complaint.
    """
    pairs = list(zip(parsed.names, parsed.tensors, strict=True))
    if "for embedding" in message:
        for name, tensor in pairs:
            if tensor.is_floating_point():
                return (
                    f"{name} should be token ids, as whole numbers, where the model looks them up. "
                    f"Found {tensor.dtype}. Try {name}.long()."
                )
    parameter = next((weight for weight in model.parameters() if weight.is_floating_point()), None)
    # whole numbers last: beside a float input of the wrong type they may be what the model wants
    for name, tensor in sorted(pairs, key=lambda pair: not pair[1].is_floating_point()):
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


def _explain_mapping(model: nn.Module, parsed: ParsedInputs, error: Exception) -> str | None:
    """Say what the keys of a mapping should be; return None if the model failed at something else."""
    if not isinstance(parsed.original, Mapping):
        return None
    signature = inspect.signature(model.forward)
    is_one = is_one_argument(model, parsed)
    # the names fit: the model failed further inside
    if not is_one and can_bind(signature, parsed.args, {**parsed.original, **parsed.kwargs}):
        return None
    as_one = ", and that it fails at the mapping as its one argument" if is_one else ""
    way_out = "" if is_one else ", or ({...},) if the mapping is one argument"
    return (
        f"inputs should be named as the arguments of forward: {', '.join(signature.parameters) or 'none'}. "
        f"Found {', '.join(map(repr, parsed.original))}{as_one}: {error}. "
        f"Try a mapping of these names{way_out}."
    )


def _explain_list(parsed: ParsedInputs, error: Exception) -> str | None:
    """Say that a list is one argument; return None if the model failed at something else."""
    inputs = parsed.original
    if not isinstance(inputs, list) or not re.search(r"\blist\b|positional argument", str(error)):
        return None
    way_out = "inputs[0]"
    if len(inputs) > 1:
        way_out = f"tuple(inputs) for {len(inputs)} positional arguments"
        # tensors of one shape may be the samples of a batch
        if len({getattr(value, "shape", None) for value in inputs}) == 1:
            way_out += ", or torch.stack(inputs) for samples"
    return (
        "inputs should be what the model takes, and a list is one argument of it. "
        f"Found that the model fails at it: {error}. Try {way_out}."
    )


def _note_mapping(model: nn.Module, parsed: ParsedInputs, error: Exception) -> None:
    """Note on a failure of the model itself how it was given a mapping."""
    if isinstance(parsed.original, Mapping):
        if is_one_argument(model, parsed):
            way = "as one argument, since forward has no arguments of such names"
        else:
            way = "as keyword arguments; ({...},) would make it one argument"
        error.add_note(f"The model was given the mapping in inputs {way}.")


def _note_missing_batch_axis(model: nn.Module, parsed: ParsedInputs, error: Exception) -> None:
    """Note on a failure of the model itself that an input may be one sample without an axis for the batch."""
    for name, x in zip(parsed.names, parsed.tensors, strict=True):
        if any(_count_batched_axes(module) == x.dim() + 1 for module in model.modules()):
            error.add_note(f"If {name} is one sample, give it an axis for the batch in front: {name}[None].")
            return


def _count_batched_axes(module: nn.Module) -> int | None:
    """Return how many axes a layer's batch has, for layers of torch that also take one sample without one."""
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
