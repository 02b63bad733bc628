import pytest
import torch
from torch import nn

import lrprism as lp
from lrprism.spectral.preprocessing import Pipeline
from lrprism.spectral.preprocessing.output_scale import OutputScale


def build(mean: list[float], scale: list[float]) -> OutputScale:
    module = OutputScale(len(mean)).double()
    module.set_statistics(torch.tensor(mean), torch.tensor(scale))
    return module


def test_outputs_are_turned_into_units_of_the_traits() -> None:
    scaled = build([10.0, -1.0], [2.0, 0.5])(torch.tensor([[1.0, 4.0]], dtype=torch.float64))
    assert scaled.tolist() == [[12.0, 1.0]]
    assert sorted(build([0.0], [1.0]).state_dict()) == ["mean", "scale"]


@pytest.mark.parametrize("trait", [0, 1])
def test_relevance_sums_to_the_difference_in_the_unit_of_the_trait(trait: int) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 2)).double()
    model = Pipeline([], network, "spectrum", build([10.0, -300.0], [2.0, 50.0])).eval()
    x = torch.randn(4, 5, 1, 1, dtype=torch.float64)
    reference = torch.randn(1, 5, 1, 1, dtype=torch.float64)
    composite = lp.Within("network", lp.presets.Epsilon(1e-12))
    relevance = lp.LRP(model, composite).explain(x, trait, reference=reference).relevance
    expected = (model(x) - model(reference))[:, trait]
    torch.testing.assert_close(relevance.sum((1, 2, 3)), expected)


def test_relevance_of_a_linear_network_is_its_slope_times_the_difference() -> None:
    network = nn.Linear(3, 1).double()
    model = Pipeline([], network, "spectrum", build([7.0], [4.0])).eval()
    x = torch.tensor([[[[1.0]], [[2.0]], [[3.0]]]], dtype=torch.float64)
    reference = torch.ones_like(x)
    composite = lp.Within("network", lp.presets.Epsilon(0))
    relevance = lp.LRP(model, composite).explain(x, 0, reference=reference).relevance.flatten()
    # y = 7 + 4 (w x + b): the band of no difference gets nothing, the mean and the bias drop out
    torch.testing.assert_close(relevance, 4 * network.weight[0].detach() * torch.tensor([0.0, 1.0, 2.0]))
