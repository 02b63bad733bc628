"""Relevance per band over many samples or networks, its width, its share in features; selection of bands."""

from lrprism.spectral.bands.area_table import area_table
from lrprism.spectral.bands.consensus import (
    group_shares,
    judge_uses,
    measure_sampling,
    signed_shares,
    summarize_shares,
)
from lrprism.spectral.bands.contrast import contrast_table
from lrprism.spectral.bands.exchange import correlate_overall_and_within, exchangeable_groups
from lrprism.spectral.bands.features import InsideShare, share_inside
from lrprism.spectral.bands.filters import filter_bands
from lrprism.spectral.bands.pooling import pooled
from lrprism.spectral.bands.redundancy import Redundancy
from lrprism.spectral.bands.selection import (
    SELECTORS,
    BandChoice,
    BandSamples,
    DiscriminantScore,
    Selector,
    correlation_groups,
    gss,
    ibra,
    select_by_anova,
    select_by_entropy,
    select_by_gss,
    select_by_mrmr,
    select_by_relevance,
    select_by_variance,
    select_equal,
    select_random,
)
from lrprism.spectral.bands.statistics import band_table, sample_spectra, top_bands, top_regions
from lrprism.spectral.bands.width import estimate_width
from lrprism.spectral.bands.zone_sets import correlation_zones, index_zones, sensor_zones
from lrprism.spectral.bands.zones import ZONES, zone_table

__all__ = [
    "SELECTORS",
    "ZONES",
    "BandChoice",
    "BandSamples",
    "DiscriminantScore",
    "InsideShare",
    "Redundancy",
    "Selector",
    "area_table",
    "band_table",
    "contrast_table",
    "correlate_overall_and_within",
    "correlation_groups",
    "correlation_zones",
    "estimate_width",
    "exchangeable_groups",
    "filter_bands",
    "group_shares",
    "gss",
    "ibra",
    "index_zones",
    "judge_uses",
    "measure_sampling",
    "pooled",
    "sample_spectra",
    "select_by_anova",
    "select_by_entropy",
    "select_by_gss",
    "select_by_mrmr",
    "select_by_relevance",
    "select_by_variance",
    "select_equal",
    "select_random",
    "sensor_zones",
    "share_inside",
    "signed_shares",
    "summarize_shares",
    "top_bands",
    "top_regions",
    "zone_table",
]
