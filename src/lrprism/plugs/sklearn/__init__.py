"""Fitted estimators of scikit-learn as torch modules, and their explanations."""

try:
    import sklearn  # noqa: F401 - to say what to install, once
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "lrprism.plugs.sklearn should find scikit-learn. Found no sklearn. Install it: "
        "pip install 'lrprism[sklearn]'.",
        name=error.name,
    ) from error

from lrprism.plugs.sklearn.convert import to_torch
from lrprism.plugs.sklearn.explain import explain
from lrprism.plugs.sklearn.steps import to_tensor

__all__ = ["explain", "to_tensor", "to_torch"]
