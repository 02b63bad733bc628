"""Relevance of token ids: the sum over the vector of each token, worked out with numbers in the head."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lrprism as lp
from lrprism import presets

LRP_0 = presets.Epsilon(0)

# vectors (1, 10), (2, 20), ...: token i is worth 11 (i + 1) for the first class, -2 times that for the second
TABLE = torch.tensor([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [4.0, 40.0]], dtype=torch.float64)
IDS = torch.tensor([[3, 1, 1], [0, 2, 0]])
WORTH = torch.tensor([[44.0, 22.0, 22.0], [11.0, 33.0, 11.0]], dtype=torch.float64)


class Model(nn.Module):
    """A table and a head; ``function`` says how tokens become vectors ``[N, 2]``."""

    def __init__(self, function: Callable[..., Tensor], table: nn.Module | None = None) -> None:
        super().__init__()
        self.function = function
        self.table = table or nn.Embedding.from_pretrained(TABLE.clone(), freeze=False)
        self.head = nn.Linear(2, 2, bias=False).double()
        self.head.weight.data = torch.tensor([[1.0, 1.0], [-2.0, -2.0]], dtype=torch.float64)

    def forward(self, *args: Any, **kwargs: Any) -> Tensor:
        return self.head(self.function(self.table, *args, **kwargs))


def relevance(function: Callable[..., Tensor], inputs: Any = IDS, target: Any = 0, **options: Any) -> Any:
    return lp.LRP(Model(function), LRP_0, strict=True).explain(inputs, target, **options).relevance


def spread(ids: Tensor) -> Tensor:
    """Each token twice in a row, as ``gather`` wants it; torch reads other types than int64 wrongly."""
    return ids.long().flatten()[:, None].expand(-1, 2)


WAYS: dict[str, tuple[Callable[[Any, Tensor], Tensor], float]] = {
    "as they come": (lambda table, ids: table(ids).sum(1), 1),
    "the function": (lambda table, ids: F.embedding(ids, table.weight).sum(1), 1),
    "the function by name": (lambda table, ids: F.embedding(input=ids, weight=table.weight).sum(1), 1),
    "the builtin": (lambda table, ids: torch.embedding(table.weight, ids).sum(1), 1),
    "flattened": (lambda table, ids: table(ids.flatten()).view(2, 3, 2).sum(1), 1),
    "reshaped": (lambda table, ids: table(ids.view(1, 6).reshape(3, 2)).view(2, 3, 2).sum(1), 1),
    "transposed": (lambda table, ids: table(ids.t()).sum(0), 1),
    "transposed and contiguous": (lambda table, ids: table(ids.transpose(0, 1).contiguous()).sum(0), 1),
    "one row at a time": (lambda table, ids: torch.stack([table(row).sum(0) for row in ids]), 1),
    "one column at a time": (lambda table, ids: table(ids[:, 0]) + table(ids[:, 1]) + table(ids[:, 2]), 1),
    "unbound": (lambda table, ids: sum(table(tokens) for tokens in ids.unbind(1)), 1),
    "in chunks": (lambda table, ids: sum(table(tokens).sum(1) for tokens in ids.split([1, 2], 1)), 1),
    "flipped": (lambda table, ids: table(ids.flip(1)).sum(1), 1),
    "another type": (lambda table, ids: table(ids.int()).sum(1), 1),
    "another type and back": (lambda table, ids: table(ids.int()[:, :3].long()).sum(1), 1),
    "moved to where they are": (lambda table, ids: table(ids.to("cpu").detach().clone()).sum(1), 1),
    "repeated": (lambda table, ids: table(ids.repeat(1, 3)).sum(1), 3),
    "looked up twice": (lambda table, ids: table(ids).sum(1) + 2 * table(ids).sum(1), 3),
    "spread": (lambda table, ids: table(ids[:, None].expand(2, 4, 3)).sum((1, 2)), 4),
    "an axis put in place": (lambda table, ids: table(ids.unsqueeze_(1)).sum((1, 2)), 1),
    "a mean": (lambda table, ids: table(ids).mean(1), 1 / 3),
    "rows, all of each": (lambda table, ids: table.weight[ids, :].sum(1), 1),
    "rows and what follows": (lambda table, ids: table.weight[ids, ...].sum(1), 1),
    "gathered": (lambda table, ids: table.weight.gather(0, spread(ids)).view(2, 3, 2).sum(1), 1),
    "gathered by name": (
        lambda table, ids: torch.gather(table.weight, dim=0, index=spread(ids)).view(2, 3, 2).sum(1),
        1,
    ),
    "gathered beside another": (
        lambda table, ids: (
            table.weight.gather(0, spread(torch.cat((ids, torch.zeros_like(ids)))))[:6].view(2, 3, 2).sum(1)
        ),
        1,
    ),
    "selected by name": (
        lambda table, ids: table.weight.index_select(dim=0, index=ids.flatten()).view(2, 3, 2).sum(1),
        1,
    ),
    "without gradients": (torch.no_grad()(lambda table, ids: table(ids).sum(1)), 1),
}


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32])
@pytest.mark.parametrize("way", WAYS)
def test_tokens_are_followed_to_their_table(way: str, dtype: torch.dtype) -> None:
    function, times = WAYS[way]
    ids = IDS.to(dtype)
    per_token = relevance(function, ids)
    torch.testing.assert_close(per_token, times * WORTH, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(
        relevance(function, ids, "all"), times * torch.stack([WORTH, -2 * WORTH]), rtol=1e-12, atol=1e-12
    )
    assert torch.equal(ids, IDS)
    assert ids.shape == (2, 3)


def test_more_tokens_than_a_small_type_can_count() -> None:
    ids = IDS.repeat(50, 1)  # 300 of them, looked up by way of numbers below 256
    per_token = relevance(
        lambda table, ids: table(ids.to(torch.uint8).flatten().long()).view(100, 3, 2).sum(1), ids
    )
    assert torch.equal(per_token, WORTH.repeat(50, 1))


def test_tokens_that_are_left_out_get_zero() -> None:
    assert relevance(lambda table, ids: table(ids[:, 1:]).sum(1)).tolist() == [[0, 22, 22], [0, 33, 11]]
    assert relevance(lambda table, ids: table(ids[ids[:, 0] > 2]).sum(1).expand(2, 2)).tolist() == [
        [88, 44, 44],
        [0, 0, 0],
    ]


def test_a_padding_token_gets_the_relevance_of_its_vector_and_of_a_mask_none() -> None:
    padded = nn.Embedding(4, 2, padding_idx=0).double()
    padded.weight.data = torch.cat([torch.zeros(1, 2), TABLE[1:]])
    model = Model(lambda table, ids: table(ids).sum(1), padded)
    assert lp.LRP(model, LRP_0).explain(IDS, 0).relevance.tolist() == [[44, 22, 22], [0, 33, 0]]

    def masked(table: Any, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return (table(input_ids) * attention_mask.unsqueeze(-1)).sum(1)

    per_input = relevance(masked, {"input_ids": IDS, "attention_mask": (IDS > 0).long()})
    assert {name: tensor.tolist() for name, tensor in per_input.items()} == {
        "input_ids": [[44, 22, 22], [0, 33, 0]]
    }
    per_input = relevance(masked, {"attention_mask": IDS > 0, "input_ids": IDS})
    assert per_input["input_ids"].tolist() == [[44, 22, 22], [0, 33, 0]]


def test_float_input_and_tokens_together() -> None:
    def both(table: Any, ids: Tensor, x: Tensor) -> Tensor:
        return table(ids).sum(1) + 3 * x

    x = torch.tensor([[1.0, 2.0], [5.0, 7.0]], dtype=torch.float64)
    of_ids, of_x = relevance(both, (IDS, x))
    assert (of_ids.tolist(), of_x.tolist()) == (WORTH.tolist(), (3 * x).tolist())
    of_ids, of_x = relevance(lambda table, x, ids: both(table, ids, x), (x, IDS), "all")[::-1]
    assert torch.equal(of_ids, torch.stack([WORTH, -2 * WORTH]))
    assert torch.equal(of_x, torch.stack([3 * x, -6 * x]))
    by_name = relevance(both, {"x": x, "ids": IDS})
    assert (by_name["ids"].tolist(), by_name["x"].tolist()) == (WORTH.tolist(), (3 * x).tolist())


def test_two_token_inputs_of_one_table_keep_apart() -> None:
    def pair(table: Any, first: Tensor, second: Tensor) -> Tensor:
        return table(first).sum(1) - 5 * table(second).sum(1)

    first, second = relevance(pair, (IDS, IDS))
    assert torch.equal(first, WORTH)
    assert torch.equal(second, -5 * WORTH)


def test_tokens_in_args_get_no_relevance() -> None:
    def both(table: Any, x: Tensor, ids: Tensor) -> Tensor:
        return x + table(ids).sum(1)

    x = torch.ones(2, 2, dtype=torch.float64)
    explanation = lp.LRP(Model(both), LRP_0).explain(x, 0, args=(IDS,), audit=True)
    assert explanation.relevance.tolist() == [[1, 1], [1, 1]]
    assert explanation.audit[0].to_constant == float(WORTH.sum())


def test_tokens_without_a_batch_and_one_alone() -> None:
    def summed(table: Any, ids: Tensor) -> Tensor:
        return table(ids).sum(0) if ids.dim() else table(ids)

    seed = torch.tensor([1.0, 0.0], dtype=torch.float64)
    assert relevance(summed, IDS[0], lambda _: seed).tolist() == [44, 22, 22]
    assert relevance(summed, IDS[0, 0], lambda _: seed).tolist() == 44


def test_the_account_of_tokens_counts_what_arrives_at_them() -> None:
    model = Model(lambda table, ids: table(ids).sum(1) + 1)
    explanation = lp.LRP(model, LRP_0).explain(IDS, 0, audit=True)
    # each sample has a constant of 1 + 1
    assert explanation.audit.explained == float(WORTH.sum()) + 4
    assert explanation.audit.reached == float(WORTH.sum())
    assert sum(row.to_constant for row in explanation.audit) == 4
    assert explanation.audit.unaccounted == 0


BAGS: dict[str, tuple[dict[str, Any], Tensor]] = {
    "a sum": ({"mode": "sum"}, WORTH),
    "a mean": ({"mode": "mean"}, WORTH / 3),
    # the greatest in each feature: token 3 of the first sample and token 2 of the second
    "a maximum": ({"mode": "max"}, torch.tensor([[44.0, 0.0, 0.0], [0.0, 33.0, 0.0]]).double()),
    "a sum with padding": ({"mode": "sum", "padding_idx": 0}, torch.where(IDS > 0, WORTH, 0)),
    "a mean with padding": (
        {"mode": "mean", "padding_idx": 1},
        torch.tensor([[44.0, 0.0, 0.0], [11 / 3, 11.0, 11 / 3]], dtype=torch.float64),
    ),
}


@pytest.mark.parametrize("name", BAGS)
def test_bags_of_tokens(name: str) -> None:
    options, expected = BAGS[name]
    model = Model(lambda table, ids: table(ids), nn.EmbeddingBag.from_pretrained(TABLE, **options))
    explainer = lp.LRP(model, LRP_0, strict=True)
    explanation = explainer.explain(IDS, 0)
    assert torch.equal(explanation.output, model(IDS))
    torch.testing.assert_close(explanation.relevance, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("last", [False, True])
def test_bags_of_different_lengths_and_weights(*, last: bool) -> None:
    bags = nn.EmbeddingBag.from_pretrained(TABLE, mode="sum", include_last_offset=last)
    flat, starts = torch.tensor([3, 1, 1, 0]), torch.tensor([0, 3, 4] if last else [0, 3])
    weights = torch.tensor([1.0, 2.0, 0.5, -1.0], dtype=torch.float64)
    model = Model(lambda table, ids, offsets, per_token: table(ids, offsets, per_token), bags)
    explanation = lp.LRP(model, LRP_0, strict=True).explain(flat, 0, args=(starts, weights))
    assert torch.equal(explanation.output, model(flat, starts, weights))
    assert explanation.relevance.tolist() == [44, 44, 11, -11]


@pytest.mark.parametrize(
    "look_up",
    [
        lambda table, ids: table(ids),
        lambda table, ids: F.embedding(ids, table.weight, None, 1.0),
        lambda table, ids: F.embedding(input=ids, weight=table.weight, max_norm=1.0),
    ],
)
def test_a_table_with_a_longest_norm_stays_as_it_is(look_up: Callable[..., Tensor]) -> None:
    # the vector (3, 4) of norm 5 is cut to norm 1: (0.6, 0.8)
    table = nn.Embedding(2, 2, max_norm=1.0).double()
    table.weight.data = torch.tensor([[3.0, 4.0], [0.1, 0.2]], dtype=torch.float64)
    model = Model(lambda table, ids: look_up(table, ids).sum(1), table)
    explanation = lp.LRP(model, LRP_0).explain(torch.tensor([[0, 1]]), 0)
    torch.testing.assert_close(
        explanation.relevance, torch.tensor([[1.4, 0.3]]).double(), rtol=1e-6, atol=1e-6
    )
    assert table.weight.tolist() == [[3.0, 4.0], [0.1, 0.2]]


CLASS_TOKEN = torch.ones(2, 1, dtype=torch.int64)
FURTHER_WAYS: dict[str, tuple[Callable[[Any, Tensor], Tensor], float]] = {
    "behind a class token": (lambda table, ids: table(torch.cat([CLASS_TOKEN, ids], 1)).sum(1), 44),
    "padded": (lambda table, ids: table(F.pad(ids, (1, 0), value=2)).sum(1), 66),
    "padded by position": (lambda table, ids: table(F.pad(ids, (0, 1), "constant", 2)).sum(1), 66),
    "stacked": (lambda table, ids: table(torch.stack([ids, 0 * CLASS_TOKEN.expand(2, 3)])).sum((0, 2)), 66),
    "clamped": (lambda table, ids: table(ids.clamp(max=3)).sum(1), 0),
    "shifted and back": (lambda table, ids: table((ids + 5) - 5).sum(1), 0),
    "an attribute": (lambda table, ids: table(ids.T).sum(0), 0),
    "a keyword": (lambda table, ids: table(torch.reshape(input=ids, shape=(3, 2))).view(2, 3, 2).sum(1), 0),
    "an index": (lambda table, ids: table.weight[ids].sum(1), 0),
    "a selection": (lambda _, ids: torch.index_select(TABLE, 0, ids.flatten()).view(2, 3, 2).sum(1), 0),
    "one-hot vectors": (lambda _, ids: (F.one_hot(ids, 4).double() @ TABLE).sum(1), 0),
}


@pytest.mark.parametrize("way", FURTHER_WAYS)
def test_tokens_that_are_joined_or_changed_are_followed(way: str) -> None:
    # what is joined to them is worth a number that is no input's: the account has it as a constant
    function, constant = FURTHER_WAYS[way]
    explanation = lp.LRP(Model(function), LRP_0, strict=True).explain(IDS, 0, audit=True)
    torch.testing.assert_close(explanation.relevance, WORTH, rtol=1e-12, atol=1e-12)
    assert explanation.audit is not None
    assert sum(row.to_constant for row in explanation.audit) == pytest.approx(constant, abs=1e-9)
    assert explanation.audit.unaccounted == pytest.approx(0, abs=1e-9)


def test_a_token_that_is_masked_by_another_gets_nothing() -> None:
    def masked(table: Any, ids: Tensor) -> Tensor:
        return table(torch.where(ids > 1, ids, 0)).sum(1)

    assert relevance(masked).tolist() == [[44, 0, 0], [0, 33, 0]]
    assert relevance(lambda table, ids: table(ids.masked_fill(ids == 1, 0)).sum(1)).tolist() == [
        [44, 0, 0],
        [11, 33, 11],
    ]


def test_tokens_of_two_inputs_are_told_apart_after_they_were_joined() -> None:
    first, second = relevance(
        lambda table, a, b: table(torch.cat([a, b], 1)).sum(1), (IDS[:, :1], IDS[:, 1:])
    )
    assert torch.equal(torch.cat([first, second], 1), WORTH)


@pytest.mark.parametrize("sort", [torch.unique, Tensor.unique, torch.unique_consecutive, torch.msort])
def test_sorted_tokens_are_not_taken_for_the_tokens_in_their_order(sort: Callable[[Tensor], Tensor]) -> None:
    with pytest.raises(lp.InputError, match="that no embedding looks up"):
        relevance(lambda table, ids: table(sort(ids)).sum(0, keepdim=True), torch.tensor([3, 1, 2]))


def test_one_number_of_each_row_is_no_vector_of_a_token() -> None:
    columns = torch.tensor([[0, 1, 0], [1, 0, 1]])
    with pytest.raises(lp.InputError, match="that no embedding looks up"):
        relevance(lambda table, ids: table.weight[ids, columns][:, :2])
