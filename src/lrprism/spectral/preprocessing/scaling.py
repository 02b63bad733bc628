r"""Shift and scale each band: z-score, range, standard deviation alone.

All three are diagonal, :math:`y_b = (x_b - c_b) / s_b`. With :math:`g_b = R(y_b) / y_b`, a band gets
:math:`R(x_b) = x_b g_b / s_b` whatever the composite, and the shift, a constant of the model, takes
:math:`-c_b g_b / s_b`, which the account lists as ``to_constant``. Where nothing but such a step stands
before the network, rules for the input (z-box, flat, w²) still serve its first layer.
"""

from typing import Self, final

import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.spectral.preprocessing.axis import (
    Numbers,
    as_numbers,
    broadcast_bands,
    check_bands,
    check_same_length,
    shift_and_scale,
)
from lrprism.spectral.preprocessing.moments import Batches, hide_constant, measure_moments
from lrprism.spectral.preprocessing.step import AbstractFittedStep


def _as_scale(name: str, values: Numbers) -> Tensor:
    """Return numbers of which some may be infinite, for bands that become 0.

    Raises:
        InputError: If there are none, one is NaN or minus infinity, or the shape is another.
    """
    given = torch.as_tensor(values)
    is_hidden = given == torch.inf
    if not bool((given.isfinite() | is_hidden).all()):
        return as_numbers(name, values)  # refuses them
    return as_numbers(name, torch.where(is_hidden, 1, given)).masked_fill(is_hidden, torch.inf)


def _list_infinite(values: Tensor) -> tuple[int, ...]:
    """Return the places of infinite numbers."""
    return tuple(values.isinf().nonzero().flatten().tolist())


def _check_positive(name: str, values: Tensor) -> None:
    """Refuse a divisor that is not positive.

    Raises:
        InputError: If one is not.
    """
    wrong = (values <= 0).nonzero().flatten().tolist()
    if wrong:
        raise InputError(
            f"{name} should be positive in each band. Found {values[wrong[0]]:g} in band {wrong[0]}. "
            "Leave bands out that do not vary."
        )


@final
class ZScore(AbstractFittedStep):
    r"""Subtract the mean of each band and divide by its standard deviation.

    .. math:: y_b = \frac{x_b - \mu_b}{\sigma_b}

    Shapes: ``x``, ``y``: ``[N, band, ...]``, ``x`` in the data's units, ``y`` without unit.

    Args:
        mean: Mean of each band, in the data's units.
        std: Standard deviation of each band, in the data's units, positive; infinity for a band that becomes
            0 in all data, as fit gives where a band is constant.

    Example:
        >>> ZScore([1.0, 2.0], [2.0, 4.0])(torch.tensor([[3.0, 0.0]]))
        tensor([[ 1.0000, -0.5000]])
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Numbers, std: Numbers) -> None:
        """Keep the statistics as buffers."""
        super().__init__()
        self.register_buffer("mean", as_numbers("mean", mean))
        self.register_buffer("std", _as_scale("std", std))
        check_same_length(("mean", self.mean), ("std", self.std))
        _check_positive("std", self.std)

    @classmethod
    def fit(cls, patches: Batches) -> Self:
        """Take both from the training part; the variance is divided by the number of pixels."""
        moments = measure_moments(patches)
        std = hide_constant(moments.std, moments)
        return cls(moments.mean.to(moments.dtype), std.to(moments.dtype))

    @classmethod
    def placeholder(cls, bands: int) -> Self:
        """Build the step that leaves data as they are."""
        return cls(torch.zeros(bands), torch.ones(bands))

    def hidden_bands(self) -> tuple[int, ...]:
        """Return the bands that become 0 in all data."""
        return _list_infinite(self.std)

    def forward(self, x: Tensor) -> Tensor:
        """Return the z-scores of ``x``, ``[N, band, ...]``."""
        check_bands("ZScore", x, len(self.mean))
        return shift_and_scale(x, self.mean, self.std)


@final
class MinMax(AbstractFittedStep):
    r"""Bring each band to the range 0 to 1 of the training part; other data may lie outside.

    .. math:: y_b = \frac{x_b - l_b}{h_b - l_b}

    Shapes: ``x``, ``y``: ``[N, band, ...]``, ``x`` in the data's units, ``y`` without unit.

    Args:
        low: Value of each band that becomes 0, in the data's units.
        high: Value of each band that becomes 1, above ``low``; infinity for a band that becomes 0 in all
            data, as fit gives where a band is constant.

    Example:
        >>> MinMax([0.0, 10.0], [4.0, 20.0])(torch.tensor([[1.0, 25.0]]))
        tensor([[0.2500, 1.5000]])
    """

    low: Tensor
    high: Tensor

    def __init__(self, low: Numbers, high: Numbers) -> None:
        """Keep the range as buffers."""
        super().__init__()
        self.register_buffer("low", as_numbers("low", low))
        self.register_buffer("high", _as_scale("high", high))
        check_same_length(("low", self.low), ("high", self.high))
        _check_positive("high - low", self.high - self.low)

    @classmethod
    def fit(cls, patches: Batches) -> Self:
        """Take the range of each band from the training part."""
        moments = measure_moments(patches)
        high = hide_constant(moments.high, moments)
        return cls(moments.low.to(moments.dtype), high.to(moments.dtype))

    @classmethod
    def placeholder(cls, bands: int) -> Self:
        """Build the step that leaves data as they are."""
        return cls(torch.zeros(bands), torch.ones(bands))

    def hidden_bands(self) -> tuple[int, ...]:
        """Return the bands that become 0 in all data."""
        return _list_infinite(self.high)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x``, ``[N, band, ...]``, as shares of the range."""
        check_bands("MinMax", x, len(self.low))
        # not clipped: values beyond the range of the training part stay distinct
        return shift_and_scale(x, self.low, self.high - self.low)


@final
class ScaleByStd(AbstractFittedStep):
    r"""Divide each band by its standard deviation, without a shift: zero stays zero, no relevance is kept.

    .. math:: y_b = \frac{x_b}{\sigma_b}

    Shapes: ``x``, ``y``: ``[N, band, ...]``, ``x`` in the data's units, ``y`` without unit.

    Args:
        std: Standard deviation of each band, in the data's units, positive; infinity for a band that becomes
            0 in all data, as fit gives where a band is constant.

    Example:
        >>> ScaleByStd([2.0, 4.0])(torch.tensor([[3.0, 1.0]]))
        tensor([[1.5000, 0.2500]])
    """

    std: Tensor

    def __init__(self, std: Numbers) -> None:
        """Keep the deviations as a buffer."""
        super().__init__()
        self.register_buffer("std", _as_scale("std", std))
        _check_positive("std", self.std)

    @classmethod
    def fit(cls, patches: Batches) -> Self:
        """Take the deviations from the training part, as :meth:`ZScore.fit` does."""
        moments = measure_moments(patches)
        return cls(hide_constant(moments.std, moments).to(moments.dtype))

    @classmethod
    def placeholder(cls, bands: int) -> Self:
        """Build the step that leaves data as they are."""
        return cls(torch.ones(bands))

    def hidden_bands(self) -> tuple[int, ...]:
        """Return the bands that become 0 in all data."""
        return _list_infinite(self.std)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x``, ``[N, band, ...]``, in standard deviations."""
        check_bands("ScaleByStd", x, len(self.std))
        # without a shift by zero, which would be one more op in the account
        return x / broadcast_bands(self.std, x)
