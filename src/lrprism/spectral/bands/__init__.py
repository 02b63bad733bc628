"""Relevance per band over many samples, and the resolution along wavelength at which it is read."""

from lrprism.spectral.bands.pooling import pooled
from lrprism.spectral.bands.statistics import band_table, sample_spectra, top_bands, top_regions
from lrprism.spectral.bands.width import estimate_width

__all__ = ["band_table", "estimate_width", "pooled", "sample_spectra", "top_bands", "top_regions"]
