"""The file from which a killed training goes on."""

import hashlib
import io
import pickle
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, final
from zipfile import BadZipFile, ZipFile

import lightning
import torch
from lightning.fabric.plugins import TorchCheckpointIO
from lightning.pytorch.callbacks import Checkpoint
from torch import nn

from lrprism.errors import DataError
from lrprism.spectral.files import write_whole
from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.training.parts import TrainingParts

ORIGIN: Final = "lrprism_origin"
"""Key of a checkpoint under which it names its training."""
_CANNOT_WRITE: Final = (
    "The checkpoint should go into a file that can be written. Found {path}: {reason}. Choose another path."
)


@final
class SaveEveryEpoch(Checkpoint):
    """Saves a checkpoint at the end of every epoch, validation included.

    As a ``Checkpoint`` it has its turn after early stopping, whose state it saves too.

    Args:
        path: The file; each epoch replaces the one before.
    """

    def __init__(self, path: Path) -> None:
        """Store the path."""
        self._path = path

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:  # noqa: ARG002 - Lightning's signature
        """Save; with several processes the first one writes and the others wait."""
        trainer.save_checkpoint(self._path, weights_only=False)


@final
class CheckpointFile(TorchCheckpointIO):
    """Reads and writes checkpoints of one training: never half a file, never another training's, never code.

    Lightning's own writing may copy across file systems, which a kill can cut short.

    Args:
        origin: The result of :func:`describe_origin`.
    """

    def __init__(self, origin: dict[str, Any]) -> None:
        """Store the origin that every checkpoint must have."""
        self._origin = origin

    def save_checkpoint(
        self,
        checkpoint: dict[str, Any],
        path: str | Path,
        storage_options: Any = None,  # noqa: ARG002 - Lightning's signature
    ) -> None:
        """Write a checkpoint: beside the old one, forced to disk, then renamed over it.

        Args:
            checkpoint: The content, from Lightning.
            path: The file.
            storage_options: Not used.

        Raises:
            ResultsError: If the file cannot be written.
        """
        buffer = io.BytesIO()  # torch reports a full disk by an error of its own, write_bytes by an OSError
        torch.save({**checkpoint, ORIGIN: self._origin}, buffer)
        with write_whole(Path(path), message=_CANNOT_WRITE, unique=False) as partial:
            partial.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(buffer.getbuffer())

    def load_checkpoint(
        self,
        path: str | Path,
        map_location: Any = "cpu",
        weights_only: bool | None = True,  # noqa: ARG002 - nothing else is ever read
    ) -> dict[str, Any]:
        """Read a checkpoint of this training.

        Args:
            path: The file.
            map_location: The device of its tensors.
            weights_only: Not used: a checkpoint never holds code.

        Returns:
            The content, for Lightning.

        Raises:
            DataError: If the file is damaged, holds anything but tensors, numbers and texts, or belongs to
                another training.
        """
        checkpoint: dict[str, Any] = _read_checkpoint(Path(path), map_location)
        origin = checkpoint[ORIGIN]
        for name, value in self._origin.items():
            if origin.get(name) != value:
                raise DataError(
                    f"The checkpoint should be of this training, with {name} {value}. Found "
                    f"{origin.get(name)} in {path}. Train with what it was begun with, or delete it to begin "
                    "anew."
                )
        return checkpoint


def _read_checkpoint(path: Path, map_location: Any) -> Any:
    try:
        # torch ignores the checksums of the zip file, so it would load flipped bits
        with ZipFile(path) as file:
            reason = file.testzip()
        checkpoint = None if reason else torch.load(path, map_location, weights_only=True)
    except pickle.UnpicklingError as error:
        raise DataError(
            f"The checkpoint should hold tensors, numbers and texts only. Found {path} with other objects, "
            "which are not loaded because loading them can run code. Delete it to begin anew."
        ) from error
    except (OSError, BadZipFile, EOFError, ValueError, RuntimeError, zlib.error) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
    if reason:
        raise DataError(
            f"The checkpoint should be a whole file. Found {path}: {reason}. Delete it to begin anew."
        )
    if not isinstance(checkpoint, dict) or not isinstance(checkpoint.get(ORIGIN), dict):
        raise DataError(
            f"The checkpoint should be one that fit wrote. Found another file at {path}. Give another path."
        )
    return checkpoint


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
        The network, by the names, shapes and types of its tensors; the number and the hash of the targets of
        each part; the settings by their names; the number of processes.
    """
    origin: dict[str, Any] = {
        f"tensor {name}": f"{value.dtype} {tuple(value.shape)}" for name, value in model.state_dict().items()
    }
    origin["tensors"] = len(origin)
    for name, targets in (("training", parts.train_targets), ("validation", parts.validation_targets)):
        origin[f"{name} samples"] = len(targets)
        origin[f"{name} targets of SHA-256"] = hashlib.sha256(str(targets.tolist()).encode()).hexdigest()
    settings = {name: value for name, value in asdict(config).items() if name != "devices"}
    return {**origin, "task": parts.task.name, **settings, "processes": processes}
