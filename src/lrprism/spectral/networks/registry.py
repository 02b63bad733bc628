"""The networks by the names that the command line knows them by."""

from typing import Final

from torch import nn

from lrprism.errors import InputError
from lrprism.spectral.networks.cnn1d import CNN1D
from lrprism.spectral.networks.hybridsn import HybridSN
from lrprism.spectral.networks.hyper3dnetlite import Hyper3DNetLite
from lrprism.spectral.networks.hyper3dnetlite_published import Hyper3DNetLitePublished
from lrprism.spectral.networks.spectral_unet import SpectralUNet
from lrprism.spectral.networks.spectralformer import SpectralFormer
from lrprism.spectral.networks.ssrn import SSRN

NETWORKS: Final[dict[str, type[nn.Module]]] = {
    "cnn1d": CNN1D,
    "hybridsn": HybridSN,
    "hyper3dnetlite": Hyper3DNetLite,
    "hyper3dnetlite-published": Hyper3DNetLitePublished,
    "spectralformer": SpectralFormer,
    "ssrn": SSRN,
    "unet": SpectralUNet,
}
"""Each has a class attribute ``layout``: ``"patch"`` ``[N, band, y, x]``, ``"volume"``
``[N, 1, band, y, x]`` or ``"spectrum"`` ``[N, band]``."""


def build_network(name: str, bands: int, classes: int, window: int) -> nn.Module:
    """Build one of the networks, with random weights.

    Args:
        name: A key of :data:`NETWORKS`.
        bands: Number of bands.
        classes: Number of classes.
        window: Side of the square patches in pixels; a network of single spectra has no use for it.

    Returns:
        The network; its ``layout`` says how it wants its input.

    Raises:
        InputError: If there is no network of this name.
        ModelError: If the network cannot be built for these numbers.
    """
    if name not in NETWORKS:
        raise InputError(
            f"The network should be one of {', '.join(NETWORKS)}. Found {name!r}. Choose one of these, or "
            "load your own with load_factory or load_program."
        )
    network = NETWORKS[name]
    return network(bands, classes) if network is CNN1D else network(bands, classes, window)
