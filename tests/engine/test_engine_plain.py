"""The output that is explained is that of a plain call, or an error says that it is not."""

import random
import threading
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import expected_warnings
import lrprism as lp
from lrprism import presets
from lrprism.engine import plain
from lrprism.engine.modules import Modules
from lrprism.engine.plain import PlainCall, outputs_agree
from lrprism.engine.state import KeptState

LRP_0 = presets.Epsilon(0)
X = torch.rand(2, 4, generator=torch.Generator().manual_seed(0))


class Model(nn.Module):
    """A layer behind a function, which may call ``later`` and count."""

    def __init__(self, function: Callable[[Any, Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.norm, self.drop = nn.Linear(4, 3), nn.BatchNorm1d(4), nn.Dropout(0.5)
        self.function, self.calls = function, 0
        self.held: Any = None

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return self.layer(self.function(self, x))


def write_by_numpy(_: Any, x: Tensor) -> Tensor:
    table = torch.zeros(4)
    doubled = table * 1.0
    numpy.asarray(doubled)[:] = 5.0
    return x + doubled


def branch_on_gradients(_: Any, x: Tensor) -> Tensor:
    y = x * 2
    return y if y.requires_grad else x * 3


def write_in_a_thread(_: Any, x: Tensor) -> Tensor:
    h = x * 1.0
    thread = threading.Thread(target=lambda: h.detach().mul_(0.5))
    thread.start()
    thread.join()
    return h


@pytest.mark.parametrize("options", [{"strict": True}, {"strict": False}])
def test_a_branch_that_asks_for_gradients_is_an_error(options: dict[str, bool]) -> None:
    model = Model(branch_on_gradients)
    words = (
        r"the output that is explained should be the one that a plain call returns\. "
        r"Found \[.*\] of shape \(2, 3\) instead of \[.*\] of shape \(2, 3\)\. Look in forward"
    )
    with pytest.raises(lp.ModelError, match=words):
        lp.LRP(model, LRP_0, **options).explain(X, audit=True)


PARAMETER = nn.Parameter(torch.rand(2, 3, 4, generator=torch.Generator().manual_seed(1)))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x + F.embedding(torch.tensor([1, 2]), PARAMETER[0]),
        lambda x: F.batch_norm(x, torch.zeros(4), torch.ones(4), PARAMETER[0, 0], PARAMETER[0, 1]),
        lambda x: x + F.scaled_dot_product_attention(PARAMETER, PARAMETER, PARAMETER).sum((0, 1)),
        lambda x: x + F.dropout(PARAMETER[0, 0], 0.5),
    ],
)
def test_a_parameter_in_an_op_that_training_mode_changes_does_not_hide_a_difference(function: Any) -> None:
    model = Model(lambda _, x: branch_on_gradients(_, function(x)))
    with pytest.raises(lp.ModelError, match="the output that is explained should be the one"):
        lp.LRP(model, LRP_0).explain(X, audit=True)


@pytest.mark.parametrize("function", [write_by_numpy, write_in_a_thread])
def test_writes_that_no_torch_call_shows_give_the_right_output(function: Any) -> None:
    model = Model(function).eval()
    explanation = lp.LRP(model, LRP_0, strict=True).explain(X)
    torch.testing.assert_close(explanation.output, model(X).detach())


@pytest.mark.parametrize("training", [False, True])
def test_dropout_and_batch_norm_of_train_mode_do_not_count_as_a_difference(*, training: bool) -> None:
    model = Model(lambda m, x: m.drop(m.norm(x))).train(training)
    before = [buffer.clone() for buffer in model.buffers()]
    versions = [buffer._version for buffer in model.buffers()]
    explanation = lp.LRP(model, strict=True).explain(X, audit=True)
    torch.testing.assert_close([*model.buffers()], before)
    assert [buffer._version for buffer in model.buffers()] == versions
    torch.testing.assert_close(explanation.output, model.eval()(X).detach())


def test_attributes_are_those_of_one_call() -> None:
    def count(m: Any, x: Tensor) -> Tensor:
        m.held = [*(m.held or []), x.sum()]
        return x * len(m.held)

    model = Model(count)
    lp.LRP(model, strict=True).explain(X, audit=True)
    assert model.calls == 1
    torch.testing.assert_close(model.held, [X.sum()])


def test_what_the_model_keeps_is_written_once() -> None:
    model = Model(lambda m, x: x + m.held.add_(1))
    model.held = torch.zeros(4)
    lp.LRP(model, strict=True).explain(X, audit=True)
    assert model.held.tolist() == [1.0] * 4


def test_a_table_with_a_greatest_norm_is_not_written_to() -> None:
    model = nn.Sequential(nn.Embedding(6, 4, max_norm=0.1), nn.Flatten(), nn.Linear(8, 2))
    before = model[0].weight.detach().clone()
    lp.LRP(model, strict=True).explain(torch.tensor([[1, 2], [3, 4]]), audit=True)
    assert torch.equal(model[0].weight, before)


def test_a_model_that_runs_with_gradients_alone_is_explained() -> None:
    def forward(_: Any, x: Tensor) -> Tensor:
        y = 2 * x
        assert y.grad_fn is not None
        return y

    assert lp.LRP(Model(forward), LRP_0, strict=True).explain(X, audit=True).audit is not None


def test_outputs_of_other_shapes_and_with_masks() -> None:
    assert not outputs_agree(torch.ones(2), torch.ones(3))
    masked = torch.tensor([1.0, -torch.inf])
    assert outputs_agree(masked + 1e-5, masked)
    assert outputs_agree(torch.empty(0, 2), torch.empty(0, 2))
    assert not outputs_agree(masked + 0.1, masked)


def test_hooks_that_a_model_installs_at_its_first_call_are_there_once() -> None:
    def forward(m: Any, x: Tensor) -> Tensor:
        if not m.held:
            m.held = True
            m.layer.register_forward_hook(lambda *_: None)
        return x

    model = Model(forward)
    lp.LRP(model, strict=True).explain(X, audit=True)
    assert len(model.layer._forward_hooks) == 1


GLOBAL = torch.zeros(4)
NUMBERS = {"calls": 0}
COUNTERS = {"iterator": count(1)}


def count_in_an_array(m: Any, x: Tensor) -> Tensor:
    m.array += 1.0
    return x * float(m.array[0])


def count_in_a_set(m: Any, x: Tensor) -> Tensor:
    m.seen.add(len(m.seen))
    return x * len(m.seen)


def count_by_set_(m: Any, x: Tensor) -> Tensor:
    m.held.set_(m.held + 1)
    return x * m.held


def count_in_the_memory_of_a_buffer(m: Any, x: Tensor) -> Tensor:
    numpy.asarray(m.ring)[:] += 1.0
    return x * m.ring


def rectify_a_global_tensor(_: Any, x: Tensor) -> Tensor:
    return x * F.relu(GLOBAL, inplace=True)


def count_in_a_global_tensor(_: Any, x: Tensor) -> Tensor:
    return x * GLOBAL.add_(1)


def draw_by_numpy_and_python(_: Any, x: Tensor) -> Tensor:
    return x * numpy.random.rand() * random.random()


def state_of(m: Any) -> list[Any]:
    arrays = m.array.tolist(), m.held.tolist(), m.ring.tolist(), GLOBAL.tolist()
    return [*arrays, sorted(m.seen), random.getstate(), numpy.random.get_state()[1].tolist()]


COUNTING = [
    count_in_an_array, count_in_a_set, count_by_set_, count_in_the_memory_of_a_buffer,
    count_in_a_global_tensor, rectify_a_global_tensor, draw_by_numpy_and_python,
]  # fmt: skip


def counting(function: Any) -> Any:
    model = Model(function).eval()
    model.register_buffer("ring", torch.zeros(4))
    model.held, model.array, model.seen = torch.zeros(4), numpy.zeros(4), set()
    GLOBAL.copy_(torch.tensor([-1.0, 1.0, 0.0, 2.0]))
    random.seed(0)
    numpy.random.seed(0)
    return model


@pytest.mark.parametrize("function", COUNTING)
@expected_warnings.RANDOM
def test_state_outside_of_torch_is_moved_by_one_call(function: Any) -> None:
    called = counting(function)
    with torch.no_grad():
        expected = called(X)
    state = state_of(called)
    model = counting(function)
    torch.testing.assert_close(lp.LRP(model, LRP_0, strict=True).explain(X, audit=True).output, expected)
    assert state_of(model) == state


def count_in_a_global(_: Any, x: Tensor) -> Tensor:
    NUMBERS["calls"] += 1
    return x * NUMBERS["calls"]


def count_by_an_iterator(_: Any, x: Tensor) -> Tensor:
    return x * next(COUNTERS["iterator"])


UNSTEADY = (
    r"a plain call should return the same output for the same input\. Found \[.*\] of shape \(2, 3\) and \["
)


@pytest.mark.parametrize("function", [count_in_a_global, count_by_an_iterator])
def test_a_model_that_is_no_function_of_its_input_is_said_to_be_none(function: Any) -> None:
    NUMBERS["calls"], COUNTERS["iterator"] = 0, count(1)
    model = Model(function).eval()
    with pytest.warns(lp.RelevanceWarning, match=UNSTEADY) as caught:
        explanation = lp.LRP(model, LRP_0).explain(X, audit=True)
    assert len(caught) == 1
    torch.testing.assert_close(explanation.output, model.layer(2 * X).detach())  # the second of three calls
    assert next(COUNTERS["iterator"]) + NUMBERS["calls"] == 4


def test_a_model_that_runs_twice_and_then_no_more() -> None:
    values = iter([1.0, 2.0])
    model = Model(lambda _, x: x * next(values)).eval()
    with pytest.warns(
        lp.RelevanceWarning, match=r"Found \[.*\] of shape \(2, 3\) and an error: forward draws"
    ):
        lp.LRP(model, LRP_0).explain(X, audit=True)


def test_a_branch_on_gradients_beside_a_state_is_an_error() -> None:
    def forward(m: Any, x: Tensor) -> Tensor:
        m.held = x.sum() if m.held is None else m.held + x.sum()
        return branch_on_gradients(m, x) * m.held

    model = Model(forward)
    with pytest.raises(lp.ModelError, match=r"the output that is explained should be the one"):
        lp.LRP(model, LRP_0, strict=True).explain(X)
    torch.testing.assert_close(model.held, X.sum())


def call_plainly(function: Any) -> PlainCall:
    model = Model(function)
    model.register_buffer("ring", torch.zeros(4))
    return PlainCall(model, ((X,), {}), lambda output: output, KeptState(Modules(model)))


@pytest.mark.parametrize(
    ("function", "obstacle"),
    [
        (lambda _, x: x + torch.randn_like(x), "randn_like draws random numbers"),
        (lambda m, x: x + m.ring.add_(1), "add_ writes to memory that stays when the call is over"),
        (lambda m, x: x + F.relu(m.ring, True), "relu writes to memory that stays when the call is over"),
        (lambda m, x: (m.layer(x).sum().backward(), x)[1], "backward writes to gradients"),
        (lambda _, x: torch.vmap(torch.neg)(x), "neg runs in torch.func, which hides memory"),
        (lambda _, x: x + x.grad_fn.name(), "'NoneType' object has no attribute 'name'"),
        (lambda _, x: (x.retain_grad(), x)[1], "can't retain_grad on Tensor that has requires_grad=False"),
    ],
)
def test_what_cannot_be_compared_is_named(function: Any, obstacle: str) -> None:
    assert str(call_plainly(function).obstacle) == obstacle


def test_a_call_that_can_be_compared_meets_no_obstacle() -> None:
    assert call_plainly(lambda _, x: x * 2).obstacle is None


def test_a_bug_in_the_engine_is_not_taken_for_a_call_that_cannot_be_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # in the namespace of the engine, as a line of its own would be
    fail = eval("lambda *_: 1 + None", vars(plain))
    monkeypatch.setattr(plain, "_write_target", fail)
    with pytest.raises(TypeError, match="unsupported operand"):
        call_plainly(lambda _, x: torch.neg(x))
