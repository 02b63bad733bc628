import pytest
import torch

from lrprism.errors import InputError
from lrprism.evaluation import bands, draw_ranking, label_map, make_controls, measure_anova


def test_anova_by_hand() -> None:
    # class means 1 and 5, mean 3: between 2 (4 + 4) / 1 = 16; within (1 + 1 + 1 + 1) / 2 = 2
    x = torch.tensor([[0.0], [2.0], [4.0], [6.0]])
    torch.testing.assert_close(measure_anova(x, torch.tensor([0, 0, 1, 1])), torch.tensor([8.0]))


def test_a_constant_feature_has_nothing_to_say_and_the_class_itself_stays_finite() -> None:
    x = torch.tensor([[3.0, 0.0, 1.0], [3.0, 0.0, 2.0], [3.0, 1.0, 1.5], [3.0, 1.0, 2.5]])
    scores = measure_anova(x, torch.tensor([0, 0, 1, 1]))
    assert scores[0] == 0
    assert scores.isfinite().all()
    assert scores.argmax() == 1


def test_controls_know_the_data_alone() -> None:
    generator = torch.Generator().manual_seed(0)
    train, y = torch.randn(50, 6, generator=generator), torch.arange(50) % 2
    x = torch.randn(4, 6, generator=generator)
    controls = make_controls(train, y)
    assert [*controls] == ["random", "|x - mean|", "|dx/db|", "ANOVA F"]
    maps = {name: control(None, x, y[:4]) for name, control in controls.items()}
    torch.testing.assert_close(maps["|x - mean|"], (x - train.mean(0)).abs())
    # central differences inside, one-sided at the ends
    torch.testing.assert_close(maps["|dx/db|"][:, 1:-1], ((x[:, 2:] - x[:, :-2]) / 2).abs())
    torch.testing.assert_close(maps["|dx/db|"][:, 0], (x[:, 1] - x[:, 0]).abs())
    torch.testing.assert_close(maps["ANOVA F"], measure_anova(train, y).expand(4, 6))


def test_the_random_ranking_is_another_one_at_each_call_and_repeats_by_seed() -> None:
    train, y, x = torch.rand(9, 6), torch.arange(9) % 2, torch.rand(4, 6)
    first = make_controls(train, y, seed=5)["random"]
    one, other = first(None, x, y[:4]), first(None, x, y[:4])
    assert not torch.equal(one, other)
    assert torch.equal(make_controls(train, y, seed=5)["random"](None, x, y[:4]), one)


@pytest.mark.parametrize("y", [torch.zeros(5).long(), torch.arange(5)])
def test_classes_that_cannot_be_compared_are_refused(y: torch.Tensor) -> None:
    with pytest.raises(InputError, match="ANOVA should have samples of at least two classes, and more"):
        measure_anova(torch.rand(5, 2), y)


def test_a_single_band_has_no_slope() -> None:
    x, y = torch.rand(6, 1, 3), torch.arange(6) % 2
    assert not make_controls(x, y)["|dx/db|"](None, x, y).any()
    with pytest.raises(InputError, match=r"axis should be one of the axes 1 to 2 of the samples\. Found 3"):
        make_controls(x, y, axis=3)


def test_samples_that_are_not_finite_or_have_no_class_are_refused() -> None:
    # NaN would count as a constant feature
    x = torch.tensor([[1.0, torch.nan]]).repeat(4, 1)
    with pytest.raises(InputError, match=r"ANOVA should have finite samples\. Found 4 of 8 values"):
        measure_anova(x, torch.arange(4) % 2)
    with pytest.raises(InputError, match="target should be a tensor of one class for each of the 4 samples"):
        measure_anova(x, torch.arange(3))


@pytest.mark.parametrize("sizes", [(5, 1), (5, 5, 1)])
def test_each_region_is_first_equally_often_whatever_its_size(sizes: tuple[int, ...]) -> None:
    count = len(sizes)
    x = torch.zeros(1, sum(sizes))
    regions = label_map(x, torch.arange(count).repeat_interleave(torch.tensor(sizes)))
    assert regions.sizes.tolist() == [*sizes]
    first = draw_ranking(9000, regions).argmax(1).bincount(minlength=count) / 9000
    # four standard errors of a share
    torch.testing.assert_close(first, torch.full((count,), 1 / count), atol=0.02, rtol=0)


def test_a_ranking_repeats_by_seed() -> None:
    regions = bands(torch.zeros(1, 6), 2)
    assert torch.equal(draw_ranking(4, regions, seed=3), draw_ranking(4, regions, seed=3))
    assert not torch.equal(draw_ranking(4, regions, seed=3), draw_ranking(4, regions, seed=4))
