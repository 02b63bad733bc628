"""Ops that a user gives to functions."""

from typing import Any

import torch
from torch import Tensor, nn

import lrprism as lp
from function_models import check_refusal
from lrprism.attribution.own_ops import read_ops
from lrprism.ops import own


def test_an_op_that_is_known_already() -> None:
    twice = {torch.lgamma: own.activation("first"), Tensor.lgamma: own.routing("second")}
    message = "ops should name functions that have no op yet. Found lgamma, which is activation already."
    check_refusal(lp.InputError, message, lambda: lp.LRP(nn.Linear(2, 2), ops=twice))
    message = "ops should name functions that have no op yet. Found conv2d, which is convolution already."
    known = {torch.conv2d: own.routing("conv2d")}
    check_refusal(lp.InputError, message, lambda: lp.LRP(nn.Linear(2, 2), ops=known))


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return 3 * x**2 * gradients[0]


def test_the_apply_of_a_function_stands_for_the_function() -> None:
    op = own.activation("cube")
    assert read_ops({Cube.apply: op}).ops == read_ops({Cube: op}).ops == {Cube: op}
    assert [name for name, _ in read_ops({Cube: op}).names] == ["Cube"]


def test_a_torch_function_gets_its_op_under_every_name() -> None:
    op = own.activation("lgamma")
    ops = read_ops({torch.lgamma: op}).ops
    assert ops[torch.lgamma] is ops[Tensor.lgamma] is op
