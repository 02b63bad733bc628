"""Gates among the factors of a product."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lrprism as lp
from lrprism import presets, select
from lrprism.composites import AbstractComposite
from lrprism.ops import Kind
from lrprism.rules import SignalTakesAll, Uniform
from small_models import Function, Model, close, explained, numbers

TAKES_ALL, SHARES = (
    lp.Composite([(select.kind(Kind.PRODUCT), rule)]) for rule in (SignalTakesAll(), Uniform())
)
FLAT = (2, 4)
GATES: dict[str, Function] = {
    "sigmoid": lambda g: g.sigmoid(),
    "nn.Sigmoid": nn.Sigmoid(),
    "hardsigmoid": F.hardsigmoid,
    "softmax": lambda g: g.softmax(-1),
    "of straight lines": lambda g: F.relu6(g + 3) / 6,
    "clamped": lambda g: (0.2 * g + 0.5).clamp(0, 1),
    "hardtanh": lambda g: F.hardtanh(g, 0, 1),
    "relu": lambda g: g.relu(),
    "silu": F.silu,
    "tanh": torch.tanh,
    "its complement": lambda g: 1 - g.sigmoid(),
    "scaled and shifted": lambda g: 2 * g.sigmoid() / 3 - 0.1,
    "divided by what is live": lambda g: g.softmax(-1) / g.softmax(-1).amax(1, keepdim=True),
    "reshaped": lambda g: g.sigmoid().view(4, 2).t().reshape(2, 4),
    "expanded": lambda g: g.sigmoid()[:, :1].expand(2, 4),
    "averaged": lambda g: g.sigmoid().mean(1, keepdim=True),
    "chosen": lambda g: g.softmax(-1).topk(1)[0],
    "masked": lambda g: g.sigmoid().masked_fill(g > 0, 0.0),
    "written by hand": lambda g: g * g.sigmoid(),
    "the sum of chosen ones": lambda g: (p := g.softmax(-1).topk(2)[0])[:, :1] / p.sum(1, keepdim=True),
}


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize("first", [True, False])
def test_the_signal_takes_all_and_the_gate_nothing(name: str, *, first: bool) -> None:
    gate = GATES[name]
    a, g = numbers(FLAT, FLAT)
    model = Model((lambda a, g: a * gate(g)) if first else (lambda a, g: gate(g) * a))
    of_a, of_g = explained(model, a, g, composite=TAKES_ALL)
    close(of_a, a * gate(g))
    assert not of_g.any()


@pytest.mark.parametrize("name", ["sigmoid", "hardsigmoid", "relu", "tanh", "silu"])
def test_uniform_gives_gate_and_signal_a_half(name: str) -> None:
    gate = GATES[name]
    a, g = numbers(FLAT, FLAT)
    of_a, of_g = explained(Model(lambda a, g: a * gate(g)), a, g, composite=SHARES)
    close(of_a, a * gate(g) / 2)
    close(of_g, a * gate(g) / 2)


PAIRS: dict[str, tuple[Function, Function]] = {
    "tanh, sigmoid": (torch.tanh, torch.sigmoid),
    "tanh, hardsigmoid": (torch.tanh, F.hardsigmoid),
    "relu, softmax": (torch.relu, lambda g: g.softmax(-1)),
    "tanh, relu6": (torch.tanh, F.relu6),
    "silu, hardtanh": (F.silu, lambda g: F.hardtanh(g, 0, 1)),
    "tanh, clamp": (torch.tanh, lambda g: g.clamp(-0.5, 0.5)),
    "tanh, clip": (torch.tanh, lambda g: g.clip(-0.5, 0.5)),
    "relu6, sigmoid": (F.relu6, torch.sigmoid),
    "the signal, relu": (lambda a: a, torch.relu),
}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("first", [True, False])
def test_of_two_activations_the_one_more_like_a_gate_gets_nothing(name: str, *, first: bool) -> None:
    a, g = numbers(FLAT, FLAT)
    signal, gate = PAIRS[name]
    model = Model(lambda a, g: signal(a) * gate(g) if first else gate(g) * signal(a))
    of_a, of_g = explained(model, a, g, composite=TAKES_ALL)
    close(of_a, signal(a) * gate(g))
    assert not of_g.any()


def test_functions_of_two_tensors_are_no_activation_of_one() -> None:
    # z = (a + g) sigmoid(a - g): a half to each factor, which each shares between a and g
    a, g = numbers(FLAT, FLAT)
    of_a, of_g = explained(Model(lambda a, g: (a + g) * (a - g).sigmoid()), a, g, composite=SHARES)
    half = (a + g) * (a - g).sigmoid() / 2
    close(of_a, a * (half / (a + g) + half / (a - g)))
    close(of_g, g * (half / (a + g) - half / (a - g)))


def test_two_gates_share_equally() -> None:
    a, g = numbers(FLAT, FLAT)
    of_a, of_g = explained(Model(lambda a, g: a.sigmoid() * g.softmax(-1)), a, g, composite=TAKES_ALL)
    half = a.sigmoid() * g.softmax(-1) / 2
    close(of_a, half)
    close(of_g, g * (half - g.softmax(-1) * half.sum(1, keepdim=True)))  # the rule of a softmax


def pair(g: Tensor) -> tuple[Tensor, Tensor]:
    return g[:, :4].sigmoid(), g[:, 4:].softmax(-1)


CHOICE = torch.arange(4) // 2
SUMS = torch.eye(4, dtype=torch.float64).roll(1, 0) + torch.eye(4, dtype=torch.float64)
MADE_OF_GATES: dict[str, Function] = {
    "product": lambda g: pair(g)[0] * pair(g)[1],
    "square": lambda g: (s := pair(g)[0]) * s,
    "power": lambda g: pair(g)[0] ** 2,
    "product with a complement": lambda g: pair(g)[0] * (1 - pair(g)[1]),
    "one or the other": lambda g: 1 - (1 - pair(g)[0]) * (1 - pair(g)[1]),
    "difference": lambda g: pair(g)[0] - 0.3 * pair(g)[1],
    "largest of two": lambda g: torch.maximum(*pair(g)),
    "smallest of two": lambda g: torch.fmin(*pair(g)),
    "sum": lambda g: torch.stack(pair(g), -1).sum(-1),
    "sum of what a mask keeps": lambda g: (SUMS * pair(g)[0][..., None]).sum(1),
    "cumsum": lambda g: pair(g)[0].cumsum(1),
    "index_add": lambda g: torch.zeros(2, 4).double().index_add(1, CHOICE, pair(g)[0]),
    "scatter_add": lambda g: torch.zeros(2, 4).double().scatter_add(1, CHOICE.expand(2, 4), pair(g)[0]),
    "addcmul": lambda g: torch.addcmul(*pair(g), torch.tensor(2.0)),
    "product of matrices": lambda g: pair(g)[0] @ (pair(g)[1][0, :, None] * pair(g)[0][0]),
    "times a constant matrix": lambda g: pair(g)[0] @ SUMS,
    "F.linear with a constant": lambda g: F.linear(pair(g)[0], SUMS),
    "einsum with a constant": lambda g: torch.einsum("bi,io->bo", pair(g)[0], SUMS),
    "convolution with a constant": lambda g: F.conv1d(
        pair(g)[0][:, None], torch.ones(1, 1, 3).double(), padding=1
    )[:, 0],
    "nan_to_num": lambda g: pair(g)[0].nan_to_num(),
    "clamped": lambda g: pair(g)[0].clamp(min=1e-3),
    "exponential": lambda g: pair(g)[0].exp(),
    "logsumexp": lambda g: torch.stack(pair(g), -1).logsumexp(-1),
}


@pytest.mark.parametrize("name", MADE_OF_GATES)
def test_what_is_made_of_gates_alone_is_a_gate(name: str) -> None:
    # a ReLU in front of the signal: an activation would not be told from it
    a, g = numbers(FLAT, (2, 8))
    of_a, of_g = explained(Model(lambda a, g: a.relu() * MADE_OF_GATES[name](g)), a, g, composite=TAKES_ALL)
    close(of_a, a.relu() * MADE_OF_GATES[name](g))
    assert not of_g.any()


class Layer(nn.Module):
    """Weights that are not below zero, as those of a sum."""

    def __init__(self) -> None:
        super().__init__()
        self.linear, self.biased = nn.Linear(4, 4, bias=False).double(), nn.Linear(4, 4).double()
        nn.init.uniform_(self.linear.weight)
        nn.init.uniform_(self.biased.weight)
        self.frozen = nn.Parameter(self.linear.weight.detach().clone(), requires_grad=False)


LAYERS: dict[str, Callable[[Layer, Tensor], Tensor]] = {
    "linear": lambda layer, g: layer.linear(g),
    "with a bias": lambda layer, g: layer.biased(g),
    "frozen": lambda layer, g: g @ layer.frozen,
    "transposed": lambda layer, g: g @ layer.linear.weight.t(),
    "einsum": lambda layer, g: torch.einsum("bi,oi->bo", g, layer.linear.weight),
    "product and sum": lambda layer, g: (g[..., None] * layer.linear.weight).sum(1),
    "weights of both signs": lambda layer, g: g @ (layer.linear.weight - 0.5),
    "another signal beside": lambda layer, g: g * layer.biased(g) - g,
    "an activation beside": lambda layer, g: g * layer.biased(g).tanh() + g,
}


@pytest.mark.parametrize("name", LAYERS)
def test_behind_a_layer_a_gate_is_a_signal(name: str) -> None:
    # both factors are signals and share: (b, b) of z = b f(g), where a gate would get nothing
    layer = Layer()
    b, g = numbers(FLAT, FLAT)
    model = Model(lambda b, g: b * LAYERS[name](layer, g.sigmoid()), layer)
    of_b, _ = explained(model, b, g, composite=TAKES_ALL)
    close(of_b, b * LAYERS[name](layer, g.sigmoid()).detach() / 2)


def test_differential_attention_is_the_difference_of_two() -> None:
    (x,) = numbers((5, 4))
    layers = [nn.Linear(4, 4).double() for _ in range(5)]
    q, k, q2, k2, v = layers

    def weights(x: Tensor) -> tuple[Tensor, Tensor]:
        return (q(x) @ k(x).mT).softmax(-1), 0.3 * (q2(x) @ k2(x).mT).softmax(-1)

    one = Model(lambda x: (w := weights(x))[0] @ v(x) - w[1] @ v(x), *layers)
    two = Model(lambda x: (w := weights(x), (w[0] - w[1]) @ v(x))[1], *layers)
    close(explained(two, x, composite=TAKES_ALL)[0], explained(one, x, composite=TAKES_ALL)[0])


OWN_GATES: dict[str, Function] = {
    "swish": lambda a: a * a.sigmoid(),
    "swish, gate in front": lambda a: a.sigmoid() * a,
    "hardswish": lambda a: a * (F.relu6(a + 3) / 6),
    "hardswish, divided last": lambda a: a * F.relu6(a + 3) / 6,
    "mish": lambda a: a * F.softplus(a).tanh(),
    "gelu": lambda a: 0.5 * a * (1 + torch.erf(a / 2**0.5)),
    "tanh of gelu": lambda a: 0.5 * a * (1 + torch.tanh(0.8 * (a + 0.04 * a**3))),
    "squared relu": lambda a: a.relu() * a.relu(),
}


@pytest.mark.parametrize("name", OWN_GATES)
@pytest.mark.parametrize("composite", [TAKES_ALL, SHARES])
def test_an_activation_written_as_a_product_passes_relevance_on(
    name: str, composite: AbstractComposite
) -> None:
    (a,) = numbers((3, 4))
    close(explained(Model(OWN_GATES[name]), a, composite=composite)[0], OWN_GATES[name](a))


def test_squeeze_and_excite_gives_relevance_to_the_signal() -> None:
    squeeze, excite = nn.Conv2d(4, 2, 1).double(), nn.Conv2d(2, 4, 1).double()
    (a,) = numbers((2, 4, 3, 3))

    def gate(a: Tensor) -> Tensor:
        return excite(squeeze(F.adaptive_avg_pool2d(a, 1)).relu()).sigmoid()

    (relevance,) = explained(Model(lambda a: a * gate(a), squeeze, excite), a)
    close(relevance, a * gate(a).detach())


GLUS: dict[str, Function] = {
    "swish": lambda up, gate: F.silu(gate) * up,
    "swish by hand": lambda up, gate: (gate * gate.sigmoid()) * up,
    "gelu": lambda up, gate: F.gelu(gate) * up,
    "relu": lambda up, gate: F.relu(gate) * up,
    "sigmoid": lambda up, gate: F.glu(torch.cat([up, gate], 1), 1),
    "sigmoid of chunks": lambda up, gate: (c := torch.cat([up, gate], 1).chunk(2, 1))[0] * c[1].sigmoid(),
}


@pytest.mark.parametrize("name", GLUS)
def test_gated_linear_units(name: str) -> None:
    up, gate = (nn.Linear(4, 3, bias=False).double() for _ in range(2))
    (a,) = numbers((2, 4))
    model = Model(lambda a: GLUS[name](up(a), gate(a)), up, gate)
    of_signal = (GLUS[name](up(a), gate(a)) / up(a)).detach() @ up.weight.detach() * a
    close(explained(model, a, composite=presets.CPLRP())[0], of_signal)
    z = GLUS[name](up(a), gate(a)).detach()
    of_gate = (z / gate(a)).detach() @ gate.weight.detach() * a
    close(explained(model, a, composite=presets.AttnLRP())[0], (of_signal + of_gate) / 2)
