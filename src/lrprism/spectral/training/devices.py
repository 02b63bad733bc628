"""The devices that the arithmetic runs on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, final

import torch

from lrprism.errors import InputError
from lrprism.spectral.training.lightning_quirks import quiet_lightning

if TYPE_CHECKING:
    import lightning


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
