"""The module computes what the estimator does, and a sum of relevance is what it says."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import lrprism as lp
from lrprism import presets

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
from sklearn import (
    cross_decomposition,
    decomposition,
    discriminant_analysis,
    linear_model,
    neural_network,
    preprocessing,
    svm,
)
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from lrprism.plugs.sklearn import to_torch

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 6)) * [1, 2, 3, 1, 5, 0.5] + [3, 0, -1, 2, 10, 1]
THREE = (X[:, 0] > 3).astype(int) + (X[:, 2] > -1)
TWO = np.where(X[:, 0] > 3, "wet", "dry")
Y = 2 * X[:, 0] - X[:, 2] + 7
QUIET = {"max_iter": 60, "random_state": 0}

CLASSIFIERS: dict[str, Any] = {
    "LogisticRegression": linear_model.LogisticRegression(max_iter=1000),
    "RidgeClassifier": linear_model.RidgeClassifier(),
    "SGDClassifier": linear_model.SGDClassifier(random_state=0),
    "Perceptron": linear_model.Perceptron(),
    "LinearDiscriminantAnalysis": discriminant_analysis.LinearDiscriminantAnalysis(),
    "LinearSVC": svm.LinearSVC(),
    "without intercept": linear_model.RidgeClassifier(fit_intercept=False),
}
REGRESSORS: dict[str, Any] = {
    "LinearRegression": linear_model.LinearRegression(),
    "Ridge": linear_model.Ridge(),
    "Lasso": linear_model.Lasso(alpha=0.01),
    "ElasticNet": linear_model.ElasticNet(alpha=0.01),
    "BayesianRidge": linear_model.BayesianRidge(),
    "HuberRegressor": linear_model.HuberRegressor(max_iter=1000),
    "SGDRegressor": linear_model.SGDRegressor(eta0=1e-3, random_state=0),
    "LinearSVR": svm.LinearSVR(max_iter=10000),
    "PLSRegression": cross_decomposition.PLSRegression(n_components=3),
    "PLSRegression without scaling": cross_decomposition.PLSRegression(n_components=2, scale=False),
    **{
        f"MLPRegressor {name}": neural_network.MLPRegressor(
            hidden_layer_sizes=(8, 4), activation=name, **QUIET
        )
        for name in ("identity", "logistic", "tanh", "relu")
    },
}
TRANSFORMERS: dict[str, Any] = {
    "StandardScaler": preprocessing.StandardScaler(),
    "StandardScaler of scale alone": preprocessing.StandardScaler(with_mean=False),
    "StandardScaler of mean alone": preprocessing.StandardScaler(with_std=False),
    "RobustScaler": preprocessing.RobustScaler(),
    "RobustScaler of scale alone": preprocessing.RobustScaler(with_centering=False),
    "MaxAbsScaler": preprocessing.MaxAbsScaler(),
    "MinMaxScaler": preprocessing.MinMaxScaler((-1, 2)),
    "PCA": decomposition.PCA(3),
    "PCA that whitens": decomposition.PCA(3, whiten=True),
    "TruncatedSVD": decomposition.TruncatedSVD(3),
}


def run(estimator: Any, x: np.ndarray = X) -> np.ndarray:
    module = to_torch(estimator)
    assert not module.training
    output: np.ndarray = module(torch.from_numpy(x)).detach().numpy()
    return output


def assert_close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, np.reshape(expected, np.shape(found)), rtol=1e-9, atol=1e-9)


def check_sums(estimator: Any) -> None:
    """Check that relevance adds up to the difference from the mean, for each output."""
    module, x, mean = to_torch(estimator), torch.from_numpy(X), torch.from_numpy(X.mean(0))
    explanation = lp.LRP(module, presets.Epsilon(0)).explain(x, "all", reference=mean)
    expected = (module(x) - module(mean[None])).T.detach()
    torch.testing.assert_close(explanation.relevance.sum(2), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("labels", [TWO, THREE], ids=["two classes", "three classes"])
def test_a_linear_classifier_gives_its_decision_function(name: str, labels: Any) -> None:
    estimator = make_pipeline(preprocessing.StandardScaler(), CLASSIFIERS[name]).fit(X, labels)
    assert run(estimator).shape == (90, 1 if labels is TWO else 3)
    assert_close(run(estimator), estimator.decision_function(X))
    check_sums(estimator)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("labels", [TWO, THREE], ids=["two classes", "three classes"])
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_a_perceptron_gives_the_numbers_in_front_of_its_probabilities(activation: str, labels: Any) -> None:
    model = neural_network.MLPClassifier((8, 4), activation=activation, **QUIET)
    estimator = make_pipeline(preprocessing.StandardScaler(), model).fit(X, labels)
    logits = torch.from_numpy(run(estimator))
    if labels is TWO:
        assert_close(logits.sigmoid(), estimator.predict_proba(X)[:, 1])
    else:
        assert_close(logits.softmax(1), estimator.predict_proba(X))
    check_sums(estimator)


@pytest.mark.parametrize("name", REGRESSORS)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer", "ignore:Maximum number of iteration")
def test_a_regressor_gives_its_prediction(name: str) -> None:
    estimator = make_pipeline(preprocessing.StandardScaler(), REGRESSORS[name]).fit(X, Y)
    assert run(estimator).shape == (90, 1)
    assert_close(run(estimator), estimator.predict(X))
    check_sums(estimator)


@pytest.mark.parametrize("name", ["LinearRegression", "Ridge", "PLSRegression", "MLPRegressor tanh"])
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_a_regressor_of_several_outputs(name: str) -> None:
    estimator = REGRESSORS[name].fit(X, np.stack([Y, X[:, 1]], 1))
    assert_close(run(estimator), estimator.predict(X))


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_a_transformer_gives_the_transformed_features(name: str) -> None:
    estimator = TRANSFORMERS[name].fit(X)
    assert_close(run(estimator), estimator.transform(X))
    check_sums(estimator)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_a_pipeline_of_many_steps_a_search_and_what_is_left_out() -> None:
    steps = preprocessing.StandardScaler(), "passthrough", decomposition.PCA(4), preprocessing.RobustScaler()
    deep = make_pipeline(*steps, None, neural_network.MLPClassifier((5,), **QUIET))
    search = GridSearchCV(deep, {"pca__n_components": [2, 4]}, cv=2).fit(X, TWO)
    assert_close(torch.from_numpy(run(search)).sigmoid(), search.predict_proba(X)[:, 1])
    check_sums(search)


def test_a_linear_map_is_its_own_account_by_hand() -> None:
    # y = 2 x1 - x2 + 1 after x1 -> (x1 - 1) / 2: y = x1 - x2, whatever the steps are called
    scaler = preprocessing.StandardScaler().fit([[0.0, -1.0], [2.0, 1.0]])
    scaler.mean_, scaler.scale_ = np.array([1.0, 0.0]), np.array([2.0, 1.0])
    ridge = linear_model.Ridge().fit(X[:, :2], Y)
    ridge.coef_, ridge.intercept_ = np.array([2.0, -1.0]), 1.0
    module = to_torch(make_pipeline(scaler, ridge))
    x = torch.tensor([[5.0, 3.0]], dtype=torch.float64)
    explanation = lp.LRP(module, presets.Epsilon(0)).explain(x, audit=True)
    assert explanation.output.tolist() == [[2.0]]
    # z1 = 5/2 - 1/2; the shift takes -1 of 2 z1 = 5 - 1
    torch.testing.assert_close(explanation.relevance, torch.tensor([[5.0, -3.0]], dtype=torch.float64))
    reference = torch.tensor([[1.0, 1.0]], dtype=torch.float64)
    against = lp.explain(module, x, composite=presets.Epsilon(0), reference=reference)
    torch.testing.assert_close(against.relevance, torch.tensor([[4.0, -2.0]], dtype=torch.float64))


class Squared:
    """An estimator of somebody else's, with a module of its own."""

    def to_torch(self) -> nn.Module:
        return nn.Sequential(nn.Linear(6, 2).double(), nn.ReLU()).train()


