"""Steps and network as one model."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from expected_warnings import LITTLE_ARRIVES
from lrprism.errors import InputError
from lrprism.spectral.networks import Hyper3DNetLite
from lrprism.spectral.preprocessing import (
    LAYOUTS,
    MSC,
    PCA,
    SNV,
    AveragePairs,
    ContinuumRemoval,
    Layout,
    Pipeline,
    SavitzkyGolay,
    SelectBands,
    ZScore,
)

X = torch.rand(3, 12, 5, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 0.5


class Keep(nn.Module):
    """Keeps what it was given."""

    def forward(self, x: Tensor) -> Tensor:
        self.seen = x
        return x.flatten(1)


@pytest.mark.parametrize(
    ("layout", "shape"), [("patch", (3, 6, 5, 5)), ("volume", (3, 1, 6, 5, 5)), ("spectrum", (3, 6))]
)
def test_the_network_gets_the_layout_that_it_takes(layout: Layout, shape: tuple[int, ...]) -> None:
    network = Keep()
    Pipeline([AveragePairs(12)], network, layout)(X)
    pairs = (X[:, 0::2] + X[:, 1::2]) / 2
    expected = pairs[:, :, 2, 2] if layout == "spectrum" else pairs.view(shape)
    assert network.seen.shape == shape
    assert layout == "spectrum" or network.seen.is_contiguous()
    torch.testing.assert_close(network.seen, expected)


def test_steps_run_in_order_and_none_leaves_the_data() -> None:
    network = Keep()
    Pipeline([SelectBands(12, [3, 5]), SelectBands(2, [1])], network, "patch")(X)
    assert torch.equal(network.seen, X[:, [5]])
    Pipeline([], network, "patch")(X)
    assert torch.equal(network.seen, X)


def test_steps_and_network_are_saved_together() -> None:
    model = Pipeline([ZScore.fit(X), PCA.fit(X, 2)], nn.Linear(2, 3), "spectrum")
    assert {name.split(".")[0] for name in model.state_dict()} == {"steps", "network"}
    assert {"steps.0.mean", "steps.1.components", "network.weight"} <= model.state_dict().keys()
    assert {name for name, _ in model.named_parameters()} == {"network.weight", "network.bias"}


@LITTLE_ARRIVES
@pytest.mark.parametrize("composite", [lp.presets.Hyper3DNetTutorial(), lp.presets.EpsilonGamma()])
def test_relevance_of_a_pca_network_is_that_of_the_network_alone_carried_back(composite: Any) -> None:
    torch.manual_seed(0)
    pca, network = PCA.fit(X, 4, whiten=True), Hyper3DNetLite(4, 3, 5).double()
    model = Pipeline([pca], network, "volume")
    explanation = lp.LRP(model, lp.Within("network", composite), strict=True).explain(X, 1, audit=True)
    z = pca(X)
    relevance = lp.LRP(network, composite).explain(z.unsqueeze(1), 1).relevance
    assert isinstance(relevance, Tensor)
    weight = pca.scale[:, None] * pca.components
    expected = X * torch.einsum("kb,nkyx->nbyx", weight, relevance.squeeze(1) / z)
    torch.testing.assert_close(
        explanation.relevance, expected, rtol=1e-8, atol=1e-11 * float(expected.abs().max())
    )
    assert explanation.audit is not None
    assert explanation.audit.unaccounted == pytest.approx(0, abs=1e-9)


def test_every_step_can_stand_in_one_pipeline_and_the_account_balances() -> None:
    torch.manual_seed(0)
    nm = torch.linspace(400, 900, 12, dtype=torch.float64)
    smooth = SavitzkyGolay(5, 2, bands=12).double()
    steps = [smooth, ContinuumRemoval(nm), SNV(), MSC(nm), ZScore.fit(X), PCA.fit(X, 4)]
    model = Pipeline(steps, Hyper3DNetLite(4, 3, 5).double(), "volume")
    composite = lp.Within("network", lp.presets.EpsilonGamma())
    explanation = lp.LRP(model, composite, strict=True).explain(X, audit=True)
    assert isinstance(explanation.relevance, Tensor)
    assert explanation.relevance.shape == X.shape
    assert bool(explanation.relevance.isfinite().all())
    assert explanation.audit is not None
    assert explanation.audit.unaccounted == pytest.approx(0, abs=1e-9)
    assert sum(row.to_unknown for row in explanation.audit) == 0


def test_the_centre_pixel_alone_gets_relevance_where_the_network_sees_it_alone() -> None:
    model = Pipeline([ZScore.fit(X)], nn.Linear(12, 3).double(), "spectrum")
    relevance = lp.LRP(model).explain(X).relevance
    assert isinstance(relevance, Tensor)
    assert bool((relevance[:, :, 2, 2] != 0).all())
    relevance[:, :, 2, 2] = 0
    assert not bool(relevance.any())


def test_an_unknown_layout_is_refused() -> None:
    assert LAYOUTS == ("patch", "volume", "spectrum")
    unknown: Any = "cube"
    with pytest.raises(
        InputError, match=r"^layout should be one of patch, volume, spectrum\. Found 'cube'\."
    ):
        Pipeline([], nn.Identity(), unknown)


@pytest.mark.parametrize("shape", [(3, 12), (3, 1, 12, 5, 5)])
def test_data_that_is_no_patches_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(
        InputError, match=r"^patches should have shape \[N, band, y, x\]\. Found \(3, .*Give a"
    ):
        Pipeline([], nn.Identity(), "patch")(torch.zeros(shape))
