"""
Compared with what?
===================

Without a reference, relevance is measured against an input of zero, and biases keep a share. With a
reference all of the difference arrives, and the map answers another question. Three references, one
network.
"""

import torch
from matplotlib.figure import Figure
from torch import nn

import lrprism as lp

# %%
# Spectra with a broad slope, which all samples have, and a dip that tells the classes apart.

torch.manual_seed(0)
BANDS = 60
band = torch.arange(BANDS)


def draw_spectra(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw spectra with a dip at band 20 (class 0) or 40 (class 1), ``[N, bands]``."""
    classes = torch.arange(count) % 2
    centre = torch.where(classes == 0, 20, 40)[:, None]
    dip = 0.15 * torch.exp(-((band - centre) ** 2) / 10)
    return 0.4 + 0.004 * band - dip + 0.02 * torch.randn(count, BANDS), classes


model = nn.Sequential(nn.Linear(BANDS, 32), nn.ReLU(), nn.Linear(32, 2))
x, y = draw_spectra(400)
optimizer = torch.optim.Adam(model.parameters(), 1e-2)
for _ in range(150):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()

# %%
# Against zero, "no light at all", the bright bands take part. Against the mean of the training samples
# only what makes this sample special is left; against its own continuum, only narrow features are.

samples = draw_spectra(40)[0]
references = {
    "zero": None,
    "the mean of the samples": lp.reference.mean(x),
    "its own continuum": lp.reference.continuum(samples),
}
figure = Figure(figsize=(7, 3), layout="constrained")
axes = figure.subplots()
explainer = lp.LRP(model, lp.presets.Epsilon())
for name, reference in references.items():
    explanation = explainer.explain(
        samples[::2], 0, reference=None if reference is None else reference[:40:2], audit=True
    )
    axes.plot(explanation.relevance.mean(0).tolist(), label=f"against {name}")
    account = explanation.audit
    print(f"against {name}: {account.explained:.2f} explained, {account.reached:.2f} arrived")
axes.axhline(0, color="black", linewidth=0.6)
axes.set_xlabel("band")
axes.set_ylabel("mean relevance (logits)")
axes.legend()
