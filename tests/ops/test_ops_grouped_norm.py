"""Layer, group, instance and RMS norm by their formula: the scale is a constant."""

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

EPS = 1e-5


def by_the_paper(a: Tensor, w: Tensor, b: Tensor, seed: Tensor, eps: float, stabilizer: float) -> Tensor:
    """``R_i = a_i sum_j w_j / sigma (delta_ij - 1/n) R_j / st(z_j)`` over the one group that is ``a``."""
    n = len(a)
    sigma = (((a - a.mean()) ** 2).mean() + eps).sqrt()
    z = w * (a - a.mean()) / sigma + b
    s = seed * z / (z + stabilizer * z.sign())
    found = torch.zeros_like(a)
    for i in range(n):
        for j in range(n):
            found[i] += a[i] * w[j] / sigma * ((i == j) - 1 / n) * s[j]
    return found


def grown(layer: nn.Module) -> nn.Module:
    """The layer with weights and biases of its own."""
    torch.manual_seed(7)
    for parameter in layer.parameters():
        parameter.data = torch.randn_like(parameter)
    return layer.double()


def spread(layer: nn.Module, like: Tensor) -> tuple[Tensor, Tensor]:
    """Weight and bias of each entry of one sample."""
    if getattr(layer, "weight", None) is None:
        return torch.ones_like(like), torch.zeros_like(like)
    shape = layer.weight.shape
    if isinstance(layer, (nn.GroupNorm, nn.InstanceNorm1d, nn.InstanceNorm2d)):
        shape = (-1, *(1,) * (like.dim() - 1))
    bias = torch.zeros_like(layer.weight) if layer.bias is None else layer.bias
    return layer.weight.detach().view(shape).expand_as(like), bias.detach().view(shape).expand_as(like)


NORMS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...], int]] = {
    "layer norm": (lambda: nn.LayerNorm(4), (3, 4), 1),
    "layer norm without bias": (lambda: nn.LayerNorm(4, bias=False), (3, 4), 1),
    "layer norm over two dimensions": (lambda: nn.LayerNorm((3, 4)), (2, 3, 4), 1),
    "layer norm of a sequence": (lambda: nn.LayerNorm(4, elementwise_affine=False), (2, 3, 4), 3),
    "group norm": (lambda: nn.GroupNorm(2, 4), (2, 4, 3), 2),
    "group norm of an image": (lambda: nn.GroupNorm(1, 4, affine=False), (2, 4, 3, 2), 1),
    "group norm without positions": (lambda: nn.GroupNorm(2, 6), (2, 6), 2),
    "instance norm": (lambda: nn.InstanceNorm1d(3), (2, 3, 4), 3),
    "instance norm of an image": (lambda: nn.InstanceNorm2d(3, affine=True), (2, 3, 2, 3), 3),
}


@pytest.mark.parametrize("name", NORMS)
@pytest.mark.parametrize("eps", [0.0, 0.1])
def test_a_norm_follows_its_formula(name: str, eps: float) -> None:
    make, shape, groups = NORMS[name]
    layer = grown(make())
    (a,) = numbers(shape)
    seed = torch.randn_like(a)
    w, b = spread(layer, a[0])
    (relevance,) = explained(layer, a, composite=presets.Epsilon(eps), seed=lambda _: seed)
    for sample in range(len(a)):
        parts = [tensor.reshape(groups, -1) for tensor in (a[sample], w, b, seed[sample], relevance[sample])]
        for one, weight, bias, start, of_one in zip(*parts, strict=True):
            close(of_one, by_the_paper(one, weight, bias, start, EPS, eps))


@pytest.mark.parametrize("name", ["layer norm", "group norm", "instance norm of an image"])
def test_a_norm_without_bias_conserves(name: str) -> None:
    # sum_i a_i (delta_ij - 1/n) = a_j - mean, and R_j = s_j w_j (a_j - mean) / sigma
    make, shape, _ = NORMS[name]
    layer = grown(make())
    layer.bias.data.zero_()
    (a,) = numbers(shape)
    (relevance,) = explained(layer, a, seed=torch.sin)
    z = layer(a).detach()
    close(relevance.sum(), (z * torch.sin(z)).sum())


RMS: dict[str, Function] = {
    "nn.RMSNorm": nn.RMSNorm(4, elementwise_affine=False, eps=1e-3),
    "two dimensions": lambda a: F.rms_norm(a, (3, 4)),
    "by keywords": lambda a: torch.rms_norm(input=a, normalized_shape=(4,), eps=0.1),
    "with weight": lambda a: F.rms_norm(a, (4,), torch.arange(1.0, 5.0).double()),
    "of tiny numbers": lambda a: F.rms_norm(1e-8 * a, (4,)),
    "by hand": lambda a: a * torch.rsqrt(a.pow(2).mean(-1, keepdim=True) + 1e-3),
    "by a power": lambda a: a * (a.square().mean(-1, keepdim=True) + 1e-3).pow(-0.5),
    "by a quotient": lambda a: a / a.square().mean(-1, keepdim=True).sqrt(),
}


@pytest.mark.parametrize("name", RMS)
def test_rms_norm_passes_relevance_unchanged(name: str) -> None:
    (a,) = numbers((2, 3, 4))
    close(explained(Model(RMS[name]), a)[0], RMS[name](a))


def test_local_response_norm_passes_relevance_unchanged() -> None:
    layer = nn.LocalResponseNorm(3, alpha=0.5)
    for shape in ((2, 5, 3), (2, 5, 3, 2)):
        (a,) = numbers(shape)
        close(explained(layer, a)[0], layer(a))


