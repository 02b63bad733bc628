"""Remove additive and multiplicative effects of scattering from each spectrum.

Both steps divide by a number worked out from the spectrum itself. Under LRP that divisor counts as a
constant, as in a layer norm: it says how bright a pixel is, not which bands speak for a class.
"""

from typing import Self, final

import torch
from torch import Tensor

from lrprism.errors import DataError, InputError
from lrprism.spectral.preprocessing.axis import Numbers, as_numbers, broadcast_bands, check_bands
from lrprism.spectral.preprocessing.moments import Batches, measure_moments
from lrprism.spectral.preprocessing.step import AbstractFittedStep, AbstractStep, StepInput, check_no_words


@final
class SNV(AbstractStep):
    r"""Standard normal variate: subtract the mean of each spectrum and divide by its standard deviation.

    .. math:: y_b = \frac{x_b - m}{s}, \quad m = \frac1B \sum_c x_c, \quad
              s = \sqrt{\frac{1}{B - 1} \sum_c (x_c - m)^2}

    A flat spectrum, :math:`s = 0`, becomes zero. Relevance with the constant divisor, for
    :math:`g_b = R(y_b) / y_b`:

    .. math:: R(x_b) = \frac{x_b}{s} \Bigl(g_b - \frac1B \sum_c g_c\Bigr)

    Conserves: :math:`\sum_b R(x_b) = \sum_b R(y_b)`.
    Shapes: ``x``, ``y``: ``[N, band, ...]``, at least 2 bands; ``x`` in the data's units, ``y`` without unit.
    Reference: Barnes, Dhanoa and Lister 1989, Applied Spectroscopy 43(5).

    Example:
        >>> SNV()(torch.tensor([[1.0, 2.0, 3.0]]))
        tensor([[-1.,  0.,  1.]])
    """

    @classmethod
    def from_words(cls, words: str, data: StepInput) -> Self:  # noqa: ARG003 - it needs nothing of the data
        """Build the step, which takes no words and is not fitted."""
        check_no_words(words)
        return cls()

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised spectra of ``x``, ``[N, band, ...]``.

        Raises:
            InputError: If there are fewer than two bands.
        """
        if x.dim() < 2 or x.shape[1] < 2:
            raise InputError(
                f"SNV should get at least 2 bands on axis 1. Found shape {tuple(x.shape)}. "
                "Give [N, band, y, x] or [N, band]."
            )
        return (x - x.mean(1, keepdim=True)) / _replace_zero(x.std(1, keepdim=True))


@final
class MSC(AbstractFittedStep):
    r"""Multiplicative scatter correction: bring each spectrum to offset and slope of a reference.

    The line :math:`x_b \approx p + q\, r_b` is fitted to each spectrum by least squares and undone:

    .. math:: y_b = \frac{x_b - p}{q} = \frac{x_b - m}{q} + \bar r, \quad
              q = \frac{\sum_b (x_b - m)(r_b - \bar r)}{\sum_b (r_b - \bar r)^2}, \quad
              m = \frac1B \sum_c x_c, \quad \bar r = \frac1B \sum_c r_c

    A spectrum without any slope, :math:`q = 0`, is only shifted to :math:`\bar r`. Relevance with the
    constant divisor, for :math:`g_b = R(y_b) / y_b`:

    .. math:: R(x_b) = \frac{x_b}{q} \Bigl(g_b - \frac1B \sum_c g_c\Bigr)

    Conserves: :math:`\sum_b R(x_b) = \sum_b R(y_b) - \bar r \sum_b g_b`; the account lists the last part as
    ``to_constant``.
    Shapes: ``x``, ``y``: ``[N, band, ...]``, in the data's units.
    Reference: Geladi, MacDougall and Martens 1985, Applied Spectroscopy 39(3).

    Args:
        reference: The reference spectrum ``r``, ``[band]``, in the data's units.

    Example:
        >>> MSC([1.0, 2.0, 3.0])(torch.tensor([[5.0, 7.0, 9.0]]))
        tensor([[1., 2., 3.]])
    """

    reference: Tensor

    def __init__(self, reference: Numbers) -> None:
        """Keep the reference as a buffer.

        Raises:
            DataError: If the reference is flat.
        """
        super().__init__()
        self.register_buffer("reference", as_numbers("reference", reference))
        # a slope along a flat reference does not exist
        if not bool((self.reference != self.reference[0]).any()):
            raise DataError(
                f"reference should differ from band to band. Found {self.reference[0]:g} in each. "
                "Take the mean spectrum of the training part."
            )

    @classmethod
    def fit(cls, patches: Batches) -> Self:
        """Take the mean spectrum of the training part as the reference."""
        moments = measure_moments(patches)
        return cls(moments.mean.to(moments.dtype))

    @classmethod
    def placeholder(cls, bands: int) -> Self:
        """Build the step with a ramp as the reference: a flat one is refused."""
        return cls(torch.arange(bands))

    def forward(self, x: Tensor) -> Tensor:
        """Return the corrected spectra of ``x``, ``[N, band, ...]``."""
        check_bands("MSC", x, len(self.reference))
        level = self.reference.mean()
        line = self.reference - level
        centred = x - x.mean(1, keepdim=True)
        # least squares: both sides are centred, so the line has no offset
        slope = (centred * broadcast_bands(line / (line**2).sum(), x)).sum(1, keepdim=True)
        return centred / _replace_zero(slope) + level.to(x.dtype)


def _replace_zero(divisor: Tensor) -> Tensor:
    # a spectrum without contrast has nothing to be divided by: its numerator stays as it is
    return torch.where(divisor == 0, 1.0, divisor)
