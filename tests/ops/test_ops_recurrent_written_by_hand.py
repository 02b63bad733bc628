"""A network of torch and the same one in a model's own torch calls: one map under every composite."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from expected_warnings import LITTLE_ARRIVES, NO_CONVOLUTION
from lrprism import Composite, presets, rules, select
from lrprism.composites import AbstractComposite
from lrprism.ops import Kind
from lrprism.stabilizers import NormScaled
from small_models import Model, close, explained, numbers

pytestmark = [NO_CONVOLUTION, LITTLE_ARRIVES]

LINEAR, PRODUCT = select.kind(Kind.LINEAR), select.kind(Kind.PRODUCT)
COMPOSITES = [
    presets.Epsilon(0),
    presets.Epsilon(0.05),
    presets.Epsilon(0.05, bias=False),
    presets.EpsilonGamma(),
    presets.EpsilonGammaBox(-3.0, 3.0),
    presets.EpsilonPlus(),
    presets.EpsilonAlpha2Beta1(),
    presets.AttnLRP(),
    presets.AttnLRP(0.05),
    presets.CPLRP(),
    presets.EpsilonPlusFlat(0.05),
    presets.EpsilonAlpha2Beta1Flat(0.05),
    presets.Hyper3DNetTutorial(),
    Composite([(LINEAR, rules.Gamma(0.25))]),
    Composite([(LINEAR, rules.Gamma(0.25)), (PRODUCT, rules.Uniform())]),
    Composite([(LINEAR, rules.ZPlus()), (PRODUCT, rules.Uniform())]),
    Composite([(LINEAR, rules.Epsilon(NormScaled(0.1)))]),
]
Way = Callable[[nn.RNNBase, Tensor], Tensor]


def of_layer(network: nn.RNNBase, name: str) -> Tensor | None:
    return getattr(network, f"{name}_l0").detach() if network.bias or "weight" in name else None


def join_parameters(network: nn.RNNBase) -> tuple[Tensor, Tensor | None]:
    """The weight of ``[x, h]`` and the sum of the biases."""
    w = torch.cat([of_layer(network, "weight_ih"), of_layer(network, "weight_hh")], 1)
    return w, of_layer(network, "bias_ih") + of_layer(network, "bias_hh") if network.bias else None


Gates = Callable[[Tensor], tuple[Tensor, ...]]


def lstm(network: nn.LSTM, a: Tensor, gates: Gates) -> Tensor:
    h, c = a.new_zeros(a.shape[1], network.proj_size or 4), a.new_zeros(a.shape[1], 4)
    return lstm_from(network, a, (h, c), gates)[-1]


def lstm_from(network: nn.LSTM, a: Tensor, state: tuple[Tensor, ...], gates: Gates) -> list[Tensor]:
    w, b = join_parameters(network)
    (h, c), outputs = state, []
    for x in a:
        i, f, g, o = gates(F.linear(torch.cat([x, h], 1), w, b))
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        h = F.linear(h, network.weight_hr_l0) if network.proj_size else h
        outputs.append(h)
    return outputs


def gru(network: nn.GRU, a: Tensor) -> Tensor:
    return gru_from(network, a, (a.new_zeros(a.shape[1], 4),))[-1]


def gru_from(network: nn.GRU, a: Tensor, state: tuple[Tensor, ...]) -> list[Tensor]:
    w, b = join_parameters(network)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    w_x, w_h, b_x, b_h = (
        None if tensor is None else tensor[8:] for tensor in map(partial(of_layer, network), names)
    )
    (h,), outputs = state, []
    for x in a:
        xh = torch.cat([x, h], 1)
        r, z = (F.linear(xh, w[k : k + 4], None if b is None else b[k : k + 4]).sigmoid() for k in (0, 4))
        n = torch.tanh(F.linear(x, w_x, b_x) + r * F.linear(h, w_h, b_h))
        h = (1 - z) * n + z * h
        outputs.append(h)
    return outputs


def rnn_from(network: nn.RNN, a: Tensor, state: tuple[Tensor, ...]) -> list[Tensor]:
    w, b = join_parameters(network)
    (h,), outputs = state, []
    for x in a:
        h = getattr(torch, network.nonlinearity)(F.linear(torch.cat([x, h], 1), w, b))
        outputs.append(h)
    return outputs


def rnn(network: nn.RNN, a: Tensor) -> Tensor:
    return rnn_from(network, a, (a.new_zeros(a.shape[1], 4),))[-1]


UNFLATTENED: Way = lambda net, a: lstm(net, a, lambda z: z.unflatten(1, (4, 4)).unbind(1))  # noqa: E731
NETWORKS: dict[str, tuple[Callable[..., nn.RNNBase], Way]] = {
    "LSTM": (nn.LSTM, lambda network, a: lstm(network, a, lambda z: z.chunk(4, 1))),
    "LSTM, split": (nn.LSTM, lambda network, a: lstm(network, a, lambda z: z.split(4, 1))),
    "LSTM, unflatten": (nn.LSTM, UNFLATTENED),
    "LSTM, projected": (partial(nn.LSTM, proj_size=2), lambda net, a: lstm(net, a, lambda z: z.chunk(4, 1))),
    "GRU": (nn.GRU, gru),
    "RNN": (nn.RNN, rnn),
    "RNN, relu": (partial(nn.RNN, nonlinearity="relu"), rnn),
}


CASES = [
    (name, composite, bias)
    for name in NETWORKS
    for composite in (COMPOSITES if name in ("LSTM", "GRU") else [presets.Epsilon(0.05), presets.AttnLRP()])
    for bias in ([True, False] if isinstance(composite, presets.AttnLRP) else [True])
]


@pytest.mark.parametrize(("name", "composite", "bias"), CASES)
def test_torchs_network_is_the_one_written_by_hand(
    name: str, composite: AbstractComposite, *, bias: bool
) -> None:
    torch.manual_seed(8)
    make, by_hand = NETWORKS[name]
    network = make(3, 4, bias=bias).double()
    (a,) = numbers((4, 2, 3))

    models = Model(lambda a: network(a)[0][-1], network), Model(lambda a: by_hand(network, a), network)
    maps = [explained(tensor, a, composite=composite, seed=torch.sin)[0] for tensor in models]
    assert maps[0].any()
    close(*maps)


LOOPS = {
    "LSTM": partial(lstm_from, gates=lambda z: z.chunk(4, 1)),
    "GRU": gru_from,
    "RNN": rnn_from,
}
FIRST_STATES: dict[str, Callable[[Tensor, int], Tensor]] = {
    "zero": lambda a, _: a.new_zeros(a.shape[1], 4),
    "constant": lambda a, n: torch.linspace(-1, 1 + n, 4, dtype=a.dtype).expand(a.shape[1], 4),
    "live": lambda a, n: a[0, :, n : n + 1].expand(-1, 4) * 0.5,
}


@pytest.mark.parametrize("kind", LOOPS)
@pytest.mark.parametrize("start", FIRST_STATES)
@pytest.mark.parametrize("composite", [presets.Epsilon(0), presets.Epsilon(0.05), presets.AttnLRP(0.05)])
@pytest.mark.parametrize("steps", [1, 4])
def test_a_first_state_is_that_of_the_network_written_by_hand(
    kind: str, start: str, composite: AbstractComposite, steps: int
) -> None:
    torch.manual_seed(9)
    network = getattr(nn, kind)(3, 4).double()
    (a,) = numbers((steps, 2, 3))
    count = 2 if kind == "LSTM" else 1

    def state(a: Tensor) -> tuple[Tensor, ...]:
        return tuple(FIRST_STATES[start](a, n) for n in range(count))

    def run_builtin(a: Tensor) -> Tensor:
        given = tuple(tensor[None].contiguous() for tensor in state(a))
        outputs, end = network(a, given if count == 2 else given[0])
        return torch.cat([outputs.flatten(), (end[0] if count == 2 else end).flatten()])[None]

    def by_hand(a: Tensor) -> Tensor:
        outputs = LOOPS[kind](network, a, state(a))
        return torch.cat([torch.stack(outputs).flatten(), outputs[-1].flatten()])[None]

    models = Model(run_builtin, network), Model(by_hand, network)
    maps = [explained(tensor, a, composite=composite, seed=torch.sin)[0] for tensor in models]
    assert maps[0].any()
    close(*maps)
