"""One way to ask each library: ``explain(model, x, references, number)``. Each gets its own copy."""

import copy
from collections.abc import Callable

import shap
import torch
from captum.attr import DeepLift, DeepLiftShap
from torch import Tensor, nn

import lrprism as lp
from lrprism import presets

Explain = Callable[[nn.Module, Tensor, Tensor, int], Tensor]
"""Explains class ``number`` of a sample ``x [1, ...]`` against ``references [K, ...]``, averaged."""


def find_most_changed_class(model: nn.Module, x: Tensor, references: Tensor) -> tuple[int, float]:
    """Return the class whose output is furthest from its mean over the references, and that change."""
    with torch.no_grad():
        change = model(x)[0] - model(references).mean(0)
    number = int(change.abs().argmax())
    return number, float(change[number])


def by_lrprism(model: nn.Module, x: Tensor, references: Tensor, number: int) -> Tensor:
    """Ask lrprism with LRP-0 on differences."""
    explainer = lp.LRP(copy.deepcopy(model), presets.Epsilon(0), strict=True)
    reference = lp.reference.each(*references.split(1))
    relevance = explainer.explain(x, number, reference=reference).relevance
    assert isinstance(relevance, Tensor)
    return relevance


def by_captum(model: nn.Module, x: Tensor, references: Tensor, number: int) -> Tensor:
    """Ask Captum for DeepLIFT, times the difference of the inputs as is its default."""
    method = DeepLift if len(references) == 1 else DeepLiftShap
    return method(copy.deepcopy(model)).attribute(x, references, target=number).detach()


def by_shap(model: nn.Module, x: Tensor, references: Tensor, number: int) -> Tensor:
    """Ask SHAP without its own check."""
    return _ask_shap(model, x, references, check=False)[..., number]


def _ask_shap(model: nn.Module, x: Tensor, references: Tensor, *, check: bool) -> Tensor:
    explainer = shap.DeepExplainer(copy.deepcopy(model), references)
    return torch.as_tensor(explainer.shap_values(x, check_additivity=check))


def is_stopped_by_own_check(model: nn.Module, x: Tensor, references: Tensor) -> bool:
    """Return True if SHAP, asked without further words, finds the sums of a class off and stops."""
    try:
        _ask_shap(model, x, references, check=True)
    except AssertionError as error:
        return "do not sum up" in str(error)
    return False


LIBRARIES: dict[str, Explain] = {"lrprism": by_lrprism, "captum": by_captum, "shap": by_shap}
