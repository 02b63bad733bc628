"""One call of an op in the forward pass: what it is, as soon as it runs and for good."""

from __future__ import annotations

from typing import NamedTuple

from lrprism.ops.kinds import Kind
from lrprism.rules import AbstractRule


class Needs(NamedTuple):
    """Tensors that the backward pass needs. Everything else is freed during the forward pass.

    Args:
        inputs: Whether a rule of linear layers or norms may need their inputs.
        outputs: Whether a rule may need the outputs of layers.
        layers: Whether relevance is read at the outputs of modules too.
        gates: Whether a rule may treat the gates of a recurrent network as more than constants.
        steps: Whether a rule may do more than LRP-ε at a recurrent network's layers, or serve single steps.
    """

    inputs: bool = True
    outputs: bool = True
    layers: bool = True
    gates: bool = True
    steps: bool = True


class _Fields(NamedTuple):
    index: int  # type: ignore[assignment]  # in the place of tuple.index, which no call needs
    kind: Kind
    name: str
    module: str
    module_type: type
    accepts: tuple[type[AbstractRule], ...] = ()
    replaces: Call | None = None


class Call(_Fields):
    """One run of an op. Two calls are equal only if they are the same object.

    A named tuple cannot be written to, and is built in a third of the time of a frozen dataclass. What the
    study of the graph finds out about a call is in ``Facts``, its rule in an ``Assignment``, and what its
    backward pass keeps on a ``Tape``.

    Args:
        index: Position among all recorded calls, in order of execution.
        kind: What the op does to relevance.
        name: The op's name, such as ``conv3d``.
        module: Dotted path of the module in which the call happened; empty for the model itself.
        module_type: Class of that module.
        accepts: The types of rule that the op can follow; none for an op with only one way.
        replaces: The call whose place this one took, as a convolution merged with the batch norm behind it
            does.
    """

    __slots__ = ()
    # a call is a key of many tables: comparing seven fields would take longer
    __hash__ = object.__hash__
    __eq__ = object.__eq__
    __ne__ = object.__ne__
