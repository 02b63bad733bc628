"""Preprocessing that relevance can pass: steps as layers without weights to train, and the model around them.

Each step acts on axis 1 of ``[N, band, ...]``, in the data's units; what was fitted on the training part is
saved with the model.
"""

from lrprism.spectral.preprocessing.bands import AveragePairs, SelectBands
from lrprism.spectral.preprocessing.continuum import ContinuumRemoval
from lrprism.spectral.preprocessing.pipeline import LAYOUTS, Layout, Pipeline
from lrprism.spectral.preprocessing.principal_components import PCA
from lrprism.spectral.preprocessing.resampling import Resample
from lrprism.spectral.preprocessing.scaling import MinMax, ScaleByStd, ZScore
from lrprism.spectral.preprocessing.scatter import MSC, SNV
from lrprism.spectral.preprocessing.smoothing import SavitzkyGolay

__all__ = [
    "LAYOUTS",
    "MSC",
    "PCA",
    "SNV",
    "AveragePairs",
    "ContinuumRemoval",
    "Layout",
    "MinMax",
    "Pipeline",
    "Resample",
    "SavitzkyGolay",
    "ScaleByStd",
    "SelectBands",
    "ZScore",
]
