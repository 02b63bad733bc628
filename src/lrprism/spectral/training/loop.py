"""Train a network and keep its best weights."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, final

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from lrprism.errors import InputError
from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.training.initialisation import initialize
from lrprism.spectral.training.parts import TrainingParts
from lrprism.spectral.training.tasks.classification import Classification
from lrprism.spectral.training.tasks.task import AbstractTask, EpochRecord


@final
@dataclass(frozen=True)
class TrainingResult:
    """The result of a training.

    Args:
        best: The epoch whose weights the model holds now.
        history: Every epoch that was run.
        device: The device of this process, e.g. ``"cpu"`` or ``"cuda:0"``.
        is_main: True in the process that goes on. With several processes each returns, with the same weights
            and history, and the others should end.
    """

    best: EpochRecord
    history: tuple[EpochRecord, ...]
    device: str
    is_main: bool


def fit(
    model: nn.Module,
    train: Dataset[Any],
    validation: Dataset[Any],
    config: TrainingConfig | None = None,
    *,
    task: AbstractTask | None = None,
    checkpoint: Path | None = None,
    progress: bool = True,
    name: str | None = None,
) -> TrainingResult:
    """Train a network in place; it ends with the weights of its best epoch on the validation part.

    On the CPU the same seed, data and number of threads give the same weights, also when the training was
    killed and goes on. Nothing but the checkpoint is written to disk. The model ends in evaluation
    mode.

    Args:
        model: A network from a batch of inputs to ``[N, outputs, ...]``; to classify, to ``[N, classes]``
            logits, or ``[N, 1]`` for two classes.
        train: Pairs of an input and a target; to classify, a whole number from 0.
        validation: Pairs of the same kind that share no pixel with the test part.
        config: The settings; the defaults of :class:`TrainingConfig` if ``None``.
        task: What the network learns; a :class:`Classification` if ``None``.
        checkpoint: The file that is written after every epoch; if it is there, the training goes on after the
            epoch that it holds, or returns at once if none is left. Machines that train together must share
            it. ``None`` writes nothing.
        progress: Whether to show a progress bar on the standard error, or a line per epoch without
            a terminal.
        name: Name of the model in the progress; by default its class.

    Returns:
        The best epoch and the history.

    Raises:
        DataError: If a part is empty, a target is none that the model can learn, or the checkpoint is
            damaged or of another training.
        InputError: If the devices are not there or cannot train so, or the patches cannot be turned for the
            augmentation.
        ModelError: If the model's output does not fit the task, or the loss is not finite.
        ResultsError: If the checkpoint cannot be written.
    """
    from lrprism.spectral.training.trainer import run_epochs  # late: Lightning takes seconds

    config = config or TrainingConfig()
    device = check_devices(config)
    parts = TrainingParts.check(model, train, validation, config, task or Classification())
    title = (name or type(model).__name__) if progress else None
    resumes = checkpoint is not None and checkpoint.exists()
    # the user's own random numbers go on as if nothing had been trained
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(config.seed)
        if config.initialize and not resumes:
            initialize(model, parts.draw_inputs(config.seed))
        trainer, module = run_epochs(model, parts, config, checkpoint, title, resumes=resumes)
    best, weights = cast(tuple[EpochRecord, dict[str, Tensor]], module.best)
    model.load_state_dict(weights)
    model.eval()
    return TrainingResult(best, tuple(module.history), str(device), is_main=trainer.is_global_zero)


def check_devices(config: TrainingConfig) -> torch.device:
    """Check that a training can run on the devices of its settings, before anything else is done.

    Args:
        config: The settings.

    Returns:
        The device of this process.

    Raises:
        InputError: If the devices are not this machine's, cannot do the precision, or cannot share
            a training.
    """
    trainer = config.devices.trainer()
    device: torch.device = trainer.strategy.root_device
    if config.precision == "16-mixed" and device.type == "cpu":
        raise InputError("precision 16-mixed needs a GPU. Found the CPU. Try bf16-mixed or 32-true.")
    # a forked process hands no weights back, and a strategy other than ddp may shard them
    launcher, strategy = trainer.strategy.launcher, config.devices.strategy
    if strategy not in ("auto", "ddp") or (launcher and launcher.is_interactive_compatible):
        place = "a notebook" if strategy == "auto" else f"strategy {strategy}"
        raise InputError(
            "Training on several devices should run as a script, with the strategy ddp. Found "
            f"{place}. Write a script, or train on 1 device."
        )
    return device
