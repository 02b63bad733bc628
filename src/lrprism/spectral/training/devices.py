"""The devices that the arithmetic runs on."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self, final

import torch

from lrprism.errors import InputError
from lrprism.spectral.training.lightning_quirks import quiet_lightning

if TYPE_CHECKING:
    import lightning

_KINDS: Final = ("auto", "cpu", "gpu")
_SINGLE_GPU: Final = re.compile(r"1|([0-9]+),")
"""One GPU of any number, or that of a number."""
_RANKS: Final = ("RANK", "LOCAL_RANK", "SLURM_PROCID", "JSM_NAMESPACE_RANK")
"""Number of a process among those that were started together, in the order in which Lightning asks."""


@final
@dataclass(frozen=True)
class Devices:
    """The devices for many batches, in Lightning's own words.

    Args:
        accelerator: ``"auto"``, ``"cpu"``, ``"gpu"``, ``"mps"``.
        devices: Their number or their indices: ``"2"``, ``"0,1"``, ``"auto"`` for all.
        strategy: ``"auto"``, ``"ddp"``; under SLURM Lightning finds its place by itself.
        nodes: Number of machines.
    """

    accelerator: str = "auto"
    devices: str = "1"
    strategy: str = "auto"
    nodes: int = 1

    @classmethod
    def from_name(cls, name: str) -> Self:
        """Return the one device of a name; see :func:`resolve_device`.

        Args:
            name: Such as ``"auto"``, ``"cpu"`` or ``"cuda:1"``.
        """
        device = resolve_device(name)
        # Lightning reads "1" as a number of devices, "1," as an index
        kind = "gpu" if device.type == "cuda" else device.type
        return cls(kind, f"{device.index}," if device.index is not None else "1")

    def find_single(self) -> torch.device | None:
        """Return the one device that this process works on alone, without Lightning, which takes seconds.

        Returns:
            The device; None where Lightning has to decide: several devices, a strategy, processes that were
            started together, or words that only it knows or refuses.
        """
        words = (self.accelerator, self.strategy, self.nodes)
        if words not in {(kind, "auto", 1) for kind in _KINDS} or any(name in os.environ for name in _RANKS):
            return None
        if self.accelerator != "cpu" and torch.cuda.is_available():
            number = _SINGLE_GPU.fullmatch(self.devices)
            index = int(number[1] or 0) if number else torch.cuda.device_count()
            return torch.device("cuda", index) if index < torch.cuda.device_count() else None
        if self.accelerator == "gpu" or (self.accelerator == "auto" and torch.backends.mps.is_available()):
            return None
        return torch.device("cpu") if self.devices in {"1", "auto"} else None

    def trainer(self, **options: Any) -> lightning.Trainer:
        """Build Lightning's trainer for these devices; it prints, logs and saves nothing of its own.

        Args:
            options: Further arguments of the trainer.

        Returns:
            The trainer.

        Raises:
            InputError: If the devices are not this machine's.
        """
        import lightning  # late: it takes seconds
        from lightning.fabric.utilities.exceptions import MisconfigurationException

        silent = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
        try:
            with quiet_lightning():
                return lightning.Trainer(
                    accelerator=self.accelerator,
                    devices=self.devices,
                    strategy=self.strategy,
                    num_nodes=self.nodes,
                    **{"enable_checkpointing": False, **silent, **options},
                )
        except (ValueError, MisconfigurationException) as error:
            reason = str(error).rstrip(".")
            raise InputError(
                f"accelerator, devices and strategy should be this machine's. Found {self}: {reason}. "
                "Try --accelerator cpu --devices 1."
            ) from error


def resolve_device(name: str) -> torch.device:
    """Find the device behind a name.

    Args:
        name: ``"auto"`` (a CUDA GPU if there is one, else the CPU), ``"cpu"``, ``"cuda"``, ``"cuda:1"``,
            ``"mps"``.

    Returns:
        The device.

    Raises:
        InputError: If torch does not know the name, or this machine lacks the device.
    """
    if name == "auto":
        return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")  # no machine counts it, so the check below refuses it
    counts = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if (device.index or 0) >= counts.get(device.type, 0):
        available = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        raise InputError(
            f"device should be one of this machine's ({available}). Found {name!r}. Try --device auto or "
            "--device cpu."
        )
    return torch.device("cuda", device.index or 0) if device.type == "cuda" else torch.device(device.type)


def is_first_process() -> bool:
    """Return True in the process that prints for all that were started to work together."""
    ranks = [os.environ[name] for name in _RANKS if name in os.environ]
    return not ranks or int(ranks[0]) == 0
