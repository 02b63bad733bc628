"""
Bands for a cheap camera
========================

Six bands instead of sixty: chosen by relevance, by mutual information, by IBRA with greedy spectral
selection, and equally spaced. Whether they would do is settled by training with them.
"""

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

import lrprism as lp
from lrprism.spectral import simulate
from lrprism.spectral.bands import (
    BandSamples,
    select_by_gss,
    select_by_mrmr,
    select_by_relevance,
    select_equal,
)

# %%
# Leaves of four classes, and the network that sees all bands.

data = simulate.planted_spectra(
    train=1200, validation=10, test=600, bands=60, fwhm_bands=4.0, noise_bands=0, depth=0.06, seed=3
)
(raw, labels), (raw_test, labels_test) = data.select("train"), data.select("test")
y, y_test = torch.from_numpy(labels), torch.from_numpy(labels_test)
mean, spread = raw.mean(0), raw.std(0)
x, x_test = (torch.from_numpy((array - mean) / spread).float() for array in (raw, raw_test))


def train(x: Tensor) -> nn.Module:
    """Train a small network on some bands."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(x.shape[1], 64), nn.ReLU(), nn.Linear(64, 4))
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3, weight_decay=0.1)
    for _ in range(300):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    return model


model = train(x)

# %%
# Mean absolute relevance of each class and band, on the training part alone.

relevance = lp.LRP(model, lp.presets.Epsilon()).explain(x, y, reference=lp.reference.mean(x)).relevance.abs()
maps = torch.stack([relevance[y == number].mean(0) for number in range(4)])
samples = BandSamples(raw, labels, data.wavelengths, maps.numpy())

# %%
# Each choice trains the same network anew and is tested on the same samples.

methods = {
    "relevance": select_by_relevance,
    "mRMR": select_by_mrmr,
    "GSS": select_by_gss,
    "equal": select_equal,
}
figure = Figure(figsize=(7, 2.6), layout="constrained")
axes = figure.subplots()
print(f"all 60 bands: accuracy {(model(x_test).argmax(1) == y_test).float().mean():.3f}")
for place, (name, select) in enumerate(methods.items()):
    bands = sorted(int(band) for band in select(samples, 6))
    accuracy = float((train(x[:, bands])(x_test[:, bands]).argmax(1) == y_test).float().mean())
    print(f"{name}: accuracy {accuracy:.3f}, nm:", *(f"{data.wavelengths[band]:.0f}" for band in bands))
    axes.plot(data.wavelengths[bands], [place] * 6, "o", label=name)
for feature in data.truth.features:
    colour = "#b2182b" if feature.role == "class" else "#999999"
    axes.axvspan(
        feature.centre - feature.fwhm / 2,
        feature.centre + feature.fwhm / 2,
        color=colour,
        alpha=0.25,
        linewidth=0,
    )
axes.set_yticks(range(len(methods)), methods)
axes.set_xlabel("wavelength (nm); red carries the class, grey is a decoy")
