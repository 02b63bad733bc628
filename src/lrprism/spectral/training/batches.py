"""The batches of a training: the share of each process, and its order."""

from typing import Any, Final, cast, final

import lightning
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.training.parts import TrainingParts

VALIDATION_BATCH: Final = 64
"""Smallest number of validation samples at a time."""


def mix_seed(*numbers: int) -> int:
    """Mix whole numbers into one seed, so that neighbouring seeds or epochs draw nothing alike.

    Args:
        numbers: Such as the seed of the training and the number of the epoch, each 0 or more.

    Returns:
        A seed of 32 bits.
    """
    # numpy ignores trailing zeros: without the length, 1 and (1, 0) would give the same seed
    return int(np.random.SeedSequence((len(numbers), *numbers)).generate_state(1)[0])


@final
class Batches(lightning.LightningDataModule):
    """The training and the validation part, each process its share of every epoch.

    The order of the training part follows from the seed and the number of the epoch alone: a training that
    goes on after a kill sees what it would have seen. With several processes a part is filled up with its
    first samples until it divides evenly.

    Args:
        parts: The two parts.
        config: The settings, for the batch size and the seed.
    """

    def __init__(self, parts: TrainingParts, config: TrainingConfig) -> None:
        """Store the parts; nothing is drawn yet."""
        super().__init__()
        self._parts, self._config = parts, config

    def train_dataloader(self) -> DataLoader[Any]:
        """Return this process's share of the training part, in another order every epoch."""
        return self._loader(self._parts.train, self._config.batch_size, shuffle=True)

    def val_dataloader(self) -> DataLoader[Any]:
        """Return this process's share of the validation part: process r of W gets samples r, r + W, ..."""
        batch_size = max(VALIDATION_BATCH, self._config.batch_size)
        return self._loader(self._parts.validation, batch_size, shuffle=False)

    def _loader(self, part: Dataset[Any], batch_size: int, *, shuffle: bool) -> DataLoader[Any]:
        trainer, seed = cast(lightning.Trainer, self.trainer), mix_seed(self._config.seed)
        sampler: DistributedSampler[Any] = DistributedSampler(
            part, trainer.world_size, trainer.global_rank, shuffle=shuffle, seed=seed
        )
        # its own generator: a pass over the loader would draw a number from torch's, which dropout uses
        return DataLoader(part, batch_size, sampler=sampler, generator=torch.Generator())
