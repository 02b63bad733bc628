"""The environment of the processes that tests start."""

import os
import sys
from pathlib import Path

_VISION = str(Path(sys.prefix) / "vision")


def environment() -> dict[str, str]:
    """Return the environment with the tests' own modules to import, and one thread for torch.

    torchvision stays out: beside a CPU torch it cannot be imported without help, and torchmetrics would try.
    """
    path = os.pathsep.join(each for each in sys.path if each != _VISION)
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
