"""Batches of patches, cut when they are needed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, final

import torch
from torch import Tensor
from torch.utils.data import Dataset, TensorDataset

from lrprism.spectral.workbench.cutters import Numbers
from lrprism.spectral.workbench.sources import Samples, network_inputs

_MOST_IN_MEMORY: Final = 2**29
"""Bytes of the patches of a part that are cut at once, 512 MiB."""


@final
@dataclass(frozen=True, eq=False)
class PatchBatches:
    """Batches of patches as a pipeline takes them, cut anew each time that they are gone through.

    Args:
        samples: The data.
        numbers: The samples.
        size: Patches of a batch.
    """

    samples: Samples
    numbers: Numbers
    size: int = 256

    def __iter__(self) -> Iterator[Tensor]:
        """Cut batch after batch, ``[N, band, y, x]``."""
        for first in range(0, len(self.numbers), self.size):
            yield network_inputs(self.samples.cut(self.numbers[first : first + self.size]))


@final
class CutPatches(Dataset[Any]):
    """Pairs of a patch and its target, each cut when a batch needs it.

    Args:
        samples: The data.
        numbers: The samples.
    """

    def __init__(self, samples: Samples, numbers: Numbers) -> None:
        """Read the targets alone."""
        self.targets = torch.from_numpy(samples.targets_of(numbers))
        self._samples, self._numbers = samples, numbers

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self._numbers)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Cut one patch."""
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[tuple[Tensor, Tensor]]:
        """Cut the patches of a batch at once."""
        patches = network_inputs(self._samples.cut(self._numbers[list(indices)]))
        return list(zip(patches, self.targets[list(indices)], strict=True))


def build_dataset(samples: Samples, numbers: Numbers) -> Dataset[Any]:
    """Return pairs of a patch and its target: cut now, or batch by batch where that takes too much memory.

    Args:
        samples: The data.
        numbers: The samples.
    """
    first = samples.cut(numbers[:1])["patch"]
    if len(numbers) * first.nbytes > _MOST_IN_MEMORY:
        return CutPatches(samples, numbers)
    return TensorDataset(network_inputs(samples.cut(numbers)), torch.from_numpy(samples.targets_of(numbers)))
