from dataclasses import asdict

import numpy as np
import pytest
import torch

from lrprism.errors import DataError
from lrprism.spectral.training import score_pixels
from lrprism.spectral.training.pixel_scores import UNLABELLED, select_labelled
from lrprism.spectral.training.tasks.segmentation import Segmentation


def logits_of(classes: torch.Tensor, count: int) -> torch.Tensor:
    """Logits ``[N, class, ...]`` whose largest is that of the given classes."""
    return torch.nn.functional.one_hot(classes, count).movedim(-1, 1).float()


# one window of 2 x 4 pixels; the last has no label
TRUE = torch.tensor([[[0, 0, 0, 1], [1, 1, 0, UNLABELLED]]])
PREDICTED = torch.tensor([[[0, 0, 1, 1], [1, 0, 0, 2]]])


def test_intersection_over_union_by_hand() -> None:
    scores = score_pixels(logits_of(PREDICTED, 4), TRUE)
    # class 0: true 4, predicted 4, both 3: 3 / 5; class 1: true 3, predicted 3, both 2: 2 / 4
    assert scores.iou == (pytest.approx(3 / 5), pytest.approx(2 / 4), None, None)
    assert scores.mean_iou == pytest.approx((3 / 5 + 2 / 4) / 2)
    # F1 = 2 IoU / (1 + IoU): 6 / 8 and 4 / 6
    assert scores.f1 == (pytest.approx(6 / 8), pytest.approx(4 / 6), None, None)
    assert scores.accuracy == pytest.approx(5 / 7)
    assert scores.confusion == ((3, 1, 0, 0), (1, 2, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0))
    assert scores.samples == 7
    # p_o = 5 / 7, p_e = (4 * 4 + 3 * 3) / 49: kappa = (35 - 25) / (49 - 25)
    assert scores.kappa == pytest.approx(10 / 24)


def test_a_class_that_is_predicted_where_another_is_true_has_none_in_common() -> None:
    scores = score_pixels(logits_of(torch.tensor([[[0, 2]]]), 3), torch.tensor([[[0, 1]]]))
    assert scores.iou == (1, 0, 0)
    # over the classes that occur in the labels, 0 and 1
    assert scores.mean_iou == pytest.approx(1 / 2)


def test_single_pixels_are_scored_as_those_of_windows() -> None:
    windows = logits_of(PREDICTED, 3)
    logits, labels = select_labelled(windows, TRUE)
    assert logits.shape == (7, 3)
    assert labels.tolist() == [0, 0, 0, 1, 1, 1, 0]
    assert score_pixels(logits, labels) == score_pixels(windows, TRUE)


def test_windows_without_a_label_are_refused() -> None:
    with pytest.raises(DataError, match=r"should hold labelled pixels to score\. Found none in 1"):
        score_pixels(logits_of(PREDICTED, 3), torch.full_like(TRUE, UNLABELLED))


def test_pixels_of_few_squares_prove_nothing() -> None:
    # 40 pixels of each class, all right: of two squares each that is luck in one of 16 cases
    labels = torch.tensor([0, 1]).repeat_interleave(40)
    logits = torch.nn.functional.one_hot(labels, 2).float()
    task = Segmentation(("bare", "crop"))
    for sizes, is_doubted in ((20, True), (2, False)):
        scores = task.evaluate(logits, labels, groups=np.arange(80) // sizes)
        assert (task.find_doubt(task.record_scores(scores)) is not None) == is_doubted
        assert task.read_scores(asdict(scores)) == scores
    few = task.record_scores(task.evaluate(logits, labels, groups=np.arange(80) // 20))
    assert "is not told from chance" in str(task.find_doubt(few))
    assert "on 80 test pixels of 4 squares" in str(task.find_doubt(few))
