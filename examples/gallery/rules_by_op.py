"""
Which layer gets which rule
===========================

A composite is a list of selectors and rules; the first that fits wins. Selectors speak of what an op
does and when it runs. The plan shows the outcome before anything is explained, and `layers=` reads
relevance inside the network.
"""

import torch
from matplotlib.figure import Figure
from torch import nn

import lrprism as lp
from lrprism import select
from lrprism.rules import Epsilon, Flat, Gamma

torch.manual_seed(0)
model = nn.Sequential()
model.append(nn.Conv2d(3, 8, 3)).append(nn.BatchNorm2d(8)).append(nn.ReLU())
model.append(nn.Conv2d(8, 16, 3)).append(nn.ReLU()).append(nn.AdaptiveAvgPool2d(2)).append(nn.Flatten())
model.append(nn.Linear(64, 5))
x = torch.rand(2, 3, 16, 16)

# %%
# The first layer spreads relevance evenly, the last is exact, convolutions favour what speaks for the
# class.

convolutions = select.kind(select.Kind.CONVOLUTION)
composite = [(select.at_input(), Flat()), (select.last(), Epsilon(1e-6)), (convolutions, Gamma(0.25))]
explainer = lp.LRP(model, composite)
print(explainer.plan(x))

# %%
# Relevance at the output of two modules, by their paths.

explanation = explainer.explain(x, layers=["2", "4"])
for path, relevance in explanation.layers.items():
    print(f"module {path}: {tuple(relevance.shape)}, {relevance.sum():+.4f} in all")

figure = Figure(figsize=(7, 2.2), layout="constrained")
for axes, channel in zip(figure.subplots(1, 4), explanation.layers["2"][0, :4], strict=True):
    limit = float(explanation.layers["2"][0].abs().max())
    axes.imshow(channel, cmap="RdBu_r", vmin=-limit, vmax=limit)
    axes.set_axis_off()
figure.suptitle("relevance in four channels behind the first ReLU", fontsize=9)
