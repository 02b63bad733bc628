import pytest
import torch
from torch import Tensor, nn

from lrprism.evaluation import AbstractImputer, Constant, Swap, bands, measure_curves
from lrprism.evaluation.shared_curves import measure_shared_curves


class Counting(nn.Module):
    """Counts the samples that it is asked about."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 3)).double()
        self.asked = 0

    def forward(self, x: Tensor) -> Tensor:
        self.asked += len(x)
        return self.layers(x)


def imputers(x: Tensor) -> list[AbstractImputer]:
    return [Constant(x.mean(0)), Swap(x, draws=3)]


@pytest.mark.parametrize("at_once", [1, 2**23])
def test_the_curves_are_those_of_each_method_alone(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # few at a time: each sample by itself
    monkeypatch.setattr("lrprism.evaluation.shared_curves._KEYS_AT_ONCE", at_once)
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(9, 12, generator=generator, dtype=torch.float64)
    model, regions, target = Counting(), bands(x, 3), torch.arange(9) % 3
    scores = [torch.randn(9, 12, generator=generator), torch.zeros(9, 12), torch.randn(9, 4)]
    for imputer in imputers(x):
        shared = measure_shared_curves(model, x, target, scores, regions=regions, imputer=imputer, seed=5)
        for curves, score in zip(shared, scores, strict=True):
            alone = measure_curves(model, x, target, score, regions=regions, imputer=imputer, seed=5)
            torch.testing.assert_close(curves.mif, alone.mif)
            torch.testing.assert_close(curves.lif, alone.lif)


def test_what_is_removed_alike_is_asked_once() -> None:
    x = torch.randn(2, 12, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    model, regions, target = Counting(), bands(x, 3), torch.tensor([0, 1])
    rising = torch.arange(12.0).expand(2, 12)
    measure_shared_curves(
        model, x, target, [rising, rising + 1, -rising], regions=regions, imputer=Constant(0.0)
    )
    # 4 regions from either end: the first 0 to 4 and the last 0 to 4, of which none and all are the same
    assert model.asked == 2 * 8
