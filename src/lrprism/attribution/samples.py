"""Whether the first dimension of an output is that of the samples, as every target takes it to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from lrprism.attribution.inputs import Arranged
from lrprism.attribution.seeds import Each, Target
from lrprism.attribution.structures import leaves
from lrprism.attribution.target import Side, Value
from lrprism.engine import Graph
from lrprism.errors import TargetError
from lrprism.ops import Call, name_of, sources_of


def check_samples(output: Tensor, target: Target, given: Arranged, graph: Graph) -> str | None:
    """Check that an output has the samples as its first dimension, as far as that can be known.

    It is known where the inputs, or what else the model takes, have as many samples, unless the first layer
    takes its input for one sample without a batch axis.

    Args:
        output: What is explained.
        target: What of it.
        given: The inputs.
        graph: What is known about the calls.

    Returns:
        What to warn of, or None.

    Raises:
        TargetError: If an output (N,) may be the classes of one sample.
    """
    if output.dim() == 0 or len(output) < 2 or callable(target):
        return None
    takes_one = bool(graph.affine) and _takes_one_sample(graph.affine[0], given, graph)
    if not takes_one and _has_samples(given, len(output), dim=output.dim()):
        return None
    if output.dim() > 1 and _has_one_for_each(target, len(output)):
        return None
    shapes = ", ".join(
        f"{name} of shape {tuple(x.shape)}" for name, x in zip(given.names, given.tensors, strict=True)
    )
    found = f"Found shape {tuple(output.shape)} for {shapes}"
    # an axis of one sample is there already, and the model squeezes it away
    has_axis = all(x.dim() and len(x) == 1 for x in given.tensors)
    way_out = "For one sample, try " + (
        "output=lambda out: out[None]"
        if has_axis
        else f"{given.names[0]}[None], or output=lambda out: out[None] if the model takes no batch"
    )
    if output.dim() > 1:
        return (
            "the first dimension of the output should be the samples. "
            f"{found}: each of its {len(output)} rows is explained as a sample of its own, and relevance is "
            f"the sum over them. {way_out}."
        )
    if _is_said_of_one_value(target):
        return None
    raise TargetError(
        f"an output (N,) should be one value per sample. {found}, where it may be the classes of one sample. "
        f"{way_out}; for one value per sample, try target=lp.target.value()."
    )


def _has_one_for_each(target: Target, count: int) -> bool:
    """Whether a target holds one class for each row, so that rows are what is meant."""
    has_axis = isinstance(target, (list, tuple)) or getattr(target, "ndim", 0) == 1
    return has_axis and len(target) == count  # type: ignore[arg-type]  # what has an axis has a length


def _is_said_of_one_value(target: Target) -> bool:
    """Whether a target says by itself that the output holds one value per sample."""
    if isinstance(target, Each):
        return all(isinstance(one, (Side, Value)) for one in target.classes)
    return isinstance(target, (Side, Value))


def _takes_one_sample(call: Call, given: Arranged, graph: Graph) -> bool:
    """Whether a layer gets one sample: ``[features]``, or one that has just got an axis for the batch."""
    node, number = graph.inputs[call]
    if node is None:
        return False
    if call.name == "linear" and min(x.dim() for x in given.tensors) == 1:  # torch makes the shapes anew
        return len(node._input_metadata[number].shape) == 1
    batch_axis = int(call.name in _TIME_FIRST)
    name = name_of(node)
    while name in _LOOKED_THROUGH and (sources := sources_of(node)):
        batch_axis = 0 if name == "TransposeBackward" else batch_axis
        (node,) = sources
        name = name_of(node)
    return name == "UnsqueezeBackward" and bool(node._saved_dim == batch_axis)


_TIME_FIRST = frozenset({"lstm", "gru", "rnn"})
"""Layers to which ``batch_first`` comes as a transposition."""

_LOOKED_THROUGH = frozenset({"AliasBackward", "TransposeBackward"})


def _has_samples(given: Arranged, count: int, *, dim: int) -> bool:
    """Whether something that the model takes is made of so many samples.

    Args:
        given: The inputs and further arguments.
        count: How many rows the output has.
        dim: How many dimensions it has.
    """
    first = given.tensors[0]
    if first.dim() and len(first) == count:  # the usual case, in the fewest calls
        return True
    everything = (given.given, given.args, given.kwargs)
    if any(len(each) == count for each in (given.given, *given.args) if isinstance(each, list)):
        return True
    return any(_counts(tensor, count, dim=dim) for tensor in _tensors_in(everything))


def _tensors_in(structure: Any) -> Iterator[Tensor]:
    return (leaf for _, leaf in leaves(structure) if isinstance(leaf, Tensor))


def _counts(tensor: Tensor, count: int, *, dim: int) -> bool:
    """Whether a tensor has so many samples: in front, behind the time steps, or as the edges of a graph."""
    if tensor.dim() == 0:
        return False
    if len(tensor) == count:
        return True
    if tensor.is_floating_point():
        return dim > 1 and tensor.dim() > 2 and tensor.shape[1] == count
    if tensor.dim() == 2:
        return tuple(tensor.shape) == (2, count)
    if tensor.dim() > 2 or tensor.is_complex() or tensor.dtype is torch.bool or not tensor.numel():
        return False
    # where each bag or graph begins and the last one ends; or to which graph each node belongs
    is_sorted = int(tensor[0]) == 0 and bool((tensor.diff() >= 0).all())
    return is_sorted and (len(tensor) == count + 1 or int(tensor[-1]) + 1 == count)
