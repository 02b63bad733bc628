"""
Pixels of a picture
===================

Relevance of every pixel for the predicted class of a small convolutional network, drawn beside the
input.
"""

import torch
from torch import nn

import lrprism as lp

# %%
# The network tells squares from crosses; it learns that in a second or two.

torch.manual_seed(0)


def draw_shapes(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw a square (class 0) or a cross (class 1) somewhere in a noisy picture, ``[N, 1, 16, 16]``."""
    pictures, classes = 0.2 * torch.rand(count, 1, 16, 16), torch.arange(count) % 2
    for picture, shape in zip(pictures, classes, strict=True):
        y, x = torch.randint(1, 10, (2,)).tolist()
        if shape == 0:
            picture[0, y : y + 5, x : x + 5] = 0.8
        else:
            picture[0, y + 2, x : x + 5] = 0.8
            picture[0, y : y + 5, x + 2] = 0.8
    return pictures, classes


model = nn.Sequential(
    nn.Conv2d(1, 8, 3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(8, 16, 3),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(400, 2),
)
x, y = draw_shapes(256)
optimizer = torch.optim.Adam(model.parameters(), 3e-3)
for _ in range(60):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()

x, y = draw_shapes(3)
print(f"right: {int((model(x).argmax(1) == y).sum())} of {len(y)}")

# %%
# One call explains all pictures. Nothing of the model was changed.

explanation = lp.LRP(model, lp.presets.EpsilonGamma()).explain(x, audit=True)
figure = explanation.plot()

# %%
# The account says where relevance went, op by op.

print(explanation.audit)
