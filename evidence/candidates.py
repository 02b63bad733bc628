"""Our maps: every preset, with and without a reference, pooled and not; and the short list of ``auto``."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from torch import Tensor, nn

import lrprism as lp
from evidence.problem import Problem
from lrprism import presets
from lrprism.composites import AbstractComposite
from lrprism.evaluation import Method

REFERENCES: Final = ("none", "mean", "mean + continuum")
"""No reference; the training mean of each band; a third of it with two thirds of the sample's continuum."""
MEAN_WEIGHT: Final = 1 / 3


@dataclass(frozen=True)
class Map:
    """How a map is made.

    Args:
        rule: Name of the preset or of another method.
        reference: One of :data:`REFERENCES`; for other methods ``"zero"``, ``"mean"`` or ``"none"``.
        pooled: Whether it is summed over the pooling width.
    """

    rule: str
    reference: str
    pooled: bool = False

    def __str__(self) -> str:
        """Return the map in words: ``"EpsilonPlus, reference mean, pooled"``."""
        reference = "" if self.reference == "none" else f", reference {self.reference}"
        return f"{self.rule}{reference}{', pooled' if self.pooled else ''}"

    @property
    def is_ours(self) -> bool:
        """True for a preset of this library."""
        return is_ours(self.rule)


def is_ours(name: str) -> bool:
    """Return True if a map of this name is one of our presets'."""
    return name.partition(",")[0] in presets.__all__


def build_presets(x: Tensor) -> dict[str, AbstractComposite]:
    """Return every preset by its name, and γ of 1 and 4 beside the usual .25.

    Args:
        x: The training inputs, whose range bounds the z-box.
    """
    return {
        "Epsilon": presets.Epsilon(),
        "EpsilonGamma": presets.EpsilonGamma(),
        "EpsilonGamma, γ 1": presets.EpsilonGamma(gamma=1.0),
        "EpsilonGamma, γ 4": presets.EpsilonGamma(gamma=4.0),
        "EpsilonGammaBox": presets.EpsilonGammaBox(float(x.min()), float(x.max())),
        "EpsilonPlus": presets.EpsilonPlus(),
        "EpsilonPlusFlat": presets.EpsilonPlusFlat(),
        "EpsilonAlpha2Beta1": presets.EpsilonAlpha2Beta1(),
        "EpsilonAlpha2Beta1Flat": presets.EpsilonAlpha2Beta1Flat(),
        "AttnLRP": presets.AttnLRP(),
        "CPLRP": presets.CPLRP(),
        "Hyper3DNetTutorial": presets.Hyper3DNetTutorial(),
    }


SHORT_LIST: Final = (
    *(("Epsilon", reference) for reference in REFERENCES),
    *(("EpsilonAlpha2Beta1", reference) for reference in REFERENCES[1:]),
    *(("EpsilonPlus", reference) for reference in REFERENCES[:2]),
    ("EpsilonGamma, γ 1", "mean"),
    *((rule, "none") for rule in ("EpsilonGamma", "EpsilonPlusFlat", "AttnLRP")),
)
"""Rule and reference of the candidates, each unpooled and pooled. Chosen on the development seeds."""
CHOSEN: Final = {
    network: Map("Epsilon", "mean + continuum", pooled=True)
    for network in ("hyper3dnetlite", "hybridsn", "cnn", "mlp", "transformer")
}
"""The map of each network, for both scalings. Chosen on the development seeds, by AUC."""
DEFAULT: Final = Map("Epsilon", "mean", pooled=True)
"""The map of the command line, one for every network: by its cost and by SRG on Indian Pines."""
CANDIDATES: Final = tuple(Map(*pair, pooled) for pair in SHORT_LIST for pooled in (False, True))
"""What a choice is made from, and what it is compared with."""
POOLED: Final = tuple(how for how in CANDIDATES if how.pooled)
"""The candidates of ``auto``, summed over the width that the data imply: SRG cannot see its gain."""


def build_methods(problem: Problem) -> Iterator[tuple[Map, Method]]:
    """Return every preset with every reference, unpooled."""
    for rule, composite in build_presets(problem.train.x).items():
        for reference in REFERENCES:
            yield Map(rule, reference), explain_with(composite, reference, problem)


def explain_with(composite: AbstractComposite, reference: str, problem: Problem) -> Method:
    """Return the attribution function of a preset and a reference.

    Args:
        composite: The preset.
        reference: One of :data:`REFERENCES`.
        problem: The data, whose training mean is the reference.
    """

    def explain(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
        explainer = lp.LRP(model, composite)
        if reference == "none":
            return explainer.explain(x, target).relevance
        return explainer.explain(x, target, reference=_make_reference(x)).relevance

    def _make_reference(x: Tensor) -> Tensor:
        if reference == "mean":
            return problem.mean
        continuum = lp.reference.continuum(x, problem.pooling.reaches, axis=1)
        return lp.reference.mix(problem.mean, continuum, MEAN_WEIGHT)

    return explain
