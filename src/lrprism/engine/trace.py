"""One forward pass, and the ways back through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from lrprism._errors import ModelError
from lrprism.engine.audit import Audit, Ledger
from lrprism.engine.graph import study
from lrprism.engine.mode import RelevanceMode
from lrprism.ops import Call, tensors_in

LayerOutputs = dict[str, list[Tensor]]


@dataclass(frozen=True)
class Trace:
    """What one forward pass left behind.

    Args:
        inputs: The inputs at which relevance is read; leaves of the autograd graph.
        output: What the model returned.
        calls: Every recorded call in order of execution.
        affine: The affine calls that the output depends on, in order of execution.
        layers: Outputs of the modules that were asked for, by path, one per call of the module.
        ledger: The account, where one is kept.
    """

    inputs: tuple[Tensor, ...]
    output: Any
    calls: list[Call]
    affine: list[Call]
    layers: LayerOutputs
    ledger: Ledger | None

    def backward(self, seeds: Sequence[Tensor]) -> Relevances:
        """Carry each seed, the modified gradient at the output, back to the inputs."""
        places = [*self.inputs, *(tensor for each in self.layers.values() for tensor in each)]
        counted = list(self.ledger.tensors()) if self.ledger is not None else []
        for call in self.affine:
            call.ratios = {} if len(seeds) > 1 and self.ledger is None else None
        gradients = [
            torch.autograd.grad(
                self.output, places + counted, seed, retain_graph=index < len(seeds) - 1, allow_unused=True
            )
            for index, seed in enumerate(seeds)
        ]
        relevance = [[_relevance(*pair) for pair in zip(places, each, strict=False)] for each in gradients]
        audit = (
            None if self.ledger is None else self.ledger.balance([each[len(places) :] for each in gradients])
        )
        return Relevances(relevance, audit)


@dataclass(frozen=True)
class Relevances:
    """Relevance at the inputs and then at the layers, for each seed; and the account, where one is kept."""

    per_seed: list[list[Tensor]]
    audit: Audit | None


def _relevance(tensor: Tensor, gradient: Tensor | None) -> Tensor:
    return torch.zeros_like(tensor) if gradient is None else tensor.detach() * gradient


def unwrap(model: nn.Module) -> nn.Module:
    """Return the module inside ``torch.compile``'s and ``DataParallel``'s wrappers.

    Raises:
        ModelError: If the model or a part of it is a ScriptModule, whose calls cannot be seen.
    """
    if not isinstance(model, nn.Module):
        raise ModelError(
            f"model should be a torch.nn.Module. Found {type(model).__name__}. Wrap a function in a module."
        )
    inner = getattr(model, "_orig_mod", None) or (
        model.module if isinstance(model, nn.DataParallel) else None
    )
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


def trace(
    model: nn.Module,
    inputs: Sequence[Tensor],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    wants: Callable[[str], bool] = lambda _: False,
    audit: bool = False,
) -> Trace:
    """Run ``model(*inputs, *args, **kwargs)`` once, ready for the ways back. Nothing of the model changes.

    Args:
        model: A model that :func:`unwrap` returned.
        inputs: The tensors that receive relevance.
        args: Further positional arguments, constants.
        kwargs: Keyword arguments, constants.
        wants: Whether relevance is wanted at the output of the module of a path.
        audit: Whether to keep an account.
    """
    layers: LayerOutputs = {}

    def on_return(path: str, output: Any) -> None:
        if wants(path):
            layers.setdefault(path, []).extend(
                tensor for tensor in tensors_in(output) if tensor.requires_grad
            )

    ledger = Ledger() if audit else None
    with torch.inference_mode(False), torch.enable_grad():  # whatever the caller has switched off
        leaves = tuple((x.clone() if x.is_inference() else x).detach().requires_grad_() for x in inputs)
        live = [leaf.view_as(leaf) for leaf in leaves]  # no leaf: the mode takes leaves for parameters
        mode = RelevanceMode(model, on_return, ledger)
        with _same_buffers(model), mode:
            output = model(*live, *_constants(tuple(args)), **_constants(dict(kwargs or {})))
        output = mode.rewrites.read_all(output)
        outputs = [tensor for tensor in tensors_in(output) if tensor.requires_grad]
        return Trace(leaves, output, mode.calls, study(outputs), layers, ledger)


@contextmanager
def _same_buffers(model: nn.Module) -> Iterator[None]:
    """Give back every buffer that ``forward`` assigns anew, as ``self.count += 1`` does."""
    before = [(module, dict(module._buffers)) for module in model.modules() if module._buffers]
    try:
        yield
    finally:
        for module, buffers in before:
            module._buffers.update(buffers)


def _constants(values: Any) -> Any:
    """Detach every tensor in nested tuples, lists and dicts."""
    if isinstance(values, Tensor):
        return values.detach() if values.requires_grad else values
    if type(values) in (tuple, list):
        return type(values)(_constants(value) for value in values)
    return {key: _constants(value) for key, value in values.items()} if type(values) is dict else values
