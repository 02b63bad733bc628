"""A network that classifies spectra, as an estimator of scikit-learn."""

from __future__ import annotations

from typing import Any, final

import numpy as np
import torch
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data
from torch import nn

from lrprism.errors import InputError
from lrprism.plugs.sklearn import to_tensor
from lrprism.spectral.estimators.base import (
    AbstractSpectralEstimator,
    Array,
    Lesson,
    check_count,
    draw_validated,
)
from lrprism.spectral.training import Classification


@final
class SpectralClassifier(ClassifierMixin, AbstractSpectralEstimator):  # type: ignore[misc] # untyped
    r"""Classify spectra with one of the networks, and say which bands spoke for a class.

    With more than two classes the network has a logit :math:`z_c` for each; with two, one logit :math:`z`,
    which speaks for ``classes_[1]`` where it is positive:

    .. math:: p_c = \mathrm{softmax}(z)_c, \qquad p_1 = \frac{1}{1 + e^{-z}}

    The parameters and attributes are those of :class:`AbstractSpectralEstimator`, and ``classes_``, the
    labels in ascending order. Rare classes weigh more in the loss, by one over the root of their number.

    Example:
        >>> import numpy as np
        >>> spectra = np.random.default_rng(0).normal(size=(60, 5))
        >>> labels = np.where(spectra[:, 2] > 0, "dry", "wet")
        >>> model = SpectralClassifier(epochs=5, random_state=0).fit(spectra, labels)
        >>> model.explain(spectra).shape
        (60, 5)
    """

    classes_: Array

    def _prepare(self, X: Any, y: Any, random: np.random.RandomState) -> Lesson:
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        check_count(len(X))
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise InputError("y should hold at least 2 classes. Found 1 class. Give samples of another, too.")
        return Lesson(
            to_tensor(X).float(),
            torch.tensor(codes, dtype=torch.int64),
            1 if len(self.classes_) == 2 else len(self.classes_),
            Classification(tuple(map(str, self.classes_))),
            draw_validated(codes, self.validation_fraction, random),
            nn.Identity(),
        )

    def decision_function(self, X: Any) -> Array:
        """Return the logits, ``[N, classes]``; of two classes ``[N]``, above 0 for ``classes_[1]``.

        Args:
            X: Spectra, ``[N, band]``.
        """
        logits = self._compute_outputs(X)
        return logits[:, 0] if logits.shape[1] == 1 else logits

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class, ``[N, classes]``, as the network states it.

        Args:
            X: Spectra, ``[N, band]``.
        """
        logits = torch.from_numpy(self._compute_outputs(X))
        # softmax of (0, z) is the sigmoid of z, for both classes
        logits = torch.cat([torch.zeros_like(logits), logits], 1) if logits.shape[1] == 1 else logits
        probabilities: Array = logits.softmax(1).numpy()
        return probabilities

    def predict(self, X: Any) -> Array:
        """Return the class of each spectrum, ``[N]``.

        Args:
            X: Spectra, ``[N, band]``.
        """
        decision = self.decision_function(X)
        numbers = (decision > 0).astype(int) if decision.ndim == 1 else decision.argmax(1)
        labels: Array = self.classes_[numbers]
        return labels
