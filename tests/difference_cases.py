"""Small functions of what networks are built from, and what no exact way is known for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from differences import doubles, drawn
from small_models import Model

Case = tuple[Callable[..., Any], tuple[tuple[int, ...], ...]]
"""A function, or a model, and the shapes of its inputs."""

FLAT, IMAGE, TOKENS, HEADS = (3, 6), (2, 3, 6, 6), (2, 5, 8), (2, 3, 5, 4)
K, W = drawn(6, seed=5), drawn(6, 6, seed=6)


def of(layer: nn.Module, call: Callable[..., Any] | None = None) -> nn.Module:
    """A layer in float64 and in evaluation mode, or what is made of it by ``call(layer, *inputs)``."""
    layer = layer.double().eval()
    for number, parameter in enumerate(layer.parameters()):
        parameter.data = drawn(*parameter.shape, seed=40 + number) / max(1, parameter.dim())
    return layer if call is None else Model(lambda *inputs: call(layer, *inputs), layer)


def read_packed(layer: nn.Module, x: Tensor) -> Tensor:
    """The outputs of a recurrent layer on sequences of several lengths."""
    packed = pack_padded_sequence(x, torch.tensor([5, 3])[: len(x)], batch_first=True, enforce_sorted=False)
    return pad_packed_sequence(layer(packed)[0], batch_first=True)[0]


def read_last(layer: nn.Module, x: Tensor) -> Tensor:
    """The last output of a recurrent layer whose sequences have the steps in front."""
    last: Tensor = layer(x.transpose(0, 1))[0][-1]
    return last


def step_cells(cell: nn.Module, x: Tensor) -> Tensor:
    """The last state of a cell that is called step by step."""
    state = None
    for step in x.unbind(1):
        state = cell(step, state)
    assert state is not None
    return state[0] if isinstance(state, tuple) else state


RECURRENT: dict[str, Case] = {
    f"{kind.__name__} {name}": (of(kind(4, 3, **options), call), ((2, 5, 4),))
    for kind in (nn.LSTM, nn.GRU, nn.RNN)
    for name, options, call in (
        ("plain", {"batch_first": True}, lambda layer, x: layer(x)[0]),
        (
            "of two layers and directions",
            {"batch_first": True, "num_layers": 2, "bidirectional": True},
            lambda layer, x: layer(x)[0],
        ),
        ("packed", {"batch_first": True}, read_packed),
        ("packed in two directions", {"batch_first": True, "bidirectional": True}, read_packed),
        ("with steps in front", {}, read_last),
    )
} | {
    "RNN with ReLU": (
        of(nn.RNN(4, 3, nonlinearity="relu", batch_first=True), lambda r, x: r(x)[0]),
        ((2, 5, 4),),
    ),
    "LSTM with projection": (
        of(nn.LSTM(4, 3, proj_size=2, batch_first=True), lambda r, x: r(x)[0]),
        ((2, 5, 4),),
    ),
    "LSTMCell": (of(nn.LSTMCell(4, 3), step_cells), ((2, 5, 4),)),
    "GRUCell": (of(nn.GRUCell(4, 3), step_cells), ((2, 5, 4),)),
    "RNNCell": (of(nn.RNNCell(4, 3), step_cells), ((2, 5, 4),)),
}

PADDING = torch.tensor([[False, False, False, True, True], [False, False, False, False, True]])
LOWER = torch.ones(5, 5, dtype=torch.bool).tril(1)
BLIND = torch.tensor([True, False, True, True, True])[:, None].expand(5, 5)
attend = F.scaled_dot_product_attention
ATTENTION: dict[str, Case] = {
    "sdpa": (attend, (HEADS, HEADS, HEADS)),
    "sdpa of one": (lambda a: attend(a, a, a), (HEADS,)),
    "sdpa written by hand": (lambda q, k, v: (q @ k.mT / 2).softmax(-1) @ v, (HEADS, HEADS, HEADS)),
    "sdpa causal": (lambda q, k, v: attend(q, k, v, is_causal=True), (HEADS, HEADS, HEADS)),
    "sdpa causal, fewer queries": (
        lambda q, k, v: attend(q, k, v, is_causal=True),
        ((2, 3, 4, 4), HEADS, HEADS),
    ),
    "sdpa with a choice": (lambda q, k, v: attend(q, k, v, attn_mask=LOWER), (HEADS, HEADS, HEADS)),
    "sdpa with a bias": (lambda q, k, v: attend(q, k, v, attn_mask=drawn(5, 5)), (HEADS, HEADS, HEADS)),
    "sdpa with -inf": (
        lambda q, k, v: attend(q, k, v, torch.zeros(5, 5).double().masked_fill(~LOWER, -torch.inf)),
        (HEADS, HEADS, HEADS),
    ),
    "sdpa with a live bias": (lambda q, k, v: attend(q, k, v, attn_mask=q @ q.mT), (HEADS, HEADS, HEADS)),
    "sdpa of a query that sees no key": (
        lambda q, k, v: attend(q, k, v, attn_mask=BLIND),
        (HEADS, HEADS, HEADS),
    ),
    "sdpa with grouped heads": (
        lambda q, k, v: attend(q, k, v, enable_gqa=True),
        ((2, 4, 5, 4), (2, 2, 5, 4), (2, 2, 5, 4)),
    ),
    "sdpa with a scale": (lambda q, k, v: attend(q, k, v, scale=0.3), (HEADS, HEADS, HEADS)),
    "MultiheadAttention": (
        of(nn.MultiheadAttention(8, 2, batch_first=True), lambda m, x: m(x, x, x)[0]),
        (TOKENS,),
    ),
    "MultiheadAttention with padding": (
        of(
            nn.MultiheadAttention(8, 2, batch_first=True),
            lambda m, x: m(x, x, x, key_padding_mask=PADDING[: len(x)], need_weights=False)[0],
        ),
        (TOKENS,),
    ),
    "MultiheadAttention of others": (
        of(
            nn.MultiheadAttention(8, 2, batch_first=True, add_bias_kv=True, add_zero_attn=True),
            lambda m, x, y: m(x, y, y)[0],
        ),
        (TOKENS, (2, 4, 8)),
    ),
    "TransformerEncoderLayer": (of(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)), (TOKENS,)),
    "TransformerDecoderLayer": (
        of(nn.TransformerDecoderLayer(8, 2, 16, batch_first=True, norm_first=True)),
        (TOKENS, (2, 4, 8)),
    ),
    "Transformer": (of(nn.Transformer(8, 2, 1, 1, 16, batch_first=True)), (TOKENS, (2, 4, 8))),
}

GATES: dict[str, Case] = {
    "glu": (F.glu, (FLAT,)),
    "glu by hand": (lambda x: x[:, :3] * x[:, 3:].sigmoid(), (FLAT,)),
    "swiglu": (lambda x: F.silu(x[:, :3]) * x[:, 3:], (FLAT,)),
    "silu by hand": (lambda x: x * x.sigmoid(), (FLAT,)),
    "hardswish by hand": (lambda x: x * F.relu6(x + 3) / 6, (FLAT,)),
    "squeeze and excite": (lambda x: x * x.mean((2, 3), keepdim=True).sigmoid(), (IMAGE,)),
    "where": (lambda x: torch.where(x > 0, x, 0.1 * x), (FLAT,)),
    "where another is": (lambda x: torch.where(x.roll(1, 1) > 0, x, 0.1 * x), (FLAT,)),
    "where, a method": (lambda x: x.where(x > 0, x * 2), (FLAT,)),
    "masked_fill": (lambda x: x.masked_fill(x < 0, 0.0), (FLAT,)),
    "masked_fill by another": (lambda x: x.masked_fill(x.roll(1, 1) < 0, 0.5), (FLAT,)),
    "a * (a > 0)": (lambda x: x * (x > 0), (FLAT,)),
    "a * (b > 0)": (lambda x: x * (x.roll(1, 1) > 0), (FLAT,)),
    "(a > 0).double() * b": (lambda x: (x > 0).double() * x.sin(), (FLAT,)),
    "written into": (lambda x: (y := x.clone()).masked_fill_(y < 0, 0.0), (FLAT,)),
    "clamp with a live bound": (lambda x: x.clamp(max=x.mean(1, keepdim=True)), (FLAT,)),
    "clamp with two": (lambda x: torch.clamp(x, x.roll(1, 1), x.roll(1, 1) + 1), (FLAT,)),
    "a power that changes": (lambda x: (x.abs() + 0.1) ** x, (FLAT,)),
    "a division": (lambda a, b: a / (b.abs() + 0.1), (FLAT, FLAT)),
    "addcdiv": (lambda a, b, c: torch.addcdiv(a, b, c.abs() + 0.1, value=2), (FLAT, FLAT, FLAT)),
    "noisy or": (lambda x: 1 - (1 - x.sigmoid()).prod(1), (FLAT,)),
    "generalised mean": (lambda x: x.abs().clamp(min=1e-6).pow(3).mean((2, 3)).pow(1 / 3), (IMAGE,)),
    "radial basis functions": (lambda x: (-torch.cdist(x, W).square()).exp(), (FLAT,)),
}

NORMS: dict[str, Case] = {
    **{f"norm {p}": (lambda x, p=p: x.norm(p, 1), (FLAT,)) for p in (0, 0.5, 1, 2, 3, torch.inf, -torch.inf)},
    **{
        f"vector_norm {p}": (lambda x, p=p: torch.linalg.vector_norm(x, p, 1), (FLAT,))
        for p in (0, 1, 2, 3, torch.inf)
    },
    "linalg.norm": (lambda x: torch.linalg.norm(x, dim=1), (FLAT,)),
    "norm over two dimensions": (lambda x: torch.norm(x.view(-1, 2, 3), dim=(1, 2)), (FLAT,)),
    "normalize": (F.normalize, (FLAT,)),
    "normalize by the sum": (lambda x: F.normalize(x, p=1), (FLAT,)),
    "cosine similarity": (lambda x: F.cosine_similarity(x[:, :3], x[:, 3:]), (FLAT,)),
    "cosine similarity with constants": (lambda x: F.cosine_similarity(x[:, None], W[None], -1), (FLAT,)),
    "std": (lambda x: x.std(1), (FLAT,)),
    "std of all": (lambda x: torch.std(x, dim=1, correction=0), (FLAT,)),
    "std_mean": (lambda x: sum(torch.std_mean(x, 1)), (FLAT,)),
    "var_mean": (lambda x: torch.var_mean(x, 1)[0] * torch.var_mean(x, 1)[1], (FLAT,)),
    "hypot": (lambda x: torch.hypot(x, x.cos()), (FLAT,)),
    "pairwise_distance": (lambda x: F.pairwise_distance(x, x.roll(1, 1)), (FLAT,)),
    "dist": (lambda x: torch.stack([torch.dist(row, row.sin()) for row in x]), (FLAT,)),
    "cdist": (lambda x: torch.cdist(x.view(-1, 2, 3), x.view(-1, 2, 3).sin()), (FLAT,)),
    "cdist by sums": (lambda x: torch.cdist(x.view(-1, 2, 3), x.view(-1, 2, 3).sin(), p=1.0), (FLAT,)),
    "weight norm": (of(nn.utils.parametrizations.weight_norm(nn.Linear(6, 2))), (FLAT,)),
}

MOVES: dict[str, Case] = {
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 3, 2, 1), (IMAGE,)),
    "adaptive_avg_pool2d": (lambda x: F.adaptive_avg_pool2d(x, 4), (IMAGE,)),
    "lp_pool2d": (lambda x: F.lp_pool2d(x, 2, 2), (IMAGE,)),
    "interpolate": (lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"), (IMAGE,)),
    "interpolate to the nearest": (lambda x: F.interpolate(x, scale_factor=2), (IMAGE,)),
    "interpolate by cubes": (lambda x: F.interpolate(x, size=4, mode="bicubic"), (IMAGE,)),
    "unfold and fold": (lambda x: F.fold(F.unfold(x, 2), (6, 6), 2), (IMAGE,)),
    "pixel_shuffle": (lambda x: F.pixel_shuffle(x.view(len(x), 12, 3, 3), 2), (IMAGE,)),
    "reflected padding": (lambda x: F.pad(x, (1, 1, 1, 1), "reflect"), (IMAGE,)),
    "conv_transpose2d": (of(nn.ConvTranspose2d(3, 4, 3, 2)), (IMAGE,)),
    "grouped convolution": (of(nn.Conv2d(3, 6, 3, groups=3, padding=1, padding_mode="circular")), (IMAGE,)),
    "fixed grid": (
        lambda x: F.grid_sample(
            x,
            F.affine_grid(torch.eye(2, 3).double().expand(len(x), 2, 3) * 0.8, (len(x), 3, 4, 4), False),
            align_corners=False,
        ),
        (IMAGE,),
    ),
    "cumsum": (lambda x: x.cumsum(1), (FLAT,)),
    "diff": (lambda x: x.diff(dim=1), (FLAT,)),
    "cat, flip, roll, pad": (lambda x: torch.cat([x.flip(1), x.roll(1, 1), F.pad(x, (1, 1))], 1), (FLAT,)),
    "index_select": (lambda x: x.index_select(1, torch.tensor([1, 1, 0])), (FLAT,)),
    "scatter_add": (
        lambda x: x.new_zeros(len(x), 4).scatter_add(1, torch.tensor([[0, 1, 1, 2, 3, 0]]).expand_as(x), x),
        (FLAT,),
    ),
    "index_add": (
        lambda x: x.new_zeros(len(x), 2).index_add(1, torch.tensor([0, 1, 0, 1, 0, 1]), x),
        (FLAT,),
    ),
    "masked mean": (lambda x: (x * (m := doubles([1, 1, 0, 1, 0, 1]))).sum(1) / m.sum(), (FLAT,)),
    "weights of a bag": (
        lambda x: F.embedding_bag(
            torch.tensor([[0, 1]]).expand(len(x), 2),
            torch.eye(3).double(),
            per_sample_weights=x[:, :2],
            mode="sum",
        ),
        (FLAT,),
    ),
    "magnitudes of a spectrum": (lambda x: torch.fft.rfft(x).abs(), (FLAT,)),
    "real parts of a spectrum": (lambda x: torch.fft.fft(x).real, (FLAT,)),
    "a filter": (
        lambda x: torch.fft.irfft(torch.fft.rfft(x) * torch.tensor([1, 2j, 0.3, 0.4]), n=6),
        (FLAT,),
    ),
    "squares of real and imaginary parts": (
        lambda x: torch.view_as_real(torch.fft.fft(x)).square().sum(-1),
        (FLAT,),
    ),
    "solve with a constant matrix": (lambda x: torch.linalg.solve(W, x.mT).mT, (FLAT,)),
    "a step that two take": (lambda x: torch.stack([row.tanh() for row in x]), (FLAT,)),
}

EXACT: dict[str, Case] = {**RECURRENT, **ATTENTION, **GATES, **NORMS, **MOVES}
"""What shares all of its difference."""


def route(x: Tensor) -> Tensor:
    """A mixture of experts, of which the two with the largest weights are asked."""
    weights, chosen = x.softmax(1).topk(2, 1)
    experts = torch.stack([x @ W, x.sin() @ W, x.cos(), x * 2, x * 3, x.tanh()], 1)
    return (weights[..., None] * experts.gather(1, chosen[..., None].expand(-1, -1, 6))).sum(1)


STATED: dict[str, tuple[Callable[..., Any], set[str]]] = {
    "sort": (lambda x: x.sort(1)[0] * K, {"sort"}),
    "topk": (lambda x: x.topk(3, 1)[0] * K[:3], {"topk"}),
    "median": (lambda x: x.median(1)[0], {"median"}),
    "kthvalue": (lambda x: x.kthvalue(2, 1)[0], {"kthvalue"}),
    "quantile": (lambda x: x.quantile(0.3, 1), {"quantile"}),
    "cummax": (lambda x: x.cummax(1)[0], {"cummax"}),
    "gather by an order": (lambda x: x.gather(1, x.argsort(1)) * K, {"gather"}),
    "the place of the largest": (lambda x: x[torch.arange(len(x)), x.sin().argmax(1)], {"getitem"}),
    "experts": (route, {"topk", "gather"}),
    "one-hot": (lambda x: F.one_hot(x.argmax(1), 6).double() * x, {"mul"}),
    "detach": (lambda x: x * x.sin().detach(), {"mul"}),
    "straight through": (lambda x: x + (x.round() - x).detach(), {"detach"}),
    "a comparison of two": (lambda x: torch.where(x > x.roll(1, 1), x, x.sin()), {"where"}),
    "buckets": (lambda x: W[torch.bucketize(x, doubles([-1.0, 0.0, 1.0]))].sum(-1) + x, {"add"}),
    "a grid that changes": (
        lambda x: F.grid_sample(x.view(-1, 1, 2, 3), torch.tanh(x.view(-1, 1, 3, 2)), align_corners=False),
        {"grid_sampler"},
    ),
    "maxima scattered": (
        lambda x: x.new_zeros(len(x), 4).scatter_reduce(
            1, torch.tensor([[0, 1, 1, 2, 3, 0]]).expand_as(x), x, "amax"
        ),
        {"scatter_reduce"},
    ),
    "singular values": (lambda x: torch.linalg.svdvals(x.view(-1, 2, 3)), {"svdvals"}),
    "a nuclear norm": (lambda x: torch.linalg.matrix_norm(x.view(-1, 2, 3), "nuc"), {"matrix_norm"}),
    "lgamma": (lambda x: torch.lgamma(x.abs() + 1), {"lgamma"}),
    "a loss": (lambda x: F.huber_loss(x, K.expand_as(x), reduction="none"), {"huber_loss"}),
    "a live slope": (lambda x: F.prelu(x, x.mean(0) + 0.1), {"prelu"}),
}
"""What has no exact way, and the ops that should keep what does not arrive."""
