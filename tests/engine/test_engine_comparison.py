"""The run on the reference beside that on the inputs: the same calls, and one reference for all samples."""

import copy
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import lrprism as lp
from differences import drawn, explain_difference, relevance_of
from expected_warnings import NOT_IN_FULL
from lrprism import presets
from small_models import Model, close

UP, DOWN = drawn(3, 6).abs(), -drawn(1, 6, seed=9).abs()
BEGIN = (
    "the model should take the same calls on the reference as on the inputs, as their differences are "
    "followed from call to call. Found "
)
END = (
    " Choose a reference that takes the same branches, such as one of the same length, or write the branch "
    "as torch.where."
)


class Branches(nn.Module):
    """A model that goes one way for positive sums and another for negative ones."""

    def __init__(
        self, positive: Callable[[nn.Module, Tensor], Tensor], negative: Callable[..., Tensor]
    ) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(6, 3).double(), nn.Linear(6, 3).double()
        self.positive, self.negative = positive, negative

    def forward(self, x: Tensor) -> Tensor:
        return self.positive(self, x) if x.sum() > 0 else self.negative(self, x)


BRANCHES: dict[str, tuple[Callable[..., Tensor], Callable[..., Tensor], str]] = {
    "another function": (
        lambda _, x: x.sin().relu(),
        lambda _, x: x.sin().tanh(),
        "relu in (model) as call 5 on the inputs and tanh in (model) on the reference.",
    ),
    "another operator": (
        lambda _, x: x * 2 + x,
        lambda _, x: x * 2 * x,
        "add in (model) as call 5 on the inputs and mul in (model) on the reference.",
    ),
    "another layer": (
        lambda model, x: model.a(x),
        lambda model, x: model.b(x),
        "linear in a as call 4 on the inputs and linear in b on the reference.",
    ),
    "one call more": (
        lambda _, x: x.sin().relu(),
        lambda _, x: x.sin(),
        "relu in (model) as call 5 on the inputs and nothing on the reference.",
    ),
    "one call less": (
        lambda _, x: x.sin(),
        lambda _, x: x.sin().relu(),
        "4 calls on the inputs, and then relu in (model) on the reference alone.",
    ),
    "another shape": (
        lambda _, x: x[:, :3].sum(1),
        lambda _, x: x[:, :1].sum(1),
        "sum in (model) as call 5 with tensors of shape [(3, 3)] on the inputs and [(3, 1)] on the "
        "reference.",
    ),
}


@pytest.mark.parametrize("name", BRANCHES)
@pytest.mark.parametrize("audit", [False, True])
def test_the_first_call_that_differs_is_named(name: str, *, audit: bool) -> None:
    positive, negative, words = BRANCHES[name]
    model = Branches(positive, negative)
    with pytest.raises(lp.ModelError) as caught:
        lp.LRP(model, presets.Epsilon(0)).explain(UP, 0, reference=DOWN, audit=audit)
    assert str(caught.value) == BEGIN + words + END


def test_a_model_that_swallows_errors_is_refused_too() -> None:
    def forward(x: Tensor) -> Tensor:
        try:
            y = x.sin().relu() if x.sum() > 0 else x.sin().tanh()
        except Exception:
            y = x.sin().tanh()
        return y * 2

    with pytest.raises(lp.ModelError, match="Found relu in"):
        lp.LRP(Model(forward), presets.Epsilon(0)).explain(UP, 0, reference=DOWN)


def test_branches_that_both_runs_take_alike_are_no_matter() -> None:
    model = Branches(lambda model, x: model.a(x), lambda model, x: model.b(x))
    close(relevance_of(model, UP, -DOWN).sum(), (model.a(UP) - model.a(-DOWN)).sum().detach())


