"""Starting weights that suit data whose mean is far from zero."""

from typing import Any, cast

import torch
from torch import Tensor, nn

from lrprism.errors import DataError

_AFFINE = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)


def initialize(model: nn.Module, inputs: Tensor, *, seed: int = 0) -> None:
    r"""Draw the weights of every convolution and linear layer anew and fit them to some inputs.

    Radiance divided by its standard deviation keeps its mean, 5 to 17 standard deviations on Indian Pines.
    Without batch norm the usual starting weights let that common part drown the differences between the
    samples, and training stands still. In the order in which the layers run, each one gets

    .. math:: w \leftarrow \frac{w}{\sigma}, \qquad b_c = -\frac{\mu_c}{\sigma}, \qquad
              \mu_c = \mathrm{mean}(z_c), \quad
              \sigma^2 = \mathrm{mean}_{n,c,i} (z_{nci} - \mu_c)^2, \quad z = w * a

    with normal :math:`w` of variance :math:`2 / \text{fan-in}`, so that its output varies by one about zero
    in every channel c, over the samples n and the positions i.

    Args:
        model: The network, changed in place.
        inputs: Some dozens of inputs of the training part, ``[N, ...]``; they decide the scale.
        seed: Seed of the weights.

    Raises:
        DataError: If the inputs leave a layer without any variation, or with values that are not finite.

    Source: Krähenbühl et al., "Data-dependent initializations of convolutional neural networks", 2016;
    Mishkin and Matas, "All you need is a good init", 2016.
    """
    generator = torch.Generator().manual_seed(seed)
    layers = {name: module for name, module in model.named_modules() if isinstance(module, _AFFINE)}
    for module in layers.values():
        _draw_weights(module, generator)
    # each layer is fitted while it runs, so that the next one sees its fitted output
    done: set[nn.Module] = set()
    hooks = [module.register_forward_hook(_build_hook(name, done)) for name, module in layers.items()]
    parameter = next(model.parameters())
    try:
        with torch.no_grad():
            model(inputs.to(parameter))
    finally:
        for hook in hooks:
            hook.remove()


def _draw_weights(module: nn.Module, generator: torch.Generator) -> None:
    weight, bias = cast(Tensor, module.weight), module.bias
    drawn = torch.empty(weight.shape)
    nn.init.kaiming_normal_(drawn, nonlinearity="relu", generator=generator)
    with torch.no_grad():
        weight.copy_(drawn)
        if isinstance(bias, Tensor):
            bias.zero_()


def _build_hook(name: str, done: set[nn.Module]) -> Any:
    def fit(module: nn.Module, _: Any, z: Tensor) -> Tensor | None:
        if module in done:  # a layer used twice is fitted to its first use
            return None
        done.add(module)
        channel = z.ndim - 1 if isinstance(module, nn.Linear) else 1
        others = [axis for axis in range(z.ndim) if axis != channel]
        mean = z.mean(others, keepdim=True) if isinstance(module.bias, Tensor) else torch.zeros_like(z[:1])
        scale = (z - mean).square().mean().sqrt()
        if not (torch.isfinite(scale) and scale > 0):
            raise DataError(
                f"Inputs should vary and be finite to fit the starting weights. Found a spread of "
                f"{scale.item()} at layer {name}. Give several different samples without NaN."
            )
        cast(Tensor, module.weight).div_(scale)
        if isinstance(module.bias, Tensor):
            module.bias.copy_(-mean.flatten() / scale)
        return (z - mean) / scale

    return fit
