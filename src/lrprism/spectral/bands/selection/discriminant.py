"""Macro F1 of a linear discriminant on halves of the samples: what some bands are worth, in milliseconds."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from lrprism.spectral.bands.selection.samples import BandNumbers

SPLIT_SEEDS: Final = (13, 51, 137, 24659, 347, 436, 123, 64, 958, 234)
"""The seeds of the ten splits of the published GSS."""
_RIDGE: Final = 1e-3


class DiscriminantScore:
    r"""Scores bands by linear discriminant analysis (LDA).

    .. math:: \hat c = \arg\max_c \mu_c^T \Sigma^{-1} x - \tfrac12 \mu_c^T \Sigma^{-1} \mu_c + \log \pi_c

    with the covariance :math:`\Sigma` within classes of z-scored bands, plus 0.001 on its diagonal. The score
    is the macro F1 on the second halves of ten random splits of each class, learned from the first ones.

    Args:
        spectra: Spectra, ``[sample, band]``.
        labels: Class of each, ``[sample]``; a class of one sample stays in the first halves.
    """

    def __init__(self, spectra: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> None:
        """Scale the bands and draw the splits."""
        spread = spectra.std(axis=0)
        self._x = (spectra - spectra.mean(axis=0)) / np.where(spread > 0, spread, 1)
        self._y = np.unique(labels, return_inverse=True)[1]
        self._splits = [list(self._halve(seed)) for seed in SPLIT_SEEDS]

    def __call__(self, bands: BandNumbers) -> float:
        """Return the mean macro F1, 0 to 1.

        Args:
            bands: Numbers of the bands.
        """
        x = self._x[:, bands]
        return float(np.mean([self._score(x, first, second) for first, second in self._splits]))

    def _halve(self, seed: int) -> Iterator[BandNumbers]:
        """Return the samples to learn from, and those to score on."""
        generator = np.random.default_rng(seed)
        orders = [generator.permutation(np.flatnonzero(self._y == name)) for name in np.unique(self._y)]
        yield np.concatenate([order[: -(-len(order) // 2)] for order in orders])
        yield np.concatenate([order[-(-len(order) // 2) :] for order in orders])

    def _score(self, x: npt.NDArray[np.float64], first: BandNumbers, second: BandNumbers) -> float:
        y = self._y[first]
        sizes = np.bincount(y)
        means = np.stack([x[first][y == name].mean(axis=0) for name in range(len(sizes))])
        residual = x[first] - means[y]
        covariance = residual.T @ residual / len(y) + _RIDGE * np.eye(x.shape[1])
        weights = np.linalg.solve(covariance, means.T)
        offset = np.log(sizes / sizes.sum()) - (means.T * weights).sum(axis=0) / 2
        return measure_macro_f1(self._y[second], (x[second] @ weights + offset).argmax(axis=1))


def measure_macro_f1(labels: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64]) -> float:
    r"""Return the mean over the classes that occur of :math:`2 n_{cc} / (n_{c\cdot} + n_{\cdot c})`.

    Args:
        labels: True class of each sample, ``[sample]``.
        predicted: Its predicted class, ``[sample]``.
    """
    classes = max(int(labels.max()), int(predicted.max())) + 1
    n = np.bincount(labels * classes + predicted, minlength=classes**2).reshape(classes, classes)
    true = n.sum(axis=1)
    f1 = 2 * np.diag(n) / np.maximum(true + n.sum(axis=0), 1)
    return float(f1[true > 0].mean())
