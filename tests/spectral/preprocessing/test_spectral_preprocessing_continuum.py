"""Continuum removal: the hull against scipy's, relevance band by band."""

import numpy as np
import numpy.typing as npt
import pytest
import torch
from scipy.spatial import ConvexHull
from torch import Tensor, nn

import lrprism as lp
from lrprism.errors import InputError
from lrprism.spectral.preprocessing import ContinuumRemoval

NM = torch.tensor([400.0, 410.0, 425.0, 500.0, 560.0, 570.0, 700.0, 705.0, 800.0], dtype=torch.float64)
X = torch.rand(5, 9, 2, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 0.2


def upper_hull(nm: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The hull of the spectrum closed far below, so that only its upper side is left."""
    points = np.column_stack([nm, values])
    floor = [[nm[0], values.min() - 10], [nm[-1], values.min() - 10]]
    vertices = sorted(
        vertex for vertex in ConvexHull(np.vstack([points, floor])).vertices if vertex < len(nm)
    )
    return np.interp(nm, nm[vertices], values[vertices])


def test_the_hull_is_scipy_s() -> None:
    result = ContinuumRemoval(NM)(X)
    for n, y, x in np.ndindex(5, 2, 3):
        spectrum = X[n, :, y, x].numpy()
        np.testing.assert_allclose(
            result[n, :, y, x], spectrum / upper_hull(NM.numpy(), spectrum), rtol=1e-12
        )


def test_by_hand() -> None:
    """From (0, 2) straight to (30, 8): 4 at 10 and 6 at 20; then on to (40, 8)."""
    step = ContinuumRemoval([0.0, 10.0, 20.0, 30.0, 40.0])
    result = step(torch.tensor([[2.0, 1.0, 6.0, 8.0, 8.0]]))
    torch.testing.assert_close(result, torch.tensor([[1.0, 0.25, 1.0, 1.0, 1.0]]))


def test_brightness_does_not_matter_and_nothing_lies_above_the_hull() -> None:
    step = ContinuumRemoval(NM)
    torch.testing.assert_close(step(4 * X), step(X), rtol=1e-12, atol=0)
    assert float(step(X).max()) <= 1 + 1e-12
    assert torch.equal(step(X)[:, [0, -1]], torch.ones(5, 2, 2, 3, dtype=torch.float64))


def test_relevance_passes_band_by_band() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(ContinuumRemoval(NM), nn.Flatten(), nn.Linear(54, 2, bias=False).double())
    explanation = lp.LRP(model, lp.presets.Epsilon(0), strict=True).explain(X, 0, audit=True)
    expected = model[0](X) * model[2].weight[0].detach().view(9, 2, 3)
    torch.testing.assert_close(explanation.relevance, expected, rtol=0, atol=1e-12)
    assert isinstance(explanation.relevance, Tensor)
    torch.testing.assert_close(
        explanation.relevance.sum((1, 2, 3)), explanation.output[:, 0], rtol=0, atol=1e-12
    )
    assert explanation.audit is not None
    assert sum(abs(row.lost) for row in explanation.audit) == pytest.approx(0, abs=1e-11)


def test_the_gradient_goes_through_the_values_at_the_vertices() -> None:
    x = X[:2, :, 0, 0].clone().requires_grad_()
    assert torch.autograd.gradcheck(ContinuumRemoval(NM), (x,))


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf"), -float("inf")])
def test_masked_pixels_end(value: float) -> None:
    result = ContinuumRemoval([1.0, 2.0, 3.0])(torch.full((1, 3), value))
    assert result.shape == (1, 3)
    assert value != 0 or result.tolist() == [[0, 0, 0]]


def test_bands_may_stand_in_any_order_as_those_of_overlapping_detectors() -> None:
    order = torch.tensor([3, 0, 1, 2, 8, 5, 4, 6, 7])
    result = ContinuumRemoval(NM[order])(X[:, order])
    torch.testing.assert_close(result, ContinuumRemoval(NM)(X)[:, order], rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("nm", "found"), [([400.0], "1 different wavelengths in 1"), ([400.0, 400.0, 500.0], "2 .* in 3")]
)
def test_wavelengths_that_do_not_differ_are_refused(nm: list[float], found: str) -> None:
    words = rf"^wavelength should differ from band to band, .* Found {found} bands\. Leave out one"
    with pytest.raises(InputError, match=words):
        ContinuumRemoval(nm)


def test_other_bands_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"^ContinuumRemoval should get 9 bands on axis 1\. Found shape \(1, 2\)"
    ):
        ContinuumRemoval(NM)(torch.ones(1, 2))
