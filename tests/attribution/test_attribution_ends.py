"""Softmax and sigmoid at the end of a network, and what a user is told about them."""

import operator
import warnings
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lrprism as lp
from expected_warnings import LOGITS_BEHIND
from lrprism import presets
from network_ends import BEHIND, ENDS, SCALED, WRITTEN, Ending, X

LRP_0 = presets.Epsilon(0)


@pytest.mark.parametrize("end", ENDS)
def test_the_end_is_named_with_what_it_does_to_the_map(end: str) -> None:
    function, name, _ = ENDS[end]
    output = (operator.itemgetter(1)) if end == "one of a tuple" else None
    output = {"one of a dict": "probabilities", "one of an object": "p"}.get(end, output)
    explainer = lp.LRP(Ending(function))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        explainer.explain(
            X, torch.ones_like, output=output, batch_size=2 if end != "a reshape behind" else None
        )
    (message,) = [str(warning.message) for warning in caught if str(warning.message).startswith("logits")]
    effect = (
        "relevance follows its gradient, so that the map sets the class against the mean of all classes and "
        "fades where the network is sure"
        if "softmax" in name
        else f"relevance passes it unchanged, so that the map is that of the logit z times {name}(z) / z"
        + (
            " and the factors behind it, whose sign may be another"
            if end in SCALED
            else ": its sign is turned round where the two differ in sign"
        )
    )
    way_out = (
        " in the place of this output=, with a target that chooses: an index, or a callable that returns "
        "a seed."
        if callable(output)
        else ", which explains the logits in front of it."
    )
    assert message == (
        f"logits should be explained. Found {name} at the end: {effect}. Try output='before softmax'{way_out}"
    )
    assert {warning.filename for warning in caught} == {__file__}


def test_the_warning_about_sigmoid_is_true() -> None:
    with pytest.warns(lp.RelevanceWarning, match="logit z times sigmoid"):
        explanation = lp.LRP(Ending(torch.sigmoid), LRP_0).explain(X, 0)
    logits = lp.LRP(Ending(torch.sigmoid), LRP_0).explain(X, 0, output="before sigmoid")
    z = logits.output[:, :1]
    assert (z < 0).any()
    torch.testing.assert_close(explanation.relevance, logits.relevance * z.sigmoid() / z)


def test_the_warning_about_softmax_is_true() -> None:
    with pytest.warns(lp.RelevanceWarning, match="against the mean of all classes"):
        explanation = lp.LRP(Ending(nn.Softmax(1)), LRP_0).explain(X, 0)
    logits = lp.LRP(Ending(nn.Softmax(1)), LRP_0).explain(X, "all", output="before softmax")
    p = logits.output.softmax(1)
    mean = (p.T[:, :, None] * logits.relevance).sum(0)
    torch.testing.assert_close(explanation.relevance, p[:, :1] * (logits.relevance[0] - mean))


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("end", [*WRITTEN, *BEHIND])
def test_an_end_without_a_front_is_named_with_another_way_out(end: str, *, audit: bool) -> None:
    function, name = WRITTEN.get(end) or BEHIND[end]
    explainer = lp.LRP(Ending(function), LRP_0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        explainer.explain(X, 0, audit=audit)
    (message,) = [str(warning.message) for warning in caught if str(warning.message).startswith("logits")]
    assert message.startswith(f"logits should be explained. Found {name} at the end: relevance ")
    assert message.endswith(
        f"Return the logits from the model, or write torch.{name} and try output='before softmax'."
        if end in WRITTEN
        else "Return the logits from the model: what stands behind it cannot be done to them."
    )
    with pytest.raises(lp.ModelError, match=r"Return the logits from the model"):
        explainer.explain(X, 0, output="before softmax", audit=audit)


def test_the_warning_about_a_written_out_softmax_is_true() -> None:
    with pytest.warns(lp.RelevanceWarning, match="against the mean of all classes"):
        explanation = lp.LRP(Ending(lambda z: z.exp() / z.exp().sum(1, keepdim=True)), LRP_0).explain(X, 0)
    with pytest.warns(lp.RelevanceWarning, match="against the mean of all classes"):
        expected = lp.LRP(Ending(nn.Softmax(1)), LRP_0).explain(X, 0)
    torch.testing.assert_close(explanation.relevance, expected.relevance)


LINKS: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "exp": (torch.exp, "exp"),
    "to the base of two": (torch.exp2, "exp"),
    "softplus": (nn.Softplus(), "softplus"),
    "softplus by hand": (lambda z: (1 + z.exp()).log(), "softplus"),
    "hardsigmoid": (F.hardsigmoid, "hardsigmoid"),
    "a scale and a bound": (lambda z: (2 * z.exp() + 1).clamp(max=1e4), "exp"),
    "a mean": (lambda z: z.view(4, 3, 1).expand(4, 3, 2).exp().mean(2), "exp"),
}


@pytest.mark.parametrize("end", LINKS)
def test_a_link_that_makes_a_score_positive_is_named(end: str) -> None:
    function, name = LINKS[end]
    explainer = lp.LRP(Ending(function), LRP_0)
    with pytest.warns(lp.RelevanceWarning, match=rf"^what stands in front of {name} should .* Return z from"):
        explainer.explain(X, 0)


def test_the_warning_about_an_exponential_is_true() -> None:
    # relevance of exp(z) is that of z times exp(z) / z
    with pytest.warns(lp.RelevanceWarning, match=r"times exp\(z\) / z"):
        explanation = lp.LRP(Ending(torch.exp), LRP_0).explain(X, 0)
    scores = lp.LRP(Ending(lambda z: z), LRP_0).explain(X, 0)
    z = scores.output[:, :1]
    assert (z < 0).any()
    torch.testing.assert_close(explanation.relevance, scores.relevance * z.exp() / z)


def test_a_function_in_output_is_not_offered_beside_the_logits() -> None:
    with pytest.warns(lp.RelevanceWarning, match="in the place of this output=, with a target that chooses"):
        lp.LRP(Ending(nn.Softmax(1)), LRP_0).explain(X, 0, output=lambda y: y[:, :2])


@pytest.mark.parametrize(
    ("function", "way_out"),
    [
        (torch.sigmoid, "sigmoid made.*Try output='before sigmoid'"),
        (F.logsigmoid, "logsigmoid made.*Try output='before sigmoid'"),
        (torch.exp, "exp made.*Return the logit from the model"),
    ],
)
def test_a_probability_has_no_sides(function: Callable[[Tensor], Tensor], way_out: str) -> None:
    explainer = lp.LRP(Ending(lambda z: function(z[:, :1])), LRP_0)
    with pytest.raises(lp.TargetError, match=rf"^lp\.target\.side\(\) takes the side .*{way_out}"):
        explainer.explain(X, lp.target.side())


@LOGITS_BEHIND
def test_a_shifted_probability_has_sides() -> None:
    explanation = lp.LRP(Ending(lambda z: z[:, :1].sigmoid() - 0.5), LRP_0).explain(X, lp.target.side())
    assert explanation.target.tolist() == (explanation.output[:, 0] > 0).long().tolist()