SHARED: dict[str, Callable[[Tensor], Tensor]] = {
    "the samples in front": lambda x: x.tanh(),
    "merged with another dimension": lambda x: x.reshape(-1, 3).tanh().reshape(-1, 6),
    "merged, with a softmax": lambda x: x.reshape(-1, 3).softmax(1).reshape(-1, 6) * torch.arange(6),
    "transposed": lambda x: (x.T.tanh() * torch.arange(6)[:, None]).T,
    "one by one": lambda x: torch.stack([row.tanh() for row in x]),
    "cut": lambda x: torch.cat([row.tanh() for row in x.split(1)]),
    "of a fixed number": lambda x: x.reshape(3, 2, 3).tanh(),
    "asked for": lambda x: x.tanh() if len(x) == 3 else x.sin(),
    "beside a constant row": lambda x: torch.cat([x, torch.ones(1, 6).double().expand(len(x), 6)], 1).tanh(),
    "beside a constant per sample": lambda x: (x * torch.arange(len(x))[:, None]).tanh(),
    "refused unless three": lambda x: x.tanh().view(3, 6),
    "masked by what they are": lambda x: x * (x > 0),
    "to the power of their number": lambda x: x.abs() ** len(x),
    "cut off at their number": lambda x: x.abs().clamp(max=len(x) / 4),
    "sloped by their number": lambda x: torch.nn.functional.leaky_relu(-x, negative_slope=0.1 * len(x)),
}


@pytest.mark.parametrize("name", SHARED)
def test_one_reference_stands_for_all_samples(name: str) -> None:
    r = drawn(1, 6, seed=9)
    one = relevance_of(SHARED[name], UP, r)
    close(one, relevance_of(SHARED[name], UP, r.expand(3, 6)))
    explanation = explain_difference(SHARED[name], UP, r)
    assert explanation.reference_output is not None
    close(explanation.reference_output, SHARED[name](r.expand(3, 6)))


@NOT_IN_FULL  # sample by sample: what one explains may arrive at another
@pytest.mark.parametrize("f", [lambda x: (x - x.mean(0)).tanh(), lambda x: x.roll(1, 0).tanh() * x[:1]])
def test_a_model_that_mixes_samples_shares_all_of_its_difference(f: Callable[[Tensor], Tensor]) -> None:
    relevance_of(f, UP, UP.flip(0) / 2)


