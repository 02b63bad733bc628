"""
An op that lrprism does not know
================================

A torch function that is missing in the table of ops gets the plain gradient, and a warning names it. One
word in `ops=` says what it does; `strict=True` refuses what has no rule.
"""

import warnings

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

import lrprism as lp
from lrprism.ops import own


class Net(nn.Module):
    """Two layers with ``lgamma`` between them."""

    def __init__(self) -> None:
        """Build the layers."""
        super().__init__()
        self.first, self.second = nn.Linear(6, 8, bias=False), nn.Linear(8, 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        return self.second(torch.lgamma(nn.functional.softplus(self.first(x))))


torch.manual_seed(0)
model, x = Net(), torch.rand(2, 6)

# %%
# As it comes: a warning with the name of the function, and the remedy.

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    plain = lp.LRP(model).explain(x).relevance
print(caught[0].message)

# %%
# Told that it is an elementwise activation, relevance passes it unchanged. Nothing is registered anywhere:
# the word belongs to this explainer.

explainer = lp.LRP(model, ops={torch.lgamma: own.activation("lgamma")}, strict=True)
explanation = explainer.explain(x, audit=True)
print(explanation.audit)

figure = Figure(figsize=(7, 2.4), layout="constrained")
axes = figure.subplots()
axes.plot(plain[0].tolist(), "o-", label="plain gradient at lgamma")
axes.plot(explanation.relevance[0].tolist(), "o-", label="lgamma as an activation")
axes.axhline(0, color="black", linewidth=0.6)
axes.set_xlabel("input")
axes.set_ylabel("relevance")
axes.legend()
