"""All that a training depends on, so that a checkpoint is taken up by no other."""

import hashlib
from dataclasses import asdict
from typing import Any

from torch import nn

from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.training.parts import Parts


def origin_of(model: nn.Module, parts: Parts, config: TrainingConfig, processes: int) -> dict[str, Any]:
    """Describe a training in plain numbers and texts.

    The devices are left out but for their number: a training may go on on another machine.

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