class Keeping(nn.Module):
    """A model that counts, keeps, logs and fills: what an explanation has to undo, or to settle."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 3).double()
        self.norm = nn.BatchNorm1d(3).double()
        self.dropout = nn.Dropout(0.5)
        self.register_buffer("count", torch.zeros(()))
        self.log: list[int] = []
        self.seen: dict[int, float] = {}
        self.latest: Tensor | None = None
        self.fails_at: float | None = None

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        self.log.append(len(x))
        total = float(x.detach().sum())
        self.seen[len(self.seen)] = total
        if total == self.fails_at:
            raise KeyError("no such total")
        self.latest = self.dropout(self.norm(self.linear(x)).relu())
        return self.latest


def list_state(model: Keeping) -> list[Any]:
    state = [tensor.clone() for tensor in model.state_dict().values()]
    return [model.training, len(model.log), model.log[:], dict(model.seen), state]


def assert_same_state(model: Keeping, expected: list[Any]) -> None:
    *flags, tensors = list_state(model)
    assert flags == expected[:-1]
    for tensor, other in zip(tensors, expected[-1], strict=True):
        torch.testing.assert_close(tensor, other)
    for module in model.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
    assert all(parameter.grad is None for parameter in model.parameters())


REFERENCES = {"one for all": DOWN, "one for each": UP.flip(0) / 2}


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("audit", [False, True])
def test_the_model_is_left_as_one_plain_call_leaves_it(name: str, *, audit: bool) -> None:
    torch.manual_seed(0)
    model = Keeping().eval()
    plain = copy.deepcopy(model)
    plain(UP)
    lp.LRP(model, presets.Epsilon(0)).explain(UP, 0, reference=REFERENCES[name], audit=audit)
    assert_same_state(model, list_state(plain))
    assert model.latest is not None
    assert not model.latest.requires_grad
    torch.testing.assert_close(model.latest, plain.latest)


@pytest.mark.parametrize("name", REFERENCES)
def test_training_mode_is_kept_and_its_statistics_do_not_move(name: str) -> None:
    torch.manual_seed(0)
    model = Keeping().eval()
    explainer = lp.LRP(model, presets.Epsilon(0))
    expected = explainer.explain(UP, 0, reference=REFERENCES[name])
    model.train()
    before = [tensor.clone() for tensor in model.norm.state_dict().values()]
    explanation = explainer.explain(UP, 0, reference=REFERENCES[name])
    assert model.training
    for tensor, other in zip(model.norm.state_dict().values(), before, strict=True):
        assert torch.equal(tensor, other)
    close(explanation.relevance, expected.relevance)
    close(explanation.reference_output, expected.reference_output)


def test_a_failure_on_the_reference_leaves_the_model_as_it_was() -> None:
    for fails_at in (float(DOWN.sum()), float(DOWN.expand(3, 6).sum())):
        model = Keeping().eval()
        model.fails_at = fails_at
        before = list_state(model)
        with pytest.raises(KeyError, match="no such total") as caught:
            lp.LRP(model, presets.Epsilon(0)).explain(UP, 0, reference=DOWN)
        assert caught.value.__notes__ == ["This came up when the model ran on the reference."]
        assert_same_state(model, before)


def test_a_failure_on_the_inputs_leaves_it_as_a_plain_call_does() -> None:
    torch.manual_seed(0)
    model = Keeping().eval()
    model.fails_at = float(UP.sum())
    plain = copy.deepcopy(model)
    for call in (lambda: plain(UP), lambda: lp.LRP(model).explain(UP, 0, reference=DOWN)):
        with pytest.raises(KeyError, match="no such total"):
            call()
    assert_same_state(model, list_state(plain))


def test_calls_that_differ_leave_the_model_unharmed() -> None:
    model = Branches(lambda _, x: x.sin().relu(), lambda _, x: x.sin().tanh())
    explainer = lp.LRP(model, presets.Epsilon(0))
    with pytest.raises(lp.ModelError):
        explainer.explain(UP, 0, reference=DOWN)
    close(
        explainer.explain(UP, torch.ones_like, reference=-DOWN).relevance,
        UP.sin().relu() - (-DOWN).sin().relu(),
    )


def test_a_cache_of_the_caller_is_filled_once() -> None:
    cache = SimpleNamespace(kept=[])

    def forward(x: Tensor, cache: SimpleNamespace) -> Tensor:
        cache.kept.append(x.detach().clone())
        return x.tanh()

    lp.LRP(Model(forward), presets.Epsilon(0)).explain(UP, 0, args=(cache,), reference=DOWN)
    assert len(cache.kept) == 1
    assert torch.equal(cache.kept[0], UP)


def test_what_the_caller_has_switched_off_does_not_matter() -> None:
    def explain(x: Tensor, r: Tensor) -> Tensor:
        return lp.LRP(nn.Tanh(), presets.Epsilon(0)).explain(x, torch.ones_like, reference=r).relevance

    expected = UP.tanh() - DOWN.tanh()
    with torch.no_grad():
        close(explain(UP, DOWN), expected)
    with torch.inference_mode():
        close(explain(UP.clone(), DOWN.clone()), expected)


def test_a_compiled_model_is_compared_as_it_was_written() -> None:
    model = nn.Sequential(nn.Linear(6, 4), nn.Tanh()).double()
    expected = relevance_of(model, UP, DOWN)
    close(relevance_of(torch.compile(model, backend="eager"), UP, DOWN), expected)


def test_randomness_is_the_same_afterwards() -> None:
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(6, 2)).double()
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    explain_difference(model, UP, DOWN)
    assert torch.equal(torch.rand(2), expected)
