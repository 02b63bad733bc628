"""Lightning's part of a training; imported late: Lightning takes seconds."""

from pathlib import Path
from typing import final

import lightning
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.callbacks.early_stopping import EarlyStopping, EarlyStoppingReason
from torch import nn

from lrprism.spectral.training.batches import Batches
from lrprism.spectral.training.checkpoint import CheckpointFile, SaveEveryEpoch, describe_origin
from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.training.lightning_quirks import keyboard_interrupt, quiet_lightning
from lrprism.spectral.training.module import TrainedModule
from lrprism.spectral.training.parts import TrainingParts
from lrprism.spectral.training.progress import TrainingProgress


@final
class Patience(EarlyStopping):
    """Lightning's early stopping, which after a resumption forgets that it had stopped.

    Args:
        epochs: Number of epochs without a better score after which to stop.
    """

    def __init__(self, epochs: int) -> None:
        """Watch the score that the module logs."""
        super().__init__("score", mode="max", patience=epochs)

    def on_fit_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:  # noqa: ARG002 - Lightning's signature
        """Stop before the first epoch where the checkpoint says so."""
        trainer.should_stop = self.stopping_reason is not EarlyStoppingReason.NOT_STOPPED


def run_epochs(
    model: nn.Module,
    parts: TrainingParts,
    config: TrainingConfig,
    checkpoint: Path | None,
    title: str | None,
    *,
    resumes: bool,
) -> tuple[lightning.Trainer, TrainedModule]:
    """Run the epochs that are left.

    Args:
        model: The network, trained in place.
        parts: The checked training and validation parts.
        config: The settings.
        checkpoint: The file that is written after every epoch, or None.
        title: Name of the network in the progress; None shows no progress.
        resumes: Whether to go on after the epoch in the checkpoint.

    Returns:
        Lightning's trainer and the network in training, with its history.
    """
    callbacks: list[Callback] = [TrainingProgress(title)] if title else []
    if config.patience:
        callbacks.append(Patience(config.patience))
    if checkpoint:
        callbacks.append(SaveEveryEpoch(checkpoint))
    losses = parts.task.build_losses(parts.train_targets, parts.outputs, config)
    module = TrainedModule(model, config, parts.task, losses, validated=len(parts.validation_targets))
    with quiet_lightning(), keyboard_interrupt():
        trainer = config.devices.trainer(
            max_epochs=config.epochs,
            precision=config.precision,
            callbacks=callbacks,
            enable_checkpointing=checkpoint is not None,
            num_sanity_val_steps=0,  # it would enter the history as an epoch
            use_distributed_sampler=False,  # Batches deals out the samples
        )
        processes = trainer.num_devices * trainer.num_nodes
        trainer.strategy.checkpoint_io = CheckpointFile(describe_origin(model, parts, config, processes))
        path = checkpoint if resumes else None
        trainer.fit(module, datamodule=Batches(parts, config), ckpt_path=path, weights_only=True)
    return trainer, module
