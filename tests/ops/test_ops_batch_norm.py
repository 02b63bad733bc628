"""Batch norm against the network into which it is fold, and on its own."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import expected_warnings
import lrprism as lp
from lrprism import presets
from lrprism.composites import AbstractComposite
from small_models import LRP_0, Function, Model, close, explained, numbers

NORMS = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 5: nn.BatchNorm3d}
EPSILON = presets.Epsilon(0.1)
GAMMA = presets.EpsilonGamma(0.3, 0.05)


def draw_statistics(norm: nn.Module) -> nn.Module:
    """A batch norm with numbers of its own in place of zeros and ones."""
    for name, tensor in norm.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand_like(tensor) + 0.5 if name == "running_var" else torch.randn_like(tensor))
    return norm.double()


def fold(layer: nn.Module, norm: nn.Module) -> nn.Module:
    """The layer in front with the norm in its weights."""
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    other = type(layer)(**how(layer)).double()
    dim = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
    shape = [1] * layer.weight.dim()
    shape[dim] = -1
    other.weight = nn.Parameter(layer.weight * scale.view(shape))
    before = 0 if layer.bias is None else layer.bias
    other.bias = nn.Parameter((before - norm.running_mean) * scale + norm.bias)
    return other


def how(layer: nn.Module) -> dict[str, object]:
    if isinstance(layer, nn.Linear):
        return {"in_features": layer.in_features, "out_features": layer.out_features}
    names = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups")
    return {name: getattr(layer, name) for name in names}


MERGED: dict[str, tuple[Callable[[], nn.Module], int, tuple[int, ...]]] = {
    "linear": (lambda: nn.Linear(4, 3), 3, (5, 4)),
    "linear without bias": (lambda: nn.Linear(4, 3, bias=False), 3, (5, 4)),
    "conv1d": (lambda: nn.Conv1d(4, 6, 3, padding=1, groups=2), 6, (2, 4, 5)),
    "conv2d": (lambda: nn.Conv2d(2, 3, 3, stride=2, padding=1, bias=False), 3, (2, 2, 5, 5)),
    "depthwise conv2d": (lambda: nn.Conv2d(3, 3, 3, dilation=2, groups=3), 3, (2, 3, 6, 6)),
    "transposed conv2d": (lambda: nn.ConvTranspose2d(2, 3, 2, stride=2), 3, (2, 2, 3, 3)),
    "conv3d": (lambda: nn.Conv3d(1, 2, 2), 2, (2, 1, 3, 3, 3)),
    "channels last": (
        lambda: nn.Conv2d(4, 6, 3, groups=2).to(memory_format=torch.channels_last),
        6,
        (2, 4, 5, 5),
    ),
}


def case(name: str) -> tuple[nn.Module, nn.Module, Tensor]:
    torch.manual_seed(1)
    make, channels, shape = MERGED[name]
    layer, norm = make().double(), draw_statistics(NORMS[len(shape)](channels))
    (a,) = numbers(shape)
    return layer, norm, a.to(memory_format=torch.channels_last) if name == "channels last" else a


@pytest.mark.parametrize("name", MERGED)
@pytest.mark.parametrize("composite", [LRP_0, EPSILON, GAMMA])
@expected_warnings.NO_CONVOLUTION
def test_behind_a_layer_it_is_folded_in(name: str, composite: AbstractComposite) -> None:
    layer, norm, a = case(name)
    (expected,) = explained(Model(fold(layer, norm)), a, composite=composite, seed=torch.sin)
    backwards = Model(lambda a: norm(layer(a)), norm, layer)  # registered in the other order
    for model in (nn.Sequential(layer, norm), backwards):
        close(explained(model, a, composite=composite, seed=torch.sin)[0], expected)


@pytest.mark.parametrize("composite", [LRP_0, EPSILON, GAMMA])
def test_the_place_in_the_graph_decides_not_the_place_in_the_code(composite: AbstractComposite) -> None:
    # conv1 -> relu -> conv2 -> norm, with the norm registered right behind conv1
    torch.manual_seed(2)
    conv1, conv2 = (nn.Conv1d(3, 3, 2).double() for _ in range(2))
    norm = draw_statistics(nn.BatchNorm1d(3))
    (a,) = numbers((2, 3, 5))
    model = Model(lambda a: norm(conv2(conv1(a).relu())), conv1, norm, conv2)
    other = fold(conv2, norm)
    (expected,) = explained(Model(lambda a: other(conv1(a).relu())), a, composite=composite)
    close(explained(model, a, composite=composite)[0], expected)


def by_the_matrix(function: Function, a: Tensor, seed: Tensor, eps: float) -> Tensor:
    """LRP-ε over the Jacobian of an affine function of a batch of one."""
    z = function(a)
    slope = torch.autograd.functional.jacobian(function, a)
    s = seed * z / (z + eps * z.sign())
    return (a * torch.tensordot(s, slope, s.dim())).detach()


@pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel")  # torch, about its own copy
@pytest.mark.parametrize("eps", [0.0, 0.1])
@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Conv2d(4, 3, 3, padding=1), (1, 4, 4, 4)),
        (nn.Conv2d(4, 6, 3, padding=2, stride=2, groups=2, bias=False), (1, 4, 4, 4)),
        (nn.Conv1d(4, 2, 4, padding="same", dilation=3), (1, 4, 7)),
        (nn.ConvTranspose1d(4, 6, 3, padding=1, groups=2), (1, 4, 5)),
        (nn.Linear(4, 3), (1, 4)),
        (nn.Conv2d(4, 6, 1, groups=2).to(memory_format=torch.channels_last), (1, 4, 3, 3)),
    ],
)
@expected_warnings.LITTLE_ARRIVES
def test_in_front_of_a_layer_the_two_are_one_op(layer: nn.Module, shape: tuple[int, ...], eps: float) -> None:
    torch.manual_seed(3)
    norm = draw_statistics(NORMS[len(shape)](4)).eval()
    layer.double()
    (a,) = numbers(shape)
    for before in (nn.Identity(), nn.ReLU()):
        model = nn.Sequential(before, norm, layer).eval()
        seed = torch.randn_like(layer(a))
        expected = by_the_matrix(lambda a: layer(norm(a)), before(a), seed, eps)
        (relevance,) = explained(model, a, composite=presets.Epsilon(eps), seed=lambda _, seed=seed: seed)
        close(relevance, expected)
        rows = lp.LRP(model).plan(a)
        assert [row.op for row in rows if row.rule][-1].startswith("batch_norm + ")


ALONE: dict[str, tuple[Function, tuple[int, ...]]] = {
    "at the input, two dimensions": (lambda a: a, (3, 4)),
    "at the input, three dimensions": (lambda a: a, (2, 4, 3)),
    "behind relu": (lambda a: a.relu(), (2, 4, 3, 3)),
    "behind cat": (lambda a: torch.cat([a[:, :1], 2 * a[:, 1:]], 1), (2, 4, 2, 2, 2)),
    "behind pooling": (lambda a: F.max_pool1d(a, 2), (2, 4, 6)),
}


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("eps", [0.0, 0.1])
def test_on_its_own_it_is_an_affine_op_per_channel(name: str, eps: float) -> None:
    # z = w a + b per channel: R_a = w a R / st(z)
    torch.manual_seed(4)
    before, shape = ALONE[name]
    norm = draw_statistics(NORMS[len(shape)](4)).eval()
    (a,) = numbers(shape)
    inner = before(a)
    each = (1, -1, *(1,) * (len(shape) - 2))
    w = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach().view(each)
    z = norm(inner).detach()
    of_inner = w * inner * z / (z + eps * z.sign())
    factor = torch.where(inner != 0, of_inner / inner, 0)
    (slope,) = torch.autograd.functional.vjp(before, a, factor)[1:]
    (relevance,) = explained(Model(lambda a: norm(before(a)), norm), a, composite=presets.Epsilon(eps))
    close(relevance, a * slope)


def test_without_running_statistics_those_of_the_batch_are_constants() -> None:
    norm = nn.BatchNorm2d(4, track_running_stats=False, affine=False).double()
    (a,) = numbers((3, 4, 2, 2))
    sigma = (a.var((0, 2, 3), correction=0, keepdim=True) + norm.eps).sqrt()
    close(explained(norm, a)[0], a / sigma)


CALLS: dict[str, Function] = {
    "torch.batch_norm": lambda a, m, v, w, b: torch.batch_norm(a, w, b, m, v, False, 0.1, 1e-3, False),
    "by keywords": lambda a, m, v, w, b: F.batch_norm(
        running_var=v, running_mean=m, input=a, bias=b, eps=1e-3, weight=w
    ),
    "aten": lambda a, m, v, w, b: torch.ops.aten.batch_norm.default(a, w, b, m, v, False, 0.1, 1e-3, False),
    "aten for inference": lambda a, m, v, w, b: torch.ops.aten._native_batch_norm_legit_no_training.default(
        a, w, b, m, v, 0.1, 1e-3
    )[0],
    "instance norm with running statistics": lambda a, m, v, w, b: F.instance_norm(
        a, m, v, w, b, use_input_stats=False, eps=1e-3
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_every_way_to_call_it_folds_into_the_layer_in_front(name: str) -> None:
    torch.manual_seed(5)
    conv, norm = nn.Conv1d(2, 3, 2).double(), draw_statistics(nn.BatchNorm1d(3, eps=1e-3))
    numbers_of = (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    (a,) = numbers((2, 2, 5))
    (expected,) = explained(Model(fold(conv, norm)), a, composite=EPSILON)
    model = Model(lambda a: CALLS[name](conv(a), *numbers_of), conv, norm)
    close(explained(model, a, composite=EPSILON)[0], expected)


def test_a_layer_used_twice_and_its_norm_once() -> None:
    # y = norm(z) + z with z = conv(a): the sum of the map of the folded layer and that of the layer
    torch.manual_seed(6)
    conv, norm = nn.Conv1d(2, 2, 1).double(), draw_statistics(nn.BatchNorm1d(2))
    (a,) = numbers((2, 2, 3))

    def both(a: Tensor) -> Tensor:
        z = conv(a)
        return norm(z) + z

    (relevance,) = explained(Model(both, conv, norm), a)
    (of_norm,), (of_conv,) = explained(Model(fold(conv, norm)), a), explained(Model(conv), a)
    close(relevance, of_norm + of_conv)
