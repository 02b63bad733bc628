"""A regressor of spectra: in the units of what it predicts, for one number and several."""

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lrprism.plugs.sklearn import explain
from lrprism.spectral.estimators import SpectralRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(150, 12)) + 4
NITROGEN = 200 + 30 * (X[:, 3] - 4)  # far from zero, in units of its own
BOTH = np.stack([NITROGEN, 0.01 * X[:, 8]], 1)
MODEL = SpectralRegressor(epochs=40, learning_rate=1e-2, random_state=0)


def test_it_predicts_in_the_units_of_y() -> None:
    model = make_pipeline(StandardScaler(), MODEL).fit(X, NITROGEN)
    assert model.predict(X).shape == (150,)
    assert model.score(X, NITROGEN) > 0.9
    assert cross_val_score(model, X, NITROGEN, cv=3).mean() > 0.6


def test_relevance_is_in_the_units_of_y_and_finds_the_band() -> None:
    model = make_pipeline(StandardScaler(), MODEL).fit(X, NITROGEN)
    relevance = explain(model, X, reference=X.mean(0))
    change = model.predict(X) - model.predict(X.mean(0)[None])
    np.testing.assert_allclose(relevance.sum(1), change, atol=1e-3)
    strength = np.abs(relevance).mean(0)
    assert strength.argmax() == 3
    # 30 for each standard deviation, whose mean size is 0.8
    assert strength[3] == pytest.approx(24, rel=0.3)


def test_several_numbers_have_their_bands() -> None:
    model = make_pipeline(StandardScaler(), MODEL).fit(X, BOTH)
    assert model.predict(X).shape == (150, 2)
    for output, band in enumerate((3, 8)):
        relevance = explain(model, X, output, reference=X.mean(0))
        assert np.abs(relevance).mean(0).argmax() == band
        change = model.predict(X)[:, output] - model.predict(X.mean(0)[None])[0, output]
        np.testing.assert_allclose(relevance.sum(1), change, atol=1e-3)


def test_a_column_gives_a_column() -> None:
    model = SpectralRegressor(epochs=1, random_state=0).fit(X, NITROGEN[:, None])
    assert model.predict(X).shape == (150, 1)


def test_what_does_not_vary_is_predicted_as_it_is() -> None:
    model = SpectralRegressor(epochs=3, random_state=0).fit(X, np.full(150, 7.0))
    assert np.abs(model.predict(X) - 7).max() < 2
