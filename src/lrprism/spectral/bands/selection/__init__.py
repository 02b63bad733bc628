"""Selection of bands: by relevance, by statistics of the data, as published, and at random."""

from lrprism.spectral.bands.selection.by_relevance import select_by_relevance
from lrprism.spectral.bands.selection.correlation import correlation_groups
from lrprism.spectral.bands.selection.discriminant import DiscriminantScore
from lrprism.spectral.bands.selection.gss import BandChoice, gss, select_by_gss
from lrprism.spectral.bands.selection.ibra import ibra
from lrprism.spectral.bands.selection.mutual_information import select_by_mrmr
from lrprism.spectral.bands.selection.registry import SELECTORS, Selector
from lrprism.spectral.bands.selection.samples import BandNumbers, BandSamples
from lrprism.spectral.bands.selection.scores import select_by_anova, select_by_entropy, select_by_variance
from lrprism.spectral.bands.selection.spacing import select_equal, select_random

__all__ = [
    "SELECTORS",
    "BandChoice",
    "BandNumbers",
    "BandSamples",
    "DiscriminantScore",
    "Selector",
    "correlation_groups",
    "gss",
    "ibra",
    "select_by_anova",
    "select_by_entropy",
    "select_by_gss",
    "select_by_mrmr",
    "select_by_relevance",
    "select_by_variance",
    "select_equal",
    "select_random",
]
