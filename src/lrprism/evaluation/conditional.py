"""The mean of what was removed given what is left, under a Gaussian fitted to the training samples."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from lrprism.errors import InputError
from lrprism.evaluation.imputers import AbstractImputer, check_bands
from lrprism.evaluation.regions import Regions, read_axis

_MOST_FEATURES = 4096
"""Above this, one Cholesky factor takes more than 100 MB."""
_MOST_SPECTRA = 20_000
_NUMBERS_AT_ONCE = 2**23


@final
class GaussianConditional(AbstractImputer):
    r"""The conditional mean of a Gaussian, which keeps what neighbouring bands tell of those removed.

    With mean :math:`\mu`, precision :math:`P = (C + \rho\,\overline{\mathrm{diag}\,C}\,I)^{-1}`, removed
    bands S and bands left K:

    .. math:: x_S = \mu_S - P_{SS}^{-1} P_{SK} (x_K - \mu_K)

    For patches the covariance is that of bands, over all samples and pixels, and each pixel is filled by
    itself; so a region has to be removed from all pixels at once. Of more than 20,000 spectra some are
    taken, at even distances. Computed in float64.

    Args:
        samples: Training samples, ``[S, ...]``; a few hundred spectra at least.
        ridge: ρ, the share of the mean variance that is added to each; it keeps correlated bands invertible.
        axis: The axis of the bands, counted with the samples' axis 0; None for all features at once.
    """

    name = "gaussian"

    def __init__(self, samples: Tensor, ridge: float = 1e-3, axis: int | None = 1) -> None:
        """Fit mean and precision.

        Raises:
            InputError: If there are fewer than two samples or none varies, too many features, a ridge that
                is not above 0, values that are not finite, or no such axis.
        """
        if not ridge > 0:
            raise InputError(f"ridge should be above 0, as bands are correlated. Found {ridge!r}. Try 1e-3.")
        self.axis = None if axis is None else read_axis(axis, samples)
        self.shape = samples.shape[1:]
        spectra = self._fold(samples).movedim(1, -1).flatten(0, -2)
        # a covariance needs no more; every second, third and so on keeps all samples in it
        spectra = spectra[:: max(1, -(-len(spectra) // _MOST_SPECTRA))].double()
        size = spectra.shape[1]
        if size > _MOST_FEATURES:
            raise InputError(
                f"gaussian should have at most {_MOST_FEATURES} features to correlate. Found {size}. "
                "Name the axis of the bands, or use another imputer."
            )
        if len(spectra) < 2 or not spectra.isfinite().all() or not (spectra.std(0) > 0).any():
            raise InputError(
                "gaussian should be fitted to at least two finite samples that differ. "
                f"Found {len(spectra)} spectra of {size} bands. Pass more training samples."
            )
        self.mean = spectra.mean(0)
        covariance = torch.cov(spectra.T).reshape(size, size)
        shrunk = covariance + ridge * covariance.diagonal().mean() * torch.eye(size).to(covariance)
        self.precision = torch.cholesky_inverse(torch.linalg.cholesky(shrunk))

    def impute(self, x: Tensor, removed: Tensor, *, rows: Tensor, draw: int = 0) -> Tensor:  # noqa: ARG002
        """Return ``x`` with conditional means where something is removed.

        Raises:
            InputError: If the pixels of a sample have different bands removed, or the bands do not fit.
        """
        mask = self._read_mask(removed)
        # the removed bands first
        order = mask.long().argsort(dim=1, descending=True, stable=True)
        return self._fill(x, order, mask.sum(1, keepdim=True))[:, 0]

    def impute_path(self, x: Tensor, order: Tensor, regions: Regions, *, rows: Tensor, draw: int) -> Tensor:  # noqa: ARG002
        """Return conditional means for every step: one Cholesky factor serves all of them.

        Raises:
            InputError: If the regions do not lie along the axis of the bands.
        """
        count = order.shape[1]
        everything = torch.arange(count, device=x.device)
        # the region of each band, read from the masks of single regions; count for bands of no region
        single = self._read_mask(regions.build_mask(torch.eye(count, dtype=torch.bool, device=x.device)))
        region = torch.where(single.any(0), (everything[:, None] * single).sum(0), count)
        # bands in the order in which their regions go
        place = order.argsort(dim=1)
        never = place.new_full((len(x), 1), count)
        bands = torch.cat([place, never], dim=1)[:, region].argsort(dim=1, stable=True)
        removed = single.sum(1)[order].cumsum(1)
        return self._fill(x, bands, torch.cat([torch.zeros_like(removed[:, :1]), removed], dim=1))

    def _fold(self, x: Tensor) -> Tensor:
        """Return samples as ``[N, bands, pixels]``."""
        if self.axis is None:
            return x.flatten(1)[..., None]
        return x.movedim(self.axis, 1).reshape(len(x), x.shape[self.axis], -1)

    def _unfold(self, y: Tensor, like: Tensor) -> Tensor:
        """Return ``[N, K, bands, pixels]`` as samples of the shape of ``like``, ``[N, K, ...]``."""
        if self.axis is None:
            return y.reshape(*y.shape[:2], *like.shape[1:])
        moved = like.movedim(self.axis, 1).shape
        return y.reshape(*y.shape[:2], *moved[1:]).movedim(2, self.axis + 1)

    def _read_mask(self, removed: Tensor) -> Tensor:
        """Return which bands are removed, ``[B, bands]``.

        Raises:
            InputError: If pixels have different bands removed.
        """
        size = len(self.mean)
        if self.axis is None:
            return removed.expand(len(removed), *self.shape).flatten(1)
        folded = removed.movedim(self.axis, 1).reshape(len(removed), removed.shape[self.axis], -1)
        check_bands(folded.shape[1], size, "a region under 'gaussian'")
        if not (folded == folded[..., :1]).all():
            raise InputError(
                "gaussian should meet regions along the axis of the bands, each removed from all pixels. "
                "Found regions that divide the pixels. Try Swap, or GaussianConditional(samples, axis=None)."
            )
        return folded[..., 0]

    def _fill(self, x: Tensor, order: Tensor, counts: Tensor) -> Tensor:
        r"""Return conditional means with the first bands of an order removed, for each count.

        With the bands in that order, :math:`P = L L^T` and :math:`w = L^{-1} P (x - \mu)`, the deviation of
        the first m bands becomes :math:`(x - \mu)_S - d`, where :math:`L_{SS}^T d = w_S`: the factor of the
        first m bands is the upper left corner of L, so that one factor and one triangular solve give all m.

        Shapes: ``order``: ``[n, bands]``; ``counts``: ``[n, K]``; result ``[n, K, ...]``.
        """
        size, pixels = self._fold(x[:1]).shape[1:]
        check_bands(size, len(self.mean), "samples under 'gaussian'")
        # nothing behind the last removed band is needed
        most = int(counts.max())
        at_once = max(1, _NUMBERS_AT_ONCE // max(1, most * max(most, pixels * counts.shape[1])))
        parts = (torch.split(tensor, at_once) for tensor in (x, order[:, :most], counts))
        return torch.cat([self._fill_some(*part) for part in zip(*parts, strict=True)])

    def _fill_some(self, x: Tensor, first: Tensor, counts: Tensor) -> Tensor:
        """Return conditional means of a few samples; ``first``: the bands that any of the counts removes."""
        deviation = self._fold(x).double() - self.mean.to(x.device)[:, None]
        precision = self.precision.to(x.device)
        factor = torch.linalg.cholesky(precision[first[:, :, None], first[:, None, :]])
        pulled = (precision @ deviation).gather(1, first[..., None].expand(-1, -1, deviation.shape[2]))
        w = torch.linalg.solve_triangular(factor, pulled, upper=False)
        # one column per count and pixel: w, cut off behind the first m bands
        steps = torch.arange(first.shape[1], device=x.device)[None, :, None, None] < counts[:, None, :, None]
        columns = (w[:, :, None] * steps).flatten(2)
        change = torch.linalg.solve_triangular(factor.mT, columns, upper=True)
        change = change.reshape(*first.shape, counts.shape[1], deviation.shape[2]).movedim(2, 1)
        filled = self._fold(x).double()[:, None].repeat(1, counts.shape[1], 1, 1)
        place = first[:, None, :, None].expand_as(change)
        filled.scatter_add_(2, place, -change)
        return self._unfold(filled.to(x.dtype), x)
