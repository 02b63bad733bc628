"""Weights on disk: safetensors files, never pickles, and never half a file."""

from pathlib import Path
from typing import Final

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from lrprism.errors import DataError, ModelError
from lrprism.spectral.files import write_whole

_CANNOT_WRITE: Final = (
    "The weights should go into a file that can be written. Found {path}: {reason}. Choose another path."
)


def save_weights(model: nn.Module, path: str | Path) -> Path:
    """Write the parameters and buffers of a model to a safetensors file.

    A kill leaves an older file of that name whole.

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
    with write_whole(path, message=_CANNOT_WRITE) as partial:
        path.parent.mkdir(parents=True, exist_ok=True)
        _save_tensors(tensors, partial)
    return path


def _save_tensors(tensors: dict[str, Tensor], path: Path) -> None:
    try:
        save_file(tensors, path)
    except SafetensorError as error:  # an error of the operating system, in a class of its own
        raise OSError(str(error)) from error


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
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise DataError(
            f"The weights should be a whole safetensors file. Found {path}: {error}. Write or copy it again."
        ) from error
    fill_model(model, tensors, path)


def fill_model(model: nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    """Copy tensors into a model, if every one of them fits; ``path`` is for the messages.

    Raises:
        ModelError: If a tensor is missing, left over, or of another shape than the model's.
    """
    # all checks come before the first tensor is copied
    expected = model.state_dict()
    _check_names(expected, tensors, path)
    _check_shapes(expected, tensors, path)
    model.load_state_dict(tensors)


def _check_names(expected: dict[str, Tensor], tensors: dict[str, Tensor], path: Path) -> None:
    surplus, missing = tensors.keys() - expected.keys(), expected.keys() - tensors.keys()
    for problem, names in (("lacks", missing), ("adds", surplus)):
        if names:
            raise ModelError(
                f"The weights should hold the model's {len(expected)} tensors. Found that {path} {problem} "
                f"{len(names)}, {min(names)} among them. Load weights of the same architecture."
            )


def _check_shapes(expected: dict[str, Tensor], tensors: dict[str, Tensor], path: Path) -> None:
    for name, value in expected.items():
        if tensors[name].shape != value.shape:
            raise ModelError(
                f"Tensor {name} should have shape {tuple(value.shape)} in this model. Found "
                f"{tuple(tensors[name].shape)} in {path}. Build the model for the number of bands and "
                "classes it was trained with, or train it again."
            )
