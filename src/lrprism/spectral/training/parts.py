"""The training and the validation part, checked before the first step."""

from collections.abc import Sized
from dataclasses import dataclass
from typing import Any, Self, cast, final

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, TensorDataset

from lrprism.errors import DataError, InputError
from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.training.prediction import switch_to_evaluation
from lrprism.spectral.training.tasks.task import AbstractTask


@final
@dataclass(frozen=True, eq=False)
class TrainingParts:
    """Pairs of an input and a target that fit a network.

    Args:
        train: Pairs that it learns from.
        validation: Pairs that choose the best epoch.
        train_targets: The targets of the training part, ``[N, ...]``.
        validation_targets: The targets of the validation part, ``[N, ...]``.
        outputs: Number of outputs of the network.
        task: What it learns.
    """

    train: Dataset[Any]
    validation: Dataset[Any]
    train_targets: Tensor
    validation_targets: Tensor
    outputs: int
    task: AbstractTask

    @classmethod
    def check(
        cls,
        model: nn.Module,
        train: Dataset[Any],
        validation: Dataset[Any],
        config: TrainingConfig,
        task: AbstractTask,
    ) -> Self:
        """Check that the parts fit a network and its settings.

        Args:
            model: The network.
            train: Pairs that it learns from.
            validation: Pairs that choose the best epoch.
            config: The settings.
            task: What it learns.

        Returns:
            The parts with their targets.

        Raises:
            DataError: If a part is empty, or a target is none of the model's.
            InputError: If the patches cannot be turned for the augmentation.
            ModelError: If the model's output does not fit the task.
        """
        for name, part in (("training", train), ("validation", validation)):
            if _count(part) == 0:
                raise DataError(
                    f"The {name} part should hold at least 1 sample. Found none. Check the split."
                )
        first = torch.as_tensor(train[0][0])[None]
        # a quarter turn swaps y and x
        if config.augment and (first.ndim < 4 or first.shape[-2] != first.shape[-1]):
            raise InputError(
                f"Augmentation needs square patches, (..., y, x). Found shape {tuple(first.shape[1:])}. "
                "Set augment=False."
            )
        parameter = next(model.parameters())
        with switch_to_evaluation(model), torch.no_grad():
            outputs = model(first.to(parameter.device))
        targets = _read_targets(train), _read_targets(validation)
        for part, values in zip((train, validation), targets, strict=True):
            task.check(outputs, values, samples=_count(part))
        return cls(train, validation, *targets, outputs.shape[1], task)

    def draw_inputs(self, seed: int, count: int = 64) -> Tensor:
        """Draw inputs from the training part.

        Args:
            seed: Seed of the draw.
            count: Most inputs.

        Returns:
            ``[count, ...]``.
        """
        order = torch.randperm(_count(self.train), generator=torch.Generator().manual_seed(seed))
        return torch.stack([torch.as_tensor(self.train[index][0]) for index in order[:count].tolist()])


def _count(part: Dataset[Any]) -> int:
    return len(cast(Sized, part))


def _read_targets(part: Dataset[Any]) -> Tensor:
    if isinstance(part, TensorDataset):  # all targets at once, without going through the samples
        return part.tensors[1].cpu()
    targets = getattr(part, "targets", None)
    if isinstance(targets, Tensor):
        return targets.cpu()
    return torch.stack([torch.as_tensor(part[index][1]) for index in range(_count(part))])
