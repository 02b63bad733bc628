"""Figures for print: heatmaps, relevance over wavelength, scenes, sums per layer. Needs matplotlib."""

from lrprism.spectral.plots.class_map import class_spectra
from lrprism.spectral.plots.consensus import share_intervals
from lrprism.spectral.plots.conservation import layer_sums
from lrprism.spectral.plots.contrast import relevance_contrast
from lrprism.spectral.plots.curves import removal_curves
from lrprism.spectral.plots.explained import draw_explanation
from lrprism.spectral.plots.heatmaps import band_heatmaps
from lrprism.spectral.plots.scene import scene_relevance
from lrprism.spectral.plots.selection import accuracy_by_bands
from lrprism.spectral.plots.spectra import relevance_spectrum
from lrprism.spectral.plots.style import save

__all__ = [
    "accuracy_by_bands",
    "band_heatmaps",
    "class_spectra",
    "draw_explanation",
    "layer_sums",
    "relevance_contrast",
    "relevance_spectrum",
    "removal_curves",
    "save",
    "scene_relevance",
    "share_intervals",
]
