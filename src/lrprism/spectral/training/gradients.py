"""Gradients that leave the common part of all inputs alone."""

from torch import Tensor, nn


def centre_gradients(model: nn.Module) -> None:
    r"""Take from the gradient of each weight its mean over the inputs of the layer.

    .. math:: \nabla w_{ij} \leftarrow \nabla w_{ij} - \frac{1}{I} \sum_{i=1}^{I} \nabla w_{ij}

    Inputs and ReLU outputs are positive: a step in which all weights of a unit j move together changes its
    output far more than any other step. Without batch norm this one direction forces a small learning rate.
    Biases and grouped (depthwise) convolutions keep their gradients.

    Args:
        model: A network after its backward pass; its gradients are changed in place.

    Source: Yong et al., "Gradient centralization", 2020.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
            gradient = module.weight.grad
            if isinstance(gradient, Tensor) and getattr(module, "groups", 1) == 1:
                gradient -= gradient.mean(dim=tuple(range(1, gradient.ndim)), keepdim=True)
