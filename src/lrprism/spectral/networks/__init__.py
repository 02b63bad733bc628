"""Networks of the field, ready to be trained and explained, and their weights on disk."""

from lrprism.spectral.networks.base import AbstractNetwork
from lrprism.spectral.networks.cnn1d import CNN1D
from lrprism.spectral.networks.hybridsn import HybridSN
from lrprism.spectral.networks.hyper3dnetlite import Hyper3DNetLite, SeparableBlock
from lrprism.spectral.networks.hyper3dnetlite_published import Hyper3DNetLitePublished
from lrprism.spectral.networks.loading import (
    LoadedWeights,
    factory_signature,
    load_checkpoint,
    load_factory,
    load_program,
)
from lrprism.spectral.networks.mlp import MLP
from lrprism.spectral.networks.registry import NETWORKS, NetworkEntry, build_network
from lrprism.spectral.networks.spectral_unet import SpectralUNet
from lrprism.spectral.networks.spectralformer import SpectralFormer
from lrprism.spectral.networks.ssrn import SSRN
from lrprism.spectral.networks.transformer1d import Transformer1D
from lrprism.spectral.networks.weights import load_weights, save_weights

__all__ = [
    "CNN1D",
    "MLP",
    "NETWORKS",
    "SSRN",
    "AbstractNetwork",
    "HybridSN",
    "Hyper3DNetLite",
    "Hyper3DNetLitePublished",
    "LoadedWeights",
    "NetworkEntry",
    "SeparableBlock",
    "SpectralFormer",
    "SpectralUNet",
    "Transformer1D",
    "build_network",
    "factory_signature",
    "load_checkpoint",
    "load_factory",
    "load_program",
    "load_weights",
    "save_weights",
]
