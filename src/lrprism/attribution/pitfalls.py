"""Pitfalls of single ops, rules and models: each function returns the words of a warning, or None."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from lrprism.attribution.ends import End
from lrprism.composites import AbstractComposite, Within, presets
from lrprism.engine import Facts, Trace
from lrprism.ops import Call, Kind, tape_of
from lrprism.rules import ZBox, per_channel

_TOLERANCE = 1e-4
"""The share of a range that counts as rounding."""

FLAT = (
    "Flat should serve a layer that sees the input in windows, such as a convolution. Found one that feeds "
    "every input to every output, so that the map is constant over each sample. Try WSquare or Epsilon: "
    "they look at weights or values."
)
"""Flat on a dense layer."""


def describe_end(end: End, *, is_part: bool) -> str:
    """Say what a softmax, sigmoid or link at the end does to the map.

    Args:
        end: The end.
        is_part: Whether the output is what a function in ``output=`` made of the model's.
    """
    name = end.name
    # a count or a positive quantity: its score has no name such as logits
    if end.is_link:
        return (
            f"what stands in front of {name} should be explained. Found {name} at the end: relevance "
            f"passes it unchanged, so that the map is that of its argument z times {name}(z) / z: its sign "
            "is turned round where z is negative. Return z from the model."
        )
    if end.is_softmax:
        effect = (
            "relevance follows its gradient, so that the map sets the class against the mean of all classes "
            "and fades where the network is sure"
        )
    else:
        effect = (
            f"relevance passes it unchanged, so that the map is that of the logit z times {name}(z) / z"
            + (
                " and the factors behind it, whose sign may be another"
                if end.is_scaled
                else ": its sign is turned round where the two differ in sign"
            )
        )
    way_out = _offer_logits(end, is_part=is_part)
    return f"logits should be explained. Found {name} at the end: {effect}. {way_out}"


def _offer_logits(end: End, *, is_part: bool) -> str:
    """Say how to explain the logits in front of an end, or how to return them."""
    if end.has_front and is_part:
        return (
            "Try output='before softmax' in the place of this output=, with a target that chooses: an "
            "index, or a callable that returns a seed."
        )
    if end.has_front:
        return "Try output='before softmax', which explains the logits in front of it."
    if end.is_written_out:
        return f"Return the logits from the model, or write torch.{end.name} and try output='before softmax'."
    return "Return the logits from the model: what stands behind it cannot be done to them."


def describe_idle(composite: AbstractComposite, affine: Sequence[Call]) -> str | None:
    """Say that a preset's rule for convolutions meets none, or return None.

    The tutorial's preset is left out: it is what the workbench explains with unless it is told otherwise.

    Args:
        composite: Who gets which rule.
        affine: The calls with weights.
    """
    # the convolutions in front of the part that Within means do not count
    if isinstance(composite, Within):
        return describe_idle(composite.inner, [call for call in affine if composite.holds(call)])
    if composite.without_convolution is None or isinstance(composite, presets.Hyper3DNetTutorial):
        return None
    is_met = any(call.kind is Kind.CONVOLUTION for call in affine)
    return None if is_met else composite.without_convolution


def describe_outside(rule: ZBox, call: Call, facts: Facts) -> str | None:
    """Say which inputs of a call lie outside the box of its z-box rule, or return None."""
    tapes = ((node, tape_of(node)) for node in facts.reached)
    node: Any = next((node for node, tape in tapes if tape is not None and tape.call is call), None)
    if node is None or not node.saved_tensors:
        return None
    a = node.saved_tensors[0].detach()
    low, high = (per_channel(torch.as_tensor(bound).to(a), a.shape) for bound in (rule.low, rule.high))
    # the rule itself will refuse such bounds
    if not (_broadcasts(low, a) and _broadcasts(high, a)):
        return None
    # above zero outside the box
    excess = torch.maximum(low - a, a - high)
    if not excess.numel() or not bool(excess.max() > _TOLERANCE * (high - low).max()):
        return None
    index = tuple(int(i) for i in (excess == excess.max()).nonzero()[0])
    value, is_below = a[index].item(), bool((low - a)[index] > 0)
    share = (excess > 0).float().mean().item()
    bound = (low if is_below else high).expand_as(a)[index].item()
    return (
        f"inputs should lie between low and high of ZBox. Found {value:.6g} at index {index} of the input of "
        f"{call.name} in {call.module or '(model)'}, {excess[index].item():.3g} "
        f"{'below low' if is_below else 'above high'}={bound:.6g}; {share:.2%} of its numbers lie outside "
        "and can get relevance of the wrong sign. Give the bounds of the numbers that the layer sees, behind "
        "all preprocessing."
    )


def _broadcasts(bound: Tensor, a: Tensor) -> bool:
    """Return True if a bound broadcasts to the shape of an input."""
    sizes = zip(reversed(bound.shape), reversed(a.shape), strict=False)
    return bound.dim() <= a.dim() and all(size in {1, full} for size, full in sizes)


def is_flat_map(relevance: Tensor) -> bool:
    """Return True if relevance is the same over each sample, and not zero everywhere."""
    if relevance.dim() < 2 or relevance[:1].numel() < 2 or not len(relevance):
        return False
    flat = relevance.flatten(1)
    low, high = flat.aminmax(dim=1)
    return bool(relevance.any()) and bool((high - low <= _TOLERANCE * flat.abs().amax(1)).all())


def describe_randomness(forward_pass: Trace, model: nn.Module) -> str | None:
    """Say which random numbers a forward pass drew, or return None."""
    if not forward_pass.random:
        return None
    is_training = any(module.training for module in model.modules())
    way_out = "Try model.eval()." if is_training else "Let forward take their mean, or a seed of its own."
    return (
        f"random numbers {'of train mode ' if is_training else ''}should be off, as dropout is. "
        f"Found {', '.join(sorted(forward_pass.random))}: the map may change from call to call. {way_out}"
    )


def describe_differing(forward_pass: Trace) -> str | None:
    """Say that plain calls returned different outputs, or return None."""
    if not forward_pass.plain_outputs:
        return None
    return (
        "a plain call should return the same output for the same input. "
        f"Found {forward_pass.plain_outputs}: forward draws random numbers, or keeps something that cannot "
        "be found on the model, such as a counter in another module. The output that is explained is "
        "one of several; to compare it, the model was called three times."
    )
