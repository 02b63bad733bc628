"""Preprocessing and network as one model, explained in the units of the data."""

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias, final, get_args

from torch import Tensor, nn

from lrprism.errors import InputError
from lrprism.spectral.preprocessing.output_scale import OutputScale

Layout: TypeAlias = Literal["patch", "volume", "spectrum"]
"""Input of the network: ``[N, band, y, x]``, ``[N, 1, band, y, x]`` or the centre pixel, ``[N, band]``."""

LAYOUTS: Final[tuple[str, ...]] = get_args(Layout)


@final
class Pipeline(nn.Module):
    r"""Apply the steps to patches in the data's units, lay them out for the network, run the network.

    .. math:: f(x) = \mathrm{network}(\mathrm{layout}(\mathrm{step}_n(\dots \mathrm{step}_1(x))))

    An explanation of the whole gives relevance per band and pixel of the data, whatever the network is fed
    with. :class:`lrprism.Within` ``("network", composite)`` keeps the rules of a composite to the network
    and takes the steps by LRP-0; a composite alone counts matrix steps, such as :class:`PCA`, as the first
    layers of the model.

    Shapes: ``x``: ``[N, band, y, x]``; output: that of the network. With ``layout="spectrum"`` the
    network sees the centre pixel, at ``y // 2, x // 2``, alone.

    Args:
        steps: Modules that map ``[N, band, y, x]`` to ``[N, band', y, x]``, in order; none leaves the data
            as it is.
        network: The network.
        layout: Input of the network.
        output_scale: Turns the network's outputs into units of traits; None leaves them as they are.

    Example:
        >>> import torch
        >>> from lrprism.spectral.preprocessing import ScaleByStd
        >>> model = Pipeline([ScaleByStd([2.0, 4.0])], nn.Linear(2, 3), "spectrum")
        >>> model(torch.rand(5, 2, 7, 7)).shape
        torch.Size([5, 3])
    """

    def __init__(
        self,
        steps: Sequence[nn.Module],
        network: nn.Module,
        layout: Layout,
        output_scale: OutputScale | None = None,
    ) -> None:
        """Register the steps and the network.

        Raises:
            InputError: If the layout is another.
        """
        super().__init__()
        if layout not in LAYOUTS:
            raise InputError(
                f"layout should be one of {', '.join(LAYOUTS)}. Found {layout!r}. "
                "Choose volume for 3-D convolutions, patch for 2-D ones, spectrum for one pixel."
            )
        # the names in files of weights: steps.0.mean, network.linear.weight
        self.steps = nn.Sequential(*steps)
        self.network = network
        self.layout = layout
        self.output_scale = output_scale

    def forward(self, x: Tensor) -> Tensor:
        """Return the network's output.

        Args:
            x: Patches in the data's units, ``[N, band, y, x]``.

        Raises:
            InputError: If the patches have another number of axes.
        """
        if x.dim() != 4:
            raise InputError(
                f"patches should have shape [N, band, y, x]. Found {tuple(x.shape)}. "
                "Give a spectrum as a patch of 1 x 1 pixels, and leave out the channel axis."
            )
        output: Tensor = self.network(self._lay_out(self.steps(x)))
        return output if self.output_scale is None else self.output_scale(output)

    def _lay_out(self, x: Tensor) -> Tensor:
        if self.layout == "spectrum":  # a network of single spectra sees the centre pixel alone
            return x[:, :, x.shape[2] // 2, x.shape[3] // 2]
        # a matrix step leaves a view behind, and convolutions are faster on contiguous patches
        return x.contiguous() if self.layout == "patch" else x.contiguous().unsqueeze(1)
