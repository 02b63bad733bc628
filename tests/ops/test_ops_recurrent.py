"""Recurrent networks: gates are constants and the signal takes all, worked out step by step."""

import pytest
import torch
from torch import Tensor, nn, sigmoid

import expected_warnings
import lrprism
from lrprism import presets
from lrprism.composites import AbstractComposite
from small_models import LRP_0, Model, close, explained, numbers


def linear(a: Tensor, w: Tensor, z: Tensor, out: Tensor) -> Tensor:
    """LRP-0 of ``z = a w^T + b``: ``R_i = a_i sum_j w_ji R_j / z_j``."""
    return a * ((out / z) @ w)


def lstm_by_hand(cell: nn.LSTMCell, xs: Tensor, out: Tensor) -> Tensor:
    """Relevance of every step for ``out`` at the last hidden state: forwards once, then backwards."""
    size = cell.hidden_size
    w_x, w_h = (tensor.detach().chunk(4) for tensor in (cell.weight_ih, cell.weight_hh))
    h = c = torch.zeros(xs.shape[1], size, dtype=xs.dtype)
    steps = []
    for x in xs:
        i, f, g, o = (
            x @ w_x[k].T + h @ w_h[k].T + (cell.bias_ih + cell.bias_hh).detach().chunk(4)[k] for k in range(4)
        )
        entered = sigmoid(i) * g.tanh()
        steps.append((x, h, g, entered, sigmoid(f) * c))
        c = entered + sigmoid(f) * c
        h = sigmoid(o) * c.tanh()
    found, of_h, of_c = torch.zeros_like(xs), out, torch.zeros_like(out)
    for t in reversed(range(len(xs))):
        x, before, g, entered, kept = steps[t]
        of_c = of_c + of_h  # h = o tanh(c): the gate takes nothing, tanh passes all on
        of_g, of_c = of_c * entered / (entered + kept), of_c * kept / (entered + kept)
        found[t], of_h = linear(x, w_x[2], g, of_g), linear(before, w_h[2], g, of_g)
    return found


def gru_by_hand(cell: nn.GRUCell, xs: Tensor, out: Tensor) -> Tensor:
    """As above for ``h' = (1 - z) tanh(W x + b + r (U h + b')) + z h``.

    At the first step ``U h + b'`` is the constant ``b'``: what ``r b'`` gets is the reset gate's, and goes on
    through the gate's own layer.
    """
    w_x, w_h = (tensor.detach().chunk(3) for tensor in (cell.weight_ih, cell.weight_hh))
    b_x, b_h = (tensor.detach().chunk(3) for tensor in (cell.bias_ih, cell.bias_hh))
    h = torch.zeros(xs.shape[1], cell.hidden_size, dtype=xs.dtype)
    steps = []
    for x in xs:
        pre = [x @ w_x[k].T + b_x[k] + h @ w_h[k].T + b_h[k] for k in range(2)]
        r, z = map(sigmoid, pre)
        own, recalled = x @ w_x[2].T + b_x[2], h @ w_h[2].T + b_h[2]
        new, kept = (1 - z) * (own + r * recalled).tanh(), z * h
        steps.append((x, h, own, r * recalled, recalled, new, kept, pre[0]))
        h = new + kept
    found, of_h = torch.zeros_like(xs), out
    for t in reversed(range(len(xs))):
        x, before, own, gated, recalled, new, kept, of_reset = steps[t]
        of_new, of_kept = of_h * new / (new + kept), of_h * kept / (new + kept)
        found[t] = linear(x, w_x[2], own, of_new * own / (own + gated))
        of_gated = of_new * gated / (own + gated)
        if t == 0:
            found[t] += linear(x, w_x[0], of_reset, of_gated)
        of_h = of_kept + linear(before, w_h[2], recalled, of_gated)
    return found


