"""The model that a user passes in: taken out of its wrappers, or described where it is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from lrprism.errors import ModelError


def unwrap(model: nn.Module) -> nn.Module:
    """Return the module inside the wrappers of ``torch.compile`` and of data parallelism.

    Raises:
        ModelError: If the model is no module, or a part of it is a ScriptModule, whose calls cannot be seen.
    """
    if not isinstance(model, nn.Module):
        raise ModelError(f"model should be a torch.nn.Module. Found {_describe_non_model(model)}")
    parallel = (nn.DataParallel, nn.parallel.DistributedDataParallel)
    inner = getattr(model, "_orig_mod", None) or (model.module if isinstance(model, parallel) else None)
    if isinstance(inner, nn.Module):
        return unwrap(inner)
    scripted = [
        path or "(model)"
        for path, module in model.named_modules()
        if isinstance(module, torch.jit.ScriptModule)
    ]
    if scripted:
        raise ModelError(
            "model should be plain Python modules: nothing inside a ScriptModule can be seen. "
            f"Found {', '.join(scripted)}. Pass the module that was scripted or traced."
        )
    return model


def _describe_non_model(value: Any) -> str:
    """Say what stands in the place of a model, and how to come by a model."""
    kind = type(value).__name__
    if isinstance(value, type):
        arguments = "..." if issubclass(value, nn.Module) else ""
        return f"the class {value.__name__}. Try an instance of it, {value.__name__}({arguments})."
    # the arguments in another order
    if isinstance(value, Tensor):
        return f"{kind}. The model comes first: explain(model, inputs)."
    # an ensemble, or (name, model) from named_children()
    if isinstance(value, (list, tuple)) and any(isinstance(entry, nn.Module) for entry in value):
        position = next(number for number, entry in enumerate(value) if isinstance(entry, nn.Module))
        return f"{kind}. Try one of its models, such as model[{position}]."
    # torch.load of a file that holds the weights alone
    if isinstance(value, Mapping) and any(isinstance(entry, Tensor) for entry in value.values()):
        return f"{kind} of weights. Build the model and call its load_state_dict(...)."
    if isinstance(value, torch.export.ExportedProgram):
        return f"{kind}. Try model.module()."
    # a pipeline, a trainer, a classifier of skorch: a wrapper that holds the model
    for name in ("model", "module", "net", "network", "module_"):
        if isinstance(getattr(value, "__dict__", {}).get(name), nn.Module):
            return f"{kind}. Try its module, model.{name}."
    return f"{kind}. Wrap a function in a module."
