import pytest
import torch
from torch import Tensor, nn

from lrprism.evaluation import Constant, Interpolation
from lrprism.spectral.report.needed import ALL, Need, measure_needs
from lrprism.spectral.report.stretches import Stretch

NM = torch.tensor([400.0, 500.0, 600.0, 700.0])


class ReadsBand(nn.Module):
    """Class 1 where the sum of some bands is above 1."""

    def __init__(self, *bands: int) -> None:
        super().__init__()
        self.bands = list(bands)

    def forward(self, x: Tensor) -> Tensor:
        value = x[:, self.bands].mean((2, 3)).sum(1)
        return torch.stack([torch.ones_like(value), value], 1)


def stretch(start: float, end: float) -> Stretch:
    return Stretch(start, end, start, 1.0, 0.5, 1.5, 0.5)


def spikes(*bands: int, samples: int = 4) -> Tensor:
    x = torch.zeros(samples, 4, 2, 2)
    x[:, list(bands)] = 2.0
    return x


IMPUTERS = (Constant(torch.zeros(4, 1, 1), "mean"), Interpolation(torch.zeros(4, 1, 1), NM))


def test_a_band_that_is_needed() -> None:
    needed, idle, both = measure_needs(
        ReadsBand(1), spikes(1), 1, [stretch(500, 500), stretch(650, 750)], NM, IMPUTERS
    )
    assert (needed.recall, dict(needed.without), dict(needed.alone)) == (
        1.0,
        {"mean": 0.0, "interpolation": 0.0},
        {"mean": 1.0, "interpolation": 1.0},
    )
    assert str(needed).startswith("without 500.0 nm recall falls from 1.00 to 0.00 (mean), 0.00 (interp")
    assert dict(idle.without) == {"mean": 1.0, "interpolation": 1.0}
    assert str(idle) == (
        "without 650 to 750 nm recall stays at 1.00 (mean), 1.00 (interpolation), of 1.00: other bands say "
        "the same; with this stretch alone it is 0.00 (mean), 0.00 (interpolation)"
    )
    assert (both.place, both.without["mean"]) == (ALL, 0.0)


def test_what_two_imputers_do_not_agree_on_is_not_shown() -> None:
    need = Need("500.0 nm", 9, 0.9, {"mean": 0.1, "line": 0.9}, {"mean": 0.5, "line": 0.5})
    assert str(need).startswith(
        "without 500.0 nm recall of 0.90 becomes 0.10 (mean), 0.90 (line): it hangs on"
    )


def test_what_both_imputers_show_is_shown_however_much() -> None:
    need = Need(ALL, 20, 0.85, {"mean": 0.35, "line": 0.0}, {"mean": 0.5, "line": 0.5})
    assert str(need) == (
        "without these bands recall falls from 0.85 to 0.35 (mean), 0.00 (line); how far hangs on what they "
        "are filled with; with these bands alone it is 0.50 (mean), 0.50 (line)"
    )


def test_a_small_loss_under_one_imputer_is_no_contradiction() -> None:
    need = Need(ALL, 20, 1.0, {"mean": 0.95, "line": 1.0}, {"mean": 0.5, "line": 0.5})
    assert need.stays
    assert str(need).startswith("without these bands recall stays at 0.95 (mean), 1.00 (line), of 1.00")
    assert not Need(ALL, 20, 1.0, {"mean": 0.9, "line": 1.0}, {"mean": 0.5, "line": 0.5}).stays


def test_bands_that_say_the_same_are_needed_together_alone() -> None:
    either = measure_needs(
        ReadsBand(0, 2), spikes(0, 2), 1, [stretch(400, 400), stretch(600, 600)], NM, IMPUTERS[:1]
    )
    assert [need.without["mean"] for need in either] == [1.0, 1.0, 0.0]


def test_nothing_to_measure() -> None:
    assert measure_needs(ReadsBand(0), spikes(0)[:0], 1, [stretch(400, 400)], NM, IMPUTERS) == []
    assert measure_needs(ReadsBand(0), spikes(0), 1, [], NM, IMPUTERS) == []


def test_recall_counts_samples() -> None:
    x = torch.cat([spikes(0, samples=3), spikes(samples=1)])
    (need,) = measure_needs(ReadsBand(0), x, 1, [stretch(400, 400)], NM, IMPUTERS[:1])
    assert (need.samples, need.recall) == (4, pytest.approx(0.75))
