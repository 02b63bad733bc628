"""The last step of a pipeline: from standardised numbers to the units of what is predicted."""

from typing import final

import torch
from torch import Tensor, nn


@final
class OutputScale(nn.Module):
    r"""Turn standardised outputs into units of the traits.

    .. math:: y_k = \mu_k + s_k z_k

    with mean and standard deviation of the training part. Relevance passes it as it does a linear layer
    without mixing: it is in units of the trait in front of it too, and the mean is a bias, which drops out
    of the difference to a reference.

    Args:
        outputs: Number of traits.
    """

    def __init__(self, outputs: int) -> None:
        """Begin with mean 0 and scale 1."""
        super().__init__()
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.zeros(outputs))
        self.register_buffer("scale", torch.ones(outputs))

    def set_statistics(self, mean: Tensor, scale: Tensor) -> None:
        """Set mean and standard deviation.

        Args:
            mean: Mean of each trait, ``[trait]``.
            scale: Its standard deviation, above 0, ``[trait]``.
        """
        with torch.no_grad():
            self.mean.copy_(mean)
            self.scale.copy_(scale)

    def forward(self, z: Tensor) -> Tensor:
        """Return the traits in their units. Shapes: ``[N, trait]`` to ``[N, trait]``."""
        return z * self.scale + self.mean
