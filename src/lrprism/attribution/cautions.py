"""Warnings about maps that are right by the formulas and still not what their reader takes them for."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from lrprism.attribution.ends import End, find_end
from lrprism.attribution.finite import check_finite
from lrprism.attribution.seeds import Target
from lrprism.attribution.target import Side
from lrprism.composites import AbstractComposite, Within, presets
from lrprism.engine import Graph, Relevances, Trace
from lrprism.errors import ModelError, RelevanceWarning, TargetError
from lrprism.ops import Call, Kind, call_of
from lrprism.rules import Flat, ZBox, gives_beside, per_channel

LEAST_SHARE = 0.01
"""The share of what is explained that should arrive at the inputs."""

_ROUNDING = 10
"""An explained difference of so many times the precision of its terms is nothing but rounding."""

_HALVES = frozenset({torch.float16, torch.bfloat16})


def warn(message: str) -> None:
    """Warn, pointing at the first line outside the library."""
    depth, frame = 1, sys._getframe()
    inside = ("lrprism.", "contextlib")  # the library, and what stands between its context managers
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(inside):
        depth, frame = depth + 1, frame.f_back
    warnings.warn(message, RelevanceWarning, stacklevel=depth)


def warn_of_unknown(
    calls: Sequence[Call], unseen: Sequence[str], say: Callable[[str], None], *, strict: bool
) -> None:
    """Say which ops have no rule, or refuse them.

    Args:
        calls: The calls of such ops.
        unseen: Names of steps that no torch call shows.
        say: Warns.
        strict: Whether to refuse them.

    Raises:
        ModelError: If there are any and ``strict``.
    """
    names = sorted({f"{call.name} in {call.module or '(model)'}" for call in calls})
    names += [f"{name} (cannot be seen)" for name in unseen]
    if not names:
        return
    way_out = (
        "Write what torch.func calls as plain torch calls on a batch"
        if "torch.func" in unseen
        else "Give a torch function or an autograd.Function an op: "
        "LRP(model, ops={function: lrprism.ops.own.activation('its name')})"
    )
    message = (
        f"no rule is known for {', '.join(names)}: the plain gradient is used there, and relevance may not "
        f"be conserved. {way_out}"
    )
    if strict:
        raise ModelError(f"every op should have a rule (strict=True), but {message}.")
    say(message)


class Cautions:
    """What to tell the user of one call of ``explain``: each thing once, also where it runs in batches.

    Args:
        composite: Who gets which rule.
        is_chosen: Whether the user chose it; nobody is told that a default does not fit.
    """

    def __init__(self, composite: AbstractComposite, *, is_chosen: bool) -> None:
        """Start with nothing said."""
        self._composite = composite
        self._is_chosen = is_chosen
        self._said: set[str] = set()
        self._explained = self._arrived = 0.0

    def say(self, message: str, topic: str | None = None) -> None:
        """Warn, unless this topic was spoken of already."""
        topic = topic or message
        if topic not in self._said:
            self._said.add(topic)
            warn(message)

    def look(self, passed: Trace, graph: Graph, target: Target, *, is_part: bool) -> None:
        """Look at what is about to be explained, before relevance flows.

        Args:
            passed: The forward pass.
            graph: What is known about its calls, which have their rules.
            target: What of its output is explained.
            is_part: Whether the output is what a function in ``output=`` made of the model's.

        Raises:
            TargetError: If the sides of a logit are asked for where the output is no logit.
        """
        end = find_end(passed.output)
        if end is not None:
            if isinstance(target, Side) and not (end.is_softmax or end.is_scaled):
                raise TargetError(
                    "lp.target.side() takes the side from the sign of a logit. Found an output that "
                    f"{end.name} made, whose sign is always the same. "
                    + (
                        "Try output='before sigmoid'."
                        if end.has_front
                        else "Return the logit from the model."
                    )
                )
            self.say(_describe_end(end, is_part=is_part), "end")
        if self._is_chosen and (message := describe_idle(self._composite, graph.affine)):
            self.say(message, "convolution")
        elif (
            self._is_chosen
            and (message := self._composite.without_input)
            and graph.affine
            and not any(gives_beside(call.rule) for call in graph.affine)
        ):
            self.say(message, "input")
        for call in graph.affine:
            if isinstance(call.rule, ZBox) and call.at_input and (message := _describe_outside(call, graph)):
                self.say(message, "box")

    def weigh(
        self, model: nn.Module, output: Tensor, seeds: Sequence[Tensor], found: Relevances, graph: Graph
    ) -> None:
        """Compare what arrived with what was explained.

        One sum of each is nearly always enough. Only where they disagree are they compared sample by sample,
        because sums over a batch cancel.

        Args:
            model: The model.
            output: What was explained.
            seeds: The seeds at the output.
            found: What arrived.
            graph: What is known about the calls.

        Raises:
            ModelError: If the output or relevance holds NaN or inf.
        """
        output = output.detach()
        explained = arrived = layers = 0.0
        for seed, inputs, outputs in zip(seeds, found.inputs, found.layers, strict=True):
            explained += _size(output * seed)
            arrived += abs(_total(inputs))
            layers += _total(outputs) if outputs else 0.0
        if not math.isfinite(explained + arrived + layers):
            tensors = [x for each in (*found.inputs, *found.layers) for x in each]
            check_finite(model, output, seeds, tensors)
        if not arrived >= LEAST_SHARE * explained:
            explained, arrived = _weigh_samples(output, seeds, found.inputs)
        self._explained += explained
        self._arrived += arrived
        for call in graph.affine:
            if isinstance(call.rule, Flat) and call.at_input and any(map(_is_constant, found.inputs[0])):
                self.say(_FLAT, "flat")

    def tell(self) -> None:
        """Say in the end whether next to nothing arrived of what was explained in all batches."""
        if self._arrived < LEAST_SHARE * self._explained:
            self.say(
                f"at least {LEAST_SHARE:.0%} of what is explained should arrive at the inputs. Found "
                f"{self._arrived:.3g} of {self._explained:.3g}, summed over samples without their sign: the "
                "map says little about the model. Biases, detach() or an eps that is large beside the output "
                "may keep the rest. See where it stayed: print(explain(..., audit=True).audit)."
            )


_FLAT = (
    "Flat should serve a layer that sees the input in windows, such as a convolution. Found one that feeds "
    "every input to every output, so that the map is constant over each sample. Try WSquare or Epsilon: "
    "they look at weights or values."
)


def _describe_end(end: End, *, is_part: bool) -> str:
    name = end.name
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
    if end.has_front:
        way_out = "Try output='before softmax', which explains the logits in front of it."
        if is_part:
            way_out = (
                "Try output='before softmax' in the place of this output=, with a target that chooses: an "
                "index, or a callable that returns a seed."
            )
    elif end.is_written_out:
        way_out = f"Return the logits from the model, or write torch.{name} and try output='before softmax'."
    else:
        way_out = "Return the logits from the model: what stands behind it cannot be done to them."
    return f"logits should be explained. Found {name} at the end: {effect}. {way_out}"


def describe_idle(composite: AbstractComposite, affine: Sequence[Call]) -> str | None:
    """Say that a preset's rule for convolutions meets none, or return None.

    The tutorial's preset is left out: it is what the workbench explains with unless it is told otherwise.

    Args:
        composite: Who gets which rule.
        affine: The calls with weights.
    """
    if isinstance(composite, Within):
        return describe_idle(composite.inner, [call for call in affine if composite.holds(call)])
    if composite.without_convolution is None or isinstance(composite, presets.Hyper3DNetTutorial):
        return None
    is_met = any(call.kind is Kind.CONVOLUTION for call in affine)
    return None if is_met else composite.without_convolution


def _describe_outside(call: Call, graph: Graph) -> str | None:
    """Say which inputs lie outside the box of a z-box rule, or return None."""
    rule = call.rule
    assert isinstance(rule, ZBox)
    node = next((node for node in graph.reached if call_of(node) is call), None)
    if node is None or not node.saved_tensors:
        return None
    a = node.saved_tensors[0].detach()
    low, high = (per_channel(torch.as_tensor(each).to(a), a.shape) for each in (rule.low, rule.high))
    if not (_broadcasts(low, a) and _broadcasts(high, a)):  # the rule itself will refuse such bounds
        return None
    excess = torch.maximum(low - a, a - high)  # above zero outside the box
    if not excess.numel() or not bool(excess.max() > _TOLERANCE * (high - low).max()):
        return None
    index = tuple(int(each) for each in (excess == excess.max()).nonzero()[0])
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


_TOLERANCE = 1e-4
"""The share of the box by which rounding may carry an input outside."""


def _total(tensors: Sequence[Tensor]) -> float:
    """Sum up, half precision in a type that holds the sum."""
    total = 0.0
    for tensor in tensors:
        total += float(tensor.sum(dtype=torch.float32) if tensor.dtype in _HALVES else tensor.sum())
    return total


def _size(tensor: Tensor) -> float:
    """Sum up without sign: one call where ``abs().sum()`` takes two, and longer."""
    dtype = torch.float32 if tensor.dtype in _HALVES else None
    return float(torch.linalg.vector_norm(tensor, 1, dtype=dtype))


def _sample_sums(tensor: Tensor) -> Tensor:
    """Sum over all but the first dimension."""
    tensor = tensor.float() if tensor.dtype in _HALVES else tensor
    return tensor.flatten(1).sum(1) if tensor.dim() > 1 else tensor.reshape(-1)


def _weigh_samples(
    output: Tensor, seeds: Sequence[Tensor], relevance: Sequence[Sequence[Tensor]]
) -> tuple[float, float]:
    """Return what was explained and what arrived, each summed over samples without their sign.

    Where the inputs do not have the samples in front, the sums over the whole batch are compared. What is
    explained counts as nothing where it is rounding alone, as the difference of two equal logits is.
    """
    explained = arrived = size = 0.0
    for seed, inputs in zip(seeds, relevance, strict=True):
        terms = torch.where(seed == 0, 0, output * seed)  # an unexplained -inf has no part in it
        sums, size = _sample_sums(terms), size + _size(terms)
        if all(x.dim() and len(x) == len(sums) for x in inputs):
            parts = [_sample_sums(x).to(sums) for x in inputs]
            explained += float(sums.abs().sum())
            arrived += float(torch.stack(parts).sum(0).abs().sum())
        else:
            explained += abs(float(sums.sum()))
            arrived += abs(_total(inputs))
    is_rounding = explained <= _ROUNDING * torch.finfo(output.dtype).eps * size
    return (0.0, arrived) if is_rounding else (explained, arrived)


def _is_constant(relevance: Tensor) -> bool:
    """Return True if relevance is the same over each sample, and not zero everywhere."""
    if relevance.dim() < 2 or relevance[:1].numel() < 2 or not len(relevance):
        return False
    flat = relevance.flatten(1)
    low, high = flat.aminmax(dim=1)
    return bool(relevance.any()) and bool((high - low <= _TOLERANCE * flat.abs().amax(1)).all())
