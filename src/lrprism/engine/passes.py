"""What one forward pass is asked for, and its record."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from lrprism.engine.facts import Facts, collect_facts
from lrprism.engine.ledger import Ledger
from lrprism.engine.tokens import Lookup, token_spans
from lrprism.ops import Call, Kind, Needs, Tape

LayerOutputs = dict[str, list[Tensor]]
Arguments = tuple[tuple[Any, ...], Mapping[str, Any]]


class Trace(NamedTuple):
    """The record of one forward pass.

    Args:
        inputs: The inputs at which relevance is read: leaves of the autograd graph, and token ids.
        output: The tensor to explain.
        calls: Every recorded call in order of execution.
        tapes: The tapes of the calls that follow a rule.
        nodes: The nodes of the autograd graph that each call made.
        layers: Outputs of the modules that were asked for, by path, one per call of the module.
        unseen_nodes: The nodes that lead back to an input and that no recorded call made.
        unseen: Names of what else ran where no torch call can be followed.
        looked_up: The vectors of token ids.
        nonnegative: Which of the inputs hold no negative number.
        ledger: The account, where one is kept.
        random: Functions of whose random numbers the mean is not known.
        named: The functions for which the user has named an op and that were called.
        blocked: Those that were applied, but of which an input is not at hand.
        settle: Leaves on the model what a plain call would have left there; to be called in the end.
        plain_outputs: What plain calls return, in words, where they differ among themselves.
        reference: The run on the reference, where a difference is explained; its tensors broadcast.
    """

    inputs: tuple[Tensor, ...]
    output: Tensor
    calls: list[Call]
    tapes: dict[Call, Tape]
    nodes: list[tuple[Call, list[Any]]]
    layers: LayerOutputs
    unseen_nodes: set[Any]
    unseen: set[str]
    looked_up: list[Lookup]
    nonnegative: Sequence[int]
    ledger: Ledger | None
    random: set[str]
    named: set[Any]
    blocked: set[Any]
    settle: Callable[[], None]
    plain_outputs: str | None = None
    reference: Trace | None = None

    @property
    def change(self) -> Tensor:
        """The output, or its difference from that of the reference: what is explained."""
        output = self.output.detach()
        return output if self.reference is None else output - self.reference.output.detach()

    @property
    def tokens_seen(self) -> set[int]:
        """The numbers of the inputs that hold token ids which were looked up."""
        spans = token_spans(self.inputs).items()
        return {
            number for number, span in spans if any(lookup.holds_one_of(span) for lookup in self.looked_up)
        }

    def collect_facts(self) -> Facts:
        """Study the graph behind the output."""
        # a difference may be negative
        numbers = () if self.reference is not None else self.nonnegative
        nonnegative = [self.inputs[number] for number in numbers]
        facts = collect_facts([self.output], self.unseen_nodes, nonnegative)
        facts.unseen[:0] = sorted(self.unseen)
        return facts._replace(compared=self.reference is not None)

    def list_reached(self, facts: Facts) -> list[Call]:
        """Return the calls that relevance reaches or that stop it, in order of execution."""
        nodes: dict[Call, list[Any]] = dict(self.nodes)
        return [
            call
            for call in self.calls
            if call.kind is Kind.STOPPED or not facts.reached.isdisjoint(nodes.get(call, ()))
        ]


class Request(NamedTuple):
    """The wishes of a caller for one pass.

    Args:
        choose: Returns the tensor to explain from what the model returns; its torch calls are seen too.
        layers: Paths of the modules at whose output relevance is wanted.
        nonnegative: Which of the inputs are known to hold no negative number.
        needs: What the rules ask for on the way back.
        audit: Whether to keep an account.
        compare: Whether to compare the output with that of a plain call.
        reference: What each input is compared with, of one sample or of as many as the input; None to compare
            with zero.
    """

    choose: Callable[[Any], Tensor] = lambda returned: returned
    layers: Collection[str] = ()
    nonnegative: Sequence[int] = ()
    needs: Needs = Needs()
    audit: bool = False
    compare: bool = False
    reference: Sequence[Tensor] | None = None

    @property
    def all_needs(self) -> Needs:
        """Tensors that the backward pass needs, also to keep an account and to read layers."""
        needs, layers = self.needs, bool(self.layers)
        if self.reference is not None:  # gates change beside what they scale
            needs = needs._replace(gates=True, steps=True)
        return Needs(needs.inputs or self.audit or layers, needs.outputs, layers, needs.gates, needs.steps)
