"""
Is the map better than chance?
==============================

`lp.evaluation.judge` removes windows of bands by relevance and watches the prediction, for any
attribution function. Beside the methods stand a random ranking and maps that know the data and no
network: what does not beat them says nothing of the model.
"""

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

import lrprism as lp
from lrprism import evaluation
from lrprism.spectral import simulate

# %%
# A network on simulated leaves, and two ways to explain it.

torch.manual_seed(0)
data = simulate.planted_spectra(
    train=1500, validation=10, test=400, bands=60, fwhm_bands=4.0, noise_bands=0, depth=0.06, seed=3
)
raw, y = (torch.from_numpy(array) for array in data.select("train"))
mean, spread = raw.mean(0), raw.std(0)
x = ((raw - mean) / spread).float()
model = nn.Sequential(nn.Linear(60, 64), nn.ReLU(), nn.Linear(64, 4))
optimizer = torch.optim.AdamW(model.parameters(), 3e-3, weight_decay=0.1)
for _ in range(300):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
raw_test, y_test = (torch.from_numpy(array) for array in data.select("test"))
x_test = ((raw_test - mean) / spread).float()


def explain_by_epsilon(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
    """Explain by LRP-ε against zero, which is the training mean of standardised bands."""
    return lp.LRP(model, lp.presets.Epsilon()).explain(x, target).relevance


def explain_by_gradient(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
    """Explain by the size of the gradient."""
    x = x.detach().requires_grad_()
    logits = model(x).gather(1, target[:, None]).sum()
    return torch.autograd.grad(logits, x)[0].abs()


# %%
# The words come with their figures. `swap` puts the bands of another sample in the place of those removed.

protocol = evaluation.Protocol(evaluation.bands(x, 4), (evaluation.Swap(x),), greedy=0)
methods = {"LRP-ε": explain_by_epsilon, "gradient": explain_by_gradient}
judgement = evaluation.judge(model, x_test, y_test, methods=methods, protocol=protocol, training=(x, y))
print(judgement)

figure = Figure(figsize=(7, 2.6), layout="constrained")
axes = figure.subplots()
for name, method in methods.items():
    size = method(model, x_test, y_test).abs().mean(0)
    axes.plot(data.wavelengths, (size / size.sum()).tolist(), label=name)
for feature in data.truth.features:
    if feature.role == "class":
        axes.axvspan(feature.centre - 20, feature.centre + 20, color="#b2182b", alpha=0.25, linewidth=0)
axes.set_xlabel("wavelength (nm); red carries the class")
axes.set_ylabel("share of |relevance|")
axes.legend()
