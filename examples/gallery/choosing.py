"""
Let your network choose the rule
================================

Which rule ranks features best depends on the network. `LRP(model, "auto", samples=x)` tries the presets,
with and without a reference, and keeps the one whose ranking the network confirms when features are
removed. No truth is used.
"""

import torch
from matplotlib.figure import Figure
from torch import nn

import lrprism as lp
from lrprism.spectral import simulate

torch.manual_seed(0)
data = simulate.planted_spectra(
    train=1000, validation=100, test=10, bands=60, fwhm_bands=4.0, noise_bands=0, depth=0.06, seed=3
)
raw, y = (torch.from_numpy(array) for array in data.select("train"))
mean, spread = raw.mean(0), raw.std(0)
x = ((raw - mean) / spread).float()
model = nn.Sequential(
    nn.Unflatten(1, (1, -1)), nn.Conv1d(1, 8, 7, padding=3), nn.ReLU(), nn.Flatten(), nn.Linear(480, 4)
)
optimizer = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.1)
for _ in range(12):
    for rows in torch.randperm(len(x)).split(64):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()

# %%
# Choose on samples that the network did not learn from.

validation = ((torch.from_numpy(data.select("validation")[0]) - mean) / spread).float()
explainer = lp.LRP(model, "auto", samples=validation)
print(explainer.chosen)

# %%
# All candidates, best first, by the mean SRG: the area between removing the least and the most relevant
# first.

candidates = explainer.chosen.ranking.candidates
for candidate in candidates:
    print(f"{candidate.score.value:.3f}  {candidate.name}")

figure = Figure(figsize=(7, 3), layout="constrained")
axes = figure.subplots()
axes.barh(
    [candidate.name[:48] for candidate in candidates], [candidate.score.value for candidate in candidates]
)
axes.tick_params(axis="y", labelsize=7)
axes.invert_yaxis()
axes.set_xlabel("mean SRG")
