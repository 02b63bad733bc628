r"""The autograd function of an affine op :math:`z = L(a; w) + b`, which relevance passes by its rule.

The backward pass carries the modified gradient ``g``, with relevance ``R = a * g`` at every tensor ``a``.
Each term of a rule sends ``s = g * z / st(z_rho)`` down, and the input gets ``g_in = L^T(rho(w)) s``: nothing
is ever divided by an activation. What a rule gives to an input whatever its value travels beside ``g``.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from lrprism.errors import RuleError
from lrprism.graph import AFFINE, OwnFunction, entry_of
from lrprism.ops.affine.by_contributions import ContributionStep
from lrprism.ops.affine.by_opposition import Difference, propagate_opposed
from lrprism.ops.affine.by_terms import TermStep, check_signs
from lrprism.ops.affine.map import AbstractAffine
from lrprism.ops.call import Needs
from lrprism.ops.counterpart import Ends
from lrprism.ops.kinds import Kind
from lrprism.ops.op import Recorder
from lrprism.ops.tape import Output, Tape
from lrprism.rules import AbstractAffineRule, AbstractRule, Pass, gives_beside


def pass_unchanged(a: Tensor, z: Tensor, g: Tensor, tape: Tape) -> Tensor:
    """Carry ``g`` of ``z`` to an ``a`` of the same shape so that relevance stays as it is, entry by entry.

    Raises:
        RuleError: If the shapes differ.
    """
    if a.shape != z.shape:
        raise RuleError(
            f"Pass should serve an op that keeps the shape. Found {tuple(a.shape)} -> {tuple(z.shape)} in "
            f"{tape.call.name} in module {tape.call.module!r}. Narrow its selector."
        )
    # at an input, zeros get their relevance too: it travels beside a * g
    if tape.at_input:
        tape.beside = z * g
        return torch.zeros_like(g)
    safe = a.where(a != 0, 1)
    if z.is_complex() or a.is_complex():  # the relevance of complex numbers is Re(conj(z) g)
        return torch.where(a == 0, 0, (z.conj() * g).real / safe.conj())
    return torch.where(a == 0, 0, g * (z / safe))


def _propagate_opposed(node: Any, affine: AbstractAffine, rule: AbstractAffineRule, g: Tensor) -> Tensor:
    """Carry ``g`` of a difference by LRP-αβ, half precision as float32."""
    tape: Tape = node.tape
    assert tape.reference is not None  # as asked
    a, z = _input_of(node) - tape.reference.a, _output_of(node)
    size = z.abs().add_(tape.reference.z.abs())
    # an output near zero may be what is left of a large bias
    if node.affine.bias is not None:
        size = size.add_(node.affine.spread_bias(node.affine.bias).abs(), alpha=2)
    z = z - tape.reference.z
    check_signs(rule, a, affine.weight, tape.call)
    precision, limit = torch.finfo(a.dtype).eps, torch.finfo(a.dtype).max
    if a.dtype is not torch.float16:
        return propagate_opposed(affine, tape, rule, Difference(a, z, size), g, precision)
    affine, ends = affine.with_type(torch.float32), Difference(a.float(), z.float(), size.float())
    wide = propagate_opposed(affine, tape, rule, ends, g.float(), precision)
    return wide.clamp(-limit, limit).to(a.dtype)


def _is_gradient(rule: AbstractRule | None) -> bool:
    """Return True if the plain gradient follows a rule: LRP-0, which needs no output."""
    return rule.is_gradient if isinstance(rule, AbstractAffineRule) else rule is None


def _propagate_gradient(node: Any, g: Tensor) -> Tensor:
    """Carry ``g`` back to ``a`` by LRP-0."""
    affine: AbstractAffine = node.affine
    sinks = node.tape.sinks
    if sinks is not None and affine.bias is not None and node.tape.reference is None:
        sinks.count(g, affine.spread_bias(affine.bias), None)
    return affine.transpose(g, affine.weight, _template(node, g))


def _propagate_by_rule(node: Any, g: Tensor) -> Tensor:
    """Carry ``g`` of ``z`` back to ``a`` by the rule of the call."""
    tape: Tape = node.tape
    affine: AbstractAffine = node.affine if tape.reference is None else node.affine.without_bias()
    rule = tape.rule
    if tape.reference is not None and isinstance(rule, AbstractAffineRule):
        if rule.opposed is not None:
            return _propagate_opposed(node, affine, rule, g)
        rule = rule.of_differences
    # LRP-ε without an account: one pass over the output, and the weights as they are
    if isinstance(rule, AbstractAffineRule) and rule.is_damping and tape.sinks is None:
        s = rule.stabilizer.damp(g, _relevant_output(node), nonnegative=tape.rectified)
        tape.release_output()  # before the transposed op takes memory of its own
        return affine.transpose(s, affine.weight, _template(node, s))
    # a rule with bounds counts contributions from these in both runs, which leaves the input
    a = _input_of(node)
    if tape.reference is not None and not gives_beside(rule):
        a = a - tape.reference.a
    # a layer that the composite leaves out of the rules
    if isinstance(rule, Pass):
        return pass_unchanged(a, _relevant_output(node), g, tape)
    assert isinstance(rule, AbstractAffineRule)
    if not rule.is_damping:
        check_signs(rule, a, affine.weight, tape.call)
    step = ContributionStep if rule.weighs_contributions else TermStep
    if a.dtype is not torch.float16 or rule.is_damping:
        return step(affine, tape, rule, a, _relevant_output(node)).propagate(g)
    # a modified denominator can be far smaller than z: too small for the range of half precision
    affine, z = affine.with_type(torch.float32), _relevant_output(node).float()
    wide = step(affine, tape, rule, a.float(), z).propagate(g.float())
    limit = torch.finfo(a.dtype).max
    return wide.clamp(-limit, limit).to(a.dtype)


LARGE = 2**16
"""Below this size, saving memory or a pass over it costs more Python time than it gains."""


class _AffineFunction(OwnFunction):
    """An affine op whose backward pass follows the rule on the tape of its call."""

    node_name = AFFINE

    @staticmethod
    def forward(
        ctx: Any, a: Tensor, affine: AbstractAffine, tape: Tape, needs: Needs, known: tuple[Tensor, ...]
    ) -> Tensor:
        z = known[0] if known else affine.forward(a, affine.weight, affine.bias)
        if needs.inputs or affine.asks_for_input or a.numel() < LARGE:
            ctx.save_for_backward(a)
        ctx.affine, ctx.tape = affine, tape
        if needs.outputs:
            tape.output = Output(z)
        return z

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None, None, None]:
        (g,) = grad_outputs
        tape: Tape = ctx.tape
        c = _propagate_gradient(ctx, g) if _is_gradient(tape.rule) else _propagate_by_rule(ctx, g)
        tape.release_output()
        return c, None, None, None, None


_enter = entry_of(_AffineFunction)
_NODE = _AffineFunction._backward_cls


def _template(node: Any, other: Tensor) -> Tensor:
    """Return the input, for its shape and layout; another tensor where the op does not ask for them."""
    saved = node.saved_tensors
    return saved[0] if saved else other


def _input_of(node: Any) -> Tensor:
    """Return the input of the op that made a node.

    Raises:
        RuleError: If it was not kept, because the rule is none of the composite's.
    """
    saved: tuple[Tensor, ...] = node.saved_tensors
    if not saved:
        tape: Tape = node.tape
        raise RuleError(
            "a rule that asks for inputs should be among the entries() of the composite. "
            f"Found {tape.rule!r} for {tape.call.name} in module {tape.call.module!r}."
        )
    return saved[0]


def _output_of(node: Any) -> Tensor:
    """Return the output of the op that made a node; where that is rectified, its positive part."""
    tape: Tape = node.tape
    z = None if tape.output is None else tape.output.read(rectified=tape.rectified)
    if z is None:  # not kept, or freed by an earlier pass
        z = node.affine.forward(_input_of(node), node.affine.weight, node.affine.bias)
        z = z.clamp_(min=0) if tape.rectified else z
    return z


def _relevant_output(node: Any) -> Tensor:
    """Return the output whose relevance is shared: where a difference is explained, its difference."""
    reference: Ends | None = node.tape.reference
    return _output_of(node) if reference is None else _output_of(node) - reference.z


def ends_of(node: Any) -> tuple[Tensor, Tensor]:
    """Return input and output of the op that made a node; of a rectified output the positive part."""
    return _input_of(node), _output_of(node)


def apply_affine(
    affine: AbstractAffine, a: Tensor, tape: Tape, needs: Needs, z: Tensor | None = None
) -> Tensor:
    """Return ``z = L(a; w) + b``; relevance passes it by the rule that is on the tape by then.

    Args:
        affine: The op.
        a: Its input.
        tape: The tape of its call.
        needs: What the backward pass needs.
        z: Its output, where that is known already; a tensor of its own.
    """
    z_live: Tensor = _enter(a, affine, tape, needs, () if z is None else (z,))
    return z_live


_COPIES = frozenset({"AliasBackward0", "CloneBackward0"})


def affine_node(tensor: Tensor) -> Any:
    """Return the node of the affine op that made ``tensor``, or None."""
    node: Any = tensor.grad_fn
    while type(node).__name__ in _COPIES:
        node = node.next_functions[0][0]
    return node if isinstance(node, _NODE) else None


class InputGoneError(Exception):
    """The input of an affine op is needed after all: the forward pass has to run again and keep it."""


def producer_of(tensor: Tensor, kind: Kind | None = None) -> tuple[Tape, AbstractAffine, Tensor] | None:
    """Return the tape, the map and the input of the affine op that made ``tensor``, or None.

    Args:
        tensor: Any tensor.
        kind: The only kind of op that is asked for; None for any.

    Raises:
        InputGoneError: If the input was not kept.
    """
    node = affine_node(tensor)
    if node is None or (kind is not None and node.tape.call.kind is not kind):
        return None
    if not node.saved_tensors:
        raise InputGoneError
    return node.tape, node.affine, node.saved_tensors[0]


def is_written_once(tensor: Tensor) -> bool:
    """Return True if an affine op or a sum returned a tensor: no view, and its node has not saved it."""
    node = tensor.grad_fn
    return isinstance(node, _NODE) or type(node).__name__ == "AddBackward0"


def keep_positive(node: Any, r: Tensor, *, in_place: bool) -> None:
    """Let the affine op that made a node keep ``r``, the positive part of its output: that may be enough."""
    node.tape.output.rectify(r, keep_output=not (in_place or node.saved_tensors))


def take_over(recorder: Recorder, tape: Tape, replaced: Tape, a: Tensor) -> Tensor:
    """Let a call work on the input ``a`` of the call that it replaces; return the input to use."""
    replaced.release_output()  # its relevance will not pass there
    return recorder.mark_input(tape.call, a)