CALLS: dict[str, tuple[Function, Function]] = {
    "torch.layer_norm": (
        lambda a, w, b: torch.layer_norm(a, (4,), w, b, 1e-3, True),
        lambda a, w, b: F.layer_norm(weight=w, input=a, bias=b, normalized_shape=(4,), eps=1e-3),
    ),
    "native layer norm": (
        lambda a, w, b: torch.native_layer_norm(a, (4,), w, b, 1e-3)[0],
        lambda a, w, b: F.layer_norm(a, (4,), w, b, 1e-3),
    ),
    "aten layer norm": (
        lambda a, w, b: torch.ops.aten.native_layer_norm.default(a, [4], w, b, 1e-3)[0],
        lambda a, w, b: F.layer_norm(a, (4,), w, b, 1e-3),
    ),
    "torch.group_norm": (
        lambda a, w, b: torch.group_norm(a.mT, 2, w, b, 1e-3).mT,
        lambda a, w, b: F.group_norm(a.mT, weight=w, bias=b, num_groups=2, eps=1e-3).mT,
    ),
    "native group norm": (
        lambda a, w, b: torch.native_group_norm(a.mT.contiguous(), w, b, 2, 4, 3, 2, 1e-3)[0].mT,
        lambda a, w, b: F.group_norm(a.mT, 2, w, b, 1e-3).mT,
    ),
    "torch.instance_norm": (
        lambda a, w, b: torch.instance_norm(a.mT, w, b, None, None, True, 0.1, 1e-3, False).mT,
        lambda a, w, b: F.instance_norm(a.mT, weight=w, bias=b, eps=1e-3).mT,
    ),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("composite", [LRP_0, presets.Epsilon(0.1)])
@expected_warnings.LITTLE_ARRIVES
def test_every_way_to_call_a_norm_gives_one_map(name: str, composite: AbstractComposite) -> None:
    a, w, b = numbers((2, 3, 4), (4,), (4,))
    one, other = (
        explained(Model(lambda a, call=call: call(a, w, b)), a, composite=composite)[0]
        for call in CALLS[name]
    )
    close(one, other)


@expected_warnings.LITTLE_ARRIVES
def test_an_unbatched_instance_norm_is_a_batch_of_one() -> None:
    (a,) = numbers((3, 4, 5))
    norm = grown(nn.InstanceNorm2d(3, affine=True))
    close(explained(norm, a, seed=torch.sin)[0], explained(norm, a[None], seed=torch.sin)[0][0])


def test_a_norm_whose_bias_is_left_out_shares_everything() -> None:
    norm = grown(nn.LayerNorm(4))
    (a,) = numbers((2, 4))
    (relevance,) = explained(norm, a, composite=presets.Epsilon(0, bias=False), seed=torch.sin)
    z = norm(a).detach()
    close(relevance.sum(1), (z * torch.sin(z)).sum(1))


@pytest.mark.parametrize("eps", [0.0, 0.1])
def test_the_account_says_what_bias_and_stabiliser_keep(eps: float) -> None:
    norm = grown(nn.LayerNorm(4))
    (a,) = numbers((2, 4))
    explanation = lp.LRP(norm, presets.Epsilon(eps), strict=True).explain(a, torch.sin, audit=True)
    z = norm(a).detach()
    s = z.sin() * z / (z + eps * z.sign())
    assert explanation.audit is not None
    (row,) = explanation.audit
    assert row.to_bias == pytest.approx((norm.bias.detach() * s).sum().item(), abs=1e-12)
    assert row.to_stabilizer == pytest.approx((eps * z.sign() * s).sum().item(), abs=1e-12)
    assert row.to_rule == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_large_numbers_in_half_precision_give_no_nan(dtype: torch.dtype) -> None:
    a = torch.tensor([[300.0, -200.0, 100.0, 50.0]], dtype=dtype)
    relevance = lp.LRP(Model(lambda a: F.rms_norm(a, (4,)))).explain(a, torch.ones_like).relevance
    assert isinstance(relevance, Tensor)
    torch.testing.assert_close(relevance, F.rms_norm(a, (4,)), rtol=0.01, atol=0.01)


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("groups", [0, 2])
def test_the_statistics_that_a_norm_returns_are_constants(groups: int, *, audit: bool) -> None:
    x = torch.tensor([[[1.0, 3.0], [-2.0, 6.0]]], dtype=torch.float64)  # of one mean, 2, over each row
    rows = torch.tensor([2.0, 2.0], dtype=torch.float64)
    scales = 1 / torch.tensor([1.0, 4.0], dtype=torch.float64)

    class Norm(torch.nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            if groups:
                explanation = torch.native_group_norm(x, None, None, 1, 2, 2, groups, 0.0)
            else:
                explanation = torch.native_layer_norm(x, (2,), None, None, 0.0)
            z, mean, inverse = (tensor.reshape(-1) for tensor in explanation)
            return (z.sum() + 10 * mean.sum() + 100 * inverse.sum() + x.sum())[None, None]

    explainer = lp.LRP(Norm(), presets.Epsilon(0), strict=True)
    explanation = explainer.explain(x, 0, audit=audit)
    expected = 0 + 10 * rows.sum() + 100 * scales.sum() + 8
    torch.testing.assert_close(explanation.output, expected[None, None], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(explanation.relevance, x, rtol=1e-12, atol=1e-12)  # the sum of z has no slope
