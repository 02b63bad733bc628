"""Relevance of what goes into a fitted estimator, for classes by their labels."""

from typing import Any

import numpy as np
import pytest

import lrprism as lp
from lrprism import presets

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)) * [1, 5, 1, 1] + 2
LABELS = np.array(["beech", "fir", "oak"])[(X[:, 0] > 2).astype(int) + (X[:, 1] > 2)]
TWO = np.where(X[:, 1] > 2, "wet", "dry")
MEAN = X.mean(0)


def fit(labels: Any) -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(X, labels)


def explain(*arguments: Any, **options: Any) -> np.ndarray:
    relevance: np.ndarray = lp.plugs.sklearn.explain(*arguments, composite=presets.Epsilon(0), **options)
    return relevance


def test_relevance_of_bands_is_weight_times_difference() -> None:
    pipeline = fit(LABELS)
    scale, coef = pipeline[0].scale_, pipeline[1].coef_
    found = explain(pipeline, X, "fir", reference=MEAN)
    np.testing.assert_allclose(found, (X - MEAN) * coef[1] / scale, atol=1e-12)
    decision = pipeline.decision_function(X)[:, 1] - pipeline.decision_function(MEAN[None])[0, 1]
    np.testing.assert_allclose(found.sum(1), decision, atol=1e-12)


def test_the_predicted_class_one_per_sample_and_all_of_one() -> None:
    pipeline = fit(LABELS)
    predicted = pipeline.predict(X)
    expected = explain(pipeline, X, reference=MEAN)
    np.testing.assert_array_equal(explain(pipeline, X, predicted, reference=MEAN), expected)
    np.testing.assert_array_equal(explain(pipeline, X, [*predicted], reference=MEAN), expected)
    oak = explain(pipeline, X, "oak", reference=MEAN)
    np.testing.assert_array_equal(oak[predicted == "oak"], expected[predicted == "oak"])
    assert np.abs(oak - expected).max() > 0.1


def test_of_two_classes_each_side_has_its_sign() -> None:
    pipeline = fit(TWO)
    wet, dry = (explain(pipeline, X, name, reference=MEAN) for name in ("wet", "dry"))
    np.testing.assert_array_equal(wet, -dry)
    decision = pipeline.decision_function(X) - pipeline.decision_function(MEAN[None])
    np.testing.assert_allclose(wet.sum(1), decision, atol=1e-12)
    predicted = pipeline.predict(X)
    expected = np.where((predicted == "wet")[:, None], wet, dry)
    np.testing.assert_array_equal(explain(pipeline, X, reference=MEAN), expected)
    np.testing.assert_array_equal(explain(pipeline, X, predicted, reference=MEAN), expected)


def test_a_regressor_and_one_of_several_outputs() -> None:
    y = np.stack([3 * X[:, 0], X[:, 1] - X[:, 2]], 1)
    one, two = Ridge().fit(X, y[:, 0]), Ridge().fit(X, y)
    np.testing.assert_allclose(explain(one, X, reference=MEAN), (X - MEAN) * one.coef_, atol=1e-12)
    np.testing.assert_allclose(explain(two, X, 1, reference=MEAN), (X - MEAN) * two.coef_[1], atol=1e-12)
    each = explain(two, X[:2], [1, 0], reference=MEAN)
    np.testing.assert_allclose(each, (X[:2] - MEAN) * two.coef_[[1, 0]], atol=1e-12)
    # without a reference the bias keeps its share, and a map is weight times value
    np.testing.assert_allclose(explain(one, X), X * one.coef_, atol=1e-12)


def test_batches_and_composites() -> None:
    pipeline = fit(LABELS)
    whole = explain(pipeline, X, "fir", reference=MEAN)
    np.testing.assert_allclose(explain(pipeline, X, "fir", reference=MEAN, batch_size=7), whole, atol=1e-12)
    # without a reference ε damps what passes the layer
    plain, damped = (
        lp.plugs.sklearn.explain(pipeline, X, "fir", composite=presets.Epsilon(eps)) for eps in (0, 0.1)
    )
    assert np.abs(plain - damped).max() > 1e-3


@pytest.mark.parametrize("target", ["pine", ["fir", "pine", *["oak"] * 58], "zzz"])
def test_an_unknown_class_is_refused(target: Any) -> None:
    message = r"^target should be among the classes \['beech', 'fir', 'oak'\]\. Found '(pine|zzz)'\.$"
    with pytest.raises(lp.TargetError, match=message):
        explain(fit(LABELS), X, target)


def test_one_sample_without_its_axis_is_refused() -> None:
    message = r"^X should be samples \(N, features\)\. Found shape \(4,\)\. Try X\.reshape\(1, -1\)\.$"
    with pytest.raises(lp.InputError, match=message):
        explain(fit(LABELS), X[0])
