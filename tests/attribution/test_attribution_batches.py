"""Explaining in batches gives what explaining all samples at once gives."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from function_models import TwoInputs, assert_same
from lrprism import InputError, presets

X, Y = torch.randn(7, 4, generator=torch.Generator().manual_seed(0)), torch.linspace(-1, 1, 21).view(7, 3)
TARGETS: dict[str, Any] = {
    "predicted": None,
    "one class": 2,
    "one per sample": torch.tensor([0, 1, 2, 0, 1, 2, 0]),
    "a list": [0, 1, 2, 0, 1, 2, 0],
    "all": "all",
    "each": lp.target.each(0, 2),
    "a contrast": lp.target.contrast(0, 1),
    "a contrast per sample": lp.target.contrast([0, 1, 2, 0, 1, 2, 0], 1),
    "a callable": torch.ones_like,
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_batches_give_the_whole(target: str, batch_size: int) -> None:
    explainer, options = lp.LRP(TwoInputs()), {"layers": ["a", "last"], "audit": True}
    at_once = explainer.explain((X, Y), TARGETS[target], **options)
    cut = explainer.explain((X, Y), TARGETS[target], **options, batch_size=batch_size)
    assert_same(cut.relevance, at_once.relevance)
    assert_same(cut.output, at_once.output)
    assert_same(cut.layers, at_once.layers)
    assert (cut.target is None) == (at_once.target is None)
    if cut.target is not None:
        assert torch.equal(cut.target, at_once.target)
    assert cut.audit.explained == pytest.approx(at_once.audit.explained, rel=1e-5)
    assert cut.audit.reached == pytest.approx(at_once.audit.reached, rel=1e-5)
    assert [row.op for row in cut.audit] == [row.op for row in at_once.audit]
    for one, other in zip(cut.audit, at_once.audit, strict=True):
        assert (one.relevance_in, one.to_bias) == pytest.approx((other.relevance_in, other.to_bias), abs=1e-4)


def test_every_tensor_of_a_mapping_is_cut_and_a_constant_argument_is_not() -> None:
    mask = torch.arange(7)[:, None] % 2 == 0
    inputs, options = {"x": X, "y": Y, "mask": mask}, {"kwargs": {"scale": torch.tensor([1.0, 2.0, 3.0])}}
    at_once = lp.LRP(TwoInputs()).explain(inputs, 0, **options)
    cut = lp.LRP(TwoInputs()).explain(inputs, 0, **options, batch_size=2)
    assert_same(cut.relevance, at_once.relevance)
    assert set(cut.relevance) == {"x", "y"}


def test_tokens_are_cut_too() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Embedding(9, 4), nn.Flatten(), nn.Linear(12, 2))
    tokens = torch.randint(9, (5, 3))
    assert_same(
        lp.LRP(model).explain(tokens, batch_size=2).relevance, lp.LRP(model).explain(tokens).relevance
    )


def test_no_sample_at_all() -> None:
    explanation = lp.LRP(nn.Linear(4, 2)).explain(torch.empty(0, 4), 0, batch_size=2)
    assert explanation.relevance.shape == (0, 4)


def test_no_more_samples_than_the_batch_size_are_seen_at_once() -> None:
    sizes: list[int] = []
    model = nn.Sequential(nn.Linear(4, 2))
    model.register_forward_pre_hook(lambda _, args: sizes.append(len(args[0])))
    lp.LRP(model).explain(X, batch_size=3)
    assert sizes == [3, 3, 1]


@pytest.mark.parametrize("batch_size", [0, -1, 2.0, True, "3"])
def test_a_batch_size_that_is_none(batch_size: Any) -> None:
    with pytest.raises(InputError, match=r"batch_size should be a whole number from 1 on, or None\. Found "):
        lp.LRP(nn.Linear(4, 2)).explain(X, batch_size=batch_size)


def test_rows_of_models_that_run_differently_stand_side_by_side() -> None:
    class Branch(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.layer(x if len(x) > 1 else x.relu())

    audit = lp.LRP(Branch(), presets.Epsilon(0)).explain(X, 0, audit=True, batch_size=3).audit
    assert [row.op for row in audit] == ["linear", "relu", "linear"]
    assert audit.unaccounted == pytest.approx(0, abs=1e-5)
