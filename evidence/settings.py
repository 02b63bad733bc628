"""Sizes and settings of the measurements, chosen on the development seeds so that all takes 90 minutes."""

from typing import Final

SPECTRA_BANDS: Final = 200
SPECTRA_SIZES: Final = {"train": 2000, "validation": 500, "test": 600}
PATCH_SIZES: Final = {"train": 1600, "validation": 200, "test": 300}
WINDOW: Final = 5
"""Bands that SRG removes at a time."""
EXPLAINED: Final = {"spectra": 200, "patches": 100}
"""Correct test samples that are explained."""
REMOVED: Final = {"spectra": 100, "patches": 32}
"""Those of them whose windows are removed for SRG; as many of the validation part for ``auto``."""

STEPS: Final = 16
"""Steps of integrated gradients."""
DRAWS: Final = 8
"""Draws of SmoothGrad and GradientShap."""
NOISE: Final = 0.15
"""Deviation of SmoothGrad's noise; the inputs have a deviation of 1."""
ORDERS: Final = 2
"""Orders in which Shapley sampling adds the windows of bands."""
COVER: Final = 3 * WINDOW
"""Bands that the wide occlusion covers, in steps of :data:`WINDOW`."""

CLEAN, CONFOUNDED = "clean", "confounded"
"""The two data sets of a confounder."""
