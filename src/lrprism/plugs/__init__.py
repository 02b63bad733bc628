"""Plugs: where the explainer goes into other people's tools, one module per tool.

Captum needs none, as :class:`lrprism.LRP` has its face. The modules are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lrprism.plugs import quantus, sklearn

__all__ = ["quantus", "sklearn"]


def __getattr__(name: str) -> Any:
    """Import a plug when it is first used: each needs the package that it is for.

    Raises:
        AttributeError: If there is no such plug.
    """
    if name in __all__:
        return import_module(f"lrprism.plugs.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}. There is: {', '.join(__all__)}.")
