import torch
from torch import nn

from lrprism.spectral.training import centre_gradients


def test_linear_gradient_by_hand() -> None:
    layer = nn.Linear(3, 2)
    layer.weight.grad = torch.tensor([[1.0, 2.0, 6.0], [0.0, 0.0, 3.0]])
    layer.bias.grad = torch.tensor([5.0, 7.0])
    centre_gradients(layer)
    assert layer.weight.grad.tolist() == [[-2.0, -1.0, 3.0], [-1.0, -1.0, 2.0]]
    assert layer.bias.grad.tolist() == [5.0, 7.0]


def test_a_convolution_is_centred_over_channels_and_kernel() -> None:
    layer = nn.Conv3d(2, 4, 3)
    layer.weight.grad = torch.rand(4, 2, 3, 3, 3)
    centre_gradients(nn.Sequential(layer))
    torch.testing.assert_close(layer.weight.grad.flatten(1).mean(1), torch.zeros(4), atol=1e-6, rtol=0)


def test_depthwise_and_frozen_layers_are_left_alone() -> None:
    depthwise, frozen = nn.Conv2d(2, 2, 3, groups=2), nn.Conv2d(2, 2, 1)
    depthwise.weight.grad = torch.ones(2, 1, 3, 3)
    centre_gradients(nn.Sequential(depthwise, frozen))
    assert torch.equal(depthwise.weight.grad, torch.ones(2, 1, 3, 3))
    assert frozen.weight.grad is None
