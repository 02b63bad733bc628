import pytest
import torch
from torch import Tensor

from lrprism.errors import InputError, ModelError
from lrprism.evaluation import choose_samples
from lrprism.evaluation.samples import check_training, compare_with_chance, draw_other_classes


def read_class(x: Tensor) -> Tensor:
    """A model of three classes that says what the first feature says."""
    return torch.nn.functional.one_hot(x[:, 0].long(), 3).float()


def make_samples(predicted: list[int], target: list[int]) -> tuple[Tensor, Tensor]:
    return torch.tensor(predicted).float()[:, None].repeat(1, 2), torch.tensor(target)


def test_samples_that_the_model_gets_right_are_left() -> None:
    x, target = make_samples([0, 1, 2, 0] * 10, [0, 1, 2, 1] * 10)
    samples = choose_samples(read_class, x, target, at_least=30)
    assert samples.rows.tolist() == [row for row in range(40) if row % 4 != 3]
    assert torch.equal(samples.target, target[samples.rows])
    assert torch.equal(samples.x, x[samples.rows])
    # class 1 has 10 of 20 right, the others all
    assert samples.balanced_accuracy == pytest.approx((1 + 0.5 + 1) / 3)
    assert (samples.total, samples.classes, samples.notes) == (40, 3, ())


def test_few_samples_and_classes_without_any_are_named() -> None:
    x, target = make_samples([0] * 20 + [1] * 20, [0] * 20 + [1] * 20)
    samples = choose_samples(read_class, x, target)
    assert samples.notes == (
        "1 classes without samples, of which nothing is said: 2",
        "40 correct samples where at least 200 are asked for: intervals are wide",
    )


def test_a_class_that_is_never_right_is_named() -> None:
    x, target = make_samples([0] * 20 + [1] * 20 + [0] * 20, [0] * 20 + [1] * 20 + [2] * 20)
    notes = choose_samples(read_class, x, target, at_least=1).notes
    assert notes == ("1 classes of which no sample is predicted right: 2",)


def test_a_model_at_chance_level_stops_the_judgement() -> None:
    generator = torch.Generator().manual_seed(0)
    target = torch.randint(3, (300,), generator=generator)
    guesses = torch.randint(3, (300,), generator=generator)
    with pytest.raises(ModelError, match=r"better than chance: its explanations are not worth reading"):
        choose_samples(read_class, guesses.float()[:, None], target)


def test_one_class_for_all_is_chance_however_frequent_it_is() -> None:
    x, target = make_samples([0] * 100, [0] * 95 + [1] * 5)
    with pytest.raises(ModelError, match=r"balanced accuracy of 0.500 on 100 samples, 0.500 is chance"):
        choose_samples(read_class, x, target)


@pytest.mark.parametrize(
    ("units", "limit"),
    [
        # all four right in one of 16 cases, all five in one of 32: more often than 2.3 %, so that all is luck
        ([2, 2], 1.0),
        ([2, 3], 1.0),
        # all seven right in one of 128 cases; three and three of four, (1 + 3 / 4) / 2, or more in 5 of 128
        ([3, 4], 7 / 8),
        # all six right in one of 64 cases, five or more in 7 of 64
        ([3, 3], 5 / 6),
        # nine or ten of ten right in 11 of 1024 cases, eight or more in 56
        ([5, 5], 8 / 10),
        # the one plant is right in half of the cases: more than 58 of 99 in 3.5 %, more than 57 in 5.4 %
        ([1, 99], (1 + 58 / 99) / 2),
    ],
)
def test_luck_of_few_groups_by_hand(units: list[int], limit: float) -> None:
    right, counts = torch.tensor([200, 190]), torch.tensor([200, 200])
    accuracy, chance, found = compare_with_chance(right, counts, torch.tensor(units))
    assert (accuracy, chance) == (pytest.approx(0.975), 0.5)
    assert found == pytest.approx(limit, abs=2e-4)
    # of samples 1/2 + 2 sqrt(2 * (1/4) / 200) / 2
    assert compare_with_chance(right, counts)[2] == pytest.approx(0.55)


def test_many_groups_change_little_and_more_groups_than_samples_nothing() -> None:
    right, counts = torch.tensor([80, 70, 0]), torch.tensor([100, 100, 0])
    by_samples = compare_with_chance(right, counts)[2]
    assert compare_with_chance(right, counts, torch.tensor([90, 90, 0]))[2] == pytest.approx(0.57, abs=0.01)
    assert compare_with_chance(right, counts, torch.tensor([900, 900, 0]))[2] == by_samples


def test_luck_is_as_seldom_surpassed_as_stated() -> None:
    # a thousand networks that call each of 3 and 4 plants anything: at most 2.3 % are better than luck
    generator = torch.Generator().manual_seed(0)
    guesses = torch.randint(2, (1000, 7), generator=generator) * 10
    counts, units = torch.tensor([30, 40]), torch.tensor([3, 4])
    better = 0
    for plants in guesses:
        right = torch.stack([plants[:3].sum(), plants[3:].sum()])
        accuracy, _, limit = compare_with_chance(right, counts, units)
        better += accuracy > limit
    assert 0 < better <= 23


def test_samples_of_one_class_alone_can_be_judged() -> None:
    x, target = make_samples([1] * 9 + [0], [1] * 10)
    assert len(choose_samples(read_class, x, target, at_least=1).x) == 9


def test_targets_and_training_samples_that_do_not_fit_are_refused() -> None:
    x, target = make_samples([0, 1], [0, 3])
    with pytest.raises(InputError, match="one class from 0 to 2 for each of the 2 samples"):
        choose_samples(read_class, x, target)
    with pytest.raises(InputError, match=r"for each of the 2 samples. Found torch.int64 of shape \(1,\)"):
        choose_samples(read_class, x, target[:1])
    with pytest.raises(InputError, match=r"training should be samples of shape \(2,\) and one class"):
        check_training(x, (torch.rand(4, 3), torch.zeros(4)))


def test_other_classes_are_others_and_all_of_them_come_up() -> None:
    target = torch.arange(4).repeat(100)
    others = draw_other_classes(target, 4, seed=0)
    assert (others != target).all()
    assert all({*others[target == c].tolist()} == {0, 1, 2, 3} - {c} for c in range(4))
