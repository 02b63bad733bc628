"""The origin of a checkpoint: all that its training depends on, so that no other one loads it."""

import hashlib
from dataclasses import asdict
from typing import Any

from torch import nn

from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.training.parts import TrainingParts


def describe_origin(
    model: nn.Module, parts: TrainingParts, config: TrainingConfig, processes: int
) -> dict[str, Any]:
    """Describe a training in plain numbers and texts.

    Of the devices only their number counts: a training may go on on another machine.

    Args:
        model: The network.
        parts: The training and the validation part.
        config: The settings.
        processes: Number of processes.

    Returns:
        The network, by the names, shapes and types of its tensors; the number and the hash of the labels of
        each part; the settings by their names; the number of processes.
    """
    origin: dict[str, Any] = {
        f"tensor {name}": f"{value.dtype} {tuple(value.shape)}" for name, value in model.state_dict().items()
    }
    origin["tensors"] = len(origin)
    for name, labels in (("training", parts.train_labels), ("validation", parts.validation_labels)):
        origin[f"{name} samples"] = len(labels)
        origin[f"{name} labels of SHA-256"] = hashlib.sha256(str(labels.tolist()).encode()).hexdigest()
    settings = {name: value for name, value in asdict(config).items() if name != "devices"}
    return {**origin, **settings, "processes": processes}
