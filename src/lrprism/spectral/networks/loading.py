"""Networks of the user's own: exported programs, factories, checkpoints. No file is ever unpickled."""

import importlib
import inspect
import logging
import pickle
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from lrprism.errors import DataError, InputError, ModelError
from lrprism.spectral.networks.archives import check_archive, read_archive
from lrprism.spectral.networks.program_check import repack_program
from lrprism.spectral.networks.weights import fill_model

SECTIONS: Final = ("state_dict", "model")
"""Entries of a checkpoint in which training programs keep the weights."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadedWeights:
    """Account of :func:`load_checkpoint`: the tensors that it took from a file; prints as a sentence.

    Args:
        path: The file.
        tensors: Number of tensors.
        section: The entry of the checkpoint that held them; empty if it held nothing else.
        prefix: The word taken off the front of every name; empty if none.
    """

    path: Path
    tensors: int
    section: str
    prefix: str

    def __str__(self) -> str:
        """Say it in one line."""
        section = f", under {self.section!r}" if self.section else ""
        prefix = f", without the prefix {self.prefix!r} of their names" if self.prefix else ""
        return f"{self.tensors} tensors from {self.path}{section}{prefix}"


def load_program(path: str | Path) -> nn.Module:
    """Load a program that ``torch.export.save`` wrote.

    ``torch.export.load`` may run code that a file brings along, so the archive is checked first: it must be
    whole, of a sane size, and hold a graph of torch's operators, plain tensors and sample inputs that load
    with ``weights_only``. Programs compiled ahead of time (libraries) and pickled objects are refused. So are
    files in the format before the archive version 0 that torch 2.13 writes.

    Args:
        path: The ``.pt2`` file.

    Returns:
        The program as a module. It takes inputs of the shapes it was exported for, and computes what it was
        exported to, in training and in evaluation mode.

    Raises:
        DataError: If the file is missing, damaged, or holds anything else.
    """
    path = Path(path)
    program = repack_program(read_archive(path, "program"), path)
    try:
        module: nn.Module = torch.export.load(program).module(check_guards=False)
    except (AssertionError, KeyError, RuntimeError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"The program should be one that this torch ({torch.__version__}) can read. Found {path}: "
            f"{_first_line(error)}. Export it again with this version."
        ) from error
    # torch lets train() and eval() of a program raise: no model around it could be told either
    for name in ("train", "eval"):
        vars(module).pop(name, None)
    return module


def load_factory(
    factory: str, weights: str | Path | None = None, arguments: Mapping[str, Any] | None = None
) -> nn.Module:
    """Build a network by a function or class of the user's own module, and fill it with weights.

    The module is imported by its name, from where Python finds modules; importing runs its code, so name only
    modules you trust. A name in a data file is never imported.

    Args:
        factory: ``"package.module:factory"``.
        weights: A file for :func:`load_checkpoint`; None leaves the weights that the factory gives. What was
            loaded is logged.
        arguments: Keyword arguments of the factory.

    Returns:
        The network.

    Raises:
        InputError: If there is no such module or factory, or it does not take these arguments.
        ModelError: If it returns no ``nn.Module``, or the weights do not fit.
        DataError: If the weights cannot be read.
    """
    build = _import_factory(factory)
    arguments = dict(arguments or {})
    try:
        inspect.signature(build).bind(**arguments)
    except TypeError as error:
        raise InputError(
            f"{factory} should take the arguments {sorted(arguments)}. Found: {error}. "
            f"Its signature is {inspect.signature(build)}."
        ) from error
    model = build(**arguments)
    if not isinstance(model, nn.Module):
        raise ModelError(
            f"{factory} should return a torch.nn.Module. Found {type(model).__name__}. "
            "Name a function or class that gives the network itself."
        )
    if weights is not None:
        _logger.info("%s", load_checkpoint(model, weights))
    return model


def factory_signature(factory: str) -> inspect.Signature:
    """Return the arguments that ``"package.module:factory"`` takes; this imports the user's module.

    Raises:
        InputError: If there is no such module or factory.
    """
    return inspect.signature(_import_factory(factory))


def load_checkpoint(model: nn.Module, path: str | Path) -> LoadedWeights:
    """Read weights into a model from a safetensors file or a torch checkpoint, without unpickling code.

    A checkpoint is a state dict, or a dict with one under ``"state_dict"`` or ``"model"``. If all its names
    begin with a word that the model's names do not have (``module.`` of DataParallel, ``model.`` of
    Lightning), it is taken off. Nothing is loaded unless every tensor then fits.

    Args:
        model: The model to fill, in place; its tensors keep their device and dtype.
        path: A ``.safetensors`` file, or a file that ``torch.save`` wrote.

    Returns:
        What was loaded.

    Raises:
        DataError: If the file is missing, is damaged, or holds no weights, or more than tensors and plain
            values.
        ModelError: If a tensor is missing, left over, or of another shape than the model's.
    """
    path = Path(path)
    section, tensors = _find_state_dict(_read_checkpoint(path), path)
    prefix = _find_surplus_prefix(set(tensors), set(model.state_dict()))
    fill_model(model, {name.removeprefix(prefix): value for name, value in tensors.items()}, path)
    return LoadedWeights(path, len(tensors), section, prefix)


def _import_factory(factory: str) -> Callable[..., Any]:
    if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*", factory):
        raise InputError(
            f"The factory should be given as package.module:factory. Found {factory!r}. "
            "Name a module that Python can import, not a file."
        )
    module_name, _, name = factory.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise InputError(
            f"{module_name} should be a module that Python can import. Found: {error}. "
            "Install it, or add its folder to PYTHONPATH."
        ) from error
    # a missing name and one of a wrong kind have one answer
    build = getattr(module, name, None)
    if not callable(build):
        raise InputError(
            f"{name} should be a function or class of {module_name}. Found "
            f"{'nothing' if build is None else type(build).__name__} by that name. Check the spelling."
        )
    return cast(Callable[..., Any], build)


def _read_checkpoint(path: Path) -> object:
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    check_archive(path, "checkpoint")
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except pickle.UnpicklingError as error:
        raise DataError(
            f"The checkpoint should hold tensors and plain values alone. Found Python objects in {path}, "
            "which could run code and are not loaded. Save model.state_dict() by itself."
        ) from error
    except (OSError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise DataError(
            f"The checkpoint should be a file that torch.save wrote. Found {path}: {_first_line(error)}. "
            "Save model.state_dict() again."
        ) from error


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise DataError(f"The checkpoint should be a file. Found no file at {path}. Check the path.")
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise DataError(
            f"The checkpoint should be a whole safetensors file. Found {path}: {error}. "
            "Write or copy it again."
        ) from error


def _find_state_dict(checkpoint: object, path: Path) -> tuple[str, dict[str, Tensor]]:
    # the checkpoint itself, or one of its entries
    candidates: dict[str, object] = {"": checkpoint}
    if isinstance(checkpoint, Mapping):
        candidates |= {name: checkpoint[name] for name in SECTIONS if name in checkpoint}
    for section, candidate in candidates.items():
        if isinstance(candidate, Mapping) and candidate and _is_state_dict(candidate):
            return section, dict(candidate)
    kind = sorted(map(str, checkpoint)) if isinstance(checkpoint, Mapping) else type(checkpoint).__name__
    raise DataError(
        f"The checkpoint should be a state dict, or hold one under {' or '.join(map(repr, SECTIONS))}. "
        f"Found {kind} in {path}. Save model.state_dict()."
    )


def _is_state_dict(candidate: Mapping[Any, Any]) -> bool:
    return all(isinstance(name, str) and isinstance(value, Tensor) for name, value in candidate.items())


def _find_surplus_prefix(names: set[str], expected: set[str]) -> str:
    prefix = ""
    # wrappers nest: "module.model." of a Lightning module within DataParallel
    while not expected & {name.removeprefix(prefix) for name in names}:
        words = {name.removeprefix(prefix).partition(".")[0] for name in names}
        longer = prefix + min(words) + "."
        # no word in common, or a name that is nothing but the prefix
        if len(words) > 1 or not all(name.startswith(longer) for name in names):
            return ""
        prefix = longer
    return prefix


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
