r"""How relevance passes an affine op :math:`z = L(a; w) + b`.

The backward pass carries the modified gradient ``g``, with relevance ``R = a * g`` at every tensor ``a``.
Each term of a rule sends ``s = g * z / st(z_rho)`` down, and the input gets ``g_in = L^T(rho(w)) s``: nothing
is ever divided by an activation. What a rule gives to an input whatever its value travels beside ``g``.
"""

from typing import Any

import torch
from torch import Tensor

from lrprism.errors import RuleError
from lrprism.graph import AFFINE, OwnFunction, entry_of
from lrprism.ops.affine.by_contributions import ContributionStep
from lrprism.ops.affine.by_terms import TermStep, check_signs
from lrprism.ops.affine.map import AbstractAffine
from lrprism.ops.call import Call, Kept, Needs
from lrprism.ops.kinds import Kind
from lrprism.rules import AbstractAffineRule, AbstractRule, Pass


def passed_on(a: Tensor, z: Tensor, g: Tensor, call: Call) -> Tensor:
    """Carry ``g`` of ``z`` to an ``a`` of the same shape so that relevance stays as it is, entry by entry.

    Raises:
        RuleError: If the shapes differ.
    """
    if a.shape != z.shape:
        raise RuleError(
            f"Pass should serve an op that keeps the shape. Found {tuple(a.shape)} -> {tuple(z.shape)} in "
            f"{call.name} in module {call.module!r}. Narrow its selector."
        )
    if call.at_input:
        call.beside = z * g
        return torch.zeros_like(g)
    safe = a.where(a != 0, 1)
    if z.is_complex() or a.is_complex():  # the relevance of complex numbers is Re(conj(z) g)
        return torch.where(a == 0, 0, (z.conj() * g).real / safe.conj())
    return torch.where(a == 0, 0, g * (z / safe))


def _is_gradient(rule: AbstractRule | None) -> bool:
    """Whether the plain gradient follows a rule: LRP-0, which needs no output."""
    return rule.is_gradient if isinstance(rule, AbstractAffineRule) else rule is None


def _gradient(node: Any, g: Tensor) -> Tensor:
    """Carry ``g`` back to ``a`` by LRP-0."""
    affine: AbstractAffine = node.affine
    call: Call = node.call
    if call.sinks is not None and affine.bias is not None:
        call.sinks.count(g, affine.spread_bias(affine.bias), None)
    return affine.transpose(g, affine.weight, _template(node, g))


def _propagate(node: Any, g: Tensor) -> Tensor:
    """Carry ``g`` of ``z`` back to ``a`` by the rule of the call."""
    affine: AbstractAffine = node.affine
    call: Call = node.call
    rule = call.rule
    if isinstance(rule, AbstractAffineRule) and rule.is_damping and call.sinks is None:
        s = rule.stabilizer.damp(g, _output_of(node), nonnegative=call.rectified)
        call.give_output_back()  # before the way back through the layer takes memory of its own
        return affine.transpose(s, affine.weight, _template(node, s))
    a = _input_of(node)
    if isinstance(rule, Pass):
        return passed_on(a, _output_of(node), g, call)
    assert isinstance(rule, AbstractAffineRule)
    if not rule.is_damping:
        check_signs(rule, a, affine.weight, call)
    step = ContributionStep if rule.weighs_contributions else TermStep
    if a.dtype is not torch.float16 or rule.is_damping:
        return step(affine, call, rule, a, _output_of(node)).propagate(g)
    # a modified denominator can be far smaller than z: too small for the range of half precision
    affine, z = affine.with_type(torch.float32), _output_of(node).float()
    wide = step(affine, call, rule, a.float(), z).propagate(g.float())
    limit = torch.finfo(a.dtype).max
    return wide.clamp(-limit, limit).to(a.dtype)


LARGE = 2**16
"""So many numbers are worth a few microseconds of Python to leave their memory or a pass over it out."""


class _AffineFunction(OwnFunction):
    """An affine op whose backward pass follows the rule of its call."""

    node_name = AFFINE

    @staticmethod
    def forward(
        ctx: Any, a: Tensor, affine: AbstractAffine, call: Call, needs: Needs, known: tuple[Tensor, ...]
    ) -> Tensor:
        z = known[0] if known else affine.forward(a, affine.weight, affine.bias)
        if needs.inputs or affine.asks_for_input or a.numel() < LARGE:
            ctx.save_for_backward(a)
        ctx.affine, ctx.call = affine, call
        if needs.outputs:
            call.kept = Kept(z)
        return z

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None, None, None]:
        (g,) = grad_outputs
        call: Call = ctx.call
        c = _gradient(ctx, g) if _is_gradient(call.rule) else _propagate(ctx, g)
        call.give_output_back()
        return c, None, None, None, None


