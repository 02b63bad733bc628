"""An entry in the tables of this folder: a network by name, and a function that builds it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

SEED = 0


@dataclass(frozen=True)
class Subject:
    """A network in eval mode and a call of it.

    Args:
        model: The network.
        inputs: Its keyword arguments that get relevance; or its first positional arguments.
        kwargs: Its other keyword arguments.
        output: The tensor to explain, of what it returns.
    """

    model: nn.Module
    inputs: Mapping[str, Any] | tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    output: Callable[[Any], Tensor] | None = None

    def call(self) -> Any:
        """Call the network as its user would."""
        if isinstance(self.inputs, Mapping):
            return self.model(**self.inputs, **self.kwargs)
        return self.model(*self.inputs, **self.kwargs)

    def choose(self, returned: Any) -> Tensor:
        """Return the tensor to explain."""
        return (self.output or first_tensor)(returned)


@dataclass(frozen=True)
class Entry:
    """A row of the zoo.

    Args:
        library: The distribution that the network comes from.
        name: Its name there.
        build: Makes the network and its input; random numbers come from the global generator.
    """

    library: str
    name: str
    build: Callable[[], Subject]

    @property
    def key(self) -> str:
        """Name within the whole zoo."""
        return f"{self.library}/{self.name}"

    def draw(self) -> Subject:
        """Build the network anew, with the same weights and the same input every time."""
        torch.manual_seed(SEED)
        subject = self.build()
        enliven(subject)
        return subject


def first_tensor(returned: Any) -> Tensor:
    """Return the logits, or else the first floating-point tensor.

    Raises:
        ValueError: If there is none.
    """
    tensors = list(_tensors(returned))
    if not tensors:
        raise ValueError(f"a network should return a floating-point tensor. Found {type(returned).__name__}.")
    return tensors[0]


def _tensors(returned: Any) -> list[Tensor]:
    if isinstance(returned, Tensor):
        return [returned] if returned.is_floating_point() else []
    # the outputs of transformers
    if hasattr(returned, "logits") and isinstance(returned.logits, Tensor):
        return [returned.logits]
    if isinstance(returned, Mapping):
        returned = list(returned.values())
    if hasattr(returned, "__dataclass_fields__"):
        returned = [getattr(returned, name) for name in returned.__dataclass_fields__]
    if isinstance(returned, list | tuple):
        return [tensor for value in returned for tensor in _tensors(value)]
    # the outputs of diffusers
    return [returned.sample] if hasattr(returned, "sample") and isinstance(returned.sample, Tensor) else []


def enliven(subject: Subject) -> None:
    """Give a fresh network biases, no weights of zero, and batch norms that have seen the input."""
    model = subject.model
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if not parameter.is_floating_point():
                continue
            # a classifier or a gate that starts from zero would hide what is behind it
            if name.endswith("bias") or not parameter.any():
                parameter.normal_(std=0.1)
        model.eval()
        norms = [module for module in model.modules() if isinstance(module, _BatchNorm)]
        if not norms:
            return
        before = [module.momentum for module in norms]
        for module in norms:
            # without a momentum the statistics are those of the input itself
            module.momentum = None
            module.train()
        subject.call()
        for module, momentum in zip(norms, before, strict=True):
            module.momentum = momentum
            module.eval()
