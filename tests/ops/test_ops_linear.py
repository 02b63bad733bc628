"""Fully connected layers and products with a constant matrix, however they are called."""

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import lrprism as lp
from lrprism import presets
from small_models import LRP_0, Function, Model, close, explained, numbers

W = torch.linspace(-2, 3, 16, dtype=torch.float64).view(4, 4)
V = torch.tensor([2.0, -1.0, 0.5, 3.0], dtype=torch.float64)
CALLS: dict[str, tuple[Function, tuple[int, ...]]] = {
    "F.linear": (lambda a: F.linear(bias=V, weight=W, input=a), (2, 4)),
    "F.linear of a vector": (lambda a: F.linear(a, W, V), (4,)),
    "F.linear of a sequence": (lambda a: F.linear(a, W, V), (2, 3, 4)),
    "F.linear with a vector as weight": (lambda a: F.linear(a, V), (2, 3, 4)),
    "a @ w": (lambda a: a @ W, (2, 3, 4)),
    "w @ a": (lambda a: W @ a, (2, 4, 3)),
    "vector @ w": (lambda a: a @ W, (4,)),
    "a @ vector": (lambda a: a @ V, (2, 4)),
    "vector @ a": (lambda a: V @ a, (4, 3)),
    "mm": (lambda a: torch.mm(W, mat2=a), (4, 3)),
    "mv": (lambda a: torch.mv(W, a), (4,)),
    "mv, live matrix": (lambda a: a.mv(V), (2, 4)),
    "dot": (lambda a: torch.dot(V, a), (4,)),
    "inner": (lambda a: torch.inner(a, W), (2, 4)),
    "outer": (lambda a: torch.outer(a, V), (3,)),
    "kron": (lambda a: torch.kron(W[:2, :2], a), (2, 3)),
    "tensordot": (lambda a: torch.tensordot(a, W, dims=([1], [0])), (2, 4, 3)),
    "einsum": (lambda a: torch.einsum("oi,...i->...o", W, a), (2, 3, 4)),
    "einsum of lists": (lambda a: torch.einsum(a, [0, 1], W, [2, 1], [0, 2]), (2, 4)),
    "bmm": (lambda a: torch.bmm(a, W.expand(2, 4, 4)), (2, 3, 4)),
    "addmm": (lambda a: torch.addmm(V, a, W, beta=2, alpha=3), (2, 4)),
    "addmm by keywords": (lambda a: torch.addmm(mat2=W, mat1=a, input=V), (2, 4)),
    "addmv": (lambda a: torch.addmv(V[:2], a, V, alpha=0.5), (2, 4)),
    "baddbmm": (lambda a: torch.baddbmm(V, a, W.expand(2, 4, 4), beta=0.5), (2, 3, 4)),
    "addbmm": (lambda a: torch.addbmm(V, a, W.expand(2, 4, 4), beta=0.5), (2, 3, 4)),
    "addr": (lambda a: torch.addr(W, a, V), (4,)),
    "a transposed view": (lambda a: F.linear(a.transpose(0, 1), W.t(), V), (4, 3)) ,
    "aten linear": (lambda a: torch.ops.aten.linear.default(a, W, V), (2, 4)),
    "aten addmm": (lambda a: torch.ops.aten.addmm.default(V, a, W, alpha=2), (2, 4)),
    "aten mm": (lambda a: torch.ops.aten.mm.default(a, W), (2, 4)),
}  # fmt: skip
CALLS["a transposed view"] = (lambda a: F.linear(a.t(), W[:, :3], V), (3, 2))


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("eps", [0.0, 0.1])
@pytest.mark.parametrize("bias", [True, False])
def test_the_epsilon_rule_over_the_jacobian(name: str, eps: float, *, bias: bool) -> None:
    # R_i = a_i sum_j w_ij R_j / st(z_j); without bias z_j is that of the products alone
    call, shape = CALLS[name]
    (a,) = numbers(shape)
    z = call(a)
    products = z - call(torch.zeros_like(a))
    seed = torch.randn_like(z)
    denominator = z if bias else products
    s = seed * z / (denominator + eps * denominator.sign())
    slope = torch.autograd.functional.jacobian(call, a)
    expected = a * torch.tensordot(s, slope, s.dim())
    (relevance,) = explained(Model(call), a, composite=presets.Epsilon(eps, bias), seed=lambda _: seed)
    close(relevance, expected)


def test_each_of_them_is_one_linear_row() -> None:
    for call, shape in CALLS.values():
        (row,) = (row for row in lp.LRP(Model(call)).plan(*numbers(shape)) if row.rule)
        assert row.kind == "linear"


def test_a_live_summand_is_no_bias() -> None:
    b, a = numbers((2, 4), (2, 4))
    of_b, of_a = explained(Model(lambda b, a: torch.addmm(b, a, W, beta=2, alpha=3)), b, a)
    close(of_b, 2 * b)
    close(of_a, a * 3 * W.sum(1))


@pytest.mark.parametrize("parametrised", ["weight_norm", "spectral_norm", "orthogonal"])
def test_a_parametrised_layer_is_the_plain_layer_of_its_weight(parametrised: str) -> None:
    torch.manual_seed(1)
    layer = getattr(nn.utils.parametrizations, parametrised)(nn.Linear(4, 3).double()).eval()
    plain = nn.Linear(4, 3).double()
    plain.weight.data, plain.bias.data = layer.weight.detach().clone(), layer.bias.detach().clone()
    (a,) = numbers((2, 4))
    before = {name: tensor.clone() for name, tensor in layer.state_dict().items()}
    for composite in (LRP_0, presets.Epsilon(0.1)):
        (expected,) = explained(plain, a, composite=composite)
        close(explained(layer, a, composite=composite)[0], expected)
    assert all(torch.equal(tensor, before[name]) for name, tensor in layer.state_dict().items())


@pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm` is deprecated")
@pytest.mark.parametrize("old", [nn.utils.weight_norm, nn.utils.spectral_norm])
def test_the_old_hooks_give_the_plain_layer_too(old: Callable[[nn.Module], nn.Module]) -> None:
    torch.manual_seed(1)
    layer = old(nn.Linear(4, 3).double()).eval()
    (a,) = numbers((2, 4))
    layer(a)
    w, b = layer.weight.detach().clone(), layer.bias.detach().clone()
    (expected,) = explained(Model(lambda a: F.linear(a, w, b)), a, composite=presets.Epsilon(0.1))
    close(explained(layer, a, composite=presets.Epsilon(0.1))[0], expected)


def test_an_empty_batch_gives_an_empty_map() -> None:
    (a,) = numbers((0, 4))
    for call in (lambda a: F.linear(a, W, V), lambda a: a @ W, lambda a: torch.addmm(V, a, W)):
        assert explained(Model(call), a)[0].shape == (0, 4)
