"""Data whose truth is known: leaves by PROSPECT-D, and features planted into them or into any data."""

from lrprism.spectral.simulate.features import PlantedFeature
from lrprism.spectral.simulate.plan import PlantSettings
from lrprism.spectral.simulate.planting import plant
from lrprism.spectral.simulate.prospect import LeafOptics, leaf_optics
from lrprism.spectral.simulate.spectra import planted_spectra
from lrprism.spectral.simulate.traits import TRAITS, Trait
from lrprism.spectral.simulate.truth import PlantedData, Truth

__all__ = [
    "TRAITS",
    "LeafOptics",
    "PlantSettings",
    "PlantedData",
    "PlantedFeature",
    "Trait",
    "Truth",
    "leaf_optics",
    "plant",
    "planted_spectra",
]
