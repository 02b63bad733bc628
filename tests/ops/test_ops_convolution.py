"""Convolutions, however they are called, against their Jacobian."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lrprism import presets
from lrprism.composites import AbstractComposite
from small_models import LRP_0, Function, Model, close, explained, numbers


def weight(*shape: int) -> Tensor:
    return torch.sin(torch.arange(1.0, 1 + torch.Size(shape).numel(), dtype=torch.float64)).view(shape)


B = weight(4)
CALLS: dict[str, tuple[Function, tuple[int, ...]]] = {
    "conv1d": (lambda a: F.conv1d(a, weight(4, 2, 3), B, stride=[2], padding=(1,)), (2, 2, 6)),
    "conv1d of a sample": (lambda a: torch.conv1d(a, weight(4, 2, 3), B), (2, 6)),
    "conv1d same": (lambda a: F.conv1d(a, weight(4, 2, 3), B, padding="same", dilation=2), (1, 2, 6)),
    "conv1d same, unequal": (lambda a: F.conv1d(a, weight(4, 2, 4), B, padding="same"), (1, 2, 6)),
    "conv2d": (
        lambda a: F.conv2d(padding=(1, 0), input=a, bias=B, weight=weight(4, 1, 2, 3), groups=2),
        (1, 2, 4, 4),
    ),
    "conv2d of a sample": (lambda a: F.conv2d(a, weight(4, 2, 3, 3), B, 2, 1), (2, 4, 4)),
    "conv2d valid": (lambda a: torch.conv2d(a, weight(4, 2, 3, 3), B, padding="valid"), (1, 2, 4, 4)),
    "conv2d same, unequal": (
        lambda a: F.conv2d(a, weight(4, 2, 2, 4), B, padding="same", dilation=(1, 1)),
        (1, 2, 4, 5),
    ),
    "conv2d dilated": (lambda a: F.conv2d(a, weight(4, 2, 2, 2), B, dilation=(2, 1)), (1, 2, 4, 4)),
    "conv3d": (lambda a: F.conv3d(a, weight(4, 1, 2, 2, 2), B, stride=(1, 2, 1)), (1, 1, 3, 3, 3)),
    "conv3d of a sample": (lambda a: F.conv3d(a, weight(4, 1, 2, 2, 2), B), (1, 3, 3, 3)),
    "transposed 1d": (
        lambda a: F.conv_transpose1d(a, weight(2, 4, 3), B, 2, 1, output_padding=1),
        (1, 2, 4),
    ),
    "transposed 2d": (
        lambda a: F.conv_transpose2d(a, weight(2, 2, 3, 3), B, groups=2, dilation=2),
        (1, 2, 3, 3),
    ),
    "transposed 2d of a sample": (lambda a: F.conv_transpose2d(a, weight(2, 4, 2, 2), B, 2), (2, 3, 3)),
    "transposed 3d": (lambda a: F.conv_transpose3d(a, weight(1, 4, 2, 2, 2), B), (1, 1, 2, 2, 2)),
    "torch.convolution": (
        lambda a: torch.convolution(a, weight(4, 2, 3), B, [2], [1], [1], False, [0], 1),
        (2, 2, 6),
    ),
    "torch.convolution, transposed": (
        lambda a: torch.convolution(a, weight(2, 4, 3), B, [2], [1], [1], True, [1], 1),
        (2, 2, 4),
    ),
    "aten": (lambda a: torch.ops.aten.conv2d.default(a, weight(4, 2, 3, 3), B, [2, 2], [1, 1]), (1, 2, 4, 4)),
    "aten convolution": (
        lambda a: torch.ops.aten.convolution.default(a, weight(4, 2, 3), B, [1], [1], [1], False, [0], 1),
        (2, 2, 5),
    ),
    "channels last": (
        lambda a: F.conv2d(a.contiguous(memory_format=torch.channels_last), weight(4, 2, 3, 3), B),
        (1, 2, 4, 4),
    ),
    "a strided view": (lambda a: F.conv2d(a.mT, weight(4, 2, 3, 2), B), (1, 2, 3, 4)),
}


@pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel")  # torch, about its own copy
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("eps", [0.0, 0.1])
@pytest.mark.parametrize("bias", [True, False])
def test_the_epsilon_rule_over_the_jacobian(name: str, eps: float, *, bias: bool) -> None:
    call, shape = CALLS[name]
    (a,) = numbers(shape)
    z = call(a)
    seed = torch.randn_like(z)
    denominator = z if bias else z - call(torch.zeros_like(a))
    s = seed * z / (denominator + eps * denominator.sign())
    slope = torch.autograd.functional.jacobian(call, a)
    expected = a * torch.tensordot(s, slope, s.dim())
    (relevance,) = explained(Model(call), a, composite=presets.Epsilon(eps, bias), seed=lambda _: seed)
    close(relevance, expected)


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
@pytest.mark.parametrize("dimensions", [1, 2])
def test_padding_modes(mode: str, dimensions: int) -> None:
    torch.manual_seed(1)
    conv = getattr(nn, f"Conv{dimensions}d")(2, 3, 3, padding=1, padding_mode=mode).double()
    (a,) = numbers((1, 2, *(4,) * dimensions))
    slope = torch.autograd.functional.jacobian(conv, a)
    z = conv(a).detach()
    expected = a * torch.tensordot(z.sin(), slope, z.dim())
    close(explained(conv, a, seed=torch.sin)[0], expected)


@pytest.mark.parametrize("composite", [LRP_0, presets.Epsilon(0.1), presets.EpsilonGamma(0.3, 0.1)])
def test_a_sample_is_a_batch_of_one(composite: AbstractComposite) -> None:
    torch.manual_seed(2)
    model = nn.Sequential(nn.Conv2d(2, 3, 2), nn.ReLU(), nn.ConvTranspose2d(3, 2, 2)).double()
    (a,) = numbers((2, 4, 4))
    (expected,) = explained(model, a[None], composite=composite, seed=torch.sin)
    close(explained(model, a, composite=composite, seed=torch.sin)[0], expected[0])


def test_a_convolution_of_kernel_one_is_a_linear_layer() -> None:
    conv, linear = nn.Conv1d(4, 3, 1).double(), nn.Linear(4, 3).double()
    linear.weight.data, linear.bias.data = conv.weight.data[..., 0], conv.bias.data
    (a,) = numbers((2, 4, 5))
    rule = presets.Epsilon(0.1)
    (expected,) = explained(linear, a.mT.contiguous(), composite=rule)
    close(explained(conv, a, composite=rule)[0], expected.mT)


@pytest.mark.parametrize("parametrised", ["weight_norm", "spectral_norm"])
def test_a_parametrised_convolution_is_the_plain_one_of_its_weight(parametrised: str) -> None:
    torch.manual_seed(3)
    layer = getattr(nn.utils.parametrizations, parametrised)(nn.Conv1d(2, 3, 3).double()).eval()
    plain = nn.Conv1d(2, 3, 3).double()
    plain.weight.data, plain.bias.data = layer.weight.detach().clone(), layer.bias.detach().clone()
    (a,) = numbers((2, 2, 5))
    rule = presets.EpsilonGamma(0.3, 0.1)
    close(explained(layer, a, composite=rule)[0], explained(plain, a, composite=rule)[0])
