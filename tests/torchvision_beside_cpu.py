"""torchvision on a build of torch that its compiled operators were not made for."""

import importlib
import sys
from types import ModuleType

import torch

_KEPT_ALIVE: list[torch.library.Library] = []  # an operator is gone once its library is collected
_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def import_torchvision() -> ModuleType:
    """Return torchvision, with its operators declared by name where its own library cannot be loaded.

    The wheels of the registry are built for CUDA; beside a CPU build of torch their import stops at "operator
    torchvision::nms does not exist". The classifiers measured here never call one of these operators.

    Raises:
        RuntimeError: If the import fails for another reason.
    """
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(name + _SIGNATURE)
    _KEPT_ALIVE.append(library)
    return importlib.import_module("torchvision")
