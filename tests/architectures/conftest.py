"""Makes torchvision and timm importable, which `make` keeps in a folder of their own."""

import sys
from pathlib import Path

from torchvision_beside_cpu import import_torchvision

sys.path.append(str(Path(sys.prefix) / "vision"))
import_torchvision()
