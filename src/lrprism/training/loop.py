"""Train a network and keep its best weights."""

from collections.abc import Iterator, Sized
from dataclasses import dataclass
from typing import Any, cast, final

import lightning
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from lrprism._errors import DataError, InputError
from lrprism.training.classifier import Classifier, EpochRecord, class_weights
from lrprism.training.config import TrainingConfig
from lrprism.training.devices import resolve_device
from lrprism.training.initialisation import initialize
from lrprism.training.lightning_quirks import keyboard_interrupt, quiet_lightning
from lrprism.training.metrics import check_labels, check_logits
from lrprism.training.prediction import evaluating
from lrprism.training.progress import TrainingProgress


@final
@dataclass(frozen=True)
class TrainingResult:
    """How a training went.

    Args:
        best: The epoch whose weights the model holds now.
        history: Every epoch that was run.
        device: Where it ran, e.g. ``"cpu"``.
    """

    best: EpochRecord
    history: tuple[EpochRecord, ...]
    device: str


def fit(
    model: nn.Module,
    train: Dataset[Any],
    validation: Dataset[Any],
    config: TrainingConfig | None = None,
    *,
    progress: bool = True,
    name: str | None = None,
) -> TrainingResult:
    """Train a classifier in place; it ends with the weights of its best epoch on the validation part.

    Nothing is written to disk. On the CPU the same seed, data and number of threads give the same weights.
    The model ends in evaluation mode.

    Args:
        model: A network from a batch of inputs to ``[N, classes]`` logits, or ``[N, 1]`` for two classes.
        train: Pairs of an input and a label, whole numbers from 0.
        validation: Pairs of the same kind that share no pixel with the test part.
        config: The settings; the defaults of :class:`TrainingConfig` if ``None``.
        progress: Whether to show a progress bar on the standard error, or a line per epoch without
            a terminal.
        name: What the progress calls the model; by default its class.

    Returns:
        The best epoch and the history.

    Raises:
        DataError: If a part is empty, or a label is not one of the model's classes.
        InputError: If the device is not there, or the patches cannot be turned for the augmentation.
        ModelError: If the model's output is not ``[N, classes]``, or the loss is not finite.
    """
    config = config or TrainingConfig()
    device = resolve_device(config.device)
    labels = _check_parts(model, train, validation, config)
    title = (name or type(model).__name__) if progress else None
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(config.seed)
        if config.initialize:
            initialize(model, _some_inputs(train, config.seed))
        classifier = _run(model, (train, validation), labels, config, device, name=title)
    best, weights = cast(tuple[EpochRecord, dict[str, Tensor]], classifier.best)
    model.load_state_dict(weights)
    model.eval()
    return TrainingResult(best=best, history=tuple(classifier.history), device=str(device))


def _run(
    model: nn.Module,
    parts: tuple[Dataset[Any], Dataset[Any]],
    labels: tuple[Tensor, int],
    config: TrainingConfig,
    device: torch.device,
    *,
    name: str | None,
) -> Classifier:
    order = torch.Generator().manual_seed(config.seed)
    train = _Batches(DataLoader(parts[0], config.batch_size, shuffle=True, generator=order))
    validation = _Batches(DataLoader(parts[1], max(64, config.batch_size)))
    steps = config.epochs * len(train)
    weights = class_weights(*labels) if config.class_weights else None
    classifier = Classifier(model, config, steps=steps, weights=weights)
    callbacks: list[Callback] = [TrainingProgress(name, steps)] if name else []
    if config.patience:
        callbacks.append(EarlyStopping("score", mode="max", patience=config.patience))
    with quiet_lightning(), keyboard_interrupt():
        trainer = lightning.Trainer(
            max_epochs=config.epochs,
            accelerator=device.type,
            devices=[device.index] if device.type == "cuda" else 1,
            callbacks=callbacks,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
        trainer.fit(classifier, train, validation)
    return classifier


@final
class _Batches:
    """The batches of a loader; Lightning advises against loaders in the main process, where ours belong."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        self._loader = loader

    def __len__(self) -> int:
        return len(self._loader)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._loader)


def _check_parts(
    model: nn.Module, train: Dataset[Any], validation: Dataset[Any], config: TrainingConfig
) -> tuple[Tensor, int]:
    # before the first step; returns the labels of the training part and the number of classes
    for name, part in (("training", train), ("validation", validation)):
        if len(cast(Sized, part)) == 0:
            raise DataError(f"The {name} part should hold at least 1 sample. Found none. Check the split.")
    first = torch.as_tensor(train[0][0])[None]
    if config.augment and (first.ndim < 4 or first.shape[-2] != first.shape[-1]):
        raise InputError(
            f"Augmentation needs square patches, (..., y, x). Found shape {tuple(first.shape[1:])}. "
            "Set augment=False."
        )
    parameter = next(model.parameters())
    with evaluating(model), torch.no_grad():
        logits = model(first.to(parameter.device))
    check_logits(logits)
    classes = max(2, logits.shape[1])
    for part in (train, validation):
        check_labels(_labels(part), classes, samples=len(cast(Sized, part)))
    return _labels(train), classes


def _labels(part: Dataset[Any]) -> Tensor:
    if isinstance(part, TensorDataset):
        return part.tensors[1].cpu()
    return torch.stack([torch.as_tensor(part[index][1]) for index in range(len(cast(Sized, part)))])


def _some_inputs(part: Dataset[Any], seed: int, count: int = 64) -> Tensor:
    order = torch.randperm(len(cast(Sized, part)), generator=torch.Generator().manual_seed(seed))
    return torch.stack([torch.as_tensor(part[index][0]) for index in order[:count].tolist()])
