"""Weights on disk: safetensors files, never pickles, and never half a file."""

import os
import uuid
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from lrprism.errors import DataError, ModelError, ResultsError


def save_weights(model: nn.Module, path: str | Path) -> Path:
    """Write the parameters and buffers of a model to a safetensors file.

    The file is written under a temporary name in the same folder, forced to disk and then renamed, so that a
    kill leaves an older file of that name whole.

    Args:
        model: The model. Tied weights are written once for each name.
        path: The file to write; its folder is created if need be.

    Returns:
        The path of the file.

    Raises:
        ResultsError: If the file cannot be written.
    """
    path = Path(path)
    tensors = {name: value.detach().cpu().contiguous().clone() for name, value in model.state_dict().items()}
    partial = path.parent / f".{path.name}.partial-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, partial)
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    except (OSError, SafetensorError) as error:
        raise ResultsError(
            f"The weights should go into a file that can be written. Found {path}: {error}. Choose another "
            "path."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return path


def load_weights(model: nn.Module, path: str | Path) -> None:
    """Read weights that :func:`save_weights` wrote into a model of the same architecture.

    Nothing is loaded unless every tensor fits.

    Args:
        model: The model to fill, in place; its tensors keep their device and dtype.
        path: The safetensors file.

    Raises:
        DataError: If the file is missing, or is not a whole safetensors file.
        ModelError: If a tensor is missing, left over, or of another shape than the model's.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"The weights should be a safetensors file. Found no file at {path}. Check the path.")
    try:
        found = load_file(path)
    except (OSError, SafetensorError) as error:
        raise DataError(
            f"The weights should be a whole safetensors file. Found {path}: {error}. Write or copy it again."
        ) from error
    fill(model, found, path)


def fill(model: nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    """Copy tensors into a model, if every one of them fits.

    Args:
        model: The model to fill, in place; its tensors keep their device and dtype.
        tensors: The tensors by the names of the model's state dict.
        path: Where they come from, for the messages.

    Raises:
        ModelError: If a tensor is missing, left over, or of another shape than the model's.
    """
    expected = model.state_dict()
    _check_names(expected, tensors, path)
    _check_shapes(expected, tensors, path)
    model.load_state_dict(tensors)


def _check_names(expected: dict[str, Tensor], found: dict[str, Tensor], path: Path) -> None:
    for problem, names in (
        ("lacks", expected.keys() - found.keys()),
        ("adds", found.keys() - expected.keys()),
    ):
        if names:
            raise ModelError(
                f"The weights should hold the model's {len(expected)} tensors. Found that {path} {problem} "
                f"{len(names)}, {min(names)} among them. Load weights of the same architecture."
            )


def _check_shapes(expected: dict[str, Tensor], found: dict[str, Tensor], path: Path) -> None:
    for name, value in expected.items():
        if found[name].shape != value.shape:
            raise ModelError(
                f"Tensor {name} should have shape {tuple(value.shape)} in this model. Found "
                f"{tuple(found[name].shape)} in {path}. Build the model for the number of bands and classes "
                "it was trained with, or train it again."
            )
