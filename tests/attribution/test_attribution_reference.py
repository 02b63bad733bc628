"""References: what they may be, what they are refused for, and what they mean at every door."""

from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from differences import check_sum, doubles, drawn, explain_difference
from expected_warnings import LOGITS_BEHIND
from function_models import FunctionModel, check_refusal, collect_warnings
from lrprism import presets
from small_models import Model, close

X, R = drawn(3, 6), drawn(1, 6, seed=9)
LRP_0 = presets.Epsilon(0)


def make_network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4)).double()


NETWORK = make_network()
EXPLAINER = lp.LRP(NETWORK, LRP_0)


def explain(reference: Any, x: Tensor = X) -> Tensor:
    relevance = EXPLAINER.explain(x, 1, reference=reference).relevance
    assert isinstance(relevance, Tensor)
    return relevance


# ------------------------------------------------------------------------------- what a reference may be

FORMS: dict[str, tuple[Any, Tensor]] = {
    "one sample": (R, R),
    "a sample without the axis of the samples": (R[0], R),
    "one for each": (X.flip(0), X.flip(0)),
    "a number": (0.5, torch.full((1, 6), 0.5)),
    "a whole number": (0, torch.zeros(1, 6)),
    "a tensor without dimensions": (doubles(0.5), torch.full((1, 6), 0.5)),
    "one number per sample": (X[:, :1], X[:, :1].expand(3, 6)),
    "a function": (lambda x: x.mean(0, keepdim=True), X.mean(0, keepdim=True)),
    "one that requires a gradient": (R.clone().requires_grad_(), R),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_reference_may_have_many_forms(name: str) -> None:
    reference, expected = FORMS[name]
    close(explain(reference), explain(expected.double().expand(3, 6).clone()))
    with torch.no_grad():
        change = (NETWORK(X) - NETWORK(expected.double().expand(3, 6)))[:, 1]
    close(explain(reference).sum(1), change)


def test_the_input_itself_explains_nothing() -> None:
    explanation = EXPLAINER.explain(X, 1, reference=X, audit=True)
    assert not explanation.relevance.any()
    assert not explanation.change.any()
    explanation.check()


def test_a_reference_of_zero_is_no_explanation_against_nothing() -> None:
    # biases have no share in a difference
    with_zero = EXPLAINER.explain(X, 1, reference=0.0, audit=True)
    assert not any(row.to_bias for row in with_zero.audit)
    assert any(row.to_bias for row in EXPLAINER.explain(X, 1, audit=True).audit)


def test_no_sample_is_no_matter() -> None:
    explanation = EXPLAINER.explain(X[:0], 1, reference=R)
    assert explanation.relevance.shape == (0, 6)


# ------------------------------------------------------------------------------------- several inputs


class TwoInputs(nn.Module):
    """Two inputs, by position or by name."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.linear = nn.Linear(9, 3).double()

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        y: Tensor = self.linear(torch.cat([a, b], 1)).tanh()
        return y


@dataclass
class Pair:
    """Two tensors in one argument."""

    a: Tensor
    b: Tensor
    name: str = "pair"


Named = namedtuple("Named", "a b")
Y = drawn(3, 3, seed=2)
BOTH = TwoInputs()
OF_PAIR = FunctionModel(lambda model, pair: model.both(pair.a, pair.b), both=BOTH)
OF_LIST = FunctionModel(lambda model, tensors: model.both(*tensors), both=BOTH)
OF_NESTED = FunctionModel(lambda model, values: model.both(values["p"], values["q"][0]), both=BOTH)

SEVERAL: dict[str, tuple[nn.Module, Any, Any, tuple[Any, Any]]] = {
    "a tuple": (BOTH, (X, Y), (R, Y[:1]), (R, Y[:1])),
    "a tuple with None": (BOTH, (X, Y), (R, None), (R, Y)),
    "a shorter tuple": (BOTH, (X, Y), (R,), (R, Y)),
    "a number beside a tensor": (BOTH, (X, Y), (R, 0.5), (R, torch.full_like(Y, 0.5))),
    "functions": (BOTH, (X, Y), (torch.zeros_like, lambda y: y / 2), (X * 0, Y / 2)),
    "a mapping": (BOTH, {"a": X, "b": Y}, {"a": R, "b": Y.flip(0)}, (R, Y.flip(0))),
    "a mapping of one": (BOTH, {"a": X, "b": Y}, {"b": 0}, (X, Y * 0)),
    "a named tuple": (OF_PAIR, Named(X, Y), Named(R, 0.0), (R, Y * 0)),
    "a mapping for a named tuple": (OF_PAIR, Named(X, Y), {"a": R}, (R, Y)),
    "an object": (OF_PAIR, Pair(X, Y), Pair(R, Y[:1]), (R, Y[:1])),
    "a mapping for an object": (OF_PAIR, Pair(X, Y), {"b": Y[:1]}, (X, Y[:1])),
    "a list": (OF_LIST, [X, Y], [R, None], (R, Y)),
    "nested": (OF_NESTED, ({"p": X, "q": (Y,)},), ({"p": R, "q": (0.0,)},), (R, Y * 0)),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_several_inputs_have_references_in_their_places(name: str) -> None:
    model, inputs, reference, (of_a, of_b) = SEVERAL[name]
    explanation = lp.LRP(model, LRP_0).explain(inputs, torch.ones_like, reference=reference, audit=True)
    with torch.no_grad():
        expected = BOTH(X, Y) - BOTH(of_a.expand_as(X), of_b.expand_as(Y))
    close(explanation.change, expected)
    assert explanation.audit is not None
    assert explanation.audit.reached == pytest.approx(float(expected.sum()))


def test_an_input_that_is_compared_with_itself_gets_nothing() -> None:
    of_a, of_b = lp.LRP(BOTH, LRP_0).explain((X, Y), 0, reference=(R, None)).relevance
    assert of_a.all()
    assert not of_b.any()


# --------------------------------------------------------------------------------------------- tokens

TOKENS = torch.tensor([[1, 5, 7, 2], [1, 9, 9, 2]])


class Reader(nn.Module):
    """A network on token ids."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding, self.linear = nn.Embedding(20, 6).double(), nn.Linear(6, 3).double()

    def forward(self, tokens: Tensor) -> Tensor:
        logits: Tensor = self.linear(self.embedding(tokens).tanh().mean(1))
        return logits


READER = Reader()
OF_TOKENS: dict[str, tuple[Any, Tensor]] = {
    "blank": (lp.reference.blank(0), torch.zeros_like(TOKENS)),
    "blank that keeps both ends": (
        lp.reference.blank(3, keep=[1, 2]),
        torch.tensor([[1, 3, 3, 2], [1, 3, 3, 2]]),
    ),
    "a row": (torch.tensor([4, 3, 2, 1]), torch.tensor([[4, 3, 2, 1]])),
    "an id": (3, torch.full((1, 4), 3)),
    "other sentences": (TOKENS.flip(1), TOKENS.flip(1)),
}


@pytest.mark.parametrize("name", OF_TOKENS)
def test_tokens_share_what_their_vectors_carry(name: str) -> None:
    reference, tokens = OF_TOKENS[name]
    relevance = lp.LRP(READER, LRP_0).explain(TOKENS, 0, reference=reference).relevance
    vectors, others = (READER.embedding(ids).detach().tanh() for ids in (TOKENS, tokens.expand_as(TOKENS)))
    # tanh is shared entry by entry, the mean and the linear layer as they are
    close(relevance, (vectors - others) @ READER.linear.weight[0].detach() / 4)


def test_tokens_that_stay_get_nothing() -> None:
    keep = lp.reference.blank(0, keep=[1, 2])
    relevance = lp.LRP(READER, LRP_0).explain(TOKENS, 0, reference=keep).relevance
    assert not relevance[:, [0, 3]].any()
    assert relevance[:, 1:3].all()


# ------------------------------------------------------------------------------------ several references


def test_several_references_are_averaged() -> None:
    references = (R, X.flip(0) / 2, 0.0)
    explanation = EXPLAINER.explain(
        X, 1, reference=lp.reference.each(*references), audit=True, layers=["0", "1"]
    )
    alone = [EXPLAINER.explain(X, 1, reference=one, audit=True, layers=["0", "1"]) for one in references]
    close(explanation.relevance, torch.stack([one.relevance for one in alone]).mean(0))
    close(explanation.reference_output, torch.stack([one.reference_output for one in alone]).mean(0))
    for path in ("0", "1"):
        close(explanation.layers[path], torch.stack([one.layers[path] for one in alone]).mean(0))
    assert explanation.audit.explained == pytest.approx(sum(one.audit.explained for one in alone) / 3)
    for row, *others in zip(explanation.audit, *(one.audit for one in alone), strict=True):
        assert row.relevance_out == pytest.approx(sum(other.relevance_out for other in others) / 3)
    explanation.check(1e-9, per_sample=True)


def test_one_reference_among_several_is_that_one() -> None:
    close(explain(lp.reference.each(R)), explain(R))


def test_several_references_of_several_inputs() -> None:
    references = lp.reference.each((R, None), (None, Y[:1]))
    found = lp.LRP(BOTH, LRP_0).explain((X, Y), 0, reference=references).relevance
    halves = [
        lp.LRP(BOTH, LRP_0).explain((X, Y), 0, reference=one).relevance for one in references.references
    ]
    for tensor, *others in zip(found, *halves, strict=True):
        close(tensor, sum(others) / 2)


# --------------------------------------------------------------------------------------------- doors


def test_every_door_takes_a_reference() -> None:
    expected = explain(R)
    close(lp.explain(NETWORK, X, 1, composite=LRP_0, reference=R).relevance, expected)
    close(EXPLAINER.attribute(X, 1, baselines=R), expected)
    relevance, delta = EXPLAINER.attribute(X, 1, baselines=R, return_convergence_delta=True)
    close(relevance, expected)
    close(delta, torch.zeros(3).double())
    assert [row.why for row in EXPLAINER.plan(X, reference=R)][1] == "difference: slope of the secant"


@pytest.mark.parametrize("batch_size", [1, 2, 3])
@pytest.mark.parametrize(
    "reference", [R, X.flip(0) / 2, 0.5, lp.reference.each(R, X.flip(0)), torch.zeros_like]
)
def test_batches_change_nothing(batch_size: int, reference: Any) -> None:
    whole = EXPLAINER.explain(X, 1, reference=reference, audit=True)
    cut = EXPLAINER.explain(X, 1, reference=reference, audit=True, batch_size=batch_size)
    close(cut.relevance, whole.relevance)
    close(cut.reference_output, whole.reference_output)
    assert cut.audit.explained == pytest.approx(whole.audit.explained)


@pytest.mark.parametrize(
    "target", [None, 2, "all", lp.target.each(0, 2), lp.target.contrast(0, 1), torch.tensor([0, 1, 2])]
)
def test_targets_and_layers_mean_what_they_do_without(target: Any) -> None:
    explanation = EXPLAINER.explain(X, target, reference=R, layers=["0", "1"], audit=True)
    with torch.no_grad():
        change = NETWORK(X) - NETWORK(R)
    rows = torch.arange(3)
    expected = {
        "None": lambda: change[rows, NETWORK(X).argmax(1)],
        "2": lambda: change[:, 2],
        "all": lambda: change.T,
        "each(0, 2)": lambda: change.T[[0, 2]],
        "contrast(0, 1)": lambda: change[:, 0] - change[:, 1],
    }.get(str(target), lambda: change[rows, rows])()
    close(explanation.relevance.sum(-1), expected)
    for path in ("0", "1"):
        close(explanation.layers[path].sum(-1), expected)
    assert explanation.audit.explained == pytest.approx(float(expected.sum()))


def test_outputs_of_every_kind() -> None:
    one = nn.Linear(6, 1).double()
    close(lp.LRP(one, LRP_0).explain(X, reference=R).relevance, (X - R) * one.weight.detach())
    scalar = explain_difference(lambda x: x.tanh().sum(1), X, R, target=None)
    close(scalar.relevance, X.tanh() - R.tanh())
    chosen = explain_difference(lambda x: {"y": x.tanh(), "z": x}, X, R, output="y")
    close(chosen.relevance, X.tanh() - R.tanh())
    check_sum(chosen)


@LOGITS_BEHIND
def test_a_softmax_at_the_end_may_be_left_out() -> None:
    model = nn.Sequential(*NETWORK, nn.Softmax(1))
    close(lp.LRP(model, LRP_0).explain(X, 1, reference=R, output="before softmax").relevance, explain(R))
    probabilities = lp.LRP(model, LRP_0).explain(X, 1, reference=R)
    close(probabilities.relevance.sum(1), probabilities.change[:, 1])


def test_an_explanation_says_what_it_explains() -> None:
    explanation = EXPLAINER.explain(X, 1, reference=R, audit=True)
    with torch.no_grad():
        close(explanation.reference_output, NETWORK(R).expand(3, 4))
        close(explanation.change, NETWORK(X) - NETWORK(R))
    assert "1 of" not in repr(explanation)
    assert f"{explanation.audit.reached:.6g} of {explanation.audit.explained:.6g} arrived" in repr(
        explanation
    )


def test_a_difference_that_is_rounding_is_no_cause_for_a_warning() -> None:
    x = torch.full((1, 4), 0.5)
    near = x + torch.finfo(torch.float32).eps / 4
    assert (
        collect_warnings(
            lambda: lp.LRP(nn.Sequential(nn.Sigmoid(), nn.Softplus()), LRP_0).explain(x, 0, reference=near),
            __file__,
        )
        == []
    )


def test_a_difference_that_does_not_arrive_is_said_in_figures() -> None:
    x, r = doubles([[3.0, 1.0]]), doubles([[1.0, 1.0]])
    (message,) = collect_warnings(
        lambda: lp.LRP(Model(lambda a: a + a.square().detach()), LRP_0).explain(x, 0, reference=r), __file__
    )
    # 3 + 9 - 1 - 1 = 10, of which the square keeps 8
    assert message.startswith(
        "relevance of a difference should add up to f(x) - f(reference). Found 8 of 10 missing, summed over "
    )


def test_a_map_that_cancels_is_said_to_be_so() -> None:
    # x / max(|x|, 1e-12): from zero on, each factor moves beside a mean of 1e12 / 2
    x = doubles([[3.0, 4.0]])
    (message,) = collect_warnings(
        lambda: lp.LRP(Model(lambda a: nn.functional.normalize(a) * doubles([1.0, 2.0])), LRP_0).explain(
            x, 0, reference=0.0
        ),
        __file__,
    )
    assert message.startswith(
        "relevance of a difference should be about as large as it. Found magnitudes that"
    )
    assert "and cancel to 0.6: the model divides by next to nothing" in message


# ------------------------------------------------------------------------------------- references to make


def test_the_mean_of_samples() -> None:
    close(lp.reference.mean(X), X.mean(0, keepdim=True))
    assert not lp.reference.mean(X.clone().requires_grad_()).requires_grad


def test_a_continuum_by_hand() -> None:
    # at distance 1: the mean of both neighbours, at the ends of the end itself and its neighbour
    x = doubles([[1.0, 2.0, 6.0, 2.0]])
    close(lp.reference.continuum(x, 1), doubles([[1.5, 3.5, 2.0, 4.0]]))
    # and at 2: (1 + 6) / 2, (1 + 2) / 2, (1 + 2) / 2, (2 + 2) / 2
    close(lp.reference.continuum(x, (1, 2)), doubles([[2.5, 2.5, 1.75, 3.0]]))
    close(lp.reference.continuum(x.T, [1], axis=0), doubles([[1.5, 3.5, 2.0, 4.0]]).T)


def test_a_continuum_goes_past_narrow_features_and_keeps_lines() -> None:
    line = torch.linspace(0, 1, 50, dtype=torch.float64)[None]
    inner = slice(14, 36)
    close(lp.reference.continuum(line)[:, inner], line[:, inner])
    dip = line.clone()
    dip[:, 25] -= 0.5
    assert lp.reference.continuum(dip)[0, 25] == pytest.approx(float(line[0, 25]))


def test_a_mix_of_two() -> None:
    close(lp.reference.mix(R, X, 0.25), 0.25 * R + 0.75 * X)
    close(lp.reference.mix(R, X), (R + X) / 2)
    close(lp.reference.mix(R, X, 1), R.expand(3, 6))


# ------------------------------------------------------------------------------------------- bad input


class Thing:
    """What is no reference."""


REFUSED: dict[str, tuple[Any, str]] = {
    "another width": (
        torch.zeros(1, 5).double(),
        "reference should be of the input's shape (3, 6), or broadcast to it. Found (1, 5).",
    ),
    "another number of samples": (torch.zeros(2, 6).double(), "Found (2, 6)."),
    "no sample": (torch.zeros(0, 6).double(), "Found (0, 6)."),
    "one dimension more": (torch.zeros(3, 6, 1).double(), "Found (3, 6, 1)."),
    "another type": (
        torch.zeros(1, 6),
        "reference should be of the input's type, torch.float64. Found torch.float32. "
        "Try .to(torch.float64).",
    ),
    "whole numbers": (torch.zeros(1, 6).long(), "Found torch.int64."),
    "complex numbers": (R.to(torch.complex128), "Found torch.complex128."),
    "another device": (
        torch.zeros(1, 6, device="meta").double(),
        "reference should be where the input is, on cpu. Found meta.",
    ),
    "NaN": (
        torch.full((1, 6), torch.nan).double(),
        "reference should hold finite numbers. Found nan at index (0, 0).",
    ),
    "inf": (
        torch.full((1, 6), -torch.inf).double(),
        "reference should hold finite numbers. Found -inf at index (0, 0).",
    ),
    "a sparse tensor": (R.to_sparse(), "reference should be a dense tensor with values."),
    "a word": ("mean", "reference should be a tensor like the input. Found str."),
    "True": (True, "reference should be a tensor like the input. Found bool."),
    "an array": (R.numpy(), "reference should be a tensor like the input. Found ndarray."),
    "an object": (Thing(), "reference should be a tensor like the input. Found Thing."),
    "a list": (
        [R, R],
        "reference should be a tensor like the input. Found list. Try lp.reference.each(*references) to "
        "compare with several.",
    ),
    "a mapping": ({"x": R}, "reference should be a tensor like the input. Found dict."),
    "an empty tuple": ((), "reference should be a tensor like the input. Found tuple."),
    "a function of another shape": (lambda x: x[:, :2], "Found (3, 2)."),
    "a function of words": (lambda _: "a", "Found str."),
    "each within each": (lp.reference.each(lp.reference.each(R)), "Found Each."),
    "a word among several": (lp.reference.each(R, "a"), "Found str."),
    "blank floats": (
        lp.reference.blank(0),
        "blank() should stand for token ids. Found inputs of type torch.float64.",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_reference_is_refused(name: str) -> None:
    reference, message = REFUSED[name]
    check_refusal(lp.InputError, message, lambda: EXPLAINER.explain(X, 1, reference=reference))
    check_refusal(lp.InputError, message, lambda: EXPLAINER.plan(X, reference=reference))


REFUSED_FOR_TWO: dict[str, tuple[Any, str]] = {
    "a tensor": (
        R,
        "reference should hold tensors where the inputs do: inputs[0], inputs[1]. Found reference.",
    ),
    "a number": (0.0, "Found reference."),
    "a function": (torch.zeros_like, "Found reference."),
    "one too many": ((R, Y, Y), "Found reference[2]."),
    "another name": ({"c": R}, "Found reference['c']."),
    "nothing": ((None, None), "Found none."),
    "no type of theirs": ((R, Y[:1].float()), "reference[1] should be of the input's type, torch.float64."),
    "a word beside a tensor": ((R, "a"), "reference[1] should be a tensor like the input. Found str."),
    "True beside a tensor": ((R, True), "reference[1] should be a tensor like the input. Found bool."),
}


@pytest.mark.parametrize("name", REFUSED_FOR_TWO)
def test_what_is_no_reference_of_two_inputs_is_refused(name: str) -> None:
    reference, message = REFUSED_FOR_TWO[name]
    check_refusal(lp.InputError, message, lambda: lp.LRP(BOTH, LRP_0).explain((X, Y), 1, reference=reference))


REFUSED_FOR_TOKENS: dict[str, tuple[Any, str]] = {
    "floats": (
        torch.zeros(1, 4),
        "reference should be of the input's type, torch.int64. Found torch.float32.",
    ),
    "a fraction": (0.5, "reference should be token ids like the input. Found float."),
    "a shorter sentence": (torch.zeros(1, 3).long(), "Found (1, 3)."),
    "a mean": (lp.reference.mean, "samples should be a float tensor (N, ...). Found torch.int64."),
}


@pytest.mark.parametrize("name", REFUSED_FOR_TOKENS)
def test_what_is_no_reference_of_tokens_is_refused(name: str) -> None:
    reference, message = REFUSED_FOR_TOKENS[name]
    check_refusal(
        lp.InputError, message, lambda: lp.LRP(READER, LRP_0).explain(TOKENS, 1, reference=reference)
    )


def test_a_token_that_the_model_does_not_know_is_said_to_be_of_the_reference() -> None:
    with pytest.raises(IndexError, match="index out of range") as caught:
        lp.LRP(READER, LRP_0).explain(TOKENS, 1, reference=99)
    assert caught.value.__notes__ == ["This came up when the model ran on the reference."]


blank, continuum, mean, mix = (getattr(lp.reference, name) for name in ("blank", "continuum", "mean", "mix"))
CALLS: dict[str, tuple[Callable[[], Any], str]] = {
    "no reference": (
        lp.reference.each,
        "each() should name at least one reference. Found none. Try each(samples.mean(0)).",
    ),
    "a mean of whole numbers": (
        lambda: mean(TOKENS),
        "samples should be a float tensor (N, ...). Found torch.int64.",
    ),
    "a mean of a list": (lambda: mean([1.0]), "samples should be a float tensor (N, ...). Found list."),
    "a mean of nothing": (
        lambda: mean(torch.zeros(0, 2)),
        "samples should hold at least one. Found shape (0, 2).",
    ),
    "a mean of a number": (
        lambda: mean(torch.tensor(1.0)),
        "samples should hold at least one. Found shape ().",
    ),
    "a token by name": (
        lambda: blank("[MASK]"),
        "blank() should name tokens by their ids, whole numbers, and those to keep in a list. "
        "Found '[MASK]'. Try blank(tokenizer.mask_token_id, keep=[tokenizer.cls_token_id]).",
    ),
    "no token": (lambda: blank(None), "Found None."),
    "True for a token": (lambda: blank(True), "Found True."),
    "one to keep": (lambda: blank(0, keep=1), "Found 1."),
    "names to keep": (lambda: blank(0, keep="ab"), "Found 'b'."),
    "no width": (
        lambda: continuum(X, []),
        "widths should be whole numbers of bands from 1 to 5. Found [] for 6 bands.",
    ),
    "a single band": (
        lambda: continuum(X[:, :1], 1),
        "x should have at least 2 bands along axis -1. Found 1: ",
    ),
    "a width of none": (lambda: continuum(X, 0), "Found 0 for 6 bands."),
    "a width beyond": (lambda: continuum(X), "Found (6, 10, 14) for 6 bands."),
    "a fraction of a band": (lambda: continuum(X, 1.5), "Found 1.5 for 6 bands."),
    "no axis": (
        lambda: continuum(X, 1, axis=7),
        "x should be a tensor with the bands along axis 7. Found shape (3, 6).",
    ),
    "no bands": (lambda: continuum(torch.tensor(1.0), 1), "Found shape ()."),
    "a list of bands": (lambda: continuum([1.0, 2.0], 1), "Found list."),
    "a weight beyond": (lambda: mix(R, X, 2), "weight should be a number from 0 to 1. Found 2."),
    "a weight of NaN": (lambda: mix(R, X, float("nan")), "Found nan."),
    "a word for a weight": (lambda: mix(R, X, "half"), "Found 'half'."),
    "shapes that do not mix": (
        lambda: mix(R, torch.zeros(5)),
        "references to mix should be tensors that broadcast. Found (1, 6) and (5,).",
    ),
    "a list to mix": (lambda: mix([1.0], R), "Found list and (1, 6)."),
}


@pytest.mark.parametrize("name", CALLS)
def test_references_that_cannot_be_made_are_refused(name: str) -> None:
    call, message = CALLS[name]
    check_refusal(lp.InputError, message, call)