def rnn_by_hand(cell: nn.RNNCell, xs: Tensor, out: Tensor) -> Tensor:
    h = torch.zeros(xs.shape[1], cell.hidden_size, dtype=xs.dtype)
    w_x, w_h, b = cell.weight_ih.detach(), cell.weight_hh.detach(), (cell.bias_ih + cell.bias_hh).detach()
    steps = []
    for x in xs:
        steps.append((x, h, x @ w_x.T + h @ w_h.T + b))
        h = steps[-1][2].tanh()
    found, of_h = torch.zeros_like(xs), out
    for t in reversed(range(len(xs))):
        x, before, z = steps[t]
        found[t], of_h = linear(x, w_x, z, of_h), linear(before, w_h, z, of_h)
    return found


BY_HAND = {"LSTM": lstm_by_hand, "GRU": gru_by_hand, "RNN": rnn_by_hand}


def cell_of(kind: str, network: nn.RNNBase, *, layer: int = 0, back: bool = False) -> nn.Module:
    """The cell with the weights of one layer and direction."""
    end = f"_l{layer}" + "_reverse" * back
    w_x = getattr(network, f"weight_ih{end}")
    cell = getattr(nn, f"{kind}Cell")(w_x.shape[1], network.hidden_size, bias=network.bias).double()
    for name in ("weight_ih", "weight_hh", *(("bias_ih", "bias_hh") if network.bias else ())):
        setattr(cell, name, getattr(network, name + end))
    return cell


def in_a_loop(cell: nn.Module, xs: Tensor, *, back: bool = False) -> Tensor:
    state, found = None, []
    for x in xs.flip(0) if back else xs:
        state = cell(x, state)
        found.append(flat(state))
    return torch.stack(found[::-1] if back else found)


@pytest.mark.parametrize("kind", BY_HAND)
@pytest.mark.parametrize("as_cell", [False, True])
def test_relevance_of_every_step_by_hand(kind: str, *, as_cell: bool) -> None:
    torch.manual_seed(1)
    network = getattr(nn, kind)(3, 4).double()
    cell = cell_of(kind, network)
    (xs,) = numbers((5, 2, 3))
    seed = torch.randn(2, 4, dtype=torch.float64)
    model = Model((lambda a: in_a_loop(cell, a)[-1]) if as_cell else (lambda a: network(a)[0][-1]), network)
    with torch.no_grad():
        out = seed * model(xs)
    close(explained(model, xs, seed=lambda _: seed)[0], BY_HAND[kind](cell, xs, out))


@pytest.mark.parametrize("kind", BY_HAND)
@pytest.mark.parametrize("composite", [LRP_0, presets.Epsilon(0.05), presets.AttnLRP()])
def test_stacked_networks_of_both_directions_are_loops_of_cells(
    kind: str, composite: AbstractComposite
) -> None:
    torch.manual_seed(2)
    network = getattr(nn, kind)(3, 4, 2, bidirectional=True, dropout=0.5).double()
    cells = [[cell_of(kind, network, layer=n, back=back) for back in (False, True)] for n in range(2)]

    def loops(a: Tensor) -> Tensor:
        for forth, back in cells:
            a = torch.cat([in_a_loop(forth, a), in_a_loop(back, a, back=True)], -1)
        return a

    (a,) = numbers((5, 2, 3))
    whole = Model(lambda a: network(a)[0], network)
    maps = [explained(model, a, composite=composite, seed=torch.sin)[0] for model in (whole, Model(loops))]
    close(*maps)


@pytest.mark.parametrize("kind", BY_HAND)
def test_batch_first_and_a_sample_without_a_batch(kind: str) -> None:
    torch.manual_seed(3)
    network = getattr(nn, kind)(3, 4, bidirectional=True).double()
    first = getattr(nn, kind)(3, 4, bidirectional=True, batch_first=True).double()
    first.load_state_dict(network.state_dict())
    (a,) = numbers((5, 2, 3))
    (expected,) = explained(Model(lambda a: network(a)[0], network), a)
    close(explained(Model(lambda a: first(a)[0], first), a.transpose(0, 1))[0].transpose(0, 1), expected)
    for sample in range(2):
        (relevance,) = explained(Model(lambda a: network(a)[0], network), a[:, sample])
        close(relevance, expected[:, sample])


