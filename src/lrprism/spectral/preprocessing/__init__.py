"""Preprocessing that relevance can pass: steps as layers without weights to train, and the model around them.

Each step acts on axis 1 of ``[N, band, ...]``, in the data's units; numbers fitted on the training part are
saved with the model.
"""

from lrprism.spectral.preprocessing.bands import AveragePairs, SelectBands
from lrprism.spectral.preprocessing.continuum import ContinuumRemoval
from lrprism.spectral.preprocessing.pipeline import LAYOUTS, Layout, Pipeline
from lrprism.spectral.preprocessing.principal_components import PCA
from lrprism.spectral.preprocessing.registry import STEPS, StepEntry, build_steps, parse_steps
from lrprism.spectral.preprocessing.resampling import SATELLITES, Resample
from lrprism.spectral.preprocessing.scaling import MinMax, ScaleByStd, ZScore
from lrprism.spectral.preprocessing.scatter import MSC, SNV
from lrprism.spectral.preprocessing.smoothing import SavitzkyGolay
from lrprism.spectral.preprocessing.step import AbstractFittedStep, AbstractStep, StepInput, Wavelengths

__all__ = [
    "LAYOUTS",
    "MSC",
    "PCA",
    "SATELLITES",
    "SNV",
    "STEPS",
    "AbstractFittedStep",
    "AbstractStep",
    "AveragePairs",
    "ContinuumRemoval",
    "Layout",
    "MinMax",
    "Pipeline",
    "Resample",
    "SavitzkyGolay",
    "ScaleByStd",
    "SelectBands",
    "StepEntry",
    "StepInput",
    "Wavelengths",
    "ZScore",
    "build_steps",
    "parse_steps",
]
