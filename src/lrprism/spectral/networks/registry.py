"""The networks by their names on the command line."""

from dataclasses import dataclass
from typing import Final, final

from lrprism.errors import InputError
from lrprism.spectral.networks.base import AbstractNetwork
from lrprism.spectral.networks.cnn1d import CNN1D
from lrprism.spectral.networks.hybridsn import HybridSN
from lrprism.spectral.networks.hyper3dnetlite import Hyper3DNetLite
from lrprism.spectral.networks.hyper3dnetlite_published import Hyper3DNetLitePublished
from lrprism.spectral.networks.mlp import MLP
from lrprism.spectral.networks.spectral_unet import SpectralUNet
from lrprism.spectral.networks.spectralformer import SpectralFormer
from lrprism.spectral.networks.ssrn import SSRN
from lrprism.spectral.networks.transformer1d import Transformer1D


@final
@dataclass(frozen=True)
class NetworkEntry:
    """A network as the command line knows it.

    Args:
        name: Its name.
        network: Its class, built from ``bands``, ``classes`` and, unless it sees single spectra, ``window``.
        help: One line for a list of networks.
    """

    name: str
    network: type[AbstractNetwork]
    help: str

    @property
    def layout(self) -> str:
        """Layout of its input, see :class:`AbstractNetwork`."""
        return self.network.layout


NETWORKS: Final[dict[str, NetworkEntry]] = {
    entry.name: entry
    for entry in (
        NetworkEntry("cnn1d", CNN1D, "one convolution along the bands of a spectrum"),
        NetworkEntry("hybridsn", HybridSN, "3-D convolutions, then one 2-D convolution, on 30 components"),
        NetworkEntry("hyper3dnetlite", Hyper3DNetLite, "small, 3-D convolutions and separable blocks"),
        NetworkEntry("hyper3dnetlite-published", Hyper3DNetLitePublished, "the same, with batch norm"),
        NetworkEntry("mlp", MLP, "three linear layers on a spectrum"),
        NetworkEntry("spectralformer", SpectralFormer, "a transformer whose tokens are the bands"),
        NetworkEntry("ssrn", SSRN, "residual blocks over bands, then over pixels"),
        NetworkEntry(
            "transformer1d", Transformer1D, "a transformer whose tokens are stretches of a spectrum"
        ),
        NetworkEntry("unet", SpectralUNet, "a U-Net that gives each pixel its class"),
    )
}
"""Every network by its name. A new network is its file and a line here."""


def build_network(name: str, bands: int, classes: int, window: int) -> AbstractNetwork:
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
    entry = NETWORKS[name]
    return entry.network(bands, classes, *(() if entry.layout == "spectrum" else (window,)))
