"""
One pixel of a segmentation
===========================

A small U-Net names the class of every pixel. `output=` takes the part that is explained: here one pixel,
and the mean score over a region.
"""

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

import lrprism as lp


class UNet(nn.Module):
    """One step down, one step up, and a skip connection: ``[N, 1, y, x]`` to logits ``[N, 2, y, x]``."""

    def __init__(self) -> None:
        """Build the layers."""
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU())
        self.deep = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU())
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.head = nn.Sequential(nn.Conv2d(16, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of every pixel."""
        skipped = self.down(x)
        return self.head(torch.cat((skipped, self.up(self.deep(skipped))), 1))


# %%
# A pixel belongs to class 1 where a bright disk lies: the network has to look round it, as bright noise
# lies everywhere.

torch.manual_seed(0)


def draw_disks(count: int, size: int = 24) -> tuple[Tensor, Tensor]:
    """Draw noisy pictures of one disk, and the mask of the disk."""
    grid = torch.arange(size)
    centre = torch.randint(6, size - 6, (count, 2, 1, 1))
    distance = (grid[:, None] - centre[:, 0]) ** 2 + (grid[None, :] - centre[:, 1]) ** 2
    mask = distance < 20
    return (0.5 * mask + 0.7 * torch.rand(count, size, size))[:, None], mask.long()


model = UNet()
optimizer = torch.optim.Adam(model.parameters(), 5e-3)
x, y = draw_disks(64)
for _ in range(60):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
x, y = draw_disks(1)
print(f"pixels right: {(model(x).argmax(1) == y).float().mean():.3f}")

# %%
# The pixel in the middle of the disk, and the mean over the whole disk.

row, column = (int(axis.float().mean()) for axis in y[0].nonzero(as_tuple=True))
explainer = lp.LRP(model)
pixel = explainer.explain(x, 1, output=lambda out: out[:, :, row, column])
region = explainer.explain(x, 1, output=lambda out: (out * y[:, None]).sum((2, 3)) / y.sum())

figure = Figure(figsize=(7, 2.6), layout="constrained")
panels = figure.subplots(1, 3)
panels[0].imshow(x[0, 0], cmap="gray")
panels[0].plot(column, row, "r+")
panels[0].set_title("input", fontsize=9)
for axes, explanation, name in zip(panels[1:], (pixel, region), ("one pixel", "the disk"), strict=True):
    relevance = explanation.relevance[0, 0]
    limit = float(relevance.abs().max())
    axes.imshow(relevance, cmap="RdBu_r", vmin=-limit, vmax=limit)
    axes.set_title(f"relevance for {name}", fontsize=9)
for axes in panels:
    axes.set_axis_off()
