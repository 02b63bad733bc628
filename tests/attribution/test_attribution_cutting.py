"""Arguments of one batch of samples: those with a row per sample are cut."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy
import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from function_models import TwoInputs, assert_same
from lrprism import InputError, TargetError, presets

X, Y = torch.randn(7, 4, generator=torch.Generator().manual_seed(0)), torch.linspace(-1, 1, 21).view(7, 3)


class Conditional(nn.Module):
    """Adds a condition, which may be a row per sample or the same for all."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.first, self.last = nn.Linear(4, 6), nn.Linear(6, 3)

    def forward(self, x: Tensor, condition: Any, scale: Tensor | None = None) -> Tensor:
        condition = condition["c"] if isinstance(condition, dict) else condition
        logits = self.last(torch.relu(self.first(x) + condition))
        return logits if scale is None else logits * scale


C = torch.randn(7, 6, generator=torch.Generator().manual_seed(3))
ARGUMENTS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "a row per sample in args": ((C,), {}),
    "a row per sample in kwargs": ((), {"condition": C}),
    "a row per sample further down": (({"c": C, "n": 1},), {}),
    "one row for all": ((C[:1],), {}),
    "a vector for all": ((C[0],), {}),
    "a number": ((torch.tensor(2.0),), {}),
    "a number per sample": ((C,), {"scale": torch.arange(7.0)[:, None]}),
    "a number per class beside a row per sample": ((C,), {"scale": torch.arange(3.0)}),
}


@pytest.mark.parametrize("what", ARGUMENTS)
@pytest.mark.parametrize("batch_size", [1, 2, 5])
def test_further_arguments_are_cut_where_they_hold_a_row_per_sample(what: str, batch_size: int) -> None:
    args, kwargs = ARGUMENTS[what]
    explainer = lp.LRP(Conditional())
    options: dict[str, Any] = {"args": args, "kwargs": kwargs, "audit": True, "layers": ["first"]}
    at_once = explainer.explain(X, **options)
    cut = explainer.explain(X, **options, batch_size=batch_size)
    assert_same(cut.relevance, at_once.relevance)
    assert_same(cut.output, at_once.output)
    assert_same(cut.layers, at_once.layers)


class Mixing(nn.Module):
    """Multiplies by a square matrix, from the right or row by row."""

    def __init__(self, *, by_row: bool) -> None:
        super().__init__()
        self.layer, self.by_row = nn.Linear(4, 4), by_row

    def forward(self, x: Tensor, matrix: Tensor) -> Tensor:
        return self.layer(x) * matrix if self.by_row else self.layer(x) @ matrix


@pytest.mark.parametrize("by_row", [False, True])
def test_a_square_matrix_of_as_many_rows_as_samples_is_what_the_model_takes_it_for(*, by_row: bool) -> None:
    explainer, matrix = lp.LRP(Mixing(by_row=by_row)), torch.arange(16.0).view(4, 4)
    at_once = explainer.explain(X[:4], args=(matrix,))
    cut = explainer.explain(X[:4], args=(matrix,), batch_size=3 if by_row else 2)
    assert_same(cut.relevance, at_once.relevance)
    assert_same(cut.output, at_once.output)


def test_lists_and_objects_are_cut() -> None:
    class Pair(nn.Module):
        def forward(self, parts: Any) -> Tensor:
            return 2 * parts[0] + parts[1]["b"] * parts[2][:, None]

    parts = [X, {"b": 3 * X}, torch.arange(7) > 3]
    at_once = lp.LRP(Pair()).explain(parts, 0)
    cut = lp.LRP(Pair()).explain(parts, 0, batch_size=3)
    assert_same(cut.relevance[0], at_once.relevance[0])
    assert_same(cut.relevance[1], at_once.relevance[1])
    assert cut.relevance[2] is None


@dataclass
class Counter:
    """An argument that forward writes to, as to a cache."""

    calls: int = 0
    last: Tensor | None = None

    def append(self, h: Tensor) -> None:
        self.calls, self.last = self.calls + 1, h

    def __len__(self) -> int:
        return self.calls


class Numbers(numpy.ndarray):
    """An array that counts."""

    def append(self, h: Tensor) -> None:
        self[0] += len(h) > 0

    def __len__(self) -> int:
        return int(self[0])


class Numbered(set[Any]):
    """A set that grows."""

    append = set.add


