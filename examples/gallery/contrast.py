"""
This class rather than that one
===============================

What speaks for a class is not what tells it from another. `lp.target.contrast(0, 1)` explains the
difference of two logits: what both classes share cancels.
"""

import torch
from matplotlib.figure import Figure
from torch import nn

import lrprism as lp

# %%
# Classes 0 and 1 share a peak at feature 10, which class 2 lacks; a second peak, at 25 or 35, tells them
# apart.

torch.manual_seed(0)
FEATURES = 50


def draw_curves(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw curves with peaks, ``[N, features]``, and their classes."""
    place, classes = torch.arange(FEATURES), torch.arange(count) % 3
    curves = 0.3 * torch.randn(count, FEATURES)
    for curve, number in zip(curves, classes.tolist(), strict=True):
        for centre in [[10, 25], [10, 35], []][number]:
            curve += torch.exp(-((place - centre) ** 2) / 8)
    return curves, classes


model = nn.Sequential(nn.Linear(FEATURES, 32), nn.ReLU(), nn.Linear(32, 3))
x, y = draw_curves(600)
optimizer = torch.optim.Adam(model.parameters(), 5e-3, weight_decay=1e-2)
for _ in range(120):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()

# %%
# The same samples and the same rules; only the target differs.

zeros = x[y == 0]
explainer = lp.LRP(model, lp.presets.Epsilon())
reference = lp.reference.mean(x)
targets = {
    "class 0": 0,
    "class 0 rather than 1": lp.target.contrast(0, 1),
    "class 0 rather than 2": lp.target.contrast(0, 2),
}

figure = Figure(figsize=(7, 3), layout="constrained")
axes = figure.subplots()
for name, target in targets.items():
    relevance = explainer.explain(zeros, target, reference=reference).relevance.mean(0)
    axes.plot(relevance.tolist(), label=name)
    print(f"{name}: {relevance[7:14].sum():.2f} at the shared peak, {relevance[22:29].sum():.2f} at its own")
axes.axhline(0, color="black", linewidth=0.6)
axes.set_xlabel("feature")
axes.set_ylabel("mean relevance (logits)")
axes.legend()
