"""The tape of a call: the output that it keeps, where relevance stays, and whose node has one."""

import pytest
import torch
from torch import Tensor, nn

from lrprism.ops.call import Call
from lrprism.ops.kinds import Kind
from lrprism.ops.tape import Output, Sinks, Tape, tape_of
from lrprism.rules import Epsilon


def make_tape() -> Tape:
    return Tape(Call(0, Kind.LINEAR, "linear", "", nn.Linear))


def test_a_new_tape_stands_for_the_plain_gradient() -> None:
    tape = make_tape()
    assert (tape.rule, tape.sinks, tape.output, tape.ratios, tape.beside) == (None,) * 5
    assert not (tape.rectified)
    assert not (tape.nonnegative)
    assert not (tape.at_input)
    assert not (tape.repeats)


def test_a_tape_is_loaded_with_what_was_decided_between_the_passes() -> None:
    tape = make_tape()
    tape.load(Epsilon(0.1), rectified=True, nonnegative=False, at_input=True)
    assert (tape.rule, tape.rectified, tape.nonnegative, tape.at_input) == (Epsilon(0.1), True, False, True)


def test_the_output_goes_unless_another_pass_follows() -> None:
    tape = make_tape()
    tape.output = Output(torch.ones(2))
    tape.repeats = True
    tape.release_output()
    assert tape.output.read(rectified=False) is not None
    tape.repeats = False
    tape.release_output()
    assert tape.output.read(rectified=False) is None


def test_an_output_gives_its_positive_part() -> None:
    output = Output(torch.tensor([-1.0, 2.0]))
    positive = output.read(rectified=True)
    assert positive is not None
    assert positive.tolist() == [0, 2]


def test_a_positive_part_alone_is_no_output() -> None:
    output = Output(torch.tensor([-1.0, 2.0]))
    output.rectify(torch.tensor([0.0, 2.0]), keep_output=False)
    assert output.read(rectified=True) is not None
    assert output.read(rectified=False) is None


def test_an_output_that_was_written_to_is_refused() -> None:
    z = torch.zeros(2)
    output = Output(z)
    z += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        output.read(rectified=False)


def test_sinks_add_up_bias_and_step() -> None:
    sinks = Sinks()
    s = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    sinks.count(s, torch.tensor([10.0, 1.0]), 0.5)
    sinks.count(s, None, torch.full((2, 2), 0.5))
    # bias 10 (1 + 3) + 1 (2 + 4); step 0.5 (1 + 2 + 3 + 4), once as a number and once for each entry
    assert (float(sinks.bias), float(sinks.stabilizer)) == (46, 10)


def test_a_tape_of_the_user_is_none_of_ours() -> None:
    class Recorded(torch.autograd.Function):
        @staticmethod
        def forward(ctx: torch.autograd.function.FunctionCtx, x: Tensor) -> Tensor:
            ctx.tape = [x.shape]  # type: ignore[attr-defined]  # what a user may keep there
            return x.clone()

        @staticmethod
        def backward(ctx: torch.autograd.function.FunctionCtx, *grad_outputs: Tensor) -> Tensor:
            del ctx
            return grad_outputs[0]

    x = Recorded.apply(torch.ones(2, requires_grad=True))  # type: ignore[no-untyped-call]
    assert tape_of(x.grad_fn) is None
    assert tape_of((2 * x).grad_fn) is None