@pytest.mark.parametrize("kind", BY_HAND)
@pytest.mark.parametrize("is_sorted", [False, True])
@expected_warnings.LITTLE_ARRIVES
def test_a_packed_sequence_is_each_sequence_on_its_own(kind: str, *, is_sorted: bool) -> None:
    torch.manual_seed(4)
    network = getattr(nn, kind)(3, 4, 2, bidirectional=True, batch_first=True).double()
    lengths = [5, 3, 2] if is_sorted else [3, 5, 2]

    def run_packed(a: Tensor) -> tuple[Tensor, Tensor]:
        pack = nn.utils.rnn.pack_padded_sequence(a, lengths, batch_first=True, enforce_sorted=is_sorted)
        outputs, state = network(pack)
        return nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True)[0], flat(state)

    (a,) = numbers((3, 5, 3))
    (of_all,) = explained(Model(lambda a: run_packed(a)[0], network), a)
    (of_end,) = explained(Model(lambda a: run_packed(a)[1], network), a)
    for sample, length in enumerate(lengths):
        alone = a[sample : sample + 1, :length]
        (expected,) = explained(Model(lambda a: network(a)[0], network), alone)
        close(of_all[sample, :length], expected[0])
        assert not of_all[sample, length:].any()
        (expected,) = explained(Model(lambda a: flat(network(a)[1]), network), alone)
        close(of_end[sample, :length], expected[0])


def flat(state: Tensor | tuple[Tensor, Tensor]) -> Tensor:
    return state[0] if isinstance(state, tuple) else state


def test_a_projection_is_a_linear_layer_behind_every_step() -> None:
    torch.manual_seed(6)
    network = nn.LSTM(3, 5, proj_size=2, bias=False).double()
    w_x, w_h, w_r = (tensor.detach() for tensor in network.parameters())

    def loop(a: Tensor) -> Tensor:
        h, c = torch.zeros(2, 2, dtype=a.dtype), torch.zeros(2, 5, dtype=a.dtype)
        for x in a:
            pre = [x @ w.T + h @ u.T for w, u in zip(w_x.chunk(4), w_h.chunk(4), strict=True)]
            i, f, o = (pre[k].detach().sigmoid() for k in (0, 1, 3))
            c = f * c + i * pre[2].tanh()
            h = (o * c.tanh()) @ w_r.T
        return h

    (a,) = numbers((4, 2, 3))
    (expected,) = explained(Model(loop), a)
    close(explained(Model(lambda a: network(a)[0][-1], network), a)[0], expected)
    close(expected.sum(), loop(a).sum())


@pytest.mark.parametrize("kind", BY_HAND)
@pytest.mark.parametrize("end", [None, 0, 1])
def test_without_biases_everything_arrives_at_the_steps_and_the_first_state(
    kind: str, end: int | None
) -> None:
    torch.manual_seed(7)
    network = getattr(nn, kind)(3, 4, 2, bias=False, bidirectional=True).double()
    inputs = numbers((3, 2, 3), (4, 2, 4), *((4, 2, 4),) * (kind == "LSTM"))

    def run(a: Tensor, h: Tensor, *c: Tensor) -> Tensor:
        outputs, state = network(a, (h, *c) if c else h)
        return outputs if end is None else state[end] if c else state

    relevance = explained(Model(run, network), *inputs, seed=torch.sin)
    z = run(*inputs).detach()
    assert all(tensor.any() for tensor in relevance)
    close(sum(tensor.sum() for tensor in relevance), (z * z.sin()).sum())


def test_the_last_states_are_joined_before_the_output() -> None:
    # accounts of several batches are added up by the number of the call, so that their order matters
    network = nn.LSTM(1, 4, batch_first=True, bidirectional=True)
    plan = lrprism.LRP(Model(lambda x: network(x)[0][:, -1], network)).plan(torch.randn(2, 5, 1))
    assert [(row.op, row.call) for row in plan] == [
        ("transpose", 0),
        ("lstm", 1),
        ("lstm", 2),
        ("cat", 3),
        ("transpose", 6),  # 4 and 5 join the last states, which nobody reads
        ("getitem", 7),
    ]
