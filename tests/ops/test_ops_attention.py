"""Attention against the published rules, written out step by step."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention as attention

import expected_warnings
import lrprism as lp
from lrprism import presets
from lrprism.composites import AbstractComposite
from small_models import Model, numbers

Function = Callable[..., Tensor]
CAUSAL = torch.ones(3, 5).tril().bool()


def explain(
    function: Function, inputs: tuple[Tensor, ...], composite: AbstractComposite, seed: Any
) -> tuple[Tensor, ...]:
    """The relevance of each input, the account of which adds up."""
    explanation = lp.LRP(Model(function), composite, strict=True).explain(inputs, seed, audit=True)
    assert explanation.audit is not None
    assert abs(explanation.audit.unaccounted) <= 1e-9 * max(1.0, abs(explanation.audit.explained))
    torch.testing.assert_close(explanation.output, function(*inputs).detach(), rtol=1e-12, atol=1e-12)
    assert isinstance(explanation.relevance, tuple)
    return explanation.relevance


def by_the_papers(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor, out: Tensor, *, scale: float, share: float
) -> tuple[Tensor, Tensor, Tensor]:
    """One head: ``share`` of a product's relevance goes to its first factor, 1/2 in AttnLRP, 0 in CP-LRP.

    Where both factors of a product count, each gets half. The softmax is expanded to first order:
    ``R_i = s_i (R^a_i - a_i sum_k R^a_k)``, a masked score of -inf counting as 0.
    """
    scores = scale * q @ k.T + mask
    a = scores.softmax(-1)
    o = a @ v
    of_q, of_k, of_v = torch.zeros_like(q), torch.zeros_like(k), torch.zeros_like(v)
    for i in range(len(q)):
        of_a = torch.zeros(len(k), dtype=q.dtype)
        for j in range(len(k)):
            for d in range(v.shape[1]):
                message = a[i, j] * v[j, d] * out[i, d] / o[i, d]
                of_v[j, d] += (1 - share) * message
                of_a[j] += share * message
        for j in range(len(k)):
            if mask[i, j] == -math.inf:
                continue
            score = scores[i, j] * (of_a[j] - a[i, j] * of_a.sum())
            for d in range(q.shape[1]):
                of_q[i, d] += 0.5 * score * scale * q[i, d] * k[j, d] / scores[i, j]
                of_k[j, d] += 0.5 * score * scale * q[i, d] * k[j, d] / scores[i, j]
    return of_q, of_k, of_v


NO_MASK = torch.zeros(3, 5, dtype=torch.float64)
BY_HAND = NO_MASK.masked_fill(~CAUSAL, -math.inf)
BIAS = torch.linspace(-1, 1, 15, dtype=torch.float64).view(3, 5)
MASKS: dict[str, tuple[dict[str, Any], Tensor, float | None]] = {
    "none": ({}, NO_MASK, None),
    "scaled": ({"scale": 0.3}, NO_MASK, 0.3),
    "boolean": ({"attn_mask": CAUSAL}, BY_HAND, None),
    "causal": ({"is_causal": True}, BY_HAND, None),
    "float with -inf": ({"attn_mask": BY_HAND}, BY_HAND, None),
    "float": ({"attn_mask": BIAS}, BIAS, None),
}


@pytest.mark.parametrize(("composite", "share"), [(presets.AttnLRP(), 0.5), (presets.CPLRP(), 0.0)])
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("written_out", [False, True])
def test_attention_follows_the_papers(
    composite: AbstractComposite, share: float, mask: str, *, written_out: bool
) -> None:
    options, added, scale = MASKS[mask]
    scale = scale or 1 / math.sqrt(4)
    inputs = numbers((2, 3, 4), (2, 5, 4), (2, 5, 6))

    def in_two_products(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return (scale * (q @ k.transpose(-2, -1)) + added).softmax(-1) @ v

    def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return attention(q, key=k, value=v, dropout_p=0.0, **options)

    seed = torch.randn(2, 3, 6, dtype=torch.float64)
    relevance = explain(in_two_products if written_out else attend, inputs, composite, lambda _: seed)
    out = seed * attend(*inputs)
    for head in range(2):
        expected = by_the_papers(
            *(tensor[head] for tensor in inputs), added, out[head], scale=scale, share=share
        )
        for one, other in zip(relevance, expected, strict=True):
            torch.testing.assert_close(one[head], other, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("composite", [presets.AttnLRP(), presets.CPLRP()])
def test_grouped_heads_are_repeated_heads(composite: AbstractComposite) -> None:
    inputs = numbers((1, 4, 3, 4), (1, 2, 3, 4), (1, 2, 3, 5))
    grouped, repeated = (
        explain(function, inputs, composite, torch.ones_like)
        for function in (
            lambda q, k, v: attention(q, k, v, enable_gqa=True),
            lambda q, k, v: attention(q, k.repeat_interleave(2, 1), v.repeat_interleave(2, 1)),
        )
    )
    for one, other in zip(grouped, repeated, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def test_a_live_mask_gets_the_share_of_the_scores() -> None:
    # the scores are q k / sqrt(d) + M: the mask is a summand of them and gets its part, undivided
    inputs = numbers((2, 3, 4), (2, 3, 4), (2, 3, 4), (3, 3))

    def apart(q: Tensor, k: Tensor, v: Tensor, m: Tensor) -> Tensor:
        return (q @ k.mT / 2 + m).softmax(-1) @ v

    relevance = [
        explain(function, inputs, presets.AttnLRP(), torch.ones_like) for function in (attention, apart)
    ]
    for one, other in zip(*relevance, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-11, atol=1e-12)


LIVE = [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]]


@pytest.mark.parametrize("live", LIVE)
@pytest.mark.parametrize("composite", [presets.AttnLRP(), presets.CPLRP()])
def test_constant_operands_take_no_share(live: list[int], composite: AbstractComposite) -> None:
    tensors = numbers((2, 3, 4), (2, 5, 4), (2, 5, 4))

    def among(function: Function) -> Function:
        def run(*inputs: Tensor) -> Tensor:
            given = dict(zip(live, inputs, strict=True))
            return function(*(given.get(number, tensor) for number, tensor in enumerate(tensors)))

        return run

    def apart(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return (q @ k.transpose(-2, -1) / 2).softmax(-1) @ v

    inputs = tuple(tensors[number] for number in live)
    one = explain(among(attention), inputs, composite, torch.ones_like)
    other = explain(among(apart), inputs, composite, torch.ones_like)
    for found, expected in zip(one, other, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-12)


def test_a_row_that_may_look_nowhere_gives_no_nan() -> None:
    mask = torch.tensor([[True, True, True], [False, False, False], [True, False, True]])
    inputs = numbers((2, 3, 4), (2, 3, 4), (2, 3, 4))
    relevance = explain(lambda *qkv: attention(*qkv, mask), inputs, presets.AttnLRP(), torch.ones_like)
    assert all(torch.isfinite(tensor).all() for tensor in relevance)
    assert not relevance[0][:, 1].any()


CALL = nn.Module.__call__
LAYERS: dict[str, tuple[Callable[[], nn.Module], Function, tuple[tuple[int, ...], ...]]] = {
    "self attention": (
        lambda: nn.MultiheadAttention(4, 2, dropout=0.5, batch_first=True),
        lambda m, a: m(a, a, a)[0],
        ((2, 3, 4),),
    ),
    "without weights returned": (
        lambda: nn.MultiheadAttention(4, 2, bias=False),
        lambda m, a: m(a, a, a, need_weights=False)[0],
        ((2, 3, 4),),
    ),
    "unbatched": (lambda: nn.MultiheadAttention(4, 2), lambda m, a: m(a, a, a)[0], ((3, 4),)),
    "weights of attention explained": (
        lambda: nn.MultiheadAttention(4, 2, batch_first=True),
        lambda m, a: m(a, a, a, average_attn_weights=False)[1],
        ((2, 3, 4),),
    ),
    "other keys and values": (
        lambda: nn.MultiheadAttention(
            4, 2, kdim=3, vdim=5, add_bias_kv=True, add_zero_attn=True, batch_first=True
        ),
        lambda m, q, k, v: m(q, k, v)[0],
        ((2, 3, 4), (2, 4, 3), (2, 4, 5)),
    ),
    "keys padded": (
        lambda: nn.MultiheadAttention(4, 2, batch_first=True),
        lambda m, a: m(a, a, a, key_padding_mask=torch.tensor([[False, False, True], [False] * 3]))[0],
        ((2, 3, 4),),
    ),
    "encoder": (lambda: nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), CALL, ((2, 3, 4),)),
    "encoder layer, norm first": (
        lambda: nn.TransformerEncoderLayer(4, 2, 8, activation="gelu", norm_first=True),
        CALL,
        ((2, 3, 4),),
    ),
    "decoder layer": (
        lambda: nn.TransformerDecoderLayer(4, 2, 8, batch_first=True),
        CALL,
        ((2, 3, 4), (2, 5, 4)),
    ),
    "transformer": (
        lambda: nn.Transformer(4, 2, 1, 1, 8, batch_first=True),
        CALL,
        ((2, 3, 4), (2, 3, 4)),
    ),
}


class Around(nn.Module):
    """A layer with the way in which it is called."""

    def __init__(self, layer: nn.Module, call: Function) -> None:
        super().__init__()
        self.layer, self.call = layer, call

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.call(self.layer, *inputs)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("composite", [None, presets.AttnLRP(), presets.CPLRP()])
@expected_warnings.LOGITS_BEHIND
@expected_warnings.LITTLE_ARRIVES
def test_layers_of_torch_in_both_modes(name: str, composite: AbstractComposite | None) -> None:
    make, call, shapes = LAYERS[name]
    inputs = numbers(*shapes)
    model = Around(make().double(), call)
    expected = model.eval()(*inputs).detach()
    explainer = lp.LRP(model, composite, strict=True)
    maps = []
    for mode in (True, False):
        model.train(mode)
        explanation = explainer.explain(inputs, torch.ones_like, audit=True)
        assert all(row.kind != "unknown" for row in explainer.plan(inputs))
        assert explanation.audit is not None
        assert abs(explanation.audit.unaccounted) <= 1e-9 * max(1.0, abs(explanation.audit.explained))
        torch.testing.assert_close(explanation.output, expected, rtol=1e-10, atol=1e-12)
        maps.append(explanation.relevance)
    torch.testing.assert_close(maps[0], maps[1], rtol=1e-10, atol=1e-12)
