"""Principal components as a layer, so that relevance goes back to wavelengths."""

from typing import Self, final

import torch
from torch import Tensor, nn

from lrprism.errors import DataError, InputError
from lrprism.spectral.preprocessing.axis import (
    Numbers,
    check_bands,
    check_same_length,
    numbers,
    times_matrix,
)
from lrprism.spectral.preprocessing.moments import Batches, moments


@final
class PCA(nn.Module):
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
            default, which stands for not known.

    Raises:
        InputError: If a number is not finite or the shapes do not belong together.

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
        """Keep what was fitted as buffers.

        Raises:
            InputError: If the shapes do not belong together.
        """
        super().__init__()
        self.register_buffer("mean", numbers("mean", mean))
        self.register_buffer("components", numbers("components", components, dims=2))
        check_same_length(("mean", self.mean), ("components", self.components))
        ones = torch.ones_like(self.components[:, 0])
        self.register_buffer("scale", ones if scale is None else numbers("scale", scale))
        ratio = explained_variance_ratio
        known = ones * torch.nan if ratio is None else numbers("explained_variance_ratio", ratio)
        self.register_buffer("explained_variance_ratio", known)
        for name in ("scale", "explained_variance_ratio"):
            if getattr(self, name).shape != ones.shape:
                raise InputError(
                    f"{name} should have one number per component, {len(ones)}. "
                    f"Found {len(getattr(self, name))}. Take all from one fit."
                )

    @classmethod
    def fit(cls, patches: Batches, components: int, *, whiten: bool = False) -> Self:
        r"""Find the directions of largest variance in the training part, over all samples and pixels.

        They are the eigenvectors of the covariance :math:`C = \frac{1}{n - 1} \sum (x - \mu)(x - \mu)^T`,
        accumulated in float64, largest eigenvalue first. The sign of each is such that its entry of largest
        magnitude is positive.

        Args:
            patches: One tensor or batches, ``[N, band, ...]``, in the data's units.
            components: How many components to keep, at most the number of bands.
            whiten: Whether each component is divided by its standard deviation, so that its variance is 1.

        Raises:
            InputError: If ``components`` is no whole number from 1 to the number of bands, or a batch is no
                float tensor with finite pixels.
            DataError: If the training part varies in fewer directions, or there is no batch, or batches
                differ in their bands.
        """
        found = moments(patches, pairs=True)
        bands = len(found.mean)
        if isinstance(components, bool) or not isinstance(components, int) or not 1 <= components <= bands:
            raise InputError(
                f"components should be a whole number from 1 to {bands}, the number of bands. "
                f"Found {components!r}. Keep 15 to 30 of them, as is usual."
            )
        values, vectors = torch.linalg.eigh(found.squares / max(found.count - 1, 1))
        values, vectors = values.flip(0), vectors.flip(1).T
        _check_rank(values, components)
        kept, directions = values[:components], _with_fixed_sign(vectors[:components])
        scale = kept.rsqrt() if whiten else torch.ones_like(kept)
        return cls(
            found.mean.to(found.dtype),
            directions.to(found.dtype),
            scale.to(found.dtype),
            explained_variance_ratio=(kept / values.clamp(min=0).sum()).to(found.dtype),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the components of ``x``, ``[N, band, ...]``."""
        check_bands("PCA", x, len(self.mean))
        weight = self.scale[:, None] * self.components
        return times_matrix(x, weight, -weight @ self.mean)


def _check_rank(values: Tensor, components: int) -> None:
    """Refuse components whose direction is chance.

    Raises:
        DataError: If there is one.
    """
    least = values[0] * len(values) * torch.finfo(values.dtype).eps
    rank = int((values > least).sum()) if values[0] > 0 else 0
    if rank < components:
        raise DataError(
            f"the training part should vary in at least {components} directions. Found {rank}. "
            "Keep fewer components, or fit on more pixels."
        )


def _with_fixed_sign(directions: Tensor) -> Tensor:
    largest = directions.gather(1, directions.abs().argmax(1, keepdim=True))
    return directions * largest.sign()
