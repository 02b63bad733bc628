"""What the zoo says of a network that is as it should be, and of some that are not."""

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lrprism import presets
from zoo.checks import as_double, check, composites_for, difference, extreme, maps
from zoo.models.entry import Entry, Subject


class Network(nn.Module):
    """A layer, a convolution that nothing runs, and something to do with the result."""

    def __init__(self, last: Any) -> None:
        super().__init__()
        self.layer, self.spare, self.last = nn.Linear(4, 3), nn.Conv1d(1, 1, 1), last

    def forward(self, x: Tensor) -> Any:
        return self.last(self, self.layer(x))


def entry(last: Any, library: str = "torch_geometric") -> Entry:
    return Entry(library, "network", lambda: Subject(Network(last), (torch.randn(2, 4),)))


def convolve(model: Any, x: Tensor) -> Tensor:
    return model.spare(x[:, None])


def note_gradients(model: Any, x: Tensor) -> Tensor:
    if torch.is_grad_enabled():
        model.layer.register_buffer("mark", torch.ones(1))
        model.layer.train()
    return x


def test_a_network_that_is_as_it_should_be_is_clean() -> None:
    answer = check(entry(lambda _, x: x.relu()), presets.Epsilon())
    assert answer.outcome == "clean"
    assert answer.precision == "float32"
    assert answer.unaccounted <= 1e-5


def test_what_runs_decides_on_the_composite() -> None:
    def names(last: Any, library: str = "torch_geometric") -> list[str]:
        row = entry(last, library)
        return list(composites_for(row, row.draw()))

    assert names(lambda _, x: x) == ["Epsilon"]
    assert names(convolve) == ["EpsilonGamma"]
    assert names(convolve, "transformers") == ["EpsilonGamma", "AttnLRP"]


def test_what_has_no_rule_is_refused_by_name() -> None:
    answer = check(entry(lambda _, x: torch.lgamma(x)), presets.Epsilon())
    assert answer.outcome == "refused"
    assert "lgamma" in answer.reason


def test_a_warning_is_noted() -> None:
    answer = check(entry(lambda _, x: x.softmax(-1)), presets.Epsilon())
    assert answer.outcome == "warned"
    assert "logits should be explained" in answer.reason


def test_a_network_that_an_explanation_changes_is_wrong() -> None:
    answer = check(entry(note_gradients), presets.Epsilon())
    assert answer.outcome == "wrong"
    assert "training flag of layer" in answer.reason or "parameters or buffers of layer" in answer.reason


@pytest.mark.parametrize(("which", "places"), [("highest", [1, 0]), ("lowest", [0, 2])])
def test_the_extreme_of_each_sample_is_explained(which: str, places: list[int]) -> None:
    seed = extreme(which)(torch.tensor([[-1.0, 3.0, 2.0], [4.0, 1.0, 0.0]]))
    torch.testing.assert_close(seed, torch.eye(3)[places])


def test_a_difference_is_a_share_of_the_largest_entry() -> None:
    assert difference(torch.tensor([1.0, -4.0]), torch.tensor([1.5, -4.0])) == 0.125
    assert difference(torch.tensor([0.0]), torch.tensor([0.0])) == 0


def test_maps_are_found_however_nested() -> None:
    first, last = torch.ones(1), torch.zeros(1)
    assert list(maps({"a": [first, (last,)], "b": None})) == [first, last]


def test_a_call_in_float64_has_the_same_numbers() -> None:
    make = partial(entry(lambda _, x: x).draw)
    usual, doubled = make(), as_double(make())
    assert doubled.choose(doubled.call()).dtype == torch.float64
    torch.testing.assert_close(doubled.choose(doubled.call()).float(), usual.choose(usual.call()))
