import math

import pytest
import torch

from lrprism.errors import InputError
from lrprism.evaluation.benchmarks import geoscience


def test_contributions_by_hand() -> None:
    # slopes 1 below -1, 2 up to 0, -1 up to 3, 4 above
    edges, slopes = torch.tensor([[-math.inf, -1, 0, 3, math.inf]]), torch.tensor([[1.0, 2, -1, 4]])
    x = torch.tensor([[-3.0], [-0.5], [0.0], [2.0], [5.0]])
    # -(1 * 2 + 2 * 1), -2 * .5, 0, -1 * 2, -1 * 3 + 4 * 2
    expected = torch.tensor([[-4.0], [-1.0], [0.0], [-2.0], [5.0]])
    torch.testing.assert_close(geoscience.find_contributions(x, edges, slopes), expected)


def test_contributions_are_the_integral_of_their_slopes() -> None:
    field = geoscience.make_field(0)
    x = torch.randn(2, len(field.slopes), dtype=torch.float64)
    way = (torch.arange(4000, dtype=torch.float64) + 0.5)[:, None, None] / 4000 * x
    piece = torch.searchsorted(field.edges.double(), way.flatten(0, 1).T.contiguous()) - 1
    slopes = field.slopes.double().gather(1, piece).T.view(way.shape)
    found = geoscience.find_contributions(x, field.edges.double(), field.slopes.double())
    torch.testing.assert_close(found, slopes.mean(0) * x, atol=5e-3, rtol=0)


def test_the_field_is_gaussian_with_the_covariance_that_is_said() -> None:
    covariance = geoscience.build_covariance()
    torch.testing.assert_close(covariance.diagonal(), torch.ones(648, dtype=torch.float64))
    eigenvalues = torch.linalg.eigvalsh(covariance)
    assert eigenvalues[0] > 0
    assert abs(eigenvalues[-20:].sum() / eigenvalues.sum() - 0.63) < 0.01
    x, y, truth = geoscience.make_field(1).draw(4000, torch.Generator().manual_seed(0))
    assert (x.T @ x / 4000 - covariance).abs().max() < 0.1
    assert abs(y.var() - 1) < 0.1
    torch.testing.assert_close(truth.sum(1, keepdim=True), y)


def test_every_function_has_a_breakpoint_at_zero() -> None:
    field = geoscience.make_field(2)
    assert (field.edges == 0).sum(1).eq(1).all()
    assert (field.edges.diff(dim=1) >= 0).all()


def test_training_learns_and_is_seeded() -> None:
    field = geoscience.make_field(0)
    models = [
        geoscience.train(field, seed, steps=steps, batch=64) for seed, steps in ((0, 40), (0, 40), (1, 1))
    ]
    weights = [model[0].weight for model in models]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    x, y, _ = field.draw(500, torch.Generator().manual_seed(9))
    with torch.no_grad():
        assert (models[0](x) - y).square().mean() < 0.85


def test_the_score_by_hand() -> None:
    truth = torch.tensor([[1.0, -2.0, 3.0]])
    assert geoscience.score(truth, truth) == {
        "correlation": pytest.approx(1.0),
        "sign": pytest.approx(1.0),
        "error": pytest.approx(0.0),
    }
    # the sign is wrong at the entry of size 2; squared errors 0, 16, 0 of 14
    scores = geoscience.score(torch.tensor([[1.0, 2.0, 3.0]]), truth)
    assert scores["sign"] == pytest.approx(4 / 6)
    assert scores["error"] == pytest.approx(16 / 14)
    with pytest.raises(InputError, match="should have the shape of the truth"):
        geoscience.score(truth[:, :2], truth)


def test_the_network_is_the_published_one() -> None:
    widths = [
        layer.out_features for layer in geoscience.build_network() if isinstance(layer, torch.nn.Linear)
    ]
    assert widths == [512, 256, 128, 64, 32, 16, 1]
