"""Figures for print: heatmaps per band, relevance over wavelength, sums per layer. Needs matplotlib."""

from lrprism.plots.class_map import class_spectra
from lrprism.plots.conservation import layer_sums
from lrprism.plots.heatmaps import band_heatmaps
from lrprism.plots.spectra import relevance_spectrum
from lrprism.plots.style import save

__all__ = ["band_heatmaps", "class_spectra", "layer_sums", "relevance_spectrum", "save"]
