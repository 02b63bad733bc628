"""The region of a window whose class is explained."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from lrprism.attribution.seeds import AbstractTarget, cut


@final
@dataclass(frozen=True, eq=False)
class RegionMean(AbstractTarget):
    r"""The mean logit of a class over a region of each window.

    .. math:: f_n = \frac{1}{|\Omega_n|} \sum_{p \in \Omega_n} z_{n c_n p}

    A window without such a region is explained as zero.

    Args:
        number: The class of all windows, or one per window; None for that predicted at the centre.
        labels: Class of each pixel, ``[N, y, x]``: the region is what is labelled as the class. None where it
            is what is predicted as the class.
        only_centre: Whether the region is the centre pixel alone.
    """

    number: Tensor | int | None
    labels: Tensor | None = None
    only_centre: bool = False

    def seed(self, output: Tensor) -> tuple[Tensor, Tensor]:
        """Return one over the size of the region at its logits, 0 elsewhere, and the class of each window.

        Args:
            output: Logits, ``[N, class, y, x]``.
        """
        region, classes = self.mark(output)
        size = region.sum((1, 2), keepdim=True).clamp(min=1)
        seed = torch.zeros_like(output, requires_grad=False)
        seed[torch.arange(len(output), device=output.device), classes] = region.to(output) / size
        return seed, classes

    def mark(self, output: Tensor) -> tuple[Tensor, Tensor]:
        """Return the region and the class of each window, ``[N, y, x]`` and ``[N]``.

        Args:
            output: Logits, ``[N, class, y, x]``.
        """
        predicted = output.detach().argmax(1)
        height, width = predicted.shape[1:]
        if self.number is None:
            classes = predicted[:, height // 2, width // 2]
        else:
            classes = torch.as_tensor(self.number, device=output.device).expand(len(output))
        if self.only_centre:
            region = torch.zeros_like(predicted, dtype=torch.bool)
            region[:, height // 2, width // 2] = True
            return region, classes
        shown = predicted if self.labels is None else self.labels.to(output.device)
        return shown == classes[:, None, None], classes

    def cut(self, rows: slice, count: int) -> "RegionMean":
        """Return the regions of some windows."""
        labels = None if self.labels is None else self.labels[rows]
        return RegionMean(cut(self.number, rows, count), labels, self.only_centre)


def average_region(output: Tensor, region: Tensor) -> Tensor:
    """Return the mean logits of each class over the region of each window, ``[N, class]``; 0 without one.

    Args:
        output: Logits, ``[N, class, y, x]``.
        region: Its pixels, ``[N, y, x]``.
    """
    size = region.sum((1, 2)).clamp(min=1)
    return (output * region[:, None].to(output)).sum((2, 3)) / size[:, None]


def describe_region(target: str, *, every_pixel: bool) -> str:
    """Say in words what is explained of a window.

    Args:
        target: The target in words.
        every_pixel: Whether the centre pixel alone is explained.
    """
    at_centre = {"predicted": "predicted at the centre", "true": "labelled at the centre"}
    class_ = f"the class {at_centre[target]}" if target in at_centre else f"class '{target}'"
    if every_pixel:
        return f"Explained: the logit of {class_} of each window, at the centre pixel alone."
    how = "labelled" if target == "true" else "predicted"
    return f"Explained: the mean logit of {class_} of each window, over its pixels {how} as this class."
