from math import exp, log

import pytest
import torch

from lrprism.spectral.training.losses import ClassificationLoss, class_weights, classification_loss


def test_the_cross_entropy_of_two_samples_by_hand() -> None:
    # softmax of (ln 3, 0) is (3/4, 1/4): -ln 3/4 for class 0, -ln 1/4 for class 1
    logits = torch.tensor([[log(3), 0.0], [log(3), 0.0]])
    loss = classification_loss(logits, torch.tensor([0, 1]))
    assert loss.item() == pytest.approx((log(4 / 3) + log(4)) / 2)


def test_weights_by_hand() -> None:
    # weights 3 and 1: (3 ln 4/3 + 1 ln 4) / (3 + 1)
    logits, weights = torch.tensor([[log(3), 0.0], [log(3), 0.0]]), torch.tensor([3.0, 1.0])
    loss = classification_loss(logits, torch.tensor([0, 1]), weights)
    assert loss.item() == pytest.approx((3 * log(4 / 3) + log(4)) / 4)


@pytest.mark.parametrize("weights", [None, torch.tensor([1.0, 4.0])])
def test_one_logit_is_as_good_as_two(weights: torch.Tensor | None) -> None:
    logit = torch.tensor([[-1.5], [0.5], [2.0]])
    labels = torch.tensor([0, 1, 0])
    two = torch.cat([torch.zeros_like(logit), logit], 1)
    expected = classification_loss(two, labels, weights)
    torch.testing.assert_close(classification_loss(logit, labels, weights), expected)


def test_one_logit_by_hand() -> None:
    loss = classification_loss(torch.tensor([[2.0]]), torch.tensor([1]))
    assert loss.item() == pytest.approx(log(1 + exp(-2)))


def test_the_weights_of_classes_by_hand() -> None:
    # counts 1, 4, 0: w ~ 1, 1/2, 0, so sum n w = 1 + 2 = 3, scaled to 5 samples: w = 5/3, 5/6, 0
    weights = class_weights(torch.tensor([0, 1, 1, 1, 1]), 3)
    torch.testing.assert_close(weights, torch.tensor([5 / 3, 5 / 6, 0.0]))


def test_the_module_carries_its_weights() -> None:
    logits, labels, weights = torch.randn(5, 3), torch.tensor([0, 1, 2, 1, 0]), torch.tensor([1.0, 2.0, 4.0])
    expected = classification_loss(logits, labels, weights)
    torch.testing.assert_close(ClassificationLoss(weights)(logits, labels), expected)
    assert ClassificationLoss(weights).double().weights.dtype == torch.float64  # type: ignore[union-attr]  # it has some
    torch.testing.assert_close(ClassificationLoss()(logits, labels), classification_loss(logits, labels))
