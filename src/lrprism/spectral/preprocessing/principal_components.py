"""Principal components as a layer, so that relevance goes back to wavelengths."""

from collections.abc import Sequence
from typing import Self, final

import torch
from torch import Tensor

from lrprism.errors import DataError, InputError
from lrprism.spectral.preprocessing.axis import (
    Numbers,
    as_numbers,
    check_bands,
    check_same_length,
    multiply_bands,
)
from lrprism.spectral.preprocessing.moments import Batches, measure_moments
from lrprism.spectral.preprocessing.step import (
    AbstractStep,
    StepInput,
    Wavelengths,
    read_whole_numbers,
    replace_bands,
)


@final
class PCA(AbstractStep):
    r"""Principal component analysis as one linear layer over the bands, the mean as its bias.

    .. math:: y_k = s_k \sum_b V_{kb} (x_b - \mu_b) = \sum_b W_{kb} x_b + c_k, \quad
              W_{kb} = s_k V_{kb}, \quad c_k = -\sum_b W_{kb} \mu_b

    Relevance under LRP-0, with :math:`g_k = R(y_k) / y_k`: :math:`R(x_b) = x_b \sum_k W_{kb} g_k`; the bias
    keeps :math:`\sum_k c_k g_k`, which the account lists.

    Shapes: ``x``: ``[N, band, ...]`` in the data's units; ``y``: ``[N, component, ...]``, in the same units,
    or without unit where whitened.

    Args:
        mean: Mean of each band, ``[band]``, in the data's units.
        components: One direction per row, ``[component, band]``.
        scale: Factor of each component, ``[component]``; 1 by default, one over its standard deviation
            whitens.
        explained_variance_ratio: Share of the total variance in each component, ``[component]``; NaN by
            default: not known.

    Example:
        >>> PCA([1.0, 1.0], [[0.6, 0.8]])(torch.tensor([[2.0, 1.0]]))
        tensor([[0.6000]])
    """

    mean: Tensor
    components: Tensor
    scale: Tensor
    explained_variance_ratio: Tensor

    def __init__(
        self,
        mean: Numbers,
        components: Numbers,
        scale: Numbers | None = None,
        *,
        explained_variance_ratio: Numbers | None = None,
    ) -> None:
        """Keep the fitted numbers as buffers.

        Raises:
            InputError: If the shapes do not belong together.
        """
        super().__init__()
        self.register_buffer("mean", as_numbers("mean", mean))
        self.register_buffer("components", as_numbers("components", components, dims=2))
        check_same_length(("mean", self.mean), ("components", self.components))
        ones = torch.ones_like(self.components[:, 0])
        self.register_buffer("scale", ones if scale is None else as_numbers("scale", scale))
        # NaN, which a user may not give, marks a share that nobody measured
        ratio = explained_variance_ratio
        shares = ones * torch.nan if ratio is None else as_numbers("explained_variance_ratio", ratio)
        self.register_buffer("explained_variance_ratio", shares)
        for name in ("scale", "explained_variance_ratio"):
            if getattr(self, name).shape != ones.shape:
                raise InputError(
                    f"{name} should have one number per component, {len(ones)}. "
                    f"Found {len(getattr(self, name))}. Take all from one fit."
                )

    @classmethod
    def from_words(cls, words: str, data: StepInput) -> Self:
        """Build the step from the number of components and perhaps ``whiten``: ``30``, ``30:whiten``.

        Raises:
            InputError: If the words are others, or there are more components than bands.
        """
        count, _, whiten = words.partition(":")
        if whiten not in ("", "whiten"):
            raise InputError(f"pca should read like pca:30 or pca:30:whiten. Found 'pca:{words}'.")
        components = read_whole_numbers(count, least=1, most=1, example="pca:30 or pca:30:whiten")[0]
        # the sizes alone, for saved weights
        if data.patches is None:
            _check_components(components, data.bands)
            return cls(torch.zeros(data.bands), torch.eye(components, data.bands))
        return cls.fit(data.patches, components, whiten=bool(whiten))

    @classmethod
    def fit(cls, patches: Batches, components: int, *, whiten: bool = False) -> Self:
        r"""Find the directions of largest variance in the training part, over all samples and pixels.

        They are the eigenvectors of the covariance :math:`C = \frac{1}{n - 1} \sum (x - \mu)(x - \mu)^T`,
        accumulated in float64, largest eigenvalue first. The sign of each is such that its entry of largest
        magnitude is positive.

        Args:
            patches: One tensor or batches, ``[N, band, ...]``, in the data's units.
            components: How many components to keep, at most the number of bands.
            whiten: Divide each component by its standard deviation, so that its variance is 1.

        Raises:
            InputError: If ``components`` is no whole number from 1 to the number of bands, or a batch is no
                float tensor with finite pixels.
            DataError: If the training part varies in fewer directions, or there is no batch, or batches
                differ in their bands.
        """
        moments = measure_moments(patches, pairs=True)
        _check_components(components, len(moments.mean))
        variances, directions = torch.linalg.eigh(moments.squares / max(moments.count - 1, 1))
        # eigh sorts upwards and puts the directions into columns
        variances, directions = variances.flip(0), directions.flip(1).T
        _check_rank(variances, components)
        leading = variances[:components]
        scale = leading.rsqrt() if whiten else torch.ones_like(leading)
        return cls(
            moments.mean.to(moments.dtype),
            _fix_sign(directions[:components]).to(moments.dtype),
            scale.to(moments.dtype),
            # rounding makes the variance of an empty direction slightly negative
            explained_variance_ratio=(leading / variances.clamp(min=0).sum()).to(moments.dtype),
        )

    def output_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Return the shape with components in the place of bands."""
        return replace_bands(shape, len(self.components))

    def output_wavelengths(self, wavelength: Wavelengths) -> None:
        """Return None: a component mixes all wavelengths."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the components of ``x``, ``[N, band, ...]``."""
        check_bands("PCA", x, len(self.mean))
        # the mean as a bias, not as a shift before: one linear layer, one row of the account
        weight = self.scale[:, None] * self.components
        return multiply_bands(x, weight, -weight @ self.mean)


def _check_components(components: int, bands: int) -> None:
    """Refuse a number of components that ``bands`` bands do not have.

    Raises:
        InputError: If it is no whole number from 1 to ``bands``.
    """
    if isinstance(components, bool) or not isinstance(components, int) or not 1 <= components <= bands:
        raise InputError(
            f"components should be a whole number from 1 to {bands}, the number of bands. "
            f"Found {components!r}. Keep 15 to 30 of them, as is usual."
        )


def _check_rank(variances: Tensor, components: int) -> None:
    """Refuse components with an arbitrary direction.

    Raises:
        DataError: If there is one.
    """
    # below the rounding of the largest variance a direction means nothing
    least = variances[0] * len(variances) * torch.finfo(variances.dtype).eps
    rank = int((variances > least).sum()) if variances[0] > 0 else 0
    if rank < components:
        raise DataError(
            f"the training part should vary in at least {components} directions. Found {rank}. "
            "Keep fewer components, or fit on more pixels."
        )


def _fix_sign(directions: Tensor) -> Tensor:
    # an eigenvector is one with either sign: the same on every machine
    largest = directions.gather(1, directions.abs().argmax(1, keepdim=True))
    return directions * largest.sign()
