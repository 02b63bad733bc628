"""PCA: the fit against numpy, its relevance against the closed form."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from lrprism.errors import DataError, InputError
from lrprism.spectral.preprocessing import PCA, Pipeline

BANDS, COMPONENTS = 40, 30


def patches() -> Tensor:
    """Correlated bands far from zero, as in a scene."""
    generator = torch.Generator().manual_seed(0)
    mixed = torch.randn(BANDS, BANDS, generator=generator, dtype=torch.float64)
    values = torch.randn(20, BANDS, 3, 3, generator=generator, dtype=torch.float64)
    return 500 + torch.einsum("kb,nbyx->nkyx", mixed, values)


X = patches()
SPECTRA = X.movedim(1, -1).reshape(-1, BANDS).numpy()


def test_relevance_through_30_components_is_the_closed_form_and_the_account_balances() -> None:
    torch.manual_seed(1)
    pca = PCA.fit(X, COMPONENTS, whiten=True)
    network = nn.Linear(COMPONENTS, 3).double()
    model = Pipeline([pca], network, "spectrum")
    explanation = lp.LRP(model, lp.presets.Epsilon(0), strict=True).explain(X, 2, audit=True)

    w = (pca.scale[:, None] * pca.components).T @ network.weight[2].detach()
    expected = torch.zeros_like(X)
    expected[:, :, 1, 1] = X[:, :, 1, 1] * w
    scale = float(expected.abs().max())
    torch.testing.assert_close(explanation.relevance, expected, rtol=0, atol=1e-12 * max(scale, 1))

    assert explanation.audit is not None
    absorbed = {row.module: row.to_bias for row in explanation.audit if row.op == "linear"}
    assert absorbed["steps.0"] == pytest.approx(-float(pca.mean @ w) * len(X), rel=1e-10)
    assert absorbed["network"] == pytest.approx(float(network.bias[2].detach()) * len(X), rel=1e-10)
    assert explanation.audit.unaccounted == pytest.approx(0, abs=1e-9)


def test_fit_is_the_eigenvectors_of_numpy_s_covariance() -> None:
    values, vectors = np.linalg.eigh(np.cov(SPECTRA, rowvar=False))
    pca = PCA.fit(X, 5)
    np.testing.assert_allclose(pca.mean, SPECTRA.mean(0), rtol=1e-12)
    overlap = np.abs(np.sum(pca.components.numpy() * vectors[:, ::-1].T[:5], axis=1))
    np.testing.assert_allclose(overlap, 1, rtol=1e-9)
    np.testing.assert_allclose(pca.explained_variance_ratio, values[::-1][:5] / values.sum(), rtol=1e-9)
    assert pca.scale.tolist() == [1] * 5


def test_components_are_uncorrelated_and_of_unit_variance_where_whitened() -> None:
    y = PCA.fit(X, COMPONENTS, whiten=True)(X).movedim(1, -1).reshape(-1, COMPONENTS).numpy()
    np.testing.assert_allclose(np.cov(y, rowvar=False), np.eye(COMPONENTS), atol=1e-8)


def test_the_sign_makes_the_largest_entry_positive() -> None:
    components = PCA.fit(X, BANDS).components
    assert bool((components.gather(1, components.abs().argmax(1, keepdim=True)) > 0).all())


def test_all_components_explain_all_variance_and_keep_all_that_was_there() -> None:
    pca = PCA.fit(X, BANDS)
    assert float(pca.explained_variance_ratio.sum()) == pytest.approx(1)
    back = torch.einsum("kb,nkyx->nbyx", pca.components, pca(X)) + pca.mean[:, None, None]
    torch.testing.assert_close(back, X, rtol=1e-10, atol=0)


def test_batches_give_what_one_tensor_gives() -> None:
    pca, parts = PCA.fit(X, 4), PCA.fit((batch for batch in X.split([1, 12, 7])), 4)
    torch.testing.assert_close(parts.state_dict(), pca.state_dict(), rtol=1e-9, atol=1e-12)


def test_by_hand() -> None:
    """Points (1, 1), (3, 3), (2, 2) vary along the diagonal alone: variance 2 = (1 + 1 + 0) * 2 / 2."""
    points = torch.tensor([[1.0, 1.0], [3.0, 3.0], [2.0, 2.0]])
    pca = PCA.fit(points, 1, whiten=True)
    assert pca.mean.dtype is torch.float32
    torch.testing.assert_close(pca.components.abs(), torch.full((1, 2), 0.5**0.5))
    torch.testing.assert_close(pca.explained_variance_ratio, torch.ones(1))
    torch.testing.assert_close(pca(points).abs().flatten(), torch.tensor([1.0, 1.0, 0.0]))


def test_a_saved_fit_comes_back() -> None:
    fitted = PCA.fit(X, 4, whiten=True)
    other = PCA(torch.zeros(BANDS).double(), torch.zeros(4, BANDS).double())
    assert bool(other.explained_variance_ratio.isnan().all())
    other.load_state_dict(fitted.state_dict())
    assert torch.equal(other(X), fitted(X))


@pytest.mark.parametrize("components", [0, BANDS + 1, 2.0, True])
def test_a_number_of_components_that_cannot_be_is_refused(components: int) -> None:
    with pytest.raises(InputError, match=r"^components should be a whole number from 1 to 40, .*\. Keep 15"):
        PCA.fit(X, components)


def test_more_components_than_directions_are_refused() -> None:
    with pytest.raises(DataError, match=r"vary in at least 2 directions\. Found 1\. Keep fewer"):
        PCA.fit(torch.tensor([[1.0, 1.0], [3.0, 3.0], [2.0, 2.0]]), 2)
    with pytest.raises(DataError, match=r"vary in at least 1 directions\. Found 0\. Keep fewer"):
        PCA.fit(torch.ones(4, 3), 1)


@pytest.mark.parametrize("name", ["scale", "explained_variance_ratio"])
def test_one_number_per_component_is_asked_for(name: str) -> None:
    with pytest.raises(
        InputError, match=rf"^{name} should have one number per component, 1\. Found 2\. Take"
    ):
        PCA([0.0, 0.0], [[1.0, 0.0]], **{name: [1.0, 1.0]})


def test_mean_and_components_of_different_bands_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"^mean and components should have as many numbers each\. Found 3 and 2"
    ):
        PCA([0.0, 0.0, 0.0], [[1.0, 0.0]])
