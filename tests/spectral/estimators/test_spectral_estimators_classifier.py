"""A classifier of spectra in scikit-learn's tools; its relevance finds the band that was planted."""

import numpy as np
import pytest

import lrprism as lp

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lrprism.plugs.sklearn import explain, to_torch
from lrprism.spectral.estimators import SpectralClassifier

RNG = np.random.default_rng(0)
SCALES = np.geomspace(0.1, 10, 12)
X = RNG.normal(size=(150, 12)) * SCALES + 5 * SCALES
BAND_3, BAND_8 = (X[:, [3, 8]] / SCALES[[3, 8]] - 5).T
TWO = np.where(BAND_3 > 0, "wet", "dry")
THREE = np.array(["beech", "fir", "oak"])[(BAND_3 > 0).astype(int) + ((BAND_3 > 0) & (BAND_8 > 0))]
MODEL = SpectralClassifier(epochs=30, learning_rate=1e-2, random_state=0)


def test_two_classes_have_one_logit_with_the_sign_of_the_second() -> None:
    model = make_pipeline(StandardScaler(), clone(MODEL)).fit(X, TWO)
    decision, probability = model.decision_function(X), model.predict_proba(X)
    assert decision.shape == (150,)
    assert model.classes_.tolist() == ["dry", "wet"]
    np.testing.assert_allclose(probability[:, 1], 1 / (1 + np.exp(-decision)))
    np.testing.assert_allclose(probability.sum(1), 1)
    assert (model.predict(X) == np.where(decision > 0, "wet", "dry")).all()
    assert model.score(X, TWO) > 0.95


def test_three_classes_have_a_logit_each() -> None:
    model = make_pipeline(StandardScaler(), clone(MODEL)).fit(X, THREE)
    decision, probability = model.decision_function(X), model.predict_proba(X)
    assert decision.shape == probability.shape == (150, 3)
    odds = np.exp(decision - decision.max(1, keepdims=True))
    np.testing.assert_allclose(probability, odds / odds.sum(1, keepdims=True))
    assert (model.predict(X) == model.classes_[decision.argmax(1)]).all()
    assert model.score(X, THREE) > 0.9


def test_cross_validation_and_a_search() -> None:
    model = make_pipeline(StandardScaler(), clone(MODEL))
    assert cross_val_score(model, X, TWO, cv=3).mean() > 0.8
    settings = {"spectralclassifier__network": ["mlp", "cnn1d"], "spectralclassifier__epochs": [1, 15]}
    search = GridSearchCV(model, settings, cv=2).fit(X, TWO)
    assert search.best_params_["spectralclassifier__epochs"] == 15
    assert to_torch(search)[1][0].bands == 12
    assert explain(search, X[:4], reference=X.mean(0)).shape == (4, 12)


def test_relevance_reaches_the_bands_in_front_of_a_scaler() -> None:
    model = make_pipeline(StandardScaler(), clone(MODEL)).fit(X, TWO)
    relevance = explain(model, X, "wet", reference=X.mean(0))
    mean = model.decision_function(X.mean(0)[None])
    np.testing.assert_allclose(relevance.sum(1), model.decision_function(X) - mean, atol=1e-4)
    # the planted band carries more than any other, whatever the units of the bands
    strength = np.abs(relevance).mean(0)
    assert strength.argmax() == 3
    assert strength[3] > 3 * np.delete(strength, 3).max()
    # by hand through the last step alone: the scaler is linear and has no say of its own
    last = model[-1].explain(model[0].transform(X), "wet", reference=model[0].transform(X.mean(0)[None]))
    np.testing.assert_allclose(relevance, last, atol=1e-5)


def test_each_class_of_three_has_its_bands() -> None:
    model = make_pipeline(StandardScaler(), clone(MODEL)).fit(X, THREE)
    scaled = model[0].transform(X)
    fir = np.abs(model[-1].explain(scaled, "fir")).mean(0)
    assert set(fir.argsort()[-2:]) == {3, 8}
    predicted = model.predict(X)
    by_prediction = model[-1].explain(scaled)
    np.testing.assert_array_equal(model[-1].explain(scaled, predicted), by_prediction)
    with pytest.raises(
        lp.TargetError, match=r"^target should be among the classes \['beech', 'fir', 'oak'\]\. Found 'pine'"
    ):
        model[-1].explain(scaled, "pine")


def test_one_class_is_too_few() -> None:
    message = r"^y should hold at least 2 classes\. Found 1 class\. Give samples of another, too\.$"
    with pytest.raises(lp.InputError, match=message):
        clone(MODEL).fit(X, np.ones(150))
