"""Networks of the field, ready to be trained and explained, and their weights on disk."""

from lrprism.models.cnn1d import CNN1D
from lrprism.models.hybridsn import HybridSN
from lrprism.models.hyper3dnetlite import Hyper3DNetLite, SeparableBlock
from lrprism.models.hyper3dnetlite_published import Hyper3DNetLitePublished
from lrprism.models.loading import (
    LoadedWeights,
    factory_signature,
    load_checkpoint,
    load_factory,
    load_program,
)
from lrprism.models.registry import NETWORKS, build_network
from lrprism.models.spectral_unet import SpectralUNet
from lrprism.models.spectralformer import SpectralFormer
from lrprism.models.ssrn import SSRN
from lrprism.models.weights import load_weights, save_weights

__all__ = [
    "CNN1D",
    "NETWORKS",
    "SSRN",
    "HybridSN",
    "Hyper3DNetLite",
    "Hyper3DNetLitePublished",
    "LoadedWeights",
    "SeparableBlock",
    "SpectralFormer",
    "SpectralUNet",
    "build_network",
    "factory_signature",
    "load_checkpoint",
    "load_factory",
    "load_program",
    "load_weights",
    "save_weights",
]
