import pytest
import torch

from lrprism.spectral.workbench.explained_regions import RegionMean, average_region, describe_region

# 2 windows of 3 x 3 pixels, 2 classes: the first predicts class 1 in its middle row, the second class 0
LOGITS = torch.zeros(2, 2, 3, 3)
LOGITS[0, 0, 0], LOGITS[0, 0, 2], LOGITS[0, 1, 1] = 1.0, 2.0, torch.tensor([3.0, 4.0, 8.0])
LOGITS[1, 0], LOGITS[1, 1] = 7.0, 1.0


def test_the_region_is_what_is_predicted_as_the_class_at_the_centre() -> None:
    region, classes = RegionMean(None).mark(LOGITS)
    assert classes.tolist() == [1, 0]
    assert region[0].tolist() == [[False] * 3, [True] * 3, [False] * 3]
    assert region[1].all()
    seed, _ = RegionMean(None).seed(LOGITS)
    # (3 + 4 + 8) / 3 of the first, 7 everywhere in the second
    torch.testing.assert_close((LOGITS * seed).sum((1, 2, 3)), torch.tensor([5.0, 7.0]))
    assert (seed != 0).sum((1, 2, 3)).tolist() == [3, 9]


def test_the_region_of_a_named_class_is_what_is_predicted_as_it_or_nothing() -> None:
    seed, classes = RegionMean(1).seed(LOGITS)
    assert classes.tolist() == [1, 1]
    assert (seed[1] == 0).all()
    assert (seed[0, 1, 1] == 1 / 3).all()
    assert seed.isfinite().all()


def test_the_region_of_true_classes_is_what_is_labelled_as_them() -> None:
    labels = torch.full((2, 3, 3), -1)
    labels[0, 0, :2], labels[1, 1, 1] = 0, 1
    seed, _ = RegionMean(torch.tensor([0, 1]), labels).seed(LOGITS)
    # two pixels of logit 1 in the first, one of logit 1 in the second
    torch.testing.assert_close((LOGITS * seed).sum((1, 2, 3)), torch.tensor([1.0, 1.0]))
    assert (seed != 0).sum((1, 2, 3)).tolist() == [2, 1]


def test_the_centre_alone() -> None:
    target = RegionMean(None, only_centre=True)
    seed, classes = target.seed(LOGITS)
    assert classes.tolist() == [1, 0]
    torch.testing.assert_close((LOGITS * seed).sum((1, 2, 3)), torch.tensor([4.0, 7.0]))


def test_some_windows_of_a_target_are_those_of_the_whole() -> None:
    labels = torch.randint(2, (2, 3, 3), generator=torch.Generator().manual_seed(0))
    one_each = RegionMean(torch.tensor([0, 1]), labels)
    for target in (RegionMean(None), RegionMean(1), one_each, RegionMean(1, only_centre=True)):
        whole, part = target.seed(LOGITS)[0], target.cut(slice(1, 2), 2).seed(LOGITS[1:])[0]
        torch.testing.assert_close(part, whole[1:])


def test_means_over_a_region() -> None:
    region, _ = RegionMean(1).mark(LOGITS)
    torch.testing.assert_close(average_region(LOGITS, region), torch.tensor([[0.0, 5.0], [0.0, 0.0]]))


@pytest.mark.parametrize(
    ("target", "every_pixel", "words"),
    [
        ("predicted", False, "class predicted at the centre of each window, over its pixels predicted as"),
        ("true", False, "class labelled at the centre of each window, over its pixels labelled as"),
        ("corn", False, "class 'corn' of each window, over its pixels predicted as"),
        ("corn", True, "the logit of class 'corn' of each window, at the centre pixel alone"),
    ],
)
def test_a_target_in_words(target: str, every_pixel: bool, words: str) -> None:
    assert words in describe_region(target, every_pixel=every_pixel)
