"""Where the arithmetic runs."""

import torch

from lrprism._errors import InputError


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
        device = torch.device("meta")
    counts = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if (device.index or 0) >= counts.get(device.type, 0):
        found = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        raise InputError(
            f"device should be one of this machine's ({found}). Found {name!r}. Try --device auto or "
            "--device cpu."
        )
    return torch.device("cuda", device.index or 0) if device.type == "cuda" else torch.device(device.type)
