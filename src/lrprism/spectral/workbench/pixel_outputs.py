"""The logits of pixels that lie in several windows."""

from typing import final

import numpy as np
import torch
from torch import Tensor

from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.pixel_targets import PixelTargets


@final
class PixelOutputs:
    r"""The mean logits of each labelled pixel over the windows that it lies in.

    .. math:: \bar z_{pc} = \frac{1}{|W_p|} \sum_{w \in W_p} z_{wcp}

    so that each pixel counts once in a score, however many windows hold it.

    Args:
        targets: The classes of the pixels.
        numbers: All windows that will be added.
        classes: Number of classes.
    """

    def __init__(self, targets: PixelTargets, numbers: Numbers, classes: int) -> None:
        """Begin with sums of zero."""
        self._targets, self._pixels = targets, targets.list_labelled(numbers)
        self._sums = torch.zeros(len(self._pixels), classes, dtype=torch.float64)
        self._counts = torch.zeros(len(self._pixels), dtype=torch.float64)

    def add(self, numbers: Numbers, logits: Tensor) -> None:
        """Add the logits of some windows.

        Args:
            numbers: The windows.
            logits: Their logits, ``[window, class, y, x]``.
        """
        places = self._targets.locate(numbers)
        labelled = self._targets.classes.ravel()[places] >= 0
        index = torch.from_numpy(np.searchsorted(self._pixels, places[labelled]))
        values = logits.movedim(1, -1)[torch.from_numpy(labelled)].double()
        self._sums.index_add_(0, index, values)
        self._counts.index_add_(0, index, torch.ones(len(index), dtype=torch.float64))

    def name_squares(self) -> Numbers:
        """Return for each pixel the square of the scene that it lies in, as large as a window, ``[pixel]``.

        Neighbouring pixels are right or wrong together; squares are nearly independent.
        """
        window, width = self._targets.window, self._targets.classes.shape[1]
        row, column = np.divmod(self._pixels, width)
        return np.asarray(row // window * width + column // window, dtype=np.int64)

    def average(self) -> tuple[Tensor, Tensor]:
        """Return mean logits and class of each pixel, ``[pixel, class]`` and ``[pixel]``."""
        classes = torch.from_numpy(self._targets.classes.ravel()[self._pixels])
        return self._sums / self._counts[:, None], classes
