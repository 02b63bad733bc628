"""
Wavelengths of a spectrum
=========================

A network on spectra whose truth is known: relevance over wavelength, as computed and averaged over the
width over which neighbouring bands vary together, beside the bands that carry the class.
"""

import torch
import xarray as xr
from matplotlib.figure import Figure
from torch import nn

import lrprism as lp
from lrprism.spectral import estimate_width, pooled, simulate

# %%
# Simulated leaves: three features carry four classes, four decoys of the same size carry nothing.

torch.manual_seed(0)
data = simulate.planted_spectra(
    train=1500, validation=10, test=300, bands=120, fwhm_bands=5.6, depth=0.08, seed=3
)
for feature in data.truth.features:
    print(f"{feature.role:6} {feature.centre:5.0f} nm")

# %%
# A 1-D CNN on standardised bands.

raw, y = (torch.from_numpy(array) for array in data.select("train"))
mean, spread = raw.mean(0), raw.std(0)
x = ((raw - mean) / spread).float()
model = nn.Sequential(
    nn.Unflatten(1, (1, -1)),
    nn.Conv1d(1, 16, 9, padding=4),
    nn.ReLU(),
    nn.MaxPool1d(2),
    nn.Conv1d(16, 16, 9, padding=4),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(16 * 60, 4),
)
optimizer = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.1)
for _ in range(8):
    for rows in torch.randperm(len(x)).split(64):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
raw_test, y_test = (torch.from_numpy(array) for array in data.select("test"))
x_test = ((raw_test - mean) / spread).float()
print(f"accuracy {(model(x_test).argmax(1) == y_test).float().mean():.3f}")

# %%
# The command line's default in Python: `Epsilon` against the mean of the training samples, then averaged
# over a width.

explanation = lp.LRP(model, lp.presets.Epsilon()).explain(x_test, y_test, reference=lp.reference.mean(x))
width = estimate_width(raw.numpy(), data.wavelengths, y.numpy())
relevance = xr.DataArray(
    explanation.relevance.abs().numpy(),
    dims=("sample", "band"),
    coords={"wavelength": ("band", data.wavelengths)},
)
summed = pooled(relevance, nm=width).mean("sample")
strongest = data.wavelengths[int(summed.values.argmax())]
print(f"averaged over {width:.0f} nm; the strongest band is {strongest:.0f} nm")

figure = Figure(figsize=(7, 3), layout="constrained")
axes = figure.subplots()
axes.plot(data.wavelengths, relevance.mean("sample"), linewidth=0.8, label="as computed")
axes.plot(data.wavelengths, summed, label=f"averaged over {width:.0f} nm")
for feature in data.truth.features:
    colour = "#b2182b" if feature.role == "class" else "#999999"
    axes.axvspan(
        feature.centre - feature.fwhm / 2,
        feature.centre + feature.fwhm / 2,
        color=colour,
        alpha=0.25,
        linewidth=0,
    )
axes.set_xlabel("wavelength (nm); red carries the class, grey is a decoy")
axes.set_ylabel("mean |relevance|")
axes.legend()
