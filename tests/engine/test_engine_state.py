"""After an explanation the model keeps what a plain call would have left on it."""

import copy
from collections import OrderedDict, deque
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lrprism as lp
from lrprism import presets

LRP_0 = presets.Epsilon(0)
X = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))


class Model(nn.Module):
    """A layer, and a forward pass that keeps things."""

    def __init__(self, function: Callable[[Any, Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(4, 2)
        self.function = function
        self.held: Any = None
        self.register_buffer("ring", torch.zeros(3, 4))

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(self.function(self, x).mean(1))


def sinusoids(length: int, size: int) -> Tensor:
    table = torch.zeros(length, size)
    angles = torch.arange(length)[:, None] * torch.tensor([1.0, 0.1])
    table[:, 0::2] = torch.sin(angles)
    table[:, 1::2] = torch.cos(angles)
    return table


def add_table(m: Any, x: Tensor) -> Tensor:
    if m.held is None:
        m.held = sinusoids(3, 4)
    return x + m.held


def add_table_as_buffer(m: Any, x: Tensor) -> Tensor:
    if "table" not in m._buffers:
        m.register_buffer("table", sinusoids(3, 4), persistent=False)
    return x + m.table


def add_view_of_table(m: Any, x: Tensor) -> Tensor:
    if m.held is None:
        table = torch.zeros(3, 4)
        m.held = table.unsqueeze(0)
        table[1:].fill_(2.0)
    return x + m.held


def add_causal_mask(m: Any, x: Tensor) -> Tensor:
    if m.held is None:
        m.held = torch.full((3, 3), 1.0).triu_(1).mul_(-0.5)
    return x + m.held @ x


def add_state(m: Any, x: Tensor) -> Tensor:
    state = torch.zeros(2, 4) if m.held is None else m.held
    m.held = torch.tanh(x[:, 0] + state)
    return x + m.held[:, None]


def append_to_list(m: Any, x: Tensor) -> Tensor:
    m.held = [*(m.held or [])[-1:], x[:, 0]]
    return x + m.held[0][:, None]


def push_to_deque(m: Any, x: Tensor) -> Tensor:
    if m.held is None:
        m.held = deque(maxlen=2)
    m.held.append((x.mean(1), {"last": x[:, -1]}))
    return x + m.held[0][0][:, None]


def keep_in_object(m: Any, x: Tensor) -> Tensor:
    if m.held is None:
        m.held = SimpleNamespace(keys=None, count=0)
    m.held.keys = x if m.held.keys is None else torch.cat([m.held.keys, x], 1)[:, -3:]
    m.held.count += 1
    return x + m.held.keys


def roll_buffer(m: Any, x: Tensor) -> Tensor:
    m.ring = torch.cat([m.ring[1:], x.mean((0, 1))[None]])
    return x + m.ring


def write_into_buffer(m: Any, x: Tensor) -> Tensor:
    m.ring[0] = x[0, 0]
    m.ring[1:].mul_(0.5).add_(1)
    return x + m.ring


def write_into_attribute(m: Any, x: Tensor) -> Tensor:
    if m.held is None:
        m.held = torch.zeros(2, 3, 4)
    before = x * m.held  # autograd saves the tensor as it is here
    m.held[:, 1] = x[:, 0]
    m.held += 0.5
    return before + m.held


@cache
def cache_table(length: int) -> Tensor:
    return sinusoids(length, 4)


def add_cached_table(_: Any, x: Tensor) -> Tensor:
    cache_table.cache_clear()
    return x + cache_table(3)


KEEPING = [
    add_table, add_table_as_buffer, add_view_of_table, add_causal_mask, add_state, append_to_list,
    push_to_deque, keep_in_object, roll_buffer, write_into_buffer, write_into_attribute, add_cached_table,
]  # fmt: skip


def plain(value: Any) -> Any:
    """Everything in numbers."""
    if isinstance(value, Tensor):
        return value.tolist()
    if isinstance(value, (list, tuple, deque)):
        return [plain(entry) for entry in value]
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    return plain(vars(value)) if isinstance(value, SimpleNamespace) else value


def kept(model: Model) -> Any:
    return plain(model.held), plain(dict(model._buffers)), plain(cache_table(3))


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("function", KEEPING)
def test_two_calls_leave_what_two_plain_calls_leave(function: Any, *, audit: bool) -> None:
    explained, called = Model(function).eval(), Model(function).eval()
    explainer = lp.LRP(explained, LRP_0, strict=True)
    for _ in range(2):
        output = explainer.explain(X, 0, audit=audit).output
        with torch.no_grad():
            torch.testing.assert_close(output, called(X))
    torch.testing.assert_close(kept(explained), kept(called))


def holds_graph(value: Any) -> bool:
    if isinstance(value, Tensor):
        return value.requires_grad
    if isinstance(value, (list, tuple, deque)):
        return any(map(holds_graph, value))
    if isinstance(value, SimpleNamespace):
        value = vars(value)
    return isinstance(value, dict) and any(map(holds_graph, value.values()))


@pytest.mark.parametrize("function", KEEPING)
def test_nothing_kept_holds_a_graph(function: Any) -> None:
    model = Model(function).eval()
    lp.LRP(model, LRP_0).explain(X)
    assert not holds_graph([model.held, dict(model._buffers), cache_table(3)])


def test_state_of_an_earlier_call_is_a_constant() -> None:
    def forward(m: Any, x: Tensor) -> Tensor:
        state = torch.ones(2, 1, 4) if m.held is None else m.held
        m.held = x[:, :1] + 1
        return x * state

    model = Model(forward)
    model.layer.bias.data.zero_()
    for explanation in [lp.LRP(model, LRP_0, strict=True).explain(X, 0) for _ in range(2)]:
        torch.testing.assert_close(explanation.relevance.sum((1, 2)), explanation.output[:, 0])


def test_a_model_in_training_mode_gets_its_buffers_back() -> None:
    for function in (roll_buffer, write_into_buffer):
        model = Model(function).train()
        before, version = model.ring, model.ring._version
        lp.LRP(model, LRP_0).explain(X, audit=True)
        assert model.ring is before
        assert model.ring._version == version
        assert not model.ring.any()


def scale_into_buffer(m: Any, x: Tensor) -> Tensor:
    torch.mul(x.mean((0, 1)), torch.arange(3.0)[:, None], out=m.ring)
    return x + m.ring


def scale_table_into_buffer(m: Any, x: Tensor) -> Tensor:
    return x * torch.add(m.layer.weight.sum(0), torch.ones(3, 4), out=m.ring)


def scale_into_rows_of_buffer(m: Any, x: Tensor) -> Tensor:
    torch.mul(x[0, 1:], 2, out=m.ring[1:])
    return x * m.ring


def normalize_into_buffer(m: Any, x: Tensor) -> Tensor:
    return x * F.normalize(x[0], dim=1, out=m.ring)


def sort_into_buffer(m: Any, x: Tensor) -> Tensor:
    places = torch.zeros(3, 4, dtype=torch.long)
    result = torch.sort(x[0], 1, out=(m.ring, places))
    return x * m.ring + result.values * places


INTO_BUFFER = [
    scale_into_buffer, scale_table_into_buffer, scale_into_rows_of_buffer, normalize_into_buffer,
    sort_into_buffer,
]  # fmt: skip


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("function", INTO_BUFFER)
def test_what_out_puts_into_a_buffer_is_what_forward_reads(
    function: Any, *, training: bool, audit: bool
) -> None:
    model, called = Model(function).train(training), Model(function).train(training)
    with torch.no_grad():
        expected = called(X)
    torch.testing.assert_close(lp.LRP(model, LRP_0).explain(X, 0, audit=audit).output, expected)
    torch.testing.assert_close(model.ring, torch.zeros(3, 4) if training else called.ring)


def test_tables_made_in_training_mode_are_whole() -> None:
    model = Model(add_table).train()
    lp.explain(model, X)
    torch.testing.assert_close(model.held, sinusoids(3, 4))


def test_arguments_of_the_caller_stay_as_they_were() -> None:
    class Writing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 2)

        def forward(self, x: Tensor, cache: Tensor, extra: dict[str, Tensor]) -> Tensor:
            cache[0] = x[0, 0]
            extra["more"].add_(1)
            return self.layer(x.mean(1) + cache + extra["more"])

    cache, extra = torch.zeros(2, 4), {"more": torch.zeros(4)}
    lp.LRP(Writing(), LRP_0).explain(X, args=(cache, extra), audit=True)
    assert not cache.any()
    assert not extra["more"].any()


class Frozen(dict[str, Any]):
    """A configuration that refuses every change, as those of diffusers do."""

    def refuse(self, *_: Any) -> Any:
        raise TypeError("a frozen configuration cannot be changed")

    __setitem__ = __delitem__ = update = pop = clear = copy = refuse


class FrozenInOrder(OrderedDict[str, Any]):
    """The same of a dict that keeps an order of its own."""

    __delitem__ = update = pop = clear = copy = Frozen.refuse


class FrozenList(list[Any]):
    """The same of a list."""

    __setitem__ = __delitem__ = extend = pop = clear = copy = Frozen.refuse


@pytest.mark.parametrize("held", [Frozen(width=4), FrozenInOrder(width=4), FrozenList([4])], ids=repr)
def test_a_configuration_that_cannot_be_changed_is_left_alone(held: Any) -> None:
    model = Model(lambda _, x: x)
    model.held = held
    explanation = lp.LRP(model, LRP_0, strict=True).explain(X, 0, audit=True)
    torch.testing.assert_close(explanation.output, model(X).detach())
    assert model.held is held
    assert list(held.values() if isinstance(held, dict) else held) == [4]


@pytest.mark.parametrize("kind", [Frozen, FrozenInOrder])
def test_what_is_kept_in_a_dict_that_cannot_be_changed_holds_no_graph(kind: Any) -> None:
    def forward(m: Any, x: Tensor) -> Tensor:
        m.held = kind({"first": x * 2, "last": 1})
        return x

    model = Model(forward)
    lp.LRP(model, LRP_0, strict=True).explain(X, 0)
    assert list(model.held) == ["first", "last"]
    torch.testing.assert_close(model.held["first"], X * 2)
    assert not model.held["first"].requires_grad


def test_what_fails_half_way_leaves_no_graph() -> None:
    def forward(m: Any, x: Tensor) -> Tensor:
        m.held = x * 2
        raise ArithmeticError("half way")

    model = Model(forward)
    with pytest.raises(ArithmeticError, match="half way"):
        lp.explain(model, X)
    assert not model.held.requires_grad


def test_a_forward_hook_that_keeps_features_keeps_no_graph() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    model[0].register_forward_hook(lambda module, _, output: setattr(module, "features", output))
    lp.explain(model, X[:, 0])
    assert not model[0].features.requires_grad
    torch.testing.assert_close(
        model[0].features, nn.functional.linear(X[:, 0], model[0].weight, model[0].bias)
    )


def test_a_copy_of_an_explained_model_can_be_made() -> None:
    model = Model(add_state)
    lp.explain(model, X)
    torch.testing.assert_close(copy.deepcopy(model).held, model.held)