class Writing(nn.Module):
    """Writes to its second argument, and multiplies by how often it was written to."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def forward(self, x: Tensor, kept: Any, again: Any = None) -> Tensor:
        h = self.layer(x)
        kept.append(h)
        return h * len(kept) * (1 if again is None else len(again))


@pytest.mark.parametrize("make", [list, deque, Counter, Numbered, lambda: numpy.zeros(2).view(Numbers)])
@pytest.mark.parametrize("way", ["args", "kwargs", "inputs"])
def test_no_batch_finds_what_another_has_written_to_an_argument(make: Callable[[], Any], way: str) -> None:
    explainer = lp.LRP(Writing(), presets.Epsilon(0))
    at_once = explainer.explain(X, 0, args=(make(),))
    kept = make()
    inputs = {"x": X, "kept": kept} if way == "inputs" else X
    options: dict[str, Any] = {"args": {"args": (kept,)}, "kwargs": {"kwargs": {"kept": kept}}}.get(way, {})
    cut = explainer.explain(inputs, 0, **options, batch_size=2)
    assert_same(cut.output, at_once.output)
    assert_same(cut.relevance["x"] if way == "inputs" else cut.relevance, at_once.relevance)
    assert len(kept) == 0


def test_one_argument_under_two_names_stays_one_in_every_batch() -> None:
    explainer, kept = lp.LRP(Writing(), presets.Epsilon(0)), Counter()
    cut = explainer.explain(X, 0, args=(kept,), kwargs={"again": kept}, batch_size=2)
    assert_same(cut.output, explainer.model.layer(X).detach())


def test_rows_in_a_deque_are_cut() -> None:
    class Longest(nn.Module):
        def forward(self, x: Tensor, states: deque[Tensor]) -> Tensor:
            assert states.maxlen == 3
            return x * states[-1]

    states = deque([X, 2 * X], maxlen=3)
    cut = lp.LRP(Longest()).explain(X, 0, args=(states,), batch_size=3)
    assert_same(cut.output, 2 * X * X)


class Memory(nn.Module):
    """Looks into a memory of any number of rows."""

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        return (x @ memory.T).softmax(1) @ memory


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.GRU(4, 2, batch_first=True)

    def forward(self, x: Tensor, state: Tensor) -> Tensor:
        return self.layer(x, state)[0][:, -1]


class Mean(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mean(0, keepdim=True)


BAD: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "different numbers of samples": (
        lambda: lp.LRP(TwoInputs()).explain((X, Y[:1]), batch_size=2),
        InputError,
        r"with batch_size, all inputs should have the samples as their first dimension\. Found inputs\[0\] "
        r"\(7, 4\), inputs\[1\] \(1, 3\)\.",
    ),
    "too few classes": (
        lambda: lp.LRP(TwoInputs()).explain((X, Y), [0, 1], batch_size=2),
        TargetError,
        r"target should be one class or one per sample \(7\)\. Found 2 classes\.",
    ),
    "a NaN is named by its place among all samples": (
        lambda: lp.LRP(nn.Linear(4, 2)).explain(X.index_fill(0, torch.tensor(5), torch.nan), batch_size=2),
        InputError,
        r"Found nan at index \(5, 0\)\.",
    ),
    "a matrix that may be a row per sample or the same for all": (
        lambda: lp.LRP(Memory()).explain(X, 0, args=(torch.rand(7, 4),), batch_size=2),
        InputError,
        r"with batch_size, args\[0\] \(7, 4\) should be one row per sample or the same for all\. Found 7 "
        r"samples and that the model takes it both ways, with different outputs\. Try ",
    ),
    "a state with the samples in the middle": (
        lambda: lp.LRP(Recurrent()).explain(
            X[:, None], 0, kwargs={"state": torch.rand(1, 7, 2)}, batch_size=2
        ),
        InputError,
        r"what belongs to one sample should be one row of its argument\. Found kwargs\['state'\] \(1, 7, 2\) "
        r"for 7 samples, which each batch got whole\.",
    ),
    "an argument that goes with no batch": (
        lambda: lp.LRP(Conditional()).explain(X, 0, args=(torch.rand(7, 5),), batch_size=2),
        InputError,
        r"args\[0\] \(7, 5\) should be one row per sample or the same for all\. Found that the model takes "
        r"it neither way\.",
    ),
    "an object that has one owner": (
        lambda: lp.LRP(Writing()).explain(X, 0, kwargs={"kept": [threading.Lock()]}, batch_size=2),
        InputError,
        r"each batch should get its own copy of what is no tensor\. Found kwargs\['kept'\] of type list, "
        r"which cannot be copied: cannot pickle '_thread.lock' object\. Try explain\(\) without batch_size",
    ),
    "an output without samples": (
        lambda: lp.LRP(nn.Sequential(nn.Linear(4, 2), Mean())).explain(X, torch.ones_like, batch_size=2),
        InputError,
        r"the model should return one row per sample\. Found an output of shape \(1, 2\) for 2 samples\.",
    ),
    "a layer with the samples elsewhere": (
        lambda: lp.LRP(nn.Sequential(nn.Linear(4, 2), nn.Flatten(0), nn.Unflatten(0, (-1, 2)))).explain(
            X, 0, layers=["1"], batch_size=3
        ),
        InputError,
        r"with batch_size, layers should return the samples as their first dimension\. Found 1\.",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_cut_is_said(case: str) -> None:
    call, error, message = BAD[case]
    with pytest.raises(error, match=message):
        call()
