"""An explanation in one line."""

from __future__ import annotations

from torch import nn

from lrprism.attribution.explanation import Explanation
from lrprism.attribution.inputs import Inputs
from lrprism.attribution.lrp import LRP
from lrprism.attribution.progress import Progress
from lrprism.attribution.reference import Reference
from lrprism.attribution.seeds import Target
from lrprism.composites import AbstractComposite


def explain(
    model: nn.Module,
    inputs: Inputs,
    target: Target = None,
    *,
    composite: AbstractComposite | None = None,
    batch_size: int | None = None,
    reference: Reference = None,
    progress: Progress = False,
) -> Explanation:
    """Return the relevance of ``inputs`` for ``target``: :meth:`LRP.explain` in one line.

    Args:
        model: Any ``nn.Module``.
        inputs: As for :meth:`LRP.explain`.
        target: As for :meth:`LRP.explain`.
        composite: Who gets which rule; :class:`presets.EpsilonGamma` if None.
        batch_size: As for :meth:`LRP.explain`.
        reference: As for :meth:`LRP.explain`.
        progress: As for :meth:`LRP.explain`.
    """
    return LRP(model, composite).explain(
        inputs, target, batch_size=batch_size, reference=reference, progress=progress
    )
