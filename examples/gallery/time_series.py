"""
Steps of a time series
======================

An LSTM adds up the two marked numbers of a sequence. Relevance shows which steps it used, and how much
each gave.
"""

import torch
from matplotlib.figure import Figure
from torch import nn

import lrprism as lp

torch.manual_seed(0)


def draw_sequences(count: int, steps: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw numbers and marks, ``[N, steps, 2]``, and the sum of the two marked numbers, ``[N, 1]``."""
    numbers, marks = torch.rand(count, steps), torch.zeros(count, steps)
    marks.scatter_(1, torch.rand(count, steps).topk(2).indices, 1.0)
    return torch.stack((numbers, marks), 2), (numbers * marks).sum(1, keepdim=True)


class Adder(nn.Module):
    """An LSTM and a linear layer on its last state: ``[N, steps, 2]`` to ``[N, 1]``."""

    def __init__(self) -> None:
        """Build the layers."""
        super().__init__()
        self.lstm, self.head = nn.LSTM(2, 16, batch_first=True), nn.Linear(16, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the sum."""
        return self.head(self.lstm(x)[0][:, -1])


model = Adder()
optimizer = torch.optim.Adam(model.parameters(), 1e-2)
for _ in range(500):
    x, y = draw_sequences(128)
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
print(f"squared error {loss.item():.4f}")

# %%
# An output `(N, 1)` is explained as it is, in its own unit. The reference has the same numbers without
# marks, so that what is explained is what the marks change. Relevance of a step is the sum over its two
# numbers.

x, y = draw_sequences(3)
unmarked = torch.stack((x[..., 0], torch.zeros_like(x[..., 1])), 2)
explanation = lp.LRP(model, lp.presets.Epsilon()).explain(x, reference=unmarked, audit=True)
explanation.check(1e-3)  # raises unless all of the difference arrives at the steps

figure = Figure(figsize=(7, 4), layout="constrained")
for axes, series, relevance in zip(figure.subplots(3), x, explanation.relevance.sum(2), strict=True):
    axes.bar(range(8), relevance.tolist(), color="#b2182b", label="relevance")
    axes.plot(series[:, 0].tolist(), "o", color="black", markersize=3, label="number")
    axes.plot(
        (series[:, 0] / series[:, 1]).tolist(), "o", mfc="none", color="black", markersize=9, label="marked"
    )
axes.legend(ncols=3)
axes.set_xlabel("step")
