"""Logits of a network for many patches."""

from collections.abc import Iterator, Sized
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from lrprism.errors import DataError
from lrprism.spectral.training.devices import resolve_device


def predict(
    model: nn.Module, inputs: Tensor | Dataset[Any], *, batch_size: int = 64, device: str | None = None
) -> Tensor:
    """Compute the logits of many inputs, batch by batch, without gradients, dropout or batch statistics.

    The model comes back as it was: same device, each module in its training or evaluation mode.

    Args:
        model: A network whose output is ``[N, classes]``.
        inputs: ``[N, ...]``, or a dataset of inputs or of ``(input, label)`` pairs.
        batch_size: Inputs at a time.
        device: As in :func:`lrprism.spectral.training.resolve_device`; ``None`` is where the model is.

    Returns:
        ``[N, classes]`` on the CPU.

    Raises:
        DataError: If there are no inputs.
    """
    dataset: Dataset[Any] = TensorDataset(inputs) if isinstance(inputs, Tensor) else inputs
    if len(cast(Sized, dataset)) == 0:
        raise DataError("The data to predict should hold at least 1 sample. Found none. Check the selection.")
    home = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    target = home if device is None else resolve_device(device)
    try:
        model.to(target)
        with switch_to_evaluation(model), torch.no_grad():
            batches = DataLoader(dataset, batch_size=batch_size)
            return torch.cat([model(_take_inputs(batch).to(target)).cpu() for batch in batches])
    finally:  # also after an exception the user finds the model at its device
        model.to(home)


@contextmanager
def switch_to_evaluation(model: nn.Module) -> Iterator[None]:
    """Put every module into evaluation mode, and back into its own mode afterwards.

    Args:
        model: The network.

    Yields:
        Nothing.
    """
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


def _take_inputs(batch: Any) -> Tensor:
    inputs: Tensor = batch[0] if isinstance(batch, list | tuple) else batch
    return inputs
