"""The check that the first dimension of an output is that of the samples, as every target takes it to be."""

from __future__ import annotations

import torch
from torch import Tensor

from lrprism.attribution.inputs import ParsedInputs
from lrprism.attribution.seeds import Each, Target
from lrprism.attribution.structures import tensor_leaves
from lrprism.attribution.target import Side, Value
from lrprism.engine import Facts
from lrprism.errors import TargetError
from lrprism.graph import name_of, sources_of
from lrprism.ops import Call


def check_samples(output: Tensor, target: Target, parsed: ParsedInputs, facts: Facts) -> str | None:
    """Check that an output has the samples as its first dimension, as far as that can be known.

    It is known where the inputs, or what else the model takes, have as many samples, unless the first layer
    takes its input for one sample without a batch axis.

    Args:
        output: What is explained.
        target: What of it.
        parsed: The inputs.
        facts: What is known about the calls.

    Returns:
        What to warn of, or None.

    Raises:
        TargetError: If an output (N,) may be the classes of one sample.
    """
    if output.dim() == 0 or len(output) < 2 or callable(target):
        return None
    takes_one = bool(facts.affine) and _takes_one_sample(facts.affine[0], parsed, facts)
    if not takes_one and _has_samples(parsed, len(output), dim=output.dim()):
        return None
    if output.dim() > 1 and _has_one_for_each(target, len(output)):
        return None
    shapes = ", ".join(
        f"{name} of shape {tuple(x.shape)}" for name, x in zip(parsed.names, parsed.tensors, strict=True)
    )
    finding = f"Found shape {tuple(output.shape)} for {shapes}"
    # an axis of one sample is there already, and the model squeezes it away
    has_axis = all(x.dim() and len(x) == 1 for x in parsed.tensors)
    way_out = "For one sample, try " + (
        "output=lambda out: out[None]"
        if has_axis
        else f"{parsed.names[0]}[None], or output=lambda out: out[None] if the model takes no batch"
    )
    if output.dim() > 1:
        return (
            "the first dimension of the output should be the samples. "
            f"{finding}: each of its {len(output)} rows is explained as a sample of its own, and relevance "
            f"is the sum over them. {way_out}."
        )
    if _implies_one_value(target):
        return None
    raise TargetError(
        f"an output (N,) should be one value per sample. {finding}, where it may be the classes of "
        f"one sample. {way_out}; for one value per sample, try target=lp.target.value()."
    )


def _has_one_for_each(target: Target, count: int) -> bool:
    """Return True if a target holds one class for each row, so that rows are what is meant."""
    has_axis = isinstance(target, (list, tuple)) or getattr(target, "ndim", 0) == 1
    return has_axis and len(target) == count  # type: ignore[arg-type]  # what has an axis has a length


def _implies_one_value(target: Target) -> bool:
    """Return True if a target implies that the output holds one value per sample."""
    if isinstance(target, Each):
        return all(isinstance(word, (Side, Value)) for word in target.classes)
    return isinstance(target, (Side, Value))


def _takes_one_sample(call: Call, parsed: ParsedInputs, facts: Facts) -> bool:
    """Return True if a layer gets one sample: ``[features]``, or one with an axis just put in front."""
    node, number = facts.inputs[call]
    if node is None:
        return False
    # the node of a linear layer knows the shape of its input only where torch does not make it anew
    if call.name == "linear" and min(x.dim() for x in parsed.tensors) == 1:
        return len(node._input_metadata[number].shape) == 1
    # an LSTM in batch-first form sees its input transposed, so that the batch is its second axis
    batch_axis = int(call.name in _TIME_FIRST)
    name = name_of(node)
    while name in _LOOKED_THROUGH and (sources := sources_of(node)):
        batch_axis = 0 if name == "TransposeBackward" else batch_axis
        (node,) = sources
        name = name_of(node)
    return name == "UnsqueezeBackward" and bool(node._saved_dim == batch_axis)


_TIME_FIRST = frozenset({"lstm", "gru", "rnn"})
"""Layers that take ``batch_first`` inputs transposed."""

_LOOKED_THROUGH = frozenset({"AliasBackward", "TransposeBackward"})


def _has_samples(parsed: ParsedInputs, count: int, *, dim: int) -> bool:
    """Return True if something that the model takes is made of ``count`` samples.

    Args:
        parsed: The inputs and further arguments.
        count: How many rows the output has.
        dim: How many dimensions it has.
    """
    first = parsed.tensors[0]
    # the usual case, in the fewest calls
    if first.dim() and len(first) == count:
        return True
    # a list of samples, such as images of several sizes
    if any(len(value) == count for value in (parsed.original, *parsed.args) if isinstance(value, list)):
        return True
    everything = (parsed.original, parsed.args, parsed.kwargs)
    return any(_counts(tensor, count, dim=dim) for _, tensor in tensor_leaves(everything))


def _counts(tensor: Tensor, count: int, *, dim: int) -> bool:
    """Return True if a tensor has ``count`` samples: in front, behind time steps, or as a graph's edges."""
    if tensor.dim() == 0:
        return False
    if len(tensor) == count:
        return True
    if tensor.is_floating_point():
        return dim > 1 and tensor.dim() > 2 and tensor.shape[1] == count
    # pairs of nodes, [2, edges], of which a model tells something about each
    if tensor.dim() == 2:
        return tuple(tensor.shape) == (2, count)
    if tensor.dim() > 2 or tensor.is_complex() or tensor.dtype is torch.bool or not tensor.numel():
        return False
    # where each bag or graph begins and the last one ends; or to which graph each node belongs
    is_sorted = int(tensor[0]) == 0 and bool((tensor.diff() >= 0).all())
    return is_sorted and (len(tensor) == count + 1 or int(tensor[-1]) + 1 == count)
