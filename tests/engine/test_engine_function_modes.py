"""The stack of torch-function modes is read and replaced; a mode can watch inside a call that it handles."""

from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from lrprism.engine.function_modes import WatchingMode, read_stack, replace_stack


class Logging(WatchingMode):
    """Writes down the calls that it sees; a second call inside ``exp`` is one that torch would hide."""

    def __init__(self, log: list[str], name: str) -> None:
        super().__init__()
        self.log, self.name = log, name

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.log.append(f"{self.name}: {func.__name__}")
        if func is torch.exp:
            with self.watching():
                return torch.sinh(*args) + torch.cosh(*args)
        return func(*args, **(kwargs or {}))


def test_a_watching_mode_sees_the_calls_inside_a_call() -> None:
    log: list[str] = []
    with Logging(log, "a"):
        result = torch.exp(torch.zeros(1))
        torch.neg(result)
    assert result.tolist() == [1.0]
    assert [entry for entry in log if "zeros" not in entry] == [
        "a: exp",
        "a: sinh",
        "a: cosh",
        "a: add",
        "a: neg",
    ]


def test_the_private_name_of_torch_still_reads_the_stack() -> None:
    assert read_stack() == []
    with Logging([], "a") as outer, Logging([], "b") as inner:
        assert read_stack() == [outer, inner]
    assert read_stack() == []


def test_a_stack_is_replaced_and_put_back() -> None:
    log: list[str] = []
    x = torch.zeros(1)
    with Logging(log, "a") as outer, Logging(log, "b"):
        stack = read_stack()
        replace_stack([outer])
        torch.neg(x)
        replace_stack([])
        torch.neg(x)
        replace_stack(stack)
        assert read_stack() == stack
        torch.neg(x)
    assert log == ["a: neg", "b: neg", "a: neg"]


def test_a_mode_that_does_more_on_entering_is_entered_once() -> None:
    class Counting(TorchFunctionMode):
        entered = 0

        def __enter__(self) -> Any:
            self.entered += 1
            return super().__enter__()

    with Counting() as mode:
        replace_stack([])
        replace_stack([mode])
    assert mode.entered == 1
