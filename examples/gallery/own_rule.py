"""
A rule of your own
==================

A rule is a frozen dataclass with one formula. This one shares relevance by the size of each
contribution, whatever its sign; it needs no registration and lives in your own code.
"""

from dataclasses import dataclass
from typing import final

import torch
from matplotlib.figure import Figure
from torch import nn

import lrprism as lp
from lrprism import select
from lrprism.rules import AbstractAffineRule, Epsilon, Part, Sign, Term


@final
@dataclass(frozen=True)
class Magnitude(AbstractAffineRule):
    r"""Share relevance by the magnitude of each contribution.

    .. math:: R_i = \sum_j |a_i w_{ij}| \frac{R_j}{\mathrm{st}(\sum_k |a_k w_{kj}|)}
    """

    eps: float = 1e-6

    def terms(self) -> tuple[Term, ...]:
        """Share over what speaks for and against an output at once."""
        up = Part(torch.abs, Sign.POSITIVE, bias=False)
        down = Part(lambda w: -w.abs(), Sign.NEGATIVE, bias=False)
        return (Term((up, down)),)


# %%
# By hand: contributions 2, -2 and -1 and a bias of 4 make an output of 3, shared 2 : 2 : 1.

layer = nn.Linear(3, 1)
layer.weight.data = torch.tensor([[2.0, -1.0, 1.0]])
layer.bias.data = torch.tensor([4.0])
a = torch.tensor([[1.0, 2.0, -1.0]])
linear = select.kind(select.Kind.LINEAR)
print("Magnitude:", lp.LRP(layer, [(linear, Magnitude())]).explain(a).relevance.tolist())
print("Epsilon:  ", lp.LRP(layer, [(linear, Epsilon())]).explain(a).relevance.tolist())

# %%
# In a deeper network, on the hidden layer alone. The plan says which op gets which rule, and why.

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(12, 24), nn.ReLU(), nn.Linear(24, 2))
explainer = lp.LRP(model, [(select.last(), Epsilon()), (linear, Magnitude())])
x = torch.randn(1, 12)
print(explainer.plan(x))

figure = Figure(figsize=(7, 2.6), layout="constrained")
axes = figure.subplots()
axes.plot(explainer.explain(x).relevance[0].tolist(), "o-", label="Magnitude below, Epsilon on top")
axes.plot(lp.LRP(model, lp.presets.Epsilon()).explain(x).relevance[0].tolist(), "o-", label="Epsilon")
axes.axhline(0, color="black", linewidth=0.6)
axes.set_xlabel("input")
axes.set_ylabel("relevance")
axes.legend()
