"""
Bands and pixels of a patch
===========================

A network with 3-D convolutions on small images of leaves: one heatmap per band, and the share of
relevance that lies where the features are.
"""

import torch
from matplotlib.figure import Figure
from torch import nn

import lrprism as lp
from lrprism.spectral import simulate

# %%
# Images of 9 x 9 pixels and 30 bands. The class lies in features of the leaf's tip, never in the soil.

torch.manual_seed(0)
data = simulate.planted_patches(
    train=400, validation=4, test=40, bands=30, depth=0.9, classes=2, carriers=(550.0, 750.0), decoys=0
)
raw, y = (torch.from_numpy(array) for array in data.select("train"))
mean, spread = raw.mean((0, 2, 3), keepdim=True), raw.std((0, 2, 3), keepdim=True)
x = ((raw - mean) / spread).float()

model = nn.Sequential(
    nn.Unflatten(1, (1, -1)),
    nn.Conv3d(1, 6, (7, 3, 3)),
    nn.ReLU(),
    nn.Conv3d(6, 8, (7, 3, 3)),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(8 * 18 * 25, 2),
)
optimizer = torch.optim.Adam(model.parameters(), 1e-3)
for _ in range(6):
    for rows in torch.randperm(len(x)).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
raw_test, y_test = (torch.from_numpy(array) for array in data.select("test"))
x_test = ((raw_test - mean) / spread).float()
right = model(x_test).argmax(1) == y_test
print(f"right: {int(right.sum())} of {len(right)}")

# %%
# Relevance has the shape of the input, `[N, band, y, x]`.

explanation = lp.LRP(model, lp.presets.Epsilon()).explain(x_test, y_test, reference=lp.reference.mean(x))
relevance = explanation.relevance
tip = torch.from_numpy(data.truth.region[data.rows("test")]).bool()[:, None]
positive = relevance.clamp(min=0)
inside = float((positive * tip).sum() / positive.sum())
print(
    f"{inside:.0%} of the positive relevance lies where the features are, "
    f"on {float(tip.float().mean()):.0%} of the pixels"
)

sample = int(right.nonzero()[0])
figure = Figure(figsize=(7, 3.2), layout="constrained")
panels = figure.subplots(2, 5)
limit = float(relevance[sample].abs().max())
for axes, band in zip(panels.flat, range(0, 30, 3), strict=True):
    axes.imshow(relevance[sample, band], cmap="RdBu_r", vmin=-limit, vmax=limit)
    axes.contour(tip[sample, 0], [0.5], colors="black", linewidths=0.6)
    axes.set_title(f"{data.wavelengths[band]:.0f} nm", fontsize=8)
    axes.set_axis_off()
