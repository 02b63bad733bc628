"""What is given in the place of a model: say what it is, and how to come by a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn


def describe_non_model(value: Any) -> str:
    """Say what was found in the place of a model, and what to do.

    Args:
        value: Something that is no module.
    """
    kind = type(value).__name__
    if isinstance(value, type):
        arguments = "..." if issubclass(value, nn.Module) else ""
        return f"the class {value.__name__}. Try an instance of it, {value.__name__}({arguments})."
    if isinstance(value, Tensor):
        return f"{kind}. The model comes first: explain(model, inputs)."
    if isinstance(value, (list, tuple)) and any(isinstance(each, nn.Module) for each in value):
        position = next(number for number, each in enumerate(value) if isinstance(each, nn.Module))
        return f"{kind}. Try one of its models, such as model[{position}]."
    # torch.load of a file gives the weights alone
    if isinstance(value, Mapping) and any(isinstance(each, Tensor) for each in value.values()):
        return f"{kind} of weights. Build the model and call its load_state_dict(...)."
    if isinstance(value, torch.export.ExportedProgram):
        return f"{kind}. Try model.module()."
    # a pipeline, a trainer, a classifier of skorch: a wrapper that holds the model
    for name in ("model", "module", "net", "network", "module_"):
        if isinstance(getattr(value, "__dict__", {}).get(name), nn.Module):
            return f"{kind}. Try its module, model.{name}."
    return f"{kind}. Wrap a function in a module."
