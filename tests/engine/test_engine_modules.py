"""Which module a call happens in."""

import threading
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules import module as hooks

from lrprism.engine.modules import ModuleStack


class Noting(nn.Module):
    """Writes down what the stack says while it runs."""

    def __init__(self, notes: list[Any], inner: nn.Module | None = None) -> None:
        super().__init__()
        self.notes = notes
        self.inner = inner
        self.stack: ModuleStack | None = None

    def forward(self, x: Tensor) -> Tensor:
        assert self.stack is not None
        self.notes.append(self.stack.innermost)
        if self.inner is not None:
            x = self.inner(x)
            self.notes.append(self.stack.innermost)
        return x + 1


class Failing(nn.Module):
    def forward(self, _: Tensor) -> Tensor:
        raise ArithmeticError("in the middle of forward")


def follow(model: nn.Module) -> tuple[ModuleStack, list[tuple[str, float]]]:
    """A stack for the model, told to every noting module, and what it reports."""
    returned: list[tuple[str, float]] = []
    paths = {id(module): path for path, module in model.named_modules()}
    stack = ModuleStack(paths, type(model), lambda path, output: returned.append((path, output.item())))
    for each in model.modules():
        if isinstance(each, Noting):
            each.stack = stack
    return stack, returned


def hooks_left() -> int:
    return len(hooks._global_forward_hooks) + len(hooks._global_forward_pre_hooks)


ZERO = torch.zeros(())


def test_nested_modules_are_named_by_their_dotted_path() -> None:
    notes: list[Any] = []
    model = nn.Sequential(Noting(notes, Noting(notes)), Noting(notes))
    stack, returned = follow(model)
    with stack:
        model(ZERO)
    assert notes == [("0", Noting), ("0.inner", Noting), ("0", Noting), ("1", Noting)]
    assert returned == [("0.inner", 1.0), ("0", 2.0), ("1", 3.0), ("", 3.0)]


def test_the_model_itself_has_the_empty_path() -> None:
    model = Noting([])
    stack, _ = follow(model)
    assert stack.innermost == ("", Noting)
    with stack:
        model(ZERO)
    assert model.notes == [("", Noting)]
    assert stack.innermost == ("", Noting)


def test_a_module_that_runs_twice_returns_twice() -> None:
    shared = Noting([])
    model = nn.Sequential(shared, shared)
    stack, returned = follow(model)
    with stack:
        model(ZERO)
    assert returned == [("0", 1.0), ("0", 2.0), ("", 2.0)]
    assert [path for path, _ in shared.notes] == ["0", "0"]


def test_nothing_is_heard_before_and_after() -> None:
    model = nn.Sequential(Noting([]))
    stack, returned = follow(model)
    before = hooks_left()
    model(ZERO)
    with stack:
        assert hooks_left() == before + 2
    model(ZERO)
    assert returned == []
    assert hooks_left() == before


def test_the_hooks_are_gone_after_an_exception() -> None:
    model = nn.Sequential(nn.Identity(), Failing())
    stack, returned = follow(model)
    before = hooks_left()
    with pytest.raises(ArithmeticError, match="in the middle of forward"), stack:
        model(ZERO)
    assert hooks_left() == before
    assert returned == [("0", 0.0)]
    assert not any(vars(each)["_forward_hooks"] for each in model.modules())


def test_another_model_is_ignored() -> None:
    notes: list[Any] = []
    model, other = nn.Sequential(Noting(notes)), nn.Sequential(nn.Identity())
    stack, returned = follow(model)
    with stack:
        other(ZERO)
        model(ZERO)
    assert returned == [("0", 1.0), ("", 1.0)]


def test_another_thread_is_ignored() -> None:
    model = nn.Sequential(nn.Identity(), nn.Identity())
    stack, returned = follow(model)
    with stack:
        thread = threading.Thread(target=model, args=(ZERO,))
        thread.start()
        thread.join()
        assert returned == []
        assert stack.innermost == ("", nn.Sequential)
        model(ZERO)
    assert [path for path, _ in returned] == ["0", "1", ""]


def test_two_stacks_at_once_each_follow_their_own_model() -> None:
    one, two = nn.Sequential(nn.Identity()), nn.Sequential(nn.Sequential(nn.Identity()))
    first, from_one = follow(one)
    second, from_two = follow(two)
    with first, second:
        two(ZERO)
        one(ZERO)
    assert [path for path, _ in from_one] == ["0", ""]
    assert [path for path, _ in from_two] == ["0.0", "0", ""]
