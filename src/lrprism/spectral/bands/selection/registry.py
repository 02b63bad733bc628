"""The ways to select bands by their names."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lrprism.spectral.bands.selection.by_relevance import select_by_relevance
from lrprism.spectral.bands.selection.gss import select_by_gss
from lrprism.spectral.bands.selection.mutual_information import select_by_mrmr
from lrprism.spectral.bands.selection.samples import BandNumbers, BandSamples
from lrprism.spectral.bands.selection.scores import select_by_anova, select_by_entropy, select_by_variance
from lrprism.spectral.bands.selection.spacing import select_equal, select_random


@dataclass(frozen=True)
class Selector:
    """A way to select bands.

    Args:
        name: Its name on the command line.
        select: The function: samples and k to the numbers of k bands.
        summary: What it does, in a few words.
        is_random: True if another seed gives other bands.
        needs_relevance: True if a trained network has to be explained first.
    """

    name: str
    select: Callable[[BandSamples, int], BandNumbers]
    summary: str
    is_random: bool = False
    needs_relevance: bool = False


SELECTORS: Final = {
    selector.name: selector
    for selector in (
        Selector(
            "relevance",
            select_by_relevance,
            "most relevant, one per stretch of equal relevance",
            needs_relevance=True,
        ),
        Selector("gss", select_by_gss, "greedy spectral selection among the bands of IBRA"),
        Selector("equal", select_equal, "equally spaced in nm"),
        Selector("random", select_random, "drawn at random, anew for each seed", is_random=True),
        Selector("variance", select_by_variance, "largest variance"),
        Selector("entropy", select_by_entropy, "largest entropy of 64 bins"),
        Selector("anova", select_by_anova, "largest F of an analysis of variance"),
        Selector("mrmr", select_by_mrmr, "much about the class, little about each other"),
    )
}
"""The ways to select bands, by name."""
