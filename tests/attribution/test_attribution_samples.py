"""An output whose first dimension is not that of the samples is not taken for one in silence."""

import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from small_models import LRP_0, Model, numbers_of


def dense(inputs: int, outputs: int) -> nn.Module:
    torch.manual_seed(0)
    return nn.Linear(inputs, outputs, bias=False).double()


def convolution(channels: int, *, flattened_from: int) -> nn.Module:
    """(3, 6, 6) without a batch axis -> 4 channels; the axes from one on are flattened."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(channels, 3, 3, bias=False), nn.AvgPool2d(4), nn.Flatten(flattened_from), nn.Linear(3, 3)
    ).double()


class Recurrent(nn.Module):
    def __init__(self, *, batch_first: bool = True, all_steps: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.lstm, self.head = nn.LSTM(5, 4, batch_first=batch_first).double(), dense(4, 7)
        self.all_steps = all_steps

    def forward(self, x: Tensor) -> Tensor:
        h = self.lstm(x)[0]
        return self.head(h if self.all_steps else h[..., -1, :])


def words(mean: int) -> nn.Module:
    table, head = nn.Embedding(9, 4).double(), dense(4, 3)
    return Model(lambda ids: head(table(ids).mean(mean)), table, head)


LSTM_OF_SEVEN = numbers_of(7, 5)  # as many steps as classes: the shapes alone would fit
ONE_SAMPLE: dict[str, tuple[nn.Module, Any, Any]] = {
    "a dense layer": (dense(5, 3), numbers_of(5), lambda x: x[None]),
    "as many features as classes": (dense(3, 3), numbers_of(3), lambda x: x[None]),
    "an image": (convolution(3, flattened_from=-3), numbers_of(3, 6, 6), lambda x: x[None]),
    "steps": (Recurrent(), LSTM_OF_SEVEN, lambda x: x[None]),
    "steps in front": (Recurrent(batch_first=False), LSTM_OF_SEVEN, None),
    "token ids": (words(-2), torch.tensor([1, 8, 3, 3, 0]), lambda x: x[None]),
    "token ids in order": (words(-2), torch.tensor([0, 1, 4, 5, 8]), lambda x: x[None]),
    "two inputs": (
        Model(lambda a, b: a @ torch.ones(4, 3).double() + b @ torch.ones(2, 3).double()),
        (numbers_of(4), numbers_of(2)),
        lambda pair: tuple(x[None] for x in pair),
    ),
    "nodes of a graph": (Model(lambda x: x.mean(0)), numbers_of(7, 3), None),
    "a batch of one, squeezed": (Model(lambda x: (2 * x).squeeze()), numbers_of(1, 3), None),
}
WAY_OUT = "output=lambda out: out[None]"


@pytest.mark.parametrize("what", ONE_SAMPLE)
@pytest.mark.parametrize("target", [None, 0, [1], "all", lp.target.each(0, 1), lp.target.contrast(0, 1)])
def test_classes_of_one_sample_are_not_taken_for_samples(what: str, target: Any) -> None:
    model, x, _ = ONE_SAMPLE[what]
    first = "inputs[0]" if isinstance(x, tuple) else "inputs"
    shapes = " of shape ".join([first, str(tuple((x[0] if isinstance(x, tuple) else x).shape))])
    with pytest.raises(lp.TargetError) as caught:
        lp.explain(model, x, target)
    message = str(caught.value)
    assert message.startswith("an output (N,) should be one value per sample. Found shape (")
    assert shapes in message
    assert message.endswith("for one value per sample, try target=lp.target.value().")
    assert WAY_OUT in message
    assert (f"{first}[None], or" in message) == (what != "a batch of one, squeezed")


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("what", ONE_SAMPLE)
def test_the_ways_out_work(what: str, *, audit: bool) -> None:
    model, x, batched = ONE_SAMPLE[what]
    explainer = lp.LRP(model, LRP_0)
    plain = model(*x) if isinstance(x, tuple) else model(x)
    explanation = explainer.explain(x, output=lambda out: out[None], audit=audit)
    assert explanation.output.shape == (1, plain.numel())
    assert explanation.target.tolist() == [int(plain.argmax())]
    if batched is not None:
        again = explainer.explain(batched(x), audit=audit)
        assert again.target.tolist() == explanation.target.tolist()
        each = again.relevance if isinstance(x, tuple) else (again.relevance,)
        for one, other in zip(
            each, explanation.relevance if isinstance(x, tuple) else (explanation.relevance,), strict=True
        ):
            torch.testing.assert_close(one[0], other)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "the first dimension")
        value = explainer.explain(x, lp.target.value(), audit=audit)  # taken at the user's word
    torch.testing.assert_close(value.output, plain.detach())


VALUES: dict[str, tuple[Callable[..., Tensor], tuple[Tensor, ...]]] = {
    "one value per sample": (lambda x: x.sum(1), (numbers_of(4, 3),)),
    "samples without features": (lambda t: 2 * t, (numbers_of(4),)),
    "two of them": (lambda t, x: t * 2 + x, (numbers_of(4), numbers_of(4))),
    "of the second input": (lambda a, b: a.sum() * b.sum(1), (numbers_of(2, 3), numbers_of(4, 3))),
    "of one sample": (lambda x: x.sum(1), (numbers_of(1, 3),)),
    "one value of one sample": (lambda x: x.sum(0, keepdim=True), (numbers_of(5),)),
    "one number": (lambda x: x.sum(), (numbers_of(4, 3),)),
}


@pytest.mark.parametrize("what", VALUES)
def test_one_value_per_sample_is_explained_as_it_is(what: str) -> None:
    function, inputs = VALUES[what]
    explainer = lp.LRP(Model(function), LRP_0)
    explanation = explainer.explain(inputs, audit=True)
    expected = explainer.explain(inputs, torch.ones_like)
    torch.testing.assert_close(explanation.relevance, expected.relevance)
    again = explainer.explain(inputs, lp.target.value())
    torch.testing.assert_close(again.relevance, expected.relevance)
    assert explanation.target is None
    assert explanation.audit.explained == pytest.approx(float(function(*inputs).sum()))


def scatter(x: Tensor, graph: Tensor) -> Tensor:
    return torch.zeros(3, x.shape[1], dtype=x.dtype).index_add(0, graph, x)


MEMBERS = torch.tensor([0, 0, 1, 2, 2])
EDGES = torch.tensor([[0, 1, 2], [3, 4, 0]])
COUNTED: dict[str, tuple[Callable[..., Tensor], Tensor, tuple[Tensor, ...]]] = {
    "graphs, by the graph of each node": (scatter, numbers_of(5, 2), (MEMBERS,)),
    "edges": (lambda x, edges: x[edges[0]] * x[edges[1]].detach(), numbers_of(5, 2), (EDGES,)),
    "a value of each edge": (lambda x, edges: x[edges[0]].sum(1), numbers_of(5, 2), (EDGES,)),
    "bags, by where each begins": (
        lambda x, starts: torch.stack([x[a:b].sum(0) for a, b in pairwise(starts)]),
        numbers_of(5, 2),
        (torch.tensor([0, 2, 3, 5]),),
    ),
    "rows of another argument": (lambda x, y: x.sum(0) + y, numbers_of(5, 2), (numbers_of(3, 2),)),
    "steps in front of samples": (lambda x: x.sum(0), numbers_of(5, 3, 2), ()),
    "one row": (lambda x: x.sum(0, keepdim=True), numbers_of(5, 2), ()),
}


@pytest.mark.parametrize("what", COUNTED)
def test_samples_that_something_else_counts(what: str) -> None:
    function, x, args = COUNTED[what]
    explanation = lp.LRP(Model(function), LRP_0, strict=True).explain(x, args=args)
    torch.testing.assert_close(explanation.output, function(x, *args))


ROWS: dict[str, tuple[nn.Module, Tensor, tuple[int, ...]]] = {
    "channels": (convolution(2, flattened_from=1), numbers_of(2, 6, 6), (3, 3)),
    "as many channels as the image has": (convolution(3, flattened_from=1), numbers_of(3, 6, 6), (3, 3)),
    "steps of one sequence": (Recurrent(all_steps=True), numbers_of(6, 5), (6, 7)),
    "steps in front": (Recurrent(batch_first=False, all_steps=True), numbers_of(6, 5), (6, 7)),
    "another number of rows": (Model(lambda x: x.unflatten(0, (2, 3)).sum(1)), numbers_of(6, 2), (2, 2)),
}


class Spread(nn.Module):
    """Each of the 3 channels in a row of its own."""

    def forward(self, x: Tensor) -> Tensor:
        return x.expand(3, 3)


for what in ("channels", "as many channels as the image has"):
    ROWS[what][0].insert(3, Spread())  # type: ignore[attr-defined]


@pytest.mark.parametrize("what", ROWS)
@pytest.mark.parametrize("options", [{}, {"audit": True}], ids=str)
def test_rows_that_are_no_samples_are_said(what: str, options: Any) -> None:
    model, x, shape = ROWS[what]
    with pytest.warns(lp.RelevanceWarning) as caught:
        lp.LRP(model, LRP_0).explain(x, 0, **options)
    assert [str(warning.message) for warning in caught if "first dimension" in str(warning.message)] == [
        "the first dimension of the output should be the samples. "
        f"Found shape {shape} for inputs of shape {tuple(x.shape)}: each of its {shape[0]} rows is explained "
        "as a sample of its own, and relevance is the sum over them. For one sample, try inputs[None], or "
        "output=lambda out: out[None] if the model takes no batch."
    ]


@pytest.mark.parametrize("what", ROWS)
def test_a_callable_says_by_itself_what_is_explained(what: str) -> None:
    model, x, _ = ROWS[what]
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "the first dimension")
        lp.LRP(model, LRP_0).explain(x, torch.ones_like)
        lp.LRP(model, LRP_0).plan(x)


@pytest.mark.parametrize("as_target", [list, tuple, torch.tensor, np.array])
def test_one_class_for_each_row_says_that_rows_are_meant(as_target: Callable[[list[int]], Any]) -> None:
    model, x, shape = ROWS["steps of one sequence"]
    explanation = lp.LRP(model, LRP_0).explain(x, as_target([0] * shape[0]))
    assert explanation.target.tolist() == [0] * shape[0]
    with pytest.warns(lp.RelevanceWarning, match="the first dimension"):
        assert torch.equal(lp.LRP(model, LRP_0).explain(x, 0).relevance, explanation.relevance)


def test_the_difference_that_captum_asks_for_of_one_number() -> None:
    # 2 (1 + 2) + 5 = 11 of which the bias keeps 5
    layer = nn.Linear(2, 1).double()
    layer.weight.data.fill_(2.0)
    layer.bias.data.fill_(5.0)
    explainer = lp.LRP(Model(lambda x: layer(x).squeeze(), layer), LRP_0)
    for x in (torch.tensor([1.0, 2.0]).double(), torch.tensor([[1.0, 2.0]]).double()):
        relevance, delta = explainer.attribute(x, return_convergence_delta=True)
        assert relevance.flatten().tolist() == [2.0, 4.0]
        assert delta.tolist() == [5.0]


def flat_convolution() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(1), nn.Linear(64, 2))


class LastStep(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(5, 4, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.lstm(x)[0][:, -1, :]


FAILURES: dict[str, tuple[nn.Module, Tensor, type[Exception]]] = {
    "an image": (flat_convolution(), torch.rand(3, 6, 6), RuntimeError),
    "steps": (LastStep(), torch.rand(7, 5), IndexError),
    "token ids": (
        Model(lambda ids: TABLE(ids)[:, -1, :], TABLE := nn.Embedding(5, 2)),
        torch.tensor([1, 2, 3]),
        IndexError,
    ),
    "features": (nn.Sequential(nn.Linear(5, 3), nn.Flatten(), nn.BatchNorm1d(3)), torch.rand(5), IndexError),
}


@pytest.mark.parametrize("what", FAILURES)
def test_a_failure_of_the_model_at_one_sample_has_a_note(what: str) -> None:
    model, x, error = FAILURES[what]
    with pytest.raises(error) as caught:
        lp.explain(model, x, 0)
    note = "If inputs is one sample, give it an axis for the batch in front: inputs[None]."
    assert caught.value.__notes__ == [note]
    assert lp.LRP(model, LRP_0).explain(x[None], torch.ones_like).output.shape[0] == 1


def test_another_failure_has_none() -> None:
    with pytest.raises(RuntimeError) as caught:
        lp.explain(nn.Linear(4, 3), torch.rand(2, 5))
    assert not hasattr(caught.value, "__notes__")


@pytest.mark.parametrize("output", [0, -1, "logits", "T", ("head", 0)])
def test_a_part_of_an_output_that_is_one_tensor(output: Any) -> None:
    with pytest.raises(lp.InputError) as caught:
        lp.LRP(dense(5, 3)).explain(numbers_of(2, 5), output=output)
    assert str(caught.value) == (
        f"output should be left out where the model returns one tensor. Found {output!r}, and a tensor of "
        "shape (2, 3). Choose a class with target=, or give a function of it."
    )
