"""lrprism: which wavelengths and pixels a network used, by relevance propagation through any PyTorch model.

Example:
    >>> import torch
    >>> import lrprism as lp
    >>> model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    >>> explanation = lp.explain(model, torch.rand(5, 3))
    >>> explanation.relevance.shape
    torch.Size([5, 3])
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lrprism.door import *  # noqa: F403 - for type checkers: exactly what __getattr__ finds
    from lrprism.door import __all__ as __all__

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import all names of :mod:`lrprism.door` when the first is used: ``lrprism --help`` needs no torch.

    Raises:
        AttributeError: If the library has no such name.
    """
    if name == "__all__" or not name.startswith("__"):
        door = import_module("lrprism.door")
        # while the door is being imported it has no __all__: the import system then looks for submodules
        names = getattr(door, "__all__", [])
        globals().update({public: getattr(door, public) for public in names}, __all__=names)
        if name in globals():
            return globals()[name]
        # the workbench, which needs the extra `spectral`
        if name == "spectral":
            return import_module("lrprism.spectral")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the names of the door."""
    return sorted([*__getattr__("__all__"), "__version__"])
