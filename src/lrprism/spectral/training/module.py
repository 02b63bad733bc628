"""The network, its loss and its optimiser as a module of Lightning."""

import math
from dataclasses import asdict
from time import monotonic
from typing import Any, Final, cast

import lightning
import torch
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn

from lrprism.errors import ModelError
from lrprism.spectral.training.batches import mix_seed
from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.training.gradients import centre_gradients
from lrprism.spectral.training.tasks.task import AbstractTask, EpochRecord, Losses

GAIN: Final = 0.15
"""Largest share by which the augmentation makes a patch darker or brighter as a whole."""


class TrainedModule(lightning.LightningModule):
    """A network in training: steps, validation, the best weights so far.

    Args:
        model: The network, trained in place.
        config: The settings.
        task: What it learns.
        losses: The losses of the task, built for the training part.
        validated: Samples of the validation part.
    """

    def __init__(
        self, model: nn.Module, config: TrainingConfig, task: AbstractTask, losses: Losses, *, validated: int
    ) -> None:
        """Begin with an empty history."""
        super().__init__()
        self.model, self._config, self._samples = model, config, validated
        self.task = task
        self.training_loss, self.validation_loss = losses
        self.history: list[EpochRecord] = []
        self.best: tuple[EpochRecord, dict[str, Tensor]] | None = None
        self._losses: list[float] = []
        self._validated: list[tuple[Tensor, Tensor]] = []
        self._started = monotonic()

    def configure_optimizers(self) -> torch.optim.Optimizer | OptimizerLRSchedulerConfig:
        """Set up AdamW with a one-cycle learning rate that moves every step, or Adadelta alone."""
        config, parameters = self._config, self.model.parameters()
        if config.optimizer == "adadelta":
            return torch.optim.Adadelta(parameters, config.learning_rate, weight_decay=config.weight_decay)
        optimizer = torch.optim.AdamW(parameters, lr=config.learning_rate, weight_decay=config.weight_decay)
        # a rise over the first quarter needs more than 4 steps: torch divides by its length
        steps = max(int(self.trainer.estimated_stepping_batches), 8)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, config.learning_rate, total_steps=steps, pct_start=0.25
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def on_train_epoch_start(self) -> None:
        """Draw dropout and augmentation from the seed and the epoch alone, whatever was drawn before."""
        torch.manual_seed(mix_seed(self._config.seed, self.current_epoch, self.global_rank))

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Compute the loss of one batch.

        Args:
            batch: Inputs and targets.
            batch_idx: Number of the batch.

        Returns:
            The loss.

        Raises:
            ModelError: If the loss is not finite.
        """
        inputs, targets = self._augment(*batch)
        loss: Tensor = self.training_loss(self.model(inputs).float(), targets)
        # stop at once: every later weight would be NaN, and the best epoch an accident
        if not math.isfinite(loss.item()):
            raise ModelError(
                f"The training loss should be finite. Found {loss.item()} in epoch {self.current_epoch + 1}, "
                f"batch {batch_idx + 1}. Check the data for NaN and scale, or lower the learning rate "
                f"({self._config.learning_rate})."
            )
        self._losses.append(loss.item())
        return loss

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:  # noqa: ARG002 - Lightning's signature
        """Keep the common part of all inputs out of the step."""
        if self._config.centre_gradients:
            centre_gradients(self.model)

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:  # noqa: ARG002 - Lightning's signature
        """Collect the outputs of one batch of the validation part, in the precision of a later prediction."""
        inputs, targets = batch
        with torch.autocast(self.device.type, enabled=False):
            self._validated.append((self.model(inputs).float(), targets))

    def on_validation_epoch_end(self) -> None:
        """Score the epoch, and keep its weights if it is the best one so far."""
        outputs, targets = (
            self._restore_order(torch.cat(shares)) for shares in zip(*self._validated, strict=True)
        )
        # every process scores the whole validation part, so that all agree on the best epoch
        losses = self._gather(torch.tensor(self._losses))
        record = EpochRecord(
            epoch=self.current_epoch + 1,
            training_loss=float(losses.double().mean()),
            # the shares were gathered on the CPU
            validation_loss=float(self.validation_loss.cpu()(outputs, targets)),
            scores=self.task.score_epoch(outputs, targets),
            seconds=monotonic() - self._started,
        )
        self._losses.clear()
        self._validated.clear()
        self.history.append(record)
        self.log("score", self._score(record)[0], logger=False, sync_dist=True)
        if self.best is None or self._score(record) > self._score(self.best[0]):
            # a copy: the next step overwrites the weights in place
            weights = {name: value.detach().cpu().clone() for name, value in self.model.state_dict().items()}
            self.best = (record, weights)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Save the history and the best weights too."""
        record, weights = cast(tuple[EpochRecord, dict[str, Tensor]], self.best)
        checkpoint["history"] = [asdict(epoch) for epoch in self.history]
        checkpoint["best"] = (record.epoch, weights)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Restore the history and the best weights."""
        self.history = [EpochRecord(**epoch) for epoch in checkpoint["history"]]
        epoch, weights = checkpoint["best"]  # epochs count from 1
        self.best = (self.history[epoch - 1], weights)
        # the time between the kill and now does not count
        self._started = monotonic() - self.history[-1].seconds

    def _gather(self, values: Tensor) -> Tensor:
        """Collect the values of every process on the CPU, ``[processes, ...]``."""
        shares = [values.to(self.device)]
        if self.trainer.world_size > 1:  # Lightning's all_gather calls what torch 2.13 deprecates
            shares = [torch.empty_like(shares[0]) for _ in range(self.trainer.world_size)]
            torch.distributed.all_gather(shares, values.to(self.device))
        return torch.stack(shares).cpu()

    def _restore_order(self, values: Tensor) -> Tensor:
        """Put the shares of the validation part, every W-th sample each, back into its order."""
        return self._gather(values).transpose(0, 1).flatten(0, 1)[: self._samples]

    def _score(self, record: EpochRecord) -> tuple[float, float]:
        """Return the score of an epoch: larger is better, the second number breaks ties."""
        scores = self.task.rank_epoch(record)
        return scores if self._config.best_by == "score" else (-record.validation_loss, scores[0])

    def _augment(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        if not self._config.augment:
            return inputs, targets
        # the camera looks straight down: no direction on the ground is special
        turns, mirror = torch.randint(4, (2,)).tolist()
        # one factor per patch: light changes, the shape of the spectrum stays
        light = 1 + GAIN * (2 * torch.rand(len(inputs)) - 1)
        brightened = inputs * light.to(inputs).view(-1, *(1,) * (inputs.ndim - 1))
        # the target of a pixel goes where its pixel goes
        return _turn(brightened, turns, mirror), _turn(
            targets, turns, mirror
        ) if self.task.is_spatial else targets


def _turn(values: Tensor, turns: int, mirror: int) -> Tensor:
    turned = torch.rot90(values, turns, (-2, -1))
    return turned.flip(-1) if mirror % 2 else turned
