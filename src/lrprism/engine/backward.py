"""The backward passes over one forward pass: from seeds at the output to relevance at the inputs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import _engine_run_backward

from lrprism.engine import zero_inputs
from lrprism.engine.account import Account
from lrprism.engine.assignment import Assignment
from lrprism.engine.facts import Facts
from lrprism.engine.passes import Trace
from lrprism.engine.per_sample import PerSample
from lrprism.engine.readout import Readout, find_readouts
from lrprism.engine.sums import relevance_sum
from lrprism.engine.tokens import token_spans
from lrprism.ops import Tape
from lrprism.rules import AbstractRule, Pass, gives_beside


class Relevances(NamedTuple):
    """Relevance at the inputs and at the layers, for each seed; and the account of an audited pass."""

    inputs: list[list[Tensor]]
    layers: list[list[Tensor]]
    audit: Account | None = None


def propagate(passed: Trace, seeds: Sequence[Tensor], facts: Facts, assignment: Assignment) -> Relevances:
    """Carry each seed, the modified gradient at the output, back to the inputs.

    Args:
        passed: The forward pass.
        seeds: The modified gradient at its output, one per target.
        facts: Facts about its calls, from the graph.
        assignment: The rule of each call.
    """
    _load_tapes(passed, facts, assignment, keeps_ratios=len(seeds) > 1)
    leaves = [x for x in passed.inputs if x.is_floating_point()]
    leaves += [looked_up.vectors for looked_up in passed.looked_up]
    outputs = [tensor for tensors in passed.layers.values() for tensor in tensors]
    changes = _find_changes(passed, leaves, outputs)
    groups = [[Readout(leaf, changes.get(id(leaf), leaf), is_finite=True)] for leaf in leaves]
    groups += [find_readouts(output, passed, facts, changes) for output in outputs]
    gradients, besides = _run_passes(passed, seeds, groups, facts)
    per_seed = [_read(groups, *pair) for pair in zip(gradients, besides, strict=True)]
    inputs = [_sum_at_inputs(passed, relevance) for relevance in per_seed]
    layers = [relevance[len(leaves) :] for relevance in per_seed]
    if passed.ledger is None:
        return Relevances(inputs, layers)
    rows = passed.ledger.balance(besides, assignment)
    explained = sum(float(relevance_sum(passed.change, seed)) for seed in seeds)
    reached = sum(float(x.sum(dtype=torch.float64)) for relevance in inputs for x in relevance)
    per_sample = PerSample.of(passed.change, seeds, inputs)
    account = Account(tuple(rows), explained, reached, tuple(facts.unseen), per_sample)
    return Relevances(inputs, layers, account)


def _find_changes(passed: Trace, leaves: Sequence[Tensor], outputs: Sequence[Tensor]) -> dict[int, Tensor]:
    """Return by their ids the differences of tensors from those of the reference; nothing without one."""
    reference = passed.reference
    if reference is None:
        return {}
    others = [x for x in reference.inputs if x.is_floating_point()]
    others += [looked_up.vectors for looked_up in reference.looked_up]
    others += [tensor for tensors in reference.layers.values() for tensor in tensors]
    pairs = zip([*leaves, *outputs], others, strict=True)
    return {id(own): own.detach() - other.detach() for own, other in pairs}


def _load_tapes(passed: Trace, facts: Facts, assignment: Assignment, *, keeps_ratios: bool) -> None:
    """Write on every tape what was decided since the forward pass."""
    for call, tape in passed.tapes.items():
        tape.load(
            assignment[call].rule,
            rectified=call in facts.rectified,
            nonnegative=call in facts.nonnegative,
            at_input=call in facts.at_input,
        )
        if keeps_ratios:
            tape.ratios = {}


def _run_passes(
    passed: Trace, seeds: Sequence[Tensor], groups: Sequence[Sequence[Readout]], facts: Facts
) -> tuple[list[Sequence[Tensor | None]], list[zero_inputs.Beside]]:
    """Run one backward pass per seed; return the gradients at the readouts, and what came beside them."""
    edges = [readout.edge for group in groups for readout in group]
    tapes = passed.tapes.values()
    starts = [tape for tape in tapes if tape.at_input and _may_give_beside(tape.rule)]
    needs_graph = bool(starts) and zero_inputs.needs_saved_tensors(facts, starts)
    gradients, besides = [], []
    for number, seed in enumerate(seeds):
        is_last = number == len(seeds) - 1
        for tape in tapes:
            tape.repeats = not is_last
        counting = nullcontext() if passed.ledger is None else passed.ledger.counting(is_last=is_last)
        with counting:
            gradients.append(
                _run_autograd(passed.output, seed, edges, retain_graph=needs_graph or not is_last)
            )
        besides.append(_collect_beside(facts, starts) if starts else {})
    return gradients, besides


def _run_autograd(
    output: Tensor, seed: Tensor, edges: Sequence[object], *, retain_graph: bool
) -> Sequence[Tensor | None]:
    """Return the gradients at some edges from ``seed`` at the output.

    Does what ``torch.autograd.grad`` does, without its look at the seed's shape, for which it loads sympy.
    """
    if seed.is_inference():
        with torch.inference_mode(False):
            seed = seed.clone()  # autograd takes no inference tensors
    gradients: Sequence[Tensor | None] = _engine_run_backward(
        (output,), (seed,), retain_graph, False, tuple(edges), allow_unreachable=True, accumulate_grad=False
    )
    return gradients


def _collect_beside(facts: Facts, starts: Sequence[Tape]) -> zero_inputs.Beside:
    with torch.no_grad():  # relevance is no activation: it needs no graph of its own
        return zero_inputs.collect(facts, starts)


def _may_give_beside(rule: AbstractRule | None) -> bool:
    return gives_beside(rule) or isinstance(rule, Pass)


def _read(
    groups: Sequence[Sequence[Readout]], gradients: Sequence[Tensor | None], beside: zero_inputs.Beside
) -> list[Tensor]:
    """Return the relevance of each group of readouts, from the gradients of all of them in order."""
    remaining = iter(gradients)
    relevance = ([readout.relevance(next(remaining), beside) for readout in group] for group in groups)
    return [sum(others, start=first) for first, *others in relevance]


def _sum_at_inputs(passed: Trace, relevance: Sequence[Tensor]) -> list[Tensor]:
    """Return the relevance of each input: a float tensor's own, and of tokens that of their vectors."""
    inputs = passed.inputs
    if len(relevance) >= len(inputs) and all(x.is_floating_point() for x in inputs):
        return list(relevance[: len(inputs)])
    remaining = iter(relevance)
    at_inputs = {number: next(remaining) for number, x in enumerate(inputs) if x.is_floating_point()}
    spans = token_spans(inputs)
    count = max((span.stop for span in spans.values()), default=0)
    pairs = zip(passed.looked_up, remaining, strict=False)  # what remains behind them is of the layers
    of_tokens = [looked_up.relevance(vectors, count) for looked_up, vectors in pairs]
    for number, span in spans.items():
        x = inputs[number]
        parts = [tokens[span.start : span.stop].view(x.shape) for tokens in of_tokens]
        at_inputs[number] = sum(parts, start=torch.zeros(x.shape, device=x.device))
    return [at_inputs[number] for number in range(len(inputs))]
