"""Stopping early, also when a stopped training is opened again."""

from typing import final

import lightning
from lightning.pytorch.callbacks.early_stopping import EarlyStopping, EarlyStoppingReason


@final
class Patience(EarlyStopping):
    """Lightning's early stopping, which after a resumption forgets that it had stopped.

    Args:
        epochs: Stop after so many epochs without a better score.
    """

    def __init__(self, epochs: int) -> None:
        """Watch the score that the classifier logs."""
        super().__init__("score", mode="max", patience=epochs)

    def on_fit_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:  # noqa: ARG002 - Lightning's signature
        """Stop before the first epoch where the checkpoint says so."""
        trainer.should_stop = self.stopping_reason is not EarlyStoppingReason.NOT_STOPPED
