"""The facets of nodes hold for the torch functions that make them: every move leaves a gate a gate."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

import lrprism as lp
from expected_warnings import FLAT_ON_A_DENSE_LAYER, LITTLE_ARRIVES
from lrprism import presets, select
from lrprism.graph import Facet, name_of, names_with, sources_of
from lrprism.ops.names import functions_named
from lrprism.ops.routing import MOVES
from lrprism.rules import Flat
from small_models import Model, close, numbers

pytestmark = [FLAT_ON_A_DENSE_LAYER, LITTLE_ARRIVES]

SHAPE = (2, 4, 4, 4)
MASK = torch.arange(128).view(SHAPE) % 3 > 0
FIRST = torch.zeros(1, 4, 4, 4, dtype=torch.int64)

SAMPLES: dict[str, Callable[[Tensor], Any]] = {
    "adjoint": lambda x: x.adjoint(),
    "alias": lambda x: torch.ops.aten.alias(x),
    "alias_copy": lambda x: torch.ops.aten.alias_copy(x),
    "as_strided": lambda x: x.clone().as_strided((2, 3), (1, 2)),
    "atleast_1d": torch.atleast_1d,
    "atleast_2d": torch.atleast_2d,
    "atleast_3d": torch.atleast_3d,
    "bfloat16": lambda x: x.bfloat16().double(),
    "broadcast_to": lambda x: x.broadcast_to(3, *SHAPE),
    "channel_shuffle": lambda x: F.channel_shuffle(x, 2),
    "chunk": lambda x: x.chunk(2, 1)[1],
    "clone": torch.clone,
    "contiguous": lambda x: x.mT.contiguous(),
    "cpu": lambda x: x.cpu(),
    "diagonal": lambda x: x.diagonal(dim1=2, dim2=3),
    "double": lambda x: x.double(),
    "expand": lambda x: x.expand(3, *SHAPE),
    "expand_as": lambda x: x.expand_as(torch.empty(3, *SHAPE)),
    "flatten": lambda x: x.flatten(1),
    "flip": lambda x: x.flip(1),
    "fliplr": torch.fliplr,
    "flipud": torch.flipud,
    "float": lambda x: x.float().double(),
    "gather": lambda x: x.gather(0, FIRST),
    "half": lambda x: x.half().double(),
    "hsplit": lambda x: x.hsplit(2)[0],
    "index": lambda x: torch.ops.aten.index(x, [torch.tensor([0, 1])]),
    "index_select": lambda x: x.index_select(1, torch.tensor([2, 0])),
    "slice": lambda x: torch.ops.aten.slice(x, 1, 0, 2),
    "masked_select": lambda x: x.masked_select(MASK),
    "movedim": lambda x: x.movedim(0, 1),
    "moveaxis": lambda x: x.moveaxis(0, 1),
    "narrow": lambda x: x.narrow(1, 1, 2),
    "permute": lambda x: x.permute(1, 0, 2, 3),
    "pixel_shuffle": lambda x: F.pixel_shuffle(x, 2),
    "pixel_unshuffle": lambda x: F.pixel_unshuffle(x, 2),
    "positive": torch.positive,
    "ravel": lambda x: x.ravel(),
    "repeat": lambda x: x.repeat(2, 1, 1, 1),
    "repeat_interleave": lambda x: x.repeat_interleave(2, 1),
    "reshape": lambda x: x.mT.reshape(2, 64),
    "reshape_as": lambda x: x.reshape_as(torch.empty(2, 64)),
    "roll": lambda x: x.roll(1, 2),
    "rot90": lambda x: x.rot90(1, (2, 3)),
    "select": lambda x: x.select(1, 0),
    "split": lambda x: x.split(2, 1)[0],
    "split_with_sizes": lambda x: x.split_with_sizes([1, 3], 1)[1],
    "squeeze": lambda x: x[:, :1].squeeze(1),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "swapdims": lambda x: x.swapdims(0, 1),
    "t": lambda x: x[0, 0].t(),
    "take": lambda x: x.take(torch.tensor([0, 5])),
    "take_along_dim": lambda x: x.take_along_dim(FIRST, 0),
    "unsafe_chunk": lambda x: x.unsafe_chunk(2, 1)[0],
    "unsafe_split": lambda x: x.unsafe_split(2, 1)[0],
    "unsafe_split_with_sizes": lambda x: x.unsafe_split_with_sizes([1, 3], 1)[0],
    "tensor_split": lambda x: x.tensor_split(2, 1)[0],
    "tile": lambda x: x.tile(2),
    "to": lambda x: x.to(torch.float32).to(torch.float64),
    "transpose": lambda x: x.transpose(1, 2),
    "type": lambda x: x.type(torch.float32).double(),
    "type_as": lambda x: x.type_as(torch.empty(0)).double(),
    "unbind": lambda x: x.unbind(1)[0],
    "unflatten": lambda x: x.unflatten(1, (2, 2)),
    "unfold": lambda x: x.unfold(2, 2, 1),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "view": lambda x: x.view(2, 64),
    "view_as": lambda x: x.view_as(torch.empty(2, 64)),
    "vsplit": lambda x: x.vsplit(2)[0],
    "__getitem__": lambda x: x[:, [0, 2], 1:],
}
"""A call of each function that only moves the entries of a tensor."""

NOT_LIVE = {"cuda", "detach", "int", "long"}
"""Names among these whose results are not live here: of a GPU, of integers, of a constant."""

PADS: dict[str, Callable[[Tensor], Any]] = {
    "reflect": lambda x: F.pad(x, (1, 1, 1, 1), "reflect"),
    "reflect 1d": lambda x: F.pad(x[0], (1, 1), "reflect"),
    "reflect 3d": lambda x: F.pad(x[None], (1, 1, 1, 1, 1, 1), "reflect"),
    "replicate": lambda x: F.pad(x, (1, 1, 1, 1), "replicate"),
    "circular": lambda x: F.pad(x, (1, 1, 1, 1), "circular"),
    "zeros": lambda x: F.pad(x, (1, 1)),
    "F.unfold": lambda x: F.unfold(x, 2),
    "tril": torch.tril,
    "diag_embed": torch.diag_embed,
    "a mask": lambda x: torch.where(MASK, x, 0.0),
    "masked_fill": lambda x: x.masked_fill(MASK, 0.0),
    "index_copy": lambda x: torch.zeros(3, *SHAPE[1:]).double().index_copy(0, torch.tensor([2, 0]), x),
    "assigned": lambda x: torch.zeros_like(x).index_put((torch.tensor([1, 0]),), x),
    "a slice assigned": lambda x: torch.zeros(2, 5, 4, 4).double().slice_scatter(x, 1, 1),
    "cat with itself": lambda x: torch.cat([x, x.flip(1)], 1),
    "stack with a constant": lambda x: torch.stack([x, torch.ones_like(x)]),
    "block_diag": lambda x: torch.block_diag(x[0, 0], torch.ones(2, 2).double()),
    "upsampled": lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"),
    "nearest-exact": lambda x: F.interpolate(x, scale_factor=2, mode="nearest-exact"),
    "replicate 1d": lambda x: F.pad(x[0], (1, 1), "replicate"),
    "replicate 3d": lambda x: F.pad(x[None], (1, 1, 1, 1, 1, 1), "replicate"),
    "triu": torch.triu,
    "copied": lambda x: torch.zeros_like(x, requires_grad=False).copy_(x),
    "reshape_alias": lambda x: torch.ops.aten._reshape_alias(x, (2, 64), (64, 1)),
    "index_fill": lambda x: x.index_fill(1, torch.tensor([0, 2]), 1.0),
    "masked_scatter": lambda x: torch.zeros(SHAPE).double().masked_scatter(MASK, x),
    "put": lambda x: torch.zeros(SHAPE).double().put(torch.arange(128).view(SHAPE), x),
    "scatter": lambda x: torch.zeros(SHAPE).double().scatter(0, FIRST, x[:1]),
    "select_scatter": lambda x: torch.zeros(SHAPE).double().select_scatter(x[:, 0], 1, 2),
    "diagonal_scatter": lambda x: torch.zeros(4, 4).double().diagonal_scatter(x[0, 0, 0]),
}
MOVED = SAMPLES | PADS


def test_every_move_has_a_sample() -> None:
    assert {name for name in MOVES.split() if functions_named(name)} - NOT_LIVE == set(SAMPLES)


def nodes_of(move: Callable[[Tensor], Any]) -> set[str]:
    """Return the names of the nodes between a tensor and its moved entries."""
    x = torch.randn(SHAPE, dtype=torch.float64, requires_grad=True).exp()
    names: set[str] = set()
    pending = [move(x).grad_fn]
    while pending:
        node = pending.pop()
        if node is not x.grad_fn:
            names.add(name_of(node))
            pending += sources_of(node)
    return names


def test_every_move_of_the_table_has_a_sample() -> None:
    seen = set().union(*map(nodes_of, MOVED.values()))
    # torch has no derivative of native_channel_shuffle on the CPU
    assert names_with(Facet.MOVES) - seen == {"NativeChannelShuffleBackward"}
    assert seen <= names_with(Facet.KEEPS_GATE)


@pytest.mark.parametrize("name", MOVED)
def test_a_gate_stays_a_gate_behind_a_move(name: str) -> None:
    move = MOVED[name]
    model = Model(lambda a, g: move(a) * move(g.sigmoid()))
    explainer = lp.LRP(model, presets.Epsilon(0), strict=True)
    of_a, of_g = explainer.explain(numbers(SHAPE, SHAPE), torch.ones_like).relevance
    assert of_a.any()
    assert not of_g.any()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_move_moves_relevance_of_any_kind(name: str) -> None:
    # a flat rule gives relevance to inputs of zero: it comes back through the move to the entries taken
    move = SAMPLES[name]
    zeros = torch.zeros(SHAPE, dtype=torch.float64)
    weight = torch.ones(1, move(zeros).numel(), dtype=torch.float64)
    model = Model(lambda x: F.linear(move(x).reshape(1, -1), weight, torch.ones(1, dtype=torch.float64)))
    relevance = lp.LRP(model, [(select.at_input(), Flat(0))]).explain(zeros, torch.ones_like).relevance
    x = zeros.clone().requires_grad_()
    (count,) = torch.autograd.grad(move(x).sum(), x)  # how often the move took each entry
    close(relevance, count / weight.numel())


def test_names_with_a_facet() -> None:
    assert "ViewBackward" in names_with(Facet.MOVES) & names_with(Facet.KEEPS_SIGN) & names_with(
        Facet.KEEPS_GATE
    )
    assert "SumBackward" not in names_with(Facet.MOVES)
    assert names_with(Facet.MOVES) <= names_with(Facet.KEEPS_GATE) & names_with(Facet.ADDS)
    x = torch.ones(2, requires_grad=True)
    assert name_of(x.view(1, 2).grad_fn) == "ViewBackward"


KEEPING_SIGN: dict[str, Callable[[Tensor], Tensor]] = {
    **{name: move for name, move in SAMPLES.items() if name != "as_strided"},
    "sum": lambda x: x.sum(1),
    "mean": lambda x: x.mean((2, 3)),
    "max_pool2d": lambda x: F.max_pool2d(x, 2),
    "avg_pool2d": lambda x: F.avg_pool2d(x, 2),
    "amax": lambda x: x.amax(1),
    "topk": lambda x: x.topk(2)[0],
    "cumsum": lambda x: x.cumsum(1),
    "bilinear": lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"),
}


@pytest.mark.parametrize("name", KEEPING_SIGN)
def test_what_keeps_the_sign_makes_no_negative_number(name: str) -> None:
    (x,) = numbers(SHAPE)
    x = x.abs().requires_grad_().view(SHAPE)
    result = KEEPING_SIGN[name](x)
    assert not (result < 0).any()
    node = result.grad_fn
    keep_sign = names_with(Facet.KEEPS_SIGN)
    assert name in {"float", "half", "to"} or name_of(node) in keep_sign, name_of(node)


def test_bicubic_interpolation_does_not_keep_the_sign() -> None:
    assert "UpsampleBicubic2DBackward" not in names_with(Facet.KEEPS_SIGN)
    assert (F.interpolate(torch.eye(4)[None, None], scale_factor=3, mode="bicubic") < 0).any()
