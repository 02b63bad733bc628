"""Networks of diffusers: its U-Nets, transformers and autoencoders, in small configurations."""

import inspect
from collections.abc import Mapping
from functools import partial
from typing import Any

import diffusers
import torch

from zoo.models.diffusion.autoencoders import AUTOENCODERS
from zoo.models.diffusion.case import INPUTS, OTHERS, SETTINGS
from zoo.models.diffusion.transformers import TRANSFORMERS
from zoo.models.diffusion.unets import UNETS
from zoo.models.entry import Entry, Subject

_CASES = {**UNETS, **TRANSFORMERS, **AUTOENCODERS}


def _make(name: str) -> Subject:
    kind, case = getattr(diffusers, name), _CASES[name]
    settings = _fitting(kind.__init__, {**SETTINGS, **case.settings})
    model = kind(**settings).eval()
    others = _fitting(kind.forward, {**OTHERS, **case.others})
    shapes = _fitting(kind.forward, {**INPUTS, **case.shapes})
    inputs = {word: torch.randn(shape) for word, shape in shapes.items() if word not in others}
    return Subject(model, inputs, others)


def _fitting(function: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the values that a function has a parameter for."""
    names = inspect.signature(function).parameters
    return {name: value for name, value in values.items() if name in names}


def entries() -> list[Entry]:
    """Return the networks of diffusers."""
    return [Entry("diffusers", name, partial(_make, name)) for name in _CASES]
