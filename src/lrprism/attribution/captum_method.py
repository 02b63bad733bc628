"""The face that Captum's tools look for in an attribution method: a noise tunnel, metrics, a layer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from torch import Tensor, nn

from lrprism.attribution.captum import (
    CaptumTarget,
    convergence_delta,
    read_captum_target,
    subtract_sums,
    unpack_baselines,
)
from lrprism.attribution.explanation import Explanation
from lrprism.attribution.inputs import Inputs
from lrprism.attribution.layers import find_path
from lrprism.attribution.reference import Reference
from lrprism.attribution.seeds import Target
from lrprism.errors import InputError

Layer = str | nn.Module
"""A module of the model, or its path."""
P = ParamSpec("P")
T = TypeVar("T")


def expose_wrapped(method: Callable[P, T]) -> Callable[P, T]:
    """Return ``method`` inside a wrapper that has it as ``__wrapped__``.

    Captum's methods stand inside a wrapper that logs their use. Its ``NoiseTunnel`` passes the wrapper by: it
    calls ``attribute.__wrapped__(method, inputs, ...)``.

    Args:
        method: The method, as it is defined in its class.
    """

    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return method(*args, **kwargs)

    return call


class AbstractCaptumMethod(ABC):
    """An attribution method with the face of Captum's ``Attribution``, without its base class.

    Captum's ``NoiseTunnel`` takes it as its own; ``attribute`` is what ``captum.metrics`` explain with.
    """

    model: nn.Module

    @abstractmethod
    def explain(
        self,
        inputs: Inputs,
        target: Target = None,
        *,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        layers: Sequence[Layer] = (),
        reference: Reference = None,
    ) -> Explanation:
        """Return the relevance of ``inputs`` for ``target``."""

    @property
    def forward_func(self) -> nn.Module:
        """The model, under the name by which Captum knows it."""
        return self.model

    @property
    def multiplies_by_inputs(self) -> bool:
        """True: relevance is an amount of the output, and not a slope."""
        return True

    def has_convergence_delta(self) -> bool:
        """Return True: :meth:`attribute` can also return the relevance that is missing."""
        return True

    def compute_convergence_delta(self, attributions: Tensor | tuple[Tensor, ...], output: Tensor) -> Tensor:
        r"""Return the missing relevance of each sample, ``[N]``: :math:`f_n - \sum_i R_{ni}`.

        Args:
            attributions: Relevance ``[N, ...]``, or a tuple of such for several inputs.
            output: The explained output of each sample, ``[N]`` or ``[N, 1]``; with a reference, the
                difference from that of the reference.

        Raises:
            InputError: If there is not one output per sample.
        """
        tensors = attributions if isinstance(attributions, tuple) else (attributions,)
        if any(output.numel() != len(tensor) for tensor in tensors):
            shapes = " and ".join(str(tuple(tensor.shape)) for tensor in tensors)
            raise InputError(
                f"output should be one number per sample. Found shape {tuple(output.shape)} for attributions "
                f"of {shapes}. Take the explained entry of each sample, such as output[:, 3]."
            )
        return subtract_sums(output.flatten(), attributions)

    @expose_wrapped
    def attribute(
        self,
        inputs: Tensor | tuple[Tensor, ...],
        target: Target | CaptumTarget = None,
        additional_forward_args: Any = None,
        return_convergence_delta: bool = False,
        *,
        baselines: Reference = None,
        layer: Layer | list[Layer] | None = None,
    ) -> Any:
        r"""Return relevance through Captum's signature, so that tools written for Captum can use it.

        Args:
            inputs: As for :meth:`explain`.
            target: As for :meth:`explain`, but a tuple is an index into all axes behind the samples, such as
                ``(3, 1)`` for an output ``(N, T, C)``, and a list may hold one tuple per sample.
            additional_forward_args: One further positional argument of the model, or a tuple of them.
            return_convergence_delta: Also return the missing relevance, ``[N]``: ``explained output - sum of
                relevance``; with a leading class axis where the target has one. At a layer the sum is that of
                the layer: what a bias or ε behind it kept, or a path around it carried, is missing.
            baselines: What :meth:`explain` calls ``reference``; a number, a tensor, or one per input.
            layer: Return relevance at the output of this module, in its shape, and not at the inputs, as
                Captum's ``LayerLRP`` does. A tuple where it ran several times or returns several tensors; a
                list of layers gives a list, and a list of deltas.

        Raises:
            InputError: As for :meth:`explain`; or if ``layer`` is no module of the model, or did not run.
            TargetError: If the target does not fit the output.
            ModelError: As for :meth:`explain`.
            RuleError: As for :meth:`explain`.
        """
        target = read_captum_target(target)
        extra = additional_forward_args
        args = () if extra is None else extra if isinstance(extra, tuple) else (extra,)
        asked = [] if layer is None else layer if isinstance(layer, list) else [layer]
        paths = [find_path(self.model, one) for one in asked]
        reference = unpack_baselines(inputs, baselines)
        explanation = self.explain(inputs, target, args=args, layers=paths, reference=reference)
        maps = (
            [explanation.relevance] if layer is None else [_take_layer(explanation, path) for path in paths]
        )
        deltas = [convergence_delta(explanation, target, relevance) for relevance in maps]
        if isinstance(layer, list):
            return (maps, deltas) if return_convergence_delta else maps
        return (maps[0], deltas[0]) if return_convergence_delta else maps[0]


def _take_layer(explanation: Explanation, path: str) -> Any:
    """Return the relevance at one module.

    Raises:
        InputError: If the path is a pattern for several.
    """
    # find_path lets a glob through, which explain takes for all modules that it names
    if path not in explanation.layers:
        raise InputError(
            f"layer should name one module. Found {path!r} for {', '.join(explanation.layers)}. Give a list "
            "of layers, or try explain(inputs, layers=...)."
        )
    return explanation.layers[path]
