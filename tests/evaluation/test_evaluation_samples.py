import pytest
import torch
from torch import Tensor

from lrprism.errors import InputError, ModelError
from lrprism.evaluation import choose_samples
from lrprism.evaluation.samples import check_training, draw_other_classes


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
