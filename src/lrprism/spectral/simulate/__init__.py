"""Data whose truth is known: leaves by PROSPECT-D, and features planted into them or into any data."""

from lrprism.spectral.simulate.features import PlantedFeature
from lrprism.spectral.simulate.leaf_settings import LeafSettings
from lrprism.spectral.simulate.leaves import LeafDraft, LeafImages, draft_leaves, planted_patches
from lrprism.spectral.simulate.plan import PlantSettings
from lrprism.spectral.simulate.planting import plant
from lrprism.spectral.simulate.prospect import LeafOptics, leaf_optics
from lrprism.spectral.simulate.scene import plant_scene
from lrprism.spectral.simulate.spectra import name_parts, planted_spectra
from lrprism.spectral.simulate.traits import TRAITS, Trait
from lrprism.spectral.simulate.truth import PlantedData, Truth

__all__ = [
    "TRAITS",
    "LeafDraft",
    "LeafImages",
    "LeafOptics",
    "LeafSettings",
    "PlantSettings",
    "PlantedData",
    "PlantedFeature",
    "Trait",
    "Truth",
    "draft_leaves",
    "leaf_optics",
    "name_parts",
    "plant",
    "plant_scene",
    "planted_patches",
    "planted_spectra",
]