def test_an_estimator_may_bring_its_module() -> None:
    module = to_torch(Squared())
    assert isinstance(module[1], nn.ReLU)
    assert not module.training


def test_the_estimator_is_not_changed() -> None:
    ridge = linear_model.Ridge().fit(X, Y)
    before = ridge.coef_.copy()
    module: Any = to_torch(ridge)
    with torch.no_grad():
        module.weight.zero_()
    np.testing.assert_array_equal(ridge.coef_, before)


def test_what_has_no_such_form_is_refused() -> None:
    forest = make_pipeline(preprocessing.StandardScaler(), RandomForestClassifier(2).fit(X, TWO))
    forest[0].fit(X)
    message = (
        r"^to_torch\(\) should be given an estimator of linear layers and activations\. Found "
        r"RandomForestClassifier\. Supported: Pipeline, LogisticRegression, .*MinMaxScaler\. Try one of these"
    )
    with pytest.raises(lp.ModelError, match=message):
        to_torch(forest)
    # a Poisson regression is linear only in front of its exponential
    with pytest.raises(lp.ModelError, match="Found PoissonRegressor"):
        to_torch(linear_model.PoissonRegressor().fit(X, abs(Y)))


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_forms_that_are_not_linear_are_refused() -> None:
    with pytest.raises(lp.ModelError, match=r"^MinMaxScaler should not clip\. Found clip=True\. Fit it with"):
        to_torch(preprocessing.MinMaxScaler(clip=True).fit(X))
    model = neural_network.MLPRegressor(hidden_layer_sizes=(4,), loss="poisson", **QUIET).fit(X, abs(Y))
    message = (
        r"^MLPRegressor should predict what its last layer gives\. Found the activation 'exp' behind it\."
    )
    with pytest.raises(lp.ModelError, match=message):
        to_torch(model)


def test_what_is_not_fitted_is_refused() -> None:
    with pytest.raises(NotFittedError):
        to_torch(linear_model.Ridge())
