"""What each kind of op hands on and records, seen by a recorder that only takes notes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.ops.kinds import Kind
from lrprism.ops.op import (
    INSIDE,
    OVERWRITE,
    UNKNOWN,
    AbstractOp,
    ComposedOp,
    IdentityOp,
    NativeOp,
    StoppedOp,
    in_autocast_precision,
    in_full_precision,
)


class Notes:
    """The part of a recorder that these ops ask for."""

    def __init__(self) -> None:
        self.rows: list[tuple[Kind, str]] = []
        self.watches = 0

    def record(self, kind: Kind, name: str) -> None:
        self.rows.append((kind, name))

    @contextmanager
    def watching(self) -> Iterator[None]:
        self.watches += 1
        yield


def run_op(op: AbstractOp, func: Any, *args: Any, **kwargs: Any) -> tuple[Any, Notes]:
    notes = Notes()
    return op.run(notes, func, args, kwargs), notes  # type: ignore[arg-type]


@pytest.fixture
def live() -> Tensor:
    return torch.tensor([-1.0, 2.0], requires_grad=True)


CONSTANT = torch.tensor([-1.0, 2.0])
LEAKY = NativeOp(Kind.ACTIVATION, "leaky_relu", (1, "negative_slope"))


def test_a_native_op_runs_as_it_is(live: Tensor) -> None:
    result, notes = run_op(NativeOp(Kind.ROUTING, "neg"), torch.neg, live)
    assert result.tolist() == [1, -2]
    assert notes.rows == [(Kind.ROUTING, "neg")]


@pytest.mark.parametrize("op", [NativeOp(Kind.ROUTING, "neg"), StoppedOp(Kind.STOPPED, "neg"), UNKNOWN])
def test_a_call_on_constants_is_not_recorded(op: AbstractOp) -> None:
    result, notes = run_op(op, torch.neg, CONSTANT)
    assert (result.tolist(), notes.rows) == ([1, -2], [])


@pytest.mark.parametrize("by_name", [False, True])
def test_a_live_operand_where_a_constant_should_stand_is_unknown(live: Tensor, *, by_name: bool) -> None:
    def scale(a: Tensor, negative_slope: Tensor) -> Tensor:
        return a * negative_slope

    slope = live.sum()
    args, kwargs = ((live,), {"negative_slope": slope}) if by_name else ((live, slope), {})
    _, notes = run_op(LEAKY, scale, *args, **kwargs)
    assert notes.rows == [(Kind.UNKNOWN, "leaky_relu")]
    _, notes = run_op(LEAKY, scale, live, torch.tensor(0.1))
    assert notes.rows == [(Kind.ACTIVATION, "leaky_relu")]


def test_an_identity_returns_its_input_and_a_mask_of_ones(live: Tensor) -> None:
    result, notes = run_op(IdentityOp(Kind.IDENTITY, "dropout"), F.dropout, live, 0.5)
    assert result is live
    assert notes.rows == [(Kind.IDENTITY, "dropout")]
    (result, mask), _ = run_op(IdentityOp(Kind.IDENTITY, "dropout", True), F.dropout, input=live)
    assert result is live
    assert mask.tolist() == [True, True]


def test_a_stopped_op_returns_a_constant(live: Tensor) -> None:
    result, notes = run_op(StoppedOp(Kind.STOPPED, "detach"), torch.neg, live)
    assert (result.tolist(), result.requires_grad) == ([1, -2], False)
    assert notes.rows == [(Kind.STOPPED, "detach")]


def test_a_composed_op_runs_its_parts_under_the_watch_of_the_recorder(live: Tensor) -> None:
    op = ComposedOp(Kind.ROUTING, "twice", lambda a: a + a)
    result, notes = run_op(op, torch.neg, live)
    assert (result.tolist(), notes.watches, notes.rows) == ([-2, 4], 1, [])
    assert op.is_composed
    result, notes = run_op(op, torch.neg, CONSTANT)  # of constants, the function itself
    assert (result.tolist(), notes.watches) == ([1, -2], 0)


def test_a_function_in_python_is_opened_and_keeps_its_defaults(live: Tensor) -> None:
    result, notes = run_op(INSIDE, F.softsign, live)
    assert result.tolist() == pytest.approx([-0.5, 2 / 3])
    assert notes.watches == 1
    result, _ = run_op(INSIDE, F.gaussian_nll_loss, live, CONSTANT, torch.ones(2))
    assert result.item() == 0


def test_an_unknown_function_is_recorded_by_its_name(live: Tensor) -> None:
    result, notes = run_op(UNKNOWN, torch.lgamma, live.abs())
    assert result.tolist() == [0, 0]
    assert notes.rows == [(Kind.UNKNOWN, "lgamma")]


def test_an_overwriting_function_works_on_a_copy(live: Tensor) -> None:
    target = CONSTANT.clone()
    result, notes = run_op(OVERWRITE, Tensor.__setitem__, target, 0, live[1])
    assert result.tolist() == [2, 2]
    assert target.tolist() == [-1, 2]
    assert notes.rows == [(Kind.ROUTING, "setitem")]


def test_the_precision_of_autocast() -> None:
    half, single = torch.zeros(1, dtype=torch.bfloat16), torch.zeros(1)
    assert in_full_precision(half).dtype is torch.bfloat16
    with torch.autocast("cpu", torch.bfloat16):
        assert in_full_precision(half).dtype is torch.float32
        assert in_autocast_precision(single).dtype is torch.bfloat16
        assert in_autocast_precision(single.double()).dtype is torch.float64
