"""The loss of a classifier, and the weight of each class in it."""

import torch
from torch import Tensor, nn
from torch.nn import functional


def classification_loss(logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
    r"""Compute the cross entropy, weighted by class.

    .. math:: L = \frac{\sum_n w_{c_n} \ell_n}{\sum_n w_{c_n}}, \qquad
              \ell_n = -\log \mathrm{softmax}(z_n)_{c_n}, \text{ or with one logit }
              \ell_n = \log\bigl(1 + e^{\mp z_n}\bigr)

    with the minus sign for class 1.

    Args:
        logits: ``[N, classes]``, or ``[N, 1]`` for two classes.
        labels: ``[N]``, whole numbers from 0.
        weights: ``[classes]``; ``None`` weighs all alike.

    Returns:
        The loss, a scalar in nats.
    """
    if logits.shape[1] > 1:
        return functional.cross_entropy(logits, labels, weights)
    # one logit for two classes: torch's own mean would not divide by the sum of the weights
    losses = functional.binary_cross_entropy_with_logits(logits[:, 0], labels.to(logits), reduction="none")
    if weights is None:
        return losses.mean()
    return (weights[labels] * losses).sum() / weights[labels].sum()


class ClassificationLoss(nn.Module):
    """The :func:`classification_loss` with its weights, which move to the device of the network.

    Args:
        weights: ``[classes]``; ``None`` weighs all alike.
    """

    def __init__(self, weights: Tensor | None = None) -> None:
        """Store the weights."""
        super().__init__()
        self.weights: Tensor | None
        self.register_buffer("weights", weights)

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the loss, a scalar in nats."""
        return classification_loss(logits, labels, self.weights)


def class_weights(labels: Tensor, classes: int) -> Tensor:
    r"""Weigh rare classes more, but not in full: by one over the square root of their number.

    .. math:: w_c \propto n_c^{-1/2}, \qquad \sum_c n_c w_c = \sum_c n_c

    Args:
        labels: ``[N]``, whole numbers from 0.
        classes: Number of classes.

    Returns:
        ``[classes]``; 0 for a class that does not occur.
    """
    counts = torch.bincount(labels, minlength=classes).float()
    weights = torch.where(counts > 0, counts.clamp(min=1).rsqrt(), 0.0)
    return weights * counts.sum() / (weights * counts).sum()
