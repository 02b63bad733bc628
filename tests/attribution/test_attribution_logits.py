"""The logits in front of the softmax or sigmoid at the end of a network."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

import lrprism as lp
from lrprism import presets
from network_ends import ENDS, Ending, X

LRP_0 = presets.Epsilon(0)


def target_of(select_logits: Callable[[Tensor], Tensor]) -> int | None:
    return None if select_logits(torch.zeros(4, 3)).dim() == 1 else 0


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("word", ["before softmax", "before sigmoid"])
@pytest.mark.parametrize("end", ENDS)
def test_the_logits_in_front_are_explained(end: str, word: str, audit: bool) -> None:
    function, _, select_logits = ENDS[end]
    target = target_of(select_logits)
    expected = lp.LRP(Ending(select_logits), LRP_0).explain(X, target, audit=audit)
    explanation = lp.LRP(Ending(function), LRP_0, strict=True).explain(X, target, output=word, audit=audit)
    torch.testing.assert_close(explanation.output.float(), expected.output, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(explanation.relevance, expected.relevance, rtol=1e-5, atol=1e-6)
    if audit:
        assert explanation.audit.explained == pytest.approx(expected.audit.explained, rel=1e-5)
        assert explanation.audit.unaccounted == pytest.approx(0, abs=1e-5)
        assert not {"softmax", "sigmoid", "log_softmax"} & {row.op for row in explanation.audit}


NO_END: dict[str, Callable[[Tensor], Tensor]] = {
    "logits": lambda z: z,
    "a gate": lambda z: z * z.sigmoid(),
    "tanh": torch.tanh,
    "attention": lambda z: z.softmax(1) @ torch.ones(3, 2),
    "scaled logits": lambda z: 100 * z - 1,
    "a sigmoid beside logits": lambda z: torch.cat([z.sigmoid(), z], 1),
    "a sigmoid added to logits": lambda z: z.sigmoid() + z,
    "a quotient": lambda z: z / z.exp().sum(1, keepdim=True),
    "what an exponential is subtracted from": lambda z: z - z.exp(),
}


@pytest.mark.parametrize("what", NO_END)
def test_other_ends_cause_no_warning_and_have_no_logits_in_front(what: str) -> None:
    explainer = lp.LRP(Ending(NO_END[what]))
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "logits should be explained")
        warnings.filterwarnings("ignore", "at least 1%")
        explainer.explain(X, 0)
    with pytest.raises(
        lp.ModelError, match=r"^output='before softmax' should meet one output that ends in a softmax"
    ):
        explainer.explain(X, 0, output="before softmax")


REFUSED: dict[str, tuple[Callable[[Tensor], Any], str]] = {
    "logits": (
        lambda z: z,
        r"one output that ends in a softmax or sigmoid\. Found linear\. Return the logits from the model, "
        r"or leave output= out\.$",
    ),
    "a square": (
        lambda z: (z.softmax(1) ** 2).view(4, 3),
        r"Found pow\. Return the logits from the model, or leave output= out",
    ),
    "two of them": (
        lambda z: (z.softmax(1), z.sigmoid()),
        r"Found 2 of them\. Return the logits from the model\.$",
    ),
    "none that depends on the inputs": (
        lambda z: (z > 0).float(),
        r"Found nothing that depends on the inputs\.",
    ),
    "entries in another order": (
        lambda z: z.softmax(1).roll(1, 1),
        r"a softmax with nothing but reshapes, slices, type changes and scales that turn no class round "
        r"behind it\. Found roll\. Return the logits from the model\.$",
    ),
    "what is left for the other classes": (lambda z: 1 - z.softmax(1), r"a softmax .* Found rsub\."),
    "the loss of each class": (lambda z: -z.log_softmax(1), r"a log_softmax .* Found neg\."),
    "scales of both signs": (
        lambda z: torch.tensor([1.0, -1.0, 1.0]) * z.sigmoid(),
        r"a sigmoid .* Found mul\.",
    ),
    "both sides": (lambda z: torch.stack([1 - z.sigmoid(), z.sigmoid()], -1)[:, 0], r"Found stack\."),
    "two models": (lambda z: (z.softmax(1) + (2 * z).softmax(1)) / 2, r"a softmax .* Found add\."),
    "exponentials over their sum": (
        lambda z: z.exp() / z.exp().sum(1, keepdim=True),
        r"a softmax or sigmoid that is called by its name\. Found one that is written as exponentials\. "
        r"Return the logits from the model, or write torch\.softmax, torch\.log_softmax or torch\.sigmoid "
        r"there\.$",
    ),
    "entries by an index": (lambda z: z.sigmoid()[:, [2, 0]], r"a sigmoid .* Found index\."),
}


@pytest.mark.parametrize("what", REFUSED)
def test_an_end_that_is_not_there_or_not_plain(what: str) -> None:
    function, message = REFUSED[what]
    with pytest.raises(lp.ModelError, match=f"^output='before softmax' should meet .*{message}"):
        lp.LRP(Ending(function)).explain(X, 0, output="before softmax")


def test_the_model_and_its_own_ops_go_on_as_before() -> None:
    model = Ending(lambda z: torch.lgamma(z.abs() + 1).softmax(1))
    explainer = lp.LRP(model, LRP_0, strict=True, ops={torch.lgamma: lp.ops.own.activation("lgamma")})
    explanation = explainer.explain(X, 0, output="before softmax", layers=["net"])
    torch.testing.assert_close(explanation.output, torch.lgamma(model.net(X).abs() + 1).detach())
    assert explanation.layers["net"].shape == (4, 3)
    assert "lgamma" in [row.op for row in explainer.plan(X, output="before softmax")]
    assert "softmax" not in [row.op for row in explainer.plan(X, output="before softmax")]


def test_in_batches_with_a_target_in_words() -> None:
    model = Ending(lambda z: z[:, :1].sigmoid())
    explainer = lp.LRP(model, LRP_0)
    explanation = explainer.explain(X, lp.target.side(), output="before sigmoid", batch_size=3)
    z = model.net(X)[:, 0]
    assert explanation.target.tolist() == (z > 0).long().tolist()
    expected = explainer.explain(X, lp.target.value(), output="before sigmoid").relevance
    torch.testing.assert_close(explanation.relevance, expected * z.sign()[:, None])
