"""A network that predicts numbers from spectra, as an estimator of scikit-learn."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import validate_data

from lrprism.plugs.sklearn import to_tensor
from lrprism.spectral.estimators.base import (
    AbstractSpectralEstimator,
    Array,
    Lesson,
    check_count,
    draw_validated,
)
from lrprism.spectral.preprocessing.output_scale import OutputScale
from lrprism.spectral.training import Regression, measure_traits


@final
class SpectralRegressor(RegressorMixin, AbstractSpectralEstimator):  # type: ignore[misc] # untyped
    r"""Predict one number or several from spectra with one of the networks, and say which bands moved them.

    The network learns standardised numbers :math:`z`; a fixed last step gives them their units back:
    :math:`y_k = \mu_k + s_k z_k`. Relevance is in the unit of ``y``.

    The parameters and attributes are those of :class:`AbstractSpectralEstimator`.

    Example:
        >>> import numpy as np
        >>> spectra = np.random.default_rng(0).normal(size=(60, 5))
        >>> model = SpectralRegressor(epochs=5, random_state=0).fit(spectra, 100 + spectra[:, 2])
        >>> model.predict(spectra).shape
        (60,)
    """

    _is_flat: bool

    def __sklearn_tags__(self) -> Tags:
        """Return scikit-learn's tags: several outputs are taken."""
        tags: Tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _prepare(self, X: Any, y: Any, random: np.random.RandomState) -> Lesson:
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        check_count(len(X))
        self._is_flat = y.ndim == 1
        values = to_tensor(y).reshape(len(X), -1)
        scale = OutputScale(values.shape[1]).double()
        scale.set_statistics(*measure_traits(values))
        return Lesson(
            to_tensor(X).float(),
            ((values - scale.mean) / scale.scale).float(),
            values.shape[1],
            Regression(tuple(f"output {number}" for number in range(values.shape[1]))),
            draw_validated(np.zeros(len(X)), self.validation_fraction, random),
            scale,
        )

    def predict(self, X: Any) -> Array:
        """Return the prediction of each spectrum, ``[N]`` or ``[N, output]`` as ``y`` was.

        Args:
            X: Spectra, ``[N, band]``.
        """
        outputs = self._compute_outputs(X)
        return outputs[:, 0] if self._is_flat else outputs
