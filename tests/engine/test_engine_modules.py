"""The module in which a call happens, and the outputs of modules."""

import threading
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules import module as hooks

import lrprism as lp
from lrprism.engine.modules import Modules


class Noting(nn.Module):
    """Writes down which module is running while it runs."""

    def __init__(self, notes: list[Any], inner: nn.Module | None = None) -> None:
        super().__init__()
        self.notes, self.inner = notes, inner
        self.modules_of: Modules | None = None

    def forward(self, x: Tensor) -> Tensor:
        assert self.modules_of is not None
        self.notes.append(self.modules_of.innermost())
        if self.inner is not None:
            x = self.inner(x)
            self.notes.append(self.modules_of.innermost())
        return x + 1


class Failing(nn.Module):
    def forward(self, _: Tensor) -> Tensor:
        raise ArithmeticError("in the middle of forward")


def follow(model: nn.Module) -> Modules:
    """The modules of a model, told to every noting one."""
    modules = Modules(model)
    for module in model.modules():
        if isinstance(module, Noting):
            module.modules_of = modules
    return modules


def listen(modules: Modules, *wanted: str) -> tuple[list[tuple[str, float]], Any]:
    returned: list[tuple[str, float]] = []
    return returned, modules.returning(wanted, lambda path, output: returned.append((path, output.item())))


def hooks_left() -> int:
    return len(hooks._global_forward_hooks) + len(hooks._global_forward_pre_hooks)


ZERO = torch.zeros(())


def test_nested_modules_are_named_by_their_dotted_path() -> None:
    notes: list[Any] = []
    model = nn.Sequential(Noting(notes, Noting(notes)), Noting(notes))
    returned, listening = listen(follow(model), "0.inner", "0", "1", "")
    with listening:
        model(ZERO)
    assert notes == [("0", Noting), ("0.inner", Noting), ("0", Noting), ("1", Noting)]
    assert returned == [("0.inner", 1.0), ("0", 2.0), ("1", 3.0), ("", 3.0)]


def test_the_model_itself_has_the_empty_path() -> None:
    model = Noting([])
    modules = follow(model)
    assert modules.innermost() == ("", Noting)
    model(ZERO)
    assert model.notes == [("", Noting)]


def test_a_module_that_runs_twice_returns_twice() -> None:
    shared = Noting([])
    model = nn.Sequential(shared, shared)
    returned, listening = listen(follow(model), "0", "")
    with listening:
        model(ZERO)
    assert returned == [("0", 1.0), ("0", 2.0), ("", 2.0)]
    assert [path for path, _ in shared.notes] == ["0", "0"]


def test_a_module_of_no_path_counts_as_the_one_around_it() -> None:
    notes: list[Any] = []
    stranger = Noting(notes)

    class Around(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return stranger(x)

    model = nn.Sequential(Around())
    stranger.modules_of = Modules(model)
    model(ZERO)
    assert notes == [("0", Around)]


def test_inside_a_function_of_autograd_the_module_is_known() -> None:
    notes: list[Any] = []

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(_: Any, x: Tensor) -> Tensor:
            notes.append(modules.innermost())
            return x + 1

    class Around(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return Function.apply(x)

    model = nn.Sequential(Around())
    modules = Modules(model)
    model(ZERO)
    assert notes == [("0", Around)]


def test_nothing_is_heard_before_and_after() -> None:
    model = nn.Sequential(nn.Identity())
    returned, listening = listen(Modules(model), "0")
    before = hooks_left()
    model(ZERO)
    with listening:
        assert hooks_left() == before + 1
    model(ZERO)
    assert returned == []
    assert hooks_left() == before


def test_what_nobody_asks_for_takes_no_hook() -> None:
    model = nn.Sequential(nn.Identity())
    before = hooks_left()
    _, listening = listen(Modules(model))
    with listening:
        assert hooks_left() == before


def test_the_hook_is_gone_after_an_exception() -> None:
    model = nn.Sequential(nn.Identity(), Failing())
    returned, listening = listen(Modules(model), "0", "1")
    before = hooks_left()
    with pytest.raises(ArithmeticError, match="in the middle of forward"), listening:
        model(ZERO)
    assert hooks_left() == before
    assert returned == [("0", 0.0)]
    assert not any(vars(module)["_forward_hooks"] for module in model.modules())


def test_other_models_and_modules_are_ignored() -> None:
    model, other = nn.Sequential(nn.Identity(), nn.Identity()), nn.Sequential(nn.Identity())
    returned, listening = listen(Modules(model), "1")
    with listening:
        other(ZERO)
        model(ZERO)
    assert returned == [("1", 0.0)]


def test_another_thread_is_ignored() -> None:
    notes: list[Any] = []
    model = nn.Sequential(Noting(notes))
    modules = follow(model)
    returned, listening = listen(modules, "0")
    with listening:
        thread = threading.Thread(target=model, args=(ZERO,))
        thread.start()
        thread.join()
        assert returned == []
        assert modules.innermost() == ("", nn.Sequential)
        model(ZERO)
    assert returned == [("0", 1.0)]
    assert notes == [("0", Noting), ("0", Noting)]


def test_two_at_once_each_follow_their_own_model() -> None:
    flat, nested = nn.Sequential(nn.Identity()), nn.Sequential(nn.Sequential(nn.Identity()))
    from_flat, first = listen(Modules(flat), "0", "")
    from_nested, second = listen(Modules(nested), "0.0", "0", "")
    with first, second:
        nested(ZERO)
        flat(ZERO)
    assert [path for path, _ in from_flat] == ["0", ""]
    assert [path for path, _ in from_nested] == ["0.0", "0", ""]


@pytest.mark.parametrize("strict", [False, True])
def test_a_lazy_module_is_not_initialised_by_an_explanation(*, strict: bool) -> None:
    model = nn.Sequential(nn.LazyConv1d(4, 3), nn.LazyBatchNorm1d(), nn.Flatten(), nn.LazyLinear(2))
    x = torch.rand(2, 3, 5)
    explainer = lp.LRP(model, strict=strict)
    for ask in (explainer.explain, explainer.plan):
        with pytest.raises(
            lp.ModelError,
            match=r"first call\. Found LazyConv1d in 0, LazyBatchNorm1d in 1, LazyLinear in 3 without\. Call",
        ):
            ask(x)
        assert all(module.has_uninitialized_params() for module in (model[0], model[1], model[3]))
    model(x)
    assert explainer.explain(x, 0).relevance.shape == x.shape
