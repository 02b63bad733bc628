"""Networks for spectra as scikit-learn wants its estimators: its own checks, and what is common to both."""

import pickle
from typing import Any

import numpy as np
import pytest
import torch

import lrprism as lp

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from lrprism.spectral.estimators import SpectralClassifier, SpectralRegressor
from lrprism.spectral.estimators.base import check_count, draw_validated

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 12))
LABELS = np.where(X[:, 3] > 0, "dry", "wet")
FAST = {"epochs": 4, "random_state": 0}


@parametrize_with_checks(
    [
        SpectralClassifier(epochs=8, learning_rate=2e-2, random_state=0),
        SpectralRegressor(epochs=8, learning_rate=2e-2, random_state=0),
    ]
)
@pytest.mark.filterwarnings("ignore:Can't check dok sparse matrix")
def test_the_checks_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.parametrize("kind", [SpectralClassifier, SpectralRegressor])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"network": "ssrn"},
            r"^network should be one for single spectra: cnn1d, mlp, transformer1d\. Found 'ssrn'\. Train",
        ),
        (
            {"validation_fraction": 1.0},
            r"^validation_fraction should be at least 0 and below 1\. Found 1\.0\.",
        ),
        ({"validation_fraction": -0.1}, r"^validation_fraction .* Found -0\.1\. Try 0\.2\.$"),
        ({"epochs": 0}, r"^epochs should be a whole number of at least 1\. Found 0\."),
        ({"batch_size": 2.5}, r"^batch_size should be a whole number of at least 1\. Found 2\.5\."),
        ({"learning_rate": 0.0}, r"^learning_rate should be a finite number, above 0\. Found 0\.0\."),
        ({"weight_decay": -1.0}, r"^weight_decay should be a finite number, 0 or more\. Found -1\.0\."),
        ({"device": "cuda:77"}, r"^device "),
    ],
)
def test_settings_that_do_not_work_are_refused_when_it_is_fitted(
    kind: Any, options: dict[str, Any], message: str
) -> None:
    estimator = kind(**options)
    with pytest.raises(lp.InputError, match=message):
        estimator.fit(X, (X[:, 3] > 0).astype(int))


@pytest.mark.parametrize(
    "options",
    [
        {"network": "cnn1d"},
        {"network": "transformer1d"},
        {"epochs": 5},
        {"batch_size": 8},
        {"learning_rate": 1e-2},
        {"weight_decay": 0.5},
        {"validation_fraction": 0.5},
        {"random_state": 1},
    ],
    ids=str,
)
def test_every_setting_changes_the_network(options: dict[str, Any]) -> None:
    plain = SpectralRegressor(**FAST).fit(X, X[:, 3])
    other = clone(plain).set_params(**options).fit(X, X[:, 3])
    assert np.abs(plain.predict(X) - other.predict(X)).max() > 1e-4


def test_a_seed_gives_the_same_network_and_the_numbers_of_the_user_go_on() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    one, two = (SpectralClassifier(**FAST).fit(X, LABELS) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_array_equal(one.decision_function(X), two.decision_function(X))
    free = [SpectralClassifier(epochs=1).fit(X, LABELS).decision_function(X) for _ in range(2)]
    assert np.abs(free[0] - free[1]).max() > 1e-4


def test_a_fitted_estimator_survives_pickle_and_hands_out_a_copy() -> None:
    model = SpectralClassifier(**FAST).fit(X, LABELS)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    module = model.to_torch()
    assert not module.training
    before = model.decision_function(X)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
    np.testing.assert_array_equal(model.decision_function(X), before)


def test_arrays_that_run_backwards_are_taken() -> None:
    backwards = SpectralRegressor(**FAST).fit(X[::-1], X[::-1, 3])
    forwards = SpectralRegressor(**FAST).fit(X[::-1].copy(), X[::-1, 3].copy())
    np.testing.assert_array_equal(backwards.predict(X[::-1]), forwards.predict(X)[::-1])


def test_it_holds_what_it_learned_from() -> None:
    model = SpectralRegressor(validation_fraction=0.0, **FAST).fit(X, X[:, 3])
    np.testing.assert_allclose(model.mean_, X.mean(0), atol=1e-6)
    assert [record.epoch for record in model.history_] == [1, 2, 3, 4]
    assert model.n_features_in_ == 12
    held_out = SpectralRegressor(validation_fraction=0.5, **FAST).fit(X, X[:, 3])
    assert np.abs(held_out.mean_ - X.mean(0)).max() > 1e-3


def test_relevance_adds_up_to_the_change_from_the_mean_or_a_reference() -> None:
    model = SpectralRegressor(**FAST).fit(X, 50 + X[:, 3])
    for reference in (None, X[0], X[::-1]):
        other = model.mean_[None] if reference is None else np.atleast_2d(reference)
        found = model.explain(X, reference=reference)
        np.testing.assert_allclose(found.sum(1), model.predict(X) - model.predict(other), atol=1e-5)
    whole = model.explain(X)
    np.testing.assert_allclose(model.explain(X, batch_size=9), whole, atol=1e-6)
    other_rules = model.explain(X, composite=[(lp.select.kind(lp.select.Kind.LINEAR), lp.rules.Gamma(0.5))])
    assert np.abs(other_rules - whole).max() > 1e-2


def test_the_best_epoch_is_drawn_from_each_group_alike() -> None:
    groups = np.array([0] * 10 + [1] * 25 + [2] * 3)
    drawn = draw_validated(groups, 0.2, np.random.RandomState(0))
    assert np.bincount(groups[drawn], minlength=3).tolist() == [2, 5, 0]
    assert len(set(drawn)) == 7
    assert drawn.tolist() == sorted(drawn)
    assert draw_validated(groups, 0.0, np.random.RandomState(0)).size == 0
    other = draw_validated(groups, 0.2, np.random.RandomState(1))
    assert drawn.tolist() != other.tolist()


def test_one_sample_is_too_few() -> None:
    check_count(2)
    message = r"^X should hold at least 2 samples\. Found n_samples = 1\. Give more\.$"
    with pytest.raises(lp.InputError, match=message):
        check_count(1)
