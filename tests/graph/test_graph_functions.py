"""Autograd functions of our own."""

from typing import Any

import torch
from torch import Tensor

from lrprism.graph import Facet, OwnFunction, entry_of, name_of, names_with
from lrprism.ops import TABLE  # imports every module with a Function


class Doubled(OwnFunction):
    """Twice a tensor."""

    node_name = "lrprism::Doubled"

    @staticmethod
    def forward(ctx: Any, a: Tensor) -> Tensor:
        del ctx
        return 2 * a

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Tensor:
        del ctx
        return 2 * grad_outputs[0]


def test_the_entry_does_what_apply_does() -> None:
    a = torch.tensor([1.0, -3.0], requires_grad=True)
    z = entry_of(Doubled)(a)
    assert z.tolist() == [2, -6]
    (g,) = torch.autograd.grad(z, a, torch.tensor([1.0, 10.0]))
    assert g.tolist() == [2, 20]
    assert name_of(z.grad_fn) == "lrprism::Doubled"


def test_every_name_of_ours_in_the_table_is_that_of_a_function() -> None:
    assert TABLE
    ours = {function.node_name for function in OwnFunction.__subclasses__()}
    in_table = {name for facet in Facet for name in names_with(facet) if "::" in name}
    assert in_table
    assert in_table <= ours
