"""Continuum removal: depths of absorption features, whatever the brightness of a pixel."""

from typing import Self, final

import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.spectral.preprocessing.axis import Numbers, as_numbers, broadcast_bands, check_bands
from lrprism.spectral.preprocessing.step import AbstractStep, StepInput, check_no_words


@final
class ContinuumRemoval(AbstractStep):
    r"""Divide each spectrum by its upper convex hull over wavelength.

    .. math:: y_b = \frac{x_b}{h_b}, \quad
              h_b = (1 - t_b)\, x_l + t_b\, x_r, \quad
              t_b = \frac{\lambda_b - \lambda_l}{\lambda_r - \lambda_l}

    where l and r are the hull's vertices on either side of band b; at a vertex :math:`y_b = 1`. Where the
    hull is zero the spectrum is left as it is. The gradient goes through the values at the vertices, not
    through their choice. Under LRP the hull counts as a constant: it says how bright a pixel is. So

    .. math:: R(x_b) = x_b \frac{1}{h_b} \frac{R(y_b)}{y_b} = R(y_b)

    Conserves: relevance, band by band.
    Shapes: ``x``, ``y``: ``[N, band, ...]``, ``x`` in the data's units, ``y`` without unit.
    Reference: Clark and Roush 1984, Journal of Geophysical Research 89(B7).

    Args:
        wavelength: Centre of each band in nm, at least two, all different; in any order, as the bands of
            overlapping detectors are.

    Example:
        >>> ContinuumRemoval([400.0, 500.0, 600.0])(torch.tensor([[1.0, 1.0, 3.0]]))
        tensor([[1.0000, 0.5000, 1.0000]])
    """

    wavelength: Tensor

    def __init__(self, wavelength: Numbers) -> None:
        """Keep the wavelengths as a buffer.

        Raises:
            InputError: If two are the same, or there are fewer than two.
        """
        super().__init__()
        self.register_buffer("wavelength", as_numbers("wavelength", wavelength))
        different = len(set(self.wavelength.tolist()))
        if different < max(2, len(self.wavelength)):
            raise InputError(
                "wavelength should differ from band to band, in nm, over at least 2 bands. Found "
                f"{different} different wavelengths in {len(self.wavelength)} bands. "
                "Leave out one of two bands at the same wavelength."
            )

    @classmethod
    def from_words(cls, words: str, data: StepInput) -> Self:
        """Build the step, which takes no words, for the wavelengths of the data."""
        check_no_words(words)
        return cls(data.require_wavelengths("continuum").tolist())

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x``, ``[N, band, ...]``, divided by its hull."""
        check_bands("ContinuumRemoval", x, len(self.wavelength))
        # bands of overlapping detectors are not in order, and the hull needs them so
        nm, order = self.wavelength.to(x.dtype).sort()
        hull = _interpolate_hull(x.index_select(1, order), nm).index_select(1, order.argsort())
        # a spectrum that is zero at two vertices has no continuum there
        return x / torch.where(hull == 0, 1.0, hull)


def _interpolate_hull(x: Tensor, nm: Tensor) -> Tensor:
    """Return the upper convex hull of spectra with rising wavelengths, at each band."""
    # the choice of the vertices has no gradient
    before, behind = _find_vertices(x.detach(), nm)
    t = (broadcast_bands(nm, x) - nm[before]) / (nm[behind] - nm[before])
    return x.gather(1, before) * (1 - t) + x.gather(1, behind) * t


def _find_vertices(x: Tensor, nm: Tensor) -> tuple[Tensor, Tensor]:
    """Return the numbers of the hull's vertices at or before each band, and behind it, shaped like ``x``.

    From each vertex the hull goes on to the band in the steepest direction, for all spectra at once.
    """
    spectra = x.movedim(1, -1)
    bands = torch.arange(len(nm), device=x.device)
    before = torch.zeros(spectra.shape, dtype=torch.long, device=x.device)
    behind = torch.zeros_like(before)
    vertex = before[..., :1]
    while bool((vertex < len(nm) - 1).any()):
        is_ahead = bands > vertex
        # a divisor of 1 where there is no way ahead: it could be 0, and the value is not used
        rise = (spectra - spectra.gather(-1, vertex)) / (nm - nm[vertex]).where(is_ahead, 1)
        steepest = rise.where(is_ahead, -torch.inf).argmax(-1, keepdim=True)
        # spectra that have arrived at the last band wait there for the others
        following = torch.maximum(steepest, (vertex + 1).clamp(max=len(nm) - 1))
        is_between = (vertex < following) & (bands >= vertex) & (bands <= following)
        before = torch.where(is_between, vertex, before)
        behind = torch.where(is_between, following, behind)
        vertex = following
    return before.movedim(-1, 1), behind.movedim(-1, 1)
