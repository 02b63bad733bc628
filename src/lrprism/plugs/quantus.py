"""Explanations as Quantus asks for them: arrays in, arrays out.

Quantus itself is not imported: its metrics call :func:`explain` with arrays of numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from lrprism.attribution import LRP
from lrprism.composites import AbstractComposite
from lrprism.composites.composite import Entry
from lrprism.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt


def explain(
    model: nn.Module,
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike | None = None,
    *,
    composite: AbstractComposite | Sequence[Entry] | None = None,
    reference: Any = None,
    output: Any = None,
    batch_size: int | None = None,
    device: str | torch.device | None = None,
) -> npt.NDArray[Any]:
    r"""Return the relevance of each input value, with :math:`\sum_i R_{ni} \approx f_{y_n}(x_n)`.

    For Quantus: ``metric(model, x, y, explain_func=lp.plugs.quantus.explain)``, with the keywords below in
    ``explain_func_kwargs``. Inputs get the type of the model's weights: perturbed ones come in float64.

    Args:
        model: The model; its mode does not matter and does not change.
        inputs: ``[N, ...]``, as the model takes them, so with channels first.
        targets: The class of each sample, ``[N]``, or one for all; None for the predicted ones.
        composite: Who gets which rule; :class:`lrprism.presets.EpsilonGamma` if None.
        reference: As for :meth:`lrprism.LRP.explain`.
        output: As for :meth:`lrprism.LRP.explain`.
        batch_size: As for :meth:`lrprism.LRP.explain`.
        device: Where the inputs go, as Quantus says in each call; None for the device of the model's weights.

    Returns:
        Relevance in the shape of the inputs, float64 if they were, else float32.

    Raises:
        InputError: If the inputs are no floats, or as for :meth:`lrprism.LRP.explain`.
        TargetError: If the targets do not fit the output.
        ModelError: As for :meth:`lrprism.LRP.explain`.
        RuleError: As for :meth:`lrprism.LRP.explain`.
    """
    x = torch.as_tensor(inputs)
    if not x.is_floating_point():
        raise InputError(
            f"inputs should be an array of floats (N, ...). Found {x.dtype}. Scale them as the model was "
            "trained."
        )
    wide = x.dtype
    weights = next(model.parameters(), x)
    x = x.to(device or weights.device, weights.dtype)
    explanation = LRP(model, composite).explain(
        x, _read_targets(targets, x), output=output, batch_size=batch_size, reference=reference
    )
    relevance: Tensor = explanation.relevance
    return relevance.cpu().to(torch.float64 if wide is torch.float64 else torch.float32).numpy()


def _read_targets(targets: Any, x: Tensor) -> int | Tensor | None:
    """Return a class per sample, or one for all.

    Raises:
        InputError: If the targets are no whole numbers.
    """
    if targets is None:
        return None
    classes = torch.as_tensor(targets, device=x.device)
    if classes.is_complex() or not torch.equal(classes, classes.round()):
        raise InputError(
            f"targets should be whole numbers, a class per sample (N,). Found {classes.dtype} with "
            f"{classes.flatten()[:3].tolist()}. Give the numbers of the classes, not their probabilities."
        )
    # some metrics hand one target on for all samples
    return int(classes) if classes.numel() == 1 else classes.long().flatten()
