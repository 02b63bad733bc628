"""Progress of a training: its name, the epoch, the time left."""

from time import monotonic
from typing import Any, cast, final

import lightning
from lightning.pytorch.callbacks import Callback
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from lrprism.spectral.training.module import TrainedModule


@final
class TrainingProgress(Callback):
    """A bar over all steps of a training; one line per epoch where there is no terminal.

    Args:
        title: Name of the training, e.g. that of the network's class.
        console: The console; by default the standard error.
    """

    def __init__(self, title: str, console: Console | None = None) -> None:
        """Prepare the bar; nothing is shown yet."""
        self._title = title
        self._console = console or Console(stderr=True)
        self._columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        self._bar: Progress | None = None
        self._task = TaskID(0)
        self._started, self._first, self._steps = 0.0, 0, 0

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:  # noqa: ARG002 - Lightning's signature
        """Show the bar, with the steps that an earlier call took."""
        self._started, self._first = monotonic(), trainer.global_step
        self._steps = int(trainer.estimated_stepping_batches)
        if self._console.is_terminal and trainer.is_global_zero:
            self._bar = Progress(*self._columns, console=self._console)
            self._task = self._bar.add_task(self._describe(trainer), total=self._steps, completed=self._first)
            self._bar.start()

    def on_train_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,  # noqa: ARG002 - Lightning's signature
        outputs: Any,
        batch: Any,  # noqa: ARG002 - Lightning's signature
        batch_idx: int,  # noqa: ARG002 - Lightning's signature
    ) -> None:
        """Move the bar by one step."""
        if self._bar:
            text = self._describe(trainer, float(outputs["loss"]))
            self._bar.update(self._task, advance=1, description=text)

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Write a line, without a terminal."""
        if self._bar or not trainer.is_global_zero:
            return
        module = cast(TrainedModule, pl_module)
        record = module.history[-1]
        # steps of an earlier call took no time of this one
        done, to_do = trainer.global_step - self._first, self._steps - trainer.global_step
        seconds = (monotonic() - self._started) / done * to_do
        score = module.task.describe_epoch(record)
        text = f"{self._describe(trainer, record.training_loss)}, {score}, about {seconds:.0f} s left"
        self._console.print(text, highlight=False, soft_wrap=True)

    def on_train_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:  # noqa: ARG002 - Lightning's signature
        """Remove the bar."""
        self._stop()

    def on_exception(
        self,
        trainer: lightning.Trainer,  # noqa: ARG002 - Lightning's signature
        pl_module: lightning.LightningModule,  # noqa: ARG002 - Lightning's signature
        exception: BaseException,  # noqa: ARG002 - Lightning's signature
    ) -> None:
        """Remove the bar."""
        self._stop()

    def _stop(self) -> None:
        if self._bar:
            self._bar.stop()
            self._bar = None

    def _describe(self, trainer: lightning.Trainer, loss: float | None = None) -> str:
        text = f"training {self._title}, epoch {trainer.current_epoch + 1} of {trainer.max_epochs}"
        return text if loss is None else f"{text}, loss {loss:.3f}"
