"""From a fitted estimator of scikit-learn to a torch module that computes the same."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

import numpy as np
from sklearn import (
    cross_decomposition,
    decomposition,
    discriminant_analysis,
    linear_model,
    neural_network,
    preprocessing,
    svm,
)
from sklearn import pipeline as pipelines
from sklearn.utils.validation import check_is_fitted
from torch import nn

from lrprism.errors import ModelError
from lrprism.plugs.sklearn.steps import Scale, build_linear

Build = Callable[[Any], nn.Module]
_ACTIVATIONS: Final[dict[str, Callable[[], nn.Module]]] = {
    "identity": nn.Identity,
    "logistic": nn.Sigmoid,
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
}


def to_torch(estimator: Any) -> nn.Module:
    """Return a torch module that computes what a fitted estimator does, in float64, to be explained.

    A classifier gives its ``decision_function``, ``[N, classes]``, or ``[N, 1]`` for two classes (class 1
    against class 0); an ``MLPClassifier`` the numbers in front of its softmax or sigmoid; a regressor its
    prediction ``[N, outputs]``; a transformer the transformed features. Of a pipeline the steps become one
    module, so that relevance reaches the features that go into it.

    Taken are pipelines, the best estimator of a search, linear classifiers and regressors, linear
    discriminants, linear support vectors, PLS regression, multi-layer perceptrons, PCA, and scalers by shift
    and scale; and any estimator with a method ``to_torch()`` that returns a module.

    Args:
        estimator: The fitted estimator; it is not changed, and its numbers are copied.

    Raises:
        ModelError: If the estimator, or a step of it, has no such form; the message names what is missing.
        NotFittedError: If it is not fitted.

    Example:
        >>> from sklearn.linear_model import Ridge
        >>> to_torch(Ridge(alpha=0).fit([[0.0], [1.0]], [1.0, 3.0]))
        Linear(in_features=1, out_features=1, bias=True)
    """
    if isinstance(estimator, pipelines.Pipeline):
        steps = [step for _, step in estimator.steps if step not in (None, "passthrough")]
        return nn.Sequential(*map(to_torch, steps)).eval()
    if hasattr(estimator, "to_torch"):
        module: nn.Module = estimator.to_torch()
        return module.eval()
    check_is_fitted(estimator)
    # a grid search and its kin, refitted with the best parameters
    if hasattr(estimator, "best_estimator_"):
        return to_torch(estimator.best_estimator_)
    build = next((make for kinds, make in TABLE if isinstance(estimator, kinds)), None)
    if build is None:
        names = ", ".join(kind.__name__ for kinds, _ in TABLE for kind in kinds)
        raise ModelError(
            f"to_torch() should be given an estimator of linear layers and activations. Found "
            f"{type(estimator).__name__}. Supported: Pipeline, {names}. Try one of these, or give the "
            "estimator a method to_torch()."
        )
    return build(estimator).eval()


def _build_standard(scaler: Any) -> nn.Module:
    # it keeps a mean that it does not use
    return Scale(scaler.mean_ if scaler.with_mean else None, scaler.scale_)


def _build_robust(scaler: Any) -> nn.Module:
    return Scale(scaler.center_, scaler.scale_)


def _build_max_abs(scaler: Any) -> nn.Module:
    return Scale(None, scaler.scale_)


def _build_min_max(scaler: Any) -> nn.Module:
    """Return x * s + m as (x + m / s) / (1 / s).

    Raises:
        ModelError: If it clips, which scaling alone does not.
    """
    if scaler.clip:
        raise ModelError("MinMaxScaler should not clip. Found clip=True. Fit it with clip=False.")
    return Scale(-scaler.min_ / scaler.scale_, 1 / scaler.scale_)


def _build_linear_model(model: Any) -> nn.Module:
    return build_linear(model.coef_, model.intercept_)


def _build_pls(model: Any) -> nn.Module:
    # the prediction is affine: what it says of zero is its bias, whatever was centred and scaled inside
    bias = model.predict(np.zeros((1, model.n_features_in_)))
    return build_linear(model.coef_, np.ravel(bias))


def _build_pca(model: Any) -> nn.Module:
    rows = model.components_
    if model.whiten:
        rows = rows / np.sqrt(np.maximum(model.explained_variance_, np.finfo(rows.dtype).eps))[:, None]
    return nn.Sequential(Scale(model.mean_), build_linear(rows, None))


def _build_svd(model: Any) -> nn.Module:
    return build_linear(model.components_, None)


def _build_perceptron(model: Any) -> nn.Module:
    """Return the layers up to the last activation of a classifier, which turns scores into probabilities.

    Raises:
        ModelError: If a regressor has an activation at its end.
    """
    if isinstance(model, neural_network.MLPRegressor) and model.out_activation_ != "identity":
        raise ModelError(
            f"MLPRegressor should predict what its last layer gives. Found the activation "
            f"{model.out_activation_!r} behind it. Train it with loss='squared_error'."
        )
    layers = [build_linear(w.T, b) for w, b in zip(model.coefs_, model.intercepts_, strict=True)]
    pairs = [(layer, _ACTIVATIONS[model.activation]()) for layer, _ in pairwise(layers)]
    return nn.Sequential(*(module for pair in pairs for module in pair), layers[-1])


_LINEAR: Final = (
    linear_model.LogisticRegression,
    linear_model.RidgeClassifier,
    linear_model.SGDClassifier,
    linear_model.Perceptron,
    linear_model.LinearRegression,
    linear_model.Ridge,
    linear_model.ElasticNet,  # Lasso is one
    linear_model.BayesianRidge,
    linear_model.HuberRegressor,
    linear_model.SGDRegressor,
    discriminant_analysis.LinearDiscriminantAnalysis,
    svm.LinearSVC,
    svm.LinearSVR,
)
TABLE: Final[tuple[tuple[tuple[type, ...], Build], ...]] = (
    (_LINEAR, _build_linear_model),
    ((cross_decomposition.PLSRegression,), _build_pls),
    ((neural_network.MLPClassifier, neural_network.MLPRegressor), _build_perceptron),
    ((decomposition.PCA,), _build_pca),
    ((decomposition.TruncatedSVD,), _build_svd),
    ((preprocessing.StandardScaler,), _build_standard),
    ((preprocessing.RobustScaler,), _build_robust),
    ((preprocessing.MaxAbsScaler,), _build_max_abs),
    ((preprocessing.MinMaxScaler,), _build_min_max),
)
"""Classes of estimators, and what builds their module."""
