"""Softmax and sigmoid at the end of a network, and the logits in front."""

import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lrprism as lp
from expected_warnings import LOGITS_BEHIND
from lrprism import presets

LRP_0 = presets.Epsilon(0)
X = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))


class Ending(nn.Module):
    """A network whose logits go through a function."""

    def __init__(self, end: Callable[[Tensor], Any]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
        self.end = end

    def forward(self, x: Tensor) -> Any:
        return self.end(self.net(x))


def written_over(z: Tensor) -> Tensor:
    p = z.clone().sigmoid_()
    z.zero_()
    return p.clamp_(1e-7, 1 - 1e-7)


def without_gradient(z: Tensor) -> Tensor:
    with torch.no_grad():
        return z.softmax(1).clone()


# what ends a network, what it is called, and what of the logits it keeps
ENDS: dict[str, tuple[Callable[[Tensor], Any], str, Callable[[Tensor], Tensor]]] = {
    "F.softmax": (lambda z: F.softmax(z, 1), "softmax", lambda z: z),
    "softmax as a method": (lambda z: z.softmax(-1), "softmax", lambda z: z),
    "softmax as a module": (nn.Softmax(1), "softmax", lambda z: z),
    "softmax of another type": (lambda z: F.softmax(z, 1, dtype=torch.float64), "softmax", lambda z: z),
    "softmax of a float": (lambda z: z.double().softmax(1).float().contiguous(), "softmax", lambda z: z),
    "softmax of an exported program": (
        lambda z: torch.ops.aten._softmax(z, 1, False),
        "softmax",
        lambda z: z,
    ),
    "softmax without gradient": (without_gradient, "softmax", lambda z: z),
    "softmin": (lambda z: F.softmin(-z, 1), "softmax", lambda z: z),
    "softmax behind dropout": (lambda z: F.dropout(z.softmax(1)), "softmax", lambda z: z),
    "log_softmax": (nn.LogSoftmax(1), "log_softmax", lambda z: z),
    "the log of softmax": (lambda z: z.softmax(1).clamp(1e-7).log(), "softmax", lambda z: z),
    "the exponential of log_softmax": (lambda z: z.log_softmax(1).exp(), "log_softmax", lambda z: z),
    "sigmoid": (torch.sigmoid, "sigmoid", lambda z: z),
    "sigmoid as a module": (nn.Sigmoid(), "sigmoid", lambda z: z),
    "expit": (torch.special.expit, "sigmoid", lambda z: z),
    "sigmoid in place": (written_over, "sigmoid", lambda z: z),
    "logsigmoid": (F.logsigmoid, "logsigmoid", lambda z: z),
    "a reshape behind": (lambda z: z.softmax(1).view(-1).reshape(4, 3), "softmax", lambda z: z),
    "one axis more and less": (lambda z: z.softmax(1).unsqueeze(0).squeeze(0), "softmax", lambda z: z),
    "a transposition": (lambda z: z.t().softmax(0).t(), "softmax", lambda z: z),
    "a transposition by name": (
        lambda z: z.softmax(1).transpose(0, -1).permute(-1, 0),
        "softmax",
        lambda z: z,
    ),
    "all of it": (lambda z: z.softmax(1)[:, :7][...], "softmax", lambda z: z),
    "the last two columns": (lambda z: z.softmax(1)[..., -2:], "softmax", lambda z: z[:, 1:]),
    "every second column": (lambda z: z.softmax(1)[:, ::2], "softmax", lambda z: z[:, ::2]),
    "the probability of class 1": (lambda z: z.softmax(1)[:, 1], "softmax", lambda z: z[:, 1]),
    "that of the last class": (lambda z: z.softmax(1).select(-1, -1), "softmax", lambda z: z[:, 2]),
    "one sigmoid without its axis": (lambda z: z[:, :1].sigmoid().squeeze(-1), "sigmoid", lambda z: z[:, 0]),
    "a percentage": (lambda z: 100 * z.softmax(1) / 1.0 + 0.0, "softmax", lambda z: z),
    "a softmax in an exported program's percent": (
        lambda z: torch.ops.aten.mul.Scalar(torch.ops.aten._softmax(z, 1, False), 100.0),
        "softmax",
        lambda z: z,
    ),
    "a scale of each class": (lambda z: torch.tensor([1.0, 2.0, 3.0]) * z.softmax(1), "softmax", lambda z: z),
    "the log of softmax and a bit": (lambda z: (z.softmax(1) + 1e-9).log(), "softmax", lambda z: z),
    "rounded": (lambda z: z.softmax(1).round(decimals=6).nan_to_num(), "softmax", lambda z: z),
    "a temperature": (lambda z: (z / 0.5).softmax(1), "softmax", lambda z: z / 0.5),
    "a softmax turned round": (lambda z: z.softmax(1).flip(1), "softmax", lambda z: z.flip(1)),
    "a scaled sigmoid": (lambda z: 10 * z.sigmoid(), "sigmoid", lambda z: z),
    "a shifted sigmoid": (lambda z: z.sigmoid() - 0.5, "sigmoid", lambda z: z),
    "the other side of a sigmoid": (lambda z: 1 - z.sigmoid(), "sigmoid", lambda z: -z),
    "that by rsub": (lambda z: torch.rsub(z.sigmoid(), 1), "sigmoid", lambda z: -z),
    "that with its sign": (lambda z: -z.sigmoid() + 1, "sigmoid", lambda z: -z),
    "that by a factor": (lambda z: 1 + z.sigmoid() * -1, "sigmoid", lambda z: -z),
    "the other side of the other side": (lambda z: (1 - (1 - z.sigmoid())).log(), "sigmoid", lambda z: z),
    "shares of sigmoids": (
        lambda z: (lambda p: p / p.sum(1, keepdim=True))(z.sigmoid()),
        "sigmoid",
        lambda z: z,
    ),
    "one of a dict": (lambda z: {"hidden": 2 * z, "probabilities": z.softmax(1)}, "softmax", lambda z: z),
    "one of a tuple": (lambda z: (2 * z, z.softmax(1)), "softmax", lambda z: z),
    "one of an object": (lambda z: SimpleNamespace(loss=z.sum(), p=z.softmax(1)), "softmax", lambda z: z),
}


SCALED = {
    "a scaled sigmoid", "a shifted sigmoid", "the other side of a sigmoid", "that by rsub",
    "that with its sign", "that by a factor", "the other side of the other side", "shares of sigmoids",
}  # fmt: skip


def target_of(kept: Callable[[Tensor], Tensor]) -> int | None:
    return None if kept(torch.zeros(4, 3)).dim() == 1 else 0


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("word", ["before softmax", "before sigmoid"])
@pytest.mark.parametrize("end", ENDS)
def test_the_logits_in_front_are_explained(end: str, word: str, audit: bool) -> None:
    function, _, kept = ENDS[end]
    target = target_of(kept)
    expected = lp.LRP(Ending(kept), LRP_0).explain(X, target, audit=audit)
    found = lp.LRP(Ending(function), LRP_0, strict=True).explain(X, target, output=word, audit=audit)
    torch.testing.assert_close(found.output.float(), expected.output, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(found.relevance, expected.relevance, rtol=1e-5, atol=1e-6)
    if audit:
        assert found.audit.explained == pytest.approx(expected.audit.explained, rel=1e-5)
        assert found.audit.unaccounted == pytest.approx(0, abs=1e-5)
        assert not {"softmax", "sigmoid", "log_softmax"} & {row.op for row in found.audit}


@pytest.mark.parametrize("end", ENDS)
def test_the_end_is_named_with_what_it_does_to_the_map(end: str) -> None:
    function, name, _ = ENDS[end]
    output = (lambda found: found[1]) if end == "one of a tuple" else None
    output = {"one of a dict": "probabilities", "one of an object": "p"}.get(end, output)
    explainer = lp.LRP(Ending(function))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        explainer.explain(
            X, torch.ones_like, output=output, batch_size=2 if end != "a reshape behind" else None
        )
    (message,) = [str(each.message) for each in caught if str(each.message).startswith("logits")]
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
    assert {each.filename for each in caught} == {__file__}


def test_what_the_warning_says_of_sigmoid() -> None:
    with pytest.warns(lp.RelevanceWarning, match="logit z times sigmoid"):
        found = lp.LRP(Ending(torch.sigmoid), LRP_0).explain(X, 0)
    logits = lp.LRP(Ending(torch.sigmoid), LRP_0).explain(X, 0, output="before sigmoid")
    z = logits.output[:, :1]
    assert (z < 0).any()
    torch.testing.assert_close(found.relevance, logits.relevance * z.sigmoid() / z)


def test_what_the_warning_says_of_softmax() -> None:
    with pytest.warns(lp.RelevanceWarning, match="against the mean of all classes"):
        found = lp.LRP(Ending(nn.Softmax(1)), LRP_0).explain(X, 0)
    logits = lp.LRP(Ending(nn.Softmax(1)), LRP_0).explain(X, "all", output="before softmax")
    p = logits.output.softmax(1)
    mean = (p.T[:, :, None] * logits.relevance).sum(0)
    torch.testing.assert_close(found.relevance, p[:, :1] * (logits.relevance[0] - mean))


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
def test_other_ends_are_not_spoken_of_and_have_nothing_in_front(what: str) -> None:
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
    found = explainer.explain(X, 0, output="before softmax", layers=["net"])
    torch.testing.assert_close(found.output, torch.lgamma(model.net(X).abs() + 1).detach())
    assert found.layers["net"].shape == (4, 3)
    assert "lgamma" in [row.op for row in explainer.plan(X, output="before softmax")]
    assert "softmax" not in [row.op for row in explainer.plan(X, output="before softmax")]


def test_in_batches_with_a_target_in_words() -> None:
    model = Ending(lambda z: z[:, :1].sigmoid())
    explainer = lp.LRP(model, LRP_0)
    found = explainer.explain(X, lp.target.side(), output="before sigmoid", batch_size=3)
    z = model.net(X)[:, 0]
    assert found.target.tolist() == (z > 0).long().tolist()
    expected = explainer.explain(X, lp.target.value(), output="before sigmoid").relevance
    torch.testing.assert_close(found.relevance, expected * z.sign()[:, None])


def over_sum(e: Tensor) -> Tensor:
    return e / e.sum(1, keepdim=True)


# what stands for a softmax or sigmoid and has no front, what it is called, and what else would
WRITTEN: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "exponentials over their sum": (lambda z: over_sum(z.exp()), "softmax"),
    "less the highest": (lambda z: over_sum((z - z.amax(1, keepdim=True)).exp()), "softmax"),
    "times one over it": (lambda z: z.exp() * (1 / z.exp().sum(1, keepdim=True)), "softmax"),
    "with a bit": (lambda z: z.exp() / (z.exp().sum(1, keepdim=True) + 1e-9), "softmax"),
    "normalised": (lambda z: F.normalize(z.exp(), p=1.0, dim=1), "softmax"),
    "in percent": (lambda z: 100 * over_sum(z.exp()), "softmax"),
    "its logarithm": (lambda z: over_sum(z.exp()).log(), "softmax"),
    "a sigmoid": (lambda z: 1 / (1 + (-z).exp()), "sigmoid"),
    "a sigmoid of an exponential": (lambda z: z.exp() / (1 + z.exp()), "sigmoid"),
    "less logsumexp": (lambda z: z - z.logsumexp(1, keepdim=True), "log_softmax"),
    "less the logarithm": (lambda z: z - z.exp().sum(1, keepdim=True).log(), "log_softmax"),
    "exponential of that": (lambda z: (z - z.logsumexp(1, keepdim=True)).exp(), "log_softmax"),
}
BEHIND: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "by an index": (lambda z: z.softmax(1)[:, [2, 0, 1]], "softmax"),
    "what is left": (lambda z: 1 - z.softmax(1), "softmax"),
    "both sides": (lambda z: torch.cat([1 - z[:, :1].sigmoid(), z[:, :1].sigmoid()], 1), "sigmoid"),
    "two heads": (lambda z: torch.cat([z.softmax(1), z.sigmoid()], 1), "softmax"),
    "two models": (lambda z: (z.softmax(1) + (2 * z).softmax(1)) / 2, "softmax"),
    "repeated": (lambda z: z.softmax(1).repeat(1, 2), "softmax"),
    "a mean over pixels": (lambda z: z.view(4, 3, 1, 1).expand(4, 3, 2, 2).sigmoid().mean((2, 3)), "sigmoid"),
    "a sum over pixels": (lambda z: z.view(4, 3, 1).expand(4, 3, 2).softmax(1).sum(2), "softmax"),
    "masked": (lambda z: z.softmax(1).masked_fill(z < -100, 0.0), "softmax"),
}


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("end", [*WRITTEN, *BEHIND])
def test_an_end_without_a_front_is_named_with_another_way_out(end: str, *, audit: bool) -> None:
    function, name = WRITTEN.get(end) or BEHIND[end]
    explainer = lp.LRP(Ending(function), LRP_0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        explainer.explain(X, 0, audit=audit)
    (message,) = [str(each.message) for each in caught if str(each.message).startswith("logits")]
    assert message.startswith(f"logits should be explained. Found {name} at the end: relevance ")
    assert message.endswith(
        f"Return the logits from the model, or write torch.{name} and try output='before softmax'."
        if end in WRITTEN
        else "Return the logits from the model: what stands behind it cannot be done to them."
    )
    with pytest.raises(lp.ModelError, match=r"Return the logits from the model"):
        explainer.explain(X, 0, output="before softmax", audit=audit)


def test_what_the_warning_says_of_a_softmax_that_is_written_out() -> None:
    with pytest.warns(lp.RelevanceWarning, match="against the mean of all classes"):
        found = lp.LRP(Ending(lambda z: over_sum(z.exp())), LRP_0).explain(X, 0)
    with pytest.warns(lp.RelevanceWarning, match="against the mean of all classes"):
        expected = lp.LRP(Ending(nn.Softmax(1)), LRP_0).explain(X, 0)
    torch.testing.assert_close(found.relevance, expected.relevance)


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
def test_what_makes_a_score_positive_is_named(end: str) -> None:
    function, name = LINKS[end]
    explainer = lp.LRP(Ending(function), LRP_0)
    with pytest.warns(lp.RelevanceWarning, match=rf"^what stands in front of {name} should .* Return z from"):
        explainer.explain(X, 0)


def test_what_the_warning_says_of_an_exponential() -> None:
    # relevance of exp(z) is that of z times exp(z) / z
    with pytest.warns(lp.RelevanceWarning, match=r"times exp\(z\) / z"):
        found = lp.LRP(Ending(torch.exp), LRP_0).explain(X, 0)
    scores = lp.LRP(Ending(lambda z: z), LRP_0).explain(X, 0)
    z = scores.output[:, :1]
    assert (z < 0).any()
    torch.testing.assert_close(found.relevance, scores.relevance * z.exp() / z)


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
    found = lp.LRP(Ending(lambda z: z[:, :1].sigmoid() - 0.5), LRP_0).explain(X, lp.target.side())
    assert found.target.tolist() == (found.output[:, 0] > 0).long().tolist()