_enter = entry_of(_AffineFunction)


def _template(node: Any, other: Tensor) -> Tensor:
    """The input, for its shape and layout; another tensor where the op does not ask for them."""
    kept = node.saved_tensors
    return kept[0] if kept else other


def _input_of(node: Any) -> Tensor:
    """The input of the op that made a node.

    Raises:
        RuleError: If it was not kept, because the rule is none of the composite's.
    """
    kept: tuple[Tensor, ...] = node.saved_tensors
    if not kept:
        call: Call = node.call
        raise RuleError(
            "a rule that asks for inputs should be among the entries() of the composite. "
            f"Found {call.rule!r} for {call.name} in module {call.module!r}."
        )
    return kept[0]


def _output_of(node: Any) -> Tensor:
    """The output of the op that made a node; where that is rectified, its positive part."""
    call: Call = node.call
    z = None if call.kept is None else call.kept.read(rectified=call.rectified)
    if z is None:
        z = node.affine.forward(_input_of(node), node.affine.weight, node.affine.bias)
        z = z.clamp_(min=0) if call.rectified else z
    return z


def ends_of(node: Any) -> tuple[Tensor, Tensor]:
    """Input and output of the op that made a node; of a rectified output the positive part."""
    return _input_of(node), _output_of(node)


def apply_affine(
    affine: AbstractAffine, a: Tensor, call: Call, needs: Needs, z: Tensor | None = None
) -> Tensor:
    """Return ``z = L(a; w) + b``; relevance passes it by the ``call.rule`` of the time of the way back.

    Args:
        affine: The op.
        a: Its input.
        call: Its record.
        needs: What the way back may ask for.
        z: Its output, where that is known already; a tensor of its own.
    """
    z_live: Tensor = _enter(a, affine, call, needs, () if z is None else (z,))
    return z_live


_WITH_CALL = frozenset({"_AffineFunctionBackward", "_LayerFunctionBackward", "_NormalizedBackward"})


def call_of(node: object) -> Call | None:
    """Return the call that made a node of the autograd graph, or None where no rule can bring ``beside``."""
    return node.call if type(node).__name__ in _WITH_CALL else None  # type: ignore[attr-defined]


_COPIES = frozenset({"AliasBackward0", "CloneBackward0"})


def affine_node(tensor: Tensor) -> Any:
    """The node of the affine op that made ``tensor``, or None."""
    node: Any = tensor.grad_fn
    while type(node).__name__ in _COPIES:
        node = node.next_functions[0][0]
    return node if type(node).__name__ == "_AffineFunctionBackward" else None


class InputGoneError(Exception):
    """The input of an affine op is asked for after all: the forward pass has to be run again, keeping it."""


def producer_of(tensor: Tensor, kind: Kind | None = None) -> tuple[Call, AbstractAffine, Tensor] | None:
    """Return the call, the op and the input of the affine op that made ``tensor``, or None.

    Args:
        tensor: Any tensor.
        kind: The only kind of op that is asked for; None for any.

    Raises:
        InputGoneError: If the input was not kept.
    """
    node = affine_node(tensor)
    if node is None or (kind is not None and node.call.kind is not kind):
        return None
    if not node.saved_tensors:
        raise InputGoneError
    return node.call, node.affine, node.saved_tensors[0]


def is_written_once(tensor: Tensor) -> bool:
    """Whether a tensor is what an affine op or a sum returned: no view, and not what its node has saved."""
    return type(tensor.grad_fn).__name__ in {"_AffineFunctionBackward", "AddBackward0"}


def keep_positive(node: Any, r: Tensor, *, in_place: bool) -> None:
    """Let the affine op that made a node keep ``r``, the positive part of its output: that may be enough."""
    node.call.kept.rectify(r, beside=not (in_place or node.saved_tensors))


def take_over(call: Call, replaced: Call, a: Tensor) -> Tensor:
    """Let ``call`` work on the input ``a`` of the call in whose place it comes; return the input to use."""
    call.replaces = replaced
    replaced.give_output_back()
    if call.sinks is None:
        return a
    call.source = torch.ops.aten.alias(a)
    return call.source
