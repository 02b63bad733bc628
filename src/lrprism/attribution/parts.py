"""The tensors of an explanation one by one, each beside the input that it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from torch import Tensor

from lrprism.attribution.structures import tensor_leaves
from lrprism.errors import InputError


class Part(NamedTuple):
    """Relevance of one input tensor.

    Args:
        name: The keys, positions and attributes that lead to it, such as ``input_ids`` or ``0``; empty where
            the input is one tensor.
        relevance: ``[N, ...]``, or ``[classes, N, ...]``.
        inputs: The input, ``[N, ...]``; None where it was not kept or has another form, as of token ids that
            are explained by their embeddings.
        has_class_axis: Whether an axis of classes stands in front of the samples.
        is_sampled: Whether the samples are an axis, the first one behind the classes.
    """

    name: str
    relevance: Tensor
    inputs: Tensor | None
    has_class_axis: bool
    is_sampled: bool

    def of_samples(self, count: int) -> tuple[Tensor, Tensor | None]:
        """Return relevance ``[classes, n, ...]`` and inputs ``[n, ...]`` of the first samples and classes.

        Both on the CPU, in float32 or float64, and with axes of length one where there are none.

        Args:
            count: How many samples, and how many classes, at the most.
        """
        relevance = self.relevance[:count] if self.has_class_axis else self.relevance[None]
        relevance = relevance[:, :count] if self.is_sampled else relevance[:, None]
        inputs = self.inputs
        # the numbers of tokens are names, not amounts
        if inputs is None or not inputs.is_floating_point():
            return _to_cpu(relevance), None
        return _to_cpu(relevance), _to_cpu(inputs[:count] if self.is_sampled else inputs[None])


def _to_cpu(tensor: Tensor) -> Tensor:
    tensor = tensor.detach().cpu()
    return tensor if tensor.dtype.itemsize >= 4 and tensor.is_floating_point() else tensor.float()


def list_parts(relevance: Any, inputs: Any, output: Tensor) -> list[Part]:
    """Return the tensors in relevance, each with its input.

    Args:
        relevance: Relevance in the form of the inputs.
        inputs: The inputs in the same form, or None.
        output: The output, whose first axis is the samples.
    """
    given = dict(tensor_leaves(inputs))
    parts = []
    for path, tensor in tensor_leaves(relevance):
        x = given.get(path)
        has_class_axis = x is not None and tensor.shape[1:] == x.shape and tensor.dim() > x.dim()
        behind = tensor.shape[1:] if has_class_axis else tensor.shape
        is_sampled = bool(behind) and output.dim() > 0 and behind[0] == len(output)
        x = x if x is not None and x.shape == behind else None
        parts.append(Part(".".join(map(str, path)), tensor, x, has_class_axis, is_sampled))
    return parts


def find_part(parts: Sequence[Part], name: str | None) -> Part:
    """Return the part of a name; of None the only one.

    Raises:
        InputError: If there is no such part, or None and there are several.
    """
    chosen = [part for part in parts if name is None or part.name == name]
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(repr(part.name) for part in parts) or "nothing"
    raise InputError(f"part should name one tensor of the relevance. Found {name!r}. There is: {names}.")
