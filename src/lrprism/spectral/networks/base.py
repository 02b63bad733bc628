"""The contract of a network: the numbers it is built from, and the shape of its input."""

from typing import ClassVar, Literal

from torch import Tensor, nn

from lrprism.errors import InputError, ModelError


class AbstractNetwork(nn.Module):
    """A network for patches or spectra, built from the number of bands and classes and the window.

    Args:
        bands: Number of bands.
        classes: Number of outputs: of classes, or of traits.
        window: Side of the square patches in pixels.
        least_bands: Fewest bands that the network works with.
        least_window: Smallest window that it works with.

    Raises:
        ModelError: If a size is not a whole number or is too small.
    """

    layout: ClassVar[Literal["patch", "volume", "spectrum"]]
    """Layout of the input: ``[N, band, y, x]``, ``[N, 1, band, y, x]`` or ``[N, band]``."""
    classes_pixels: ClassVar[bool] = False
    """True if the output is of each pixel, ``[N, classes, y, x]``, and not of each sample."""

    def __init__(
        self, bands: int, classes: int, window: int = 1, *, least_bands: int = 1, least_window: int = 1
    ) -> None:
        """Check and keep the sizes."""
        super().__init__()
        sizes = {"bands": (bands, least_bands), "classes": (classes, 1), "window": (window, least_window)}
        check_sizes(type(self).__name__, **sizes)
        self.bands, self.classes, self.window = bands, classes, window

    def check_input(self, x: Tensor) -> None:
        """Refuse a batch of another shape than the network was built for.

        Args:
            x: The batch, in the layout of the network.

        Raises:
            InputError: If the shape of a sample is another one.
        """
        noun = "Spectra" if self.layout == "spectrum" else "Patches"
        expected = {
            "patch": (self.bands, self.window, self.window),
            "volume": (1, self.bands, self.window, self.window),
            "spectrum": (self.bands,),
        }[self.layout]
        if x.shape[1:] != expected:
            raise InputError(
                f"{noun} should have shape (N, {', '.join(map(str, expected))}). Found {tuple(x.shape)}. "
                "Bring them into this layout, or build the network for these bands and window."
            )


def check_sizes(network: str, **sizes: tuple[object, int]) -> None:
    """Refuse numbers from which a network cannot be built.

    Args:
        network: The name of the network, for the message.
        **sizes: For each argument of the network, its value and the least that works.

    Raises:
        ModelError: If a value is not a whole number, or is too small.
    """
    for name, (value, least) in sizes.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ModelError(
                f"{name} of {network} should be a whole number of at least {least}. Found {value!r}. "
                f"Give {name}={least} or more."
            )
