"""Makes torchvision and timm importable, which `make` keeps in a folder of their own."""

import sys
from pathlib import Path

import torch

sys.path.append(str(Path(sys.prefix) / "vision"))

_OPERATORS = torch.library.Library("torchvision", "FRAGMENT")


def _define_what_a_cuda_build_lacks() -> None:
    """A torchvision built for CUDA registers nothing beside a CPU torch, and then cannot be imported."""
    for name in ("nms", "qnms"):
        _OPERATORS.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


try:
    import torchvision
except RuntimeError as error:
    if "torchvision::nms" not in str(error):
        raise
    _define_what_a_cuda_build_lacks()
    import torchvision  # noqa: F401
