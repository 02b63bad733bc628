"""The logits in front of the softmax or sigmoid at the end of a network: ``output="before softmax"``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, final

import torch
from torch import Tensor

from lrprism.attribution.ends import ENDS, find_end
from lrprism.attribution.output import float_parts
from lrprism.errors import ModelError
from lrprism.graph import name_of, op_name_of, sources_of
from lrprism.graph.repeats import KEEPS, RESHAPES, repeat
from lrprism.ops import TABLE, AbstractOp, Recorder, tape_of

BEFORE = frozenset({"before softmax", "before sigmoid"})
"""The values of ``output=`` that ask for the logits in front of the end of a network."""


@final
@dataclass(frozen=True, eq=False)
class _WatchedOp(AbstractOp):
    """An op whose input is remembered by the node that the op made.

    Args:
        kind: What the op does to relevance.
        name: The op's name.
        op: The op itself.
        inputs: Where the inputs are remembered.
    """

    op: AbstractOp
    inputs: dict[Any, Tensor]

    def run(
        self, recorder: Recorder, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        """Run the op."""
        result = self.op.run(recorder, func, args, kwargs)
        probabilities = result[0] if isinstance(result, tuple) else result
        # under no_grad, the op made no node
        if probabilities.grad_fn is not None:
            self.inputs[probabilities.grad_fn] = args[0] if args else kwargs.get("input", kwargs.get("self"))
        return result


@cache
def _ops_at_ends() -> dict[Any, AbstractOp]:
    return {function: op for function, op in TABLE.items() if op.name in ENDS}


@dataclass(frozen=True, eq=False)
class LogitsFinder:
    """Finds the logits in front of the end of a network, while the network runs.

    Args:
        inputs: The input of each softmax and sigmoid, by the node that it made.
    """

    inputs: dict[Any, Tensor] = field(default_factory=dict)

    @property
    def ops(self) -> dict[Any, AbstractOp]:
        """The ops to watch, by their torch functions."""
        return {
            function: _WatchedOp(op.kind, op.name, op, self.inputs) for function, op in _ops_at_ends().items()
        }

    def choose(self, returned: Any) -> Tensor:
        """Return the logits in front of the softmax or sigmoid that made an output.

        What the model does behind that, such as a reshape or a choice of columns, is done to the logits too,
        so that they have the shape of the output and an index means the same.

        Args:
            returned: What the model returned.

        Raises:
            ModelError: If nothing that it returned, or more than one thing, ends in a softmax or sigmoid.
        """
        # a view has the place in the graph of what in-place ops made of the tensor
        parts = [part.view_as(part) for part in float_parts(returned)]
        ends = [end for part in parts if (end := find_end(part)) is not None]
        watched = [end for end in ends if end.node in self.inputs]
        if len(watched) != 1:
            if any(end.is_written_out for end in ends):
                raise ModelError(
                    "output='before softmax' should meet a softmax or sigmoid that is called by its name. "
                    "Found one that is written as exponentials. Return the logits from the model, or write "
                    "torch.softmax, torch.log_softmax or torch.sigmoid there."
                )
            count = f"{len(watched)} of them" if watched else _describe_last_ops(parts)
            way_out = "Return the logits from the model" + ("" if watched else ", or leave output= out")
            raise ModelError(
                "output='before softmax' should meet one output that ends in a softmax or sigmoid. "
                f"Found {count}. {way_out}."
            )
        (end,) = watched
        with torch._C.DisableTorchFunction():
            # a tensor of its own: what stands in its memory may be something else by now, after sigmoid_()
            logits = self.inputs[end.node].clone()
        for node in reversed(end.behind):
            logits = repeat(node, logits, end.name, is_softmax=end.is_softmax)
        return logits


def _describe_last_ops(parts: Sequence[Tensor]) -> str:
    """Name the ops in which outputs end, moves of entries left out."""
    names = []
    for node in (part.grad_fn for part in parts):
        while node is not None and name_of(node) in KEEPS | RESHAPES:
            (node,) = sources_of(node)
        if node is not None:
            tape = tape_of(node)
            names.append(
                op_name_of(node).removesuffix("Backward").lower() if tape is None else tape.call.name
            )
    return ", ".join(names) or "nothing that depends on the inputs"
