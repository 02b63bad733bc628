"""Figures for print: heatmaps, relevance over wavelength, whole scenes, sums per layer. Needs matplotlib."""

from lrprism.plots.class_map import class_spectra
from lrprism.plots.conservation import layer_sums
from lrprism.plots.heatmaps import band_heatmaps
from lrprism.plots.scene import scene_relevance
from lrprism.plots.spectra import relevance_spectrum
from lrprism.plots.style import save

__all__ = ["band_heatmaps", "class_spectra", "layer_sums", "relevance_spectrum", "save", "scene_relevance"]
