"""Looking up vectors: where the relevance of token ids is read."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lrprism as lp
from small_models import LRP_0, Function, Model, close, explained, numbers

TOKENS = torch.tensor([[1, 3, 3], [0, 2, 5]])


def table(**options: object) -> nn.Embedding:
    torch.manual_seed(1)
    return nn.Embedding(6, 4, **options).double()


def of_tokens(model: nn.Module, tokens: Tensor, **options: object) -> Tensor:
    """The relevance of each token; the same in both modes, and the account adds up."""
    explainer = lp.LRP(model, LRP_0, strict=True)
    first = explainer.explain(tokens, torch.sin, **options).relevance
    expected = model.eval()(tokens)
    explanation = explainer.explain(tokens, torch.sin, audit=True, **options)
    model.train()
    close(explanation.output, expected.detach())
    assert explanation.audit is not None
    assert abs(explanation.audit.unaccounted) <= 1e-9
    assert isinstance(explanation.relevance, Tensor)
    torch.testing.assert_close(explanation.relevance, first, rtol=1e-12, atol=1e-12)
    return explanation.relevance


LOOK_UPS: dict[str, Callable[[nn.Embedding], Function]] = {
    "module": lambda e: e,
    "functional by keywords": lambda e: lambda t: F.embedding(weight=e.weight, input=t),
    "torch.embedding": lambda e: lambda t: torch.embedding(e.weight, t),
    "aten": lambda e: lambda t: torch.ops.aten.embedding.default(e.weight, t, -1),
    "moved first": lambda e: lambda t: e(t.t().reshape(3, 2)).transpose(0, 1),
    "in parts": lambda e: lambda t: torch.cat([e(t[:, :1]), e(t[:, 1:])], 1),
    "in chunks": lambda e: lambda t: torch.stack([e(part.squeeze(1)) for part in t.chunk(3, 1)], 1),
    "as long": lambda e: lambda t: e(t.int().long()),
}


@pytest.mark.parametrize("name", LOOK_UPS)
def test_a_token_gets_the_relevance_of_its_vector(name: str) -> None:
    e = table()
    found = of_tokens(Model(LOOK_UPS[name](e), e), TOKENS)
    z = e(TOKENS).detach()
    close(found, (z * z.sin()).sum(-1))


def test_two_tables_of_one_input_add_up() -> None:
    e, f = table(), table(padding_idx=0)
    found = of_tokens(Model(lambda t: torch.cat([e(t), 2 * f(t)], -1), e, f), TOKENS)
    z = torch.cat([e(TOKENS), 2 * f(TOKENS)], -1).detach()
    close(found, (z * z.sin()).sum(-1))


def test_a_position_code_keeps_its_part() -> None:
    e, p = table(), nn.Embedding(3, 4).double()
    found = of_tokens(Model(lambda t: e(t) + p(torch.arange(3)), e, p), TOKENS)
    z = (e(TOKENS) + p.weight).detach()
    close(found, (e(TOKENS).detach() * z.sin()).sum(-1))


def test_a_table_with_a_greatest_norm_stays_as_it_was() -> None:
    e = table(max_norm=0.5)
    before = e.weight.detach().clone()
    explainer = lp.LRP(e, LRP_0, strict=True)
    explanation = explainer.explain(TOKENS, torch.ones_like)
    assert torch.equal(e.weight, before)
    z = e(TOKENS).detach()  # which shortens the vectors of the table
    close(explanation.output, z)
    assert isinstance(explanation.relevance, Tensor)
    close(explanation.relevance, z.sum(-1))


def test_a_live_table_is_indexed() -> None:
    (w,) = numbers((6, 4))
    (relevance,) = explained(Model(lambda w: F.embedding(TOKENS, w)), w)
    close(relevance, w * torch.bincount(TOKENS.flatten(), minlength=6)[:, None])


WEIGHTS = torch.tensor([[0.5, -1.0, 2.0], [1.0, 3.0, 0.25]], dtype=torch.float64)
BAGS: dict[str, tuple[dict[str, object], Callable[[nn.Module, Tensor], Tensor]]] = {
    "sum": ({"mode": "sum"}, lambda e, t: e(t)),
    "mean": ({"mode": "mean"}, lambda e, t: e(t)),
    "max": ({"mode": "max"}, lambda e, t: e(t)),
    "mean without padding": ({"mode": "mean", "padding_idx": 3}, lambda e, t: e(t)),
    "sum without padding": ({"mode": "sum", "padding_idx": -6}, lambda e, t: e(t)),
    "weighted sum": ({"mode": "sum"}, lambda e, t: e(t, per_sample_weights=WEIGHTS)),
    "flat": ({"mode": "mean"}, lambda e, t: e(t.flatten(), torch.tensor([0, 2, 2]))),
    "flat, last offset given": (
        {"mode": "sum", "include_last_offset": True},
        lambda e, t: e(t.flatten(), torch.tensor([0, 1, 6])),
    ),
    "flat, weighted": (
        {"mode": "sum"},
        lambda e, t: e(t.flatten(), torch.tensor([0, 4]), per_sample_weights=WEIGHTS.flatten()),
    ),
}


@pytest.mark.parametrize("name", BAGS)
def test_a_bag_shares_by_its_jacobian(name: str) -> None:
    options, call = BAGS[name]
    tokens = TOKENS if name != "max" else TOKENS[:, :2]  # no two equal maxima
    torch.manual_seed(2)
    bag = nn.EmbeddingBag(6, 4, **options).double()
    found = of_tokens(Model(lambda t: call(bag, t), bag), tokens)
    rows = bag.weight.detach()[tokens.flatten()]
    rows.requires_grad_()

    def apart(rows: Tensor) -> Tensor:
        """The same bag over a table with one row for each place."""
        own = nn.EmbeddingBag(6, 4, **(options | {"padding_idx": None})).double()
        del own.weight
        own.weight = rows
        padding = bag.padding_idx
        kept = [n for n, token in enumerate(tokens.flatten().tolist()) if token != padding]
        places = torch.arange(tokens.numel()).view_as(tokens)
        if padding is None:
            return call(own, places)
        bags = [[n for n in kept if n // 3 == row] for row in range(2)]
        flat, offsets = torch.tensor(bags[0] + bags[1]), torch.tensor([0, len(bags[0])])
        return F.embedding_bag(flat, rows, offsets, mode=str(options["mode"]))

    z = apart(rows)
    (slope,) = torch.autograd.grad(z, rows, z.detach().sin())
    close(found, (rows * slope).sum(-1).detach().view_as(tokens))
