"""
Columns of a table
==================

A network predicts a number from a row of a table. Against the mean row, relevance says by how much each
column moves this prediction away from the average one, in the unit of the prediction.
"""

import torch
from matplotlib.figure import Figure
from torch import nn

import lrprism as lp

# %%
# Yield depends on rain, nitrogen and their product; the other columns have no part in it.

torch.manual_seed(0)
COLUMNS = ["rain", "nitrogen", "temperature", "slope", "row number"]
x = torch.rand(600, len(COLUMNS))
y = 2 + 3 * x[:, :1] + 2 * x[:, 1:2] + 4 * x[:, :1] * x[:, 1:2] + 0.05 * torch.randn(600, 1)

model = nn.Sequential(nn.Linear(5, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(model.parameters(), 3e-3)
for _ in range(800):
    optimizer.zero_grad()
    nn.functional.mse_loss(model(x[:500]), y[:500]).backward()
    optimizer.step()
error = nn.functional.mse_loss(model(x[500:]), y[500:]).sqrt()
print(f"root mean squared error on new rows: {error.item():.3f} t/ha")

# %%
# All of the difference arrives: the bars of a row and the mean prediction add up to its prediction.

rows = x[500:503]
mean = lp.reference.mean(x[:500])
explanation = lp.LRP(model, lp.presets.Epsilon()).explain(rows, reference=mean)
for total, relevance in zip(explanation.output, explanation.relevance, strict=True):
    start = explanation.reference_output.flatten()[0]
    print(f"{start:.2f} at the mean row + {relevance.sum():+.2f} = {total.item():.2f} t/ha")

figure = Figure(figsize=(7, 2.4), layout="constrained")
for axes, row, relevance in zip(
    figure.subplots(1, 3, sharex=True, sharey=True), rows, explanation.relevance, strict=True
):
    axes.barh(
        COLUMNS, relevance.tolist(), color=["#b2182b" if value > 0 else "#2166ac" for value in relevance]
    )
    axes.axvline(0, color="black", linewidth=0.6)
    axes.set_title(f"rain {row[0]:.2f}, nitrogen {row[1]:.2f}", fontsize=9)
    axes.set_xlabel("relevance (t/ha)")
axes.invert_yaxis()
