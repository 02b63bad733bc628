"""
Dicts in, dicts out
===================

A model that takes keyword arguments and returns a dict needs no wrapper: relevance comes back in the
form of the inputs, and `output=` names what is explained.
"""

import torch
from torch import Tensor, nn

import lrprism as lp


class Fusion(nn.Module):
    """A picture and a row of weather data: a class and a yield."""

    def __init__(self) -> None:
        """Build the layers."""
        super().__init__()
        self.eye = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.weather = nn.Sequential(nn.Linear(5, 8), nn.GELU())
        self.crop, self.harvest = nn.Linear(16, 4), nn.Linear(16, 1)

    def forward(self, *, picture: Tensor, weather: Tensor) -> dict[str, Tensor]:
        """Return logits ``[N, 4]`` and a yield ``[N, 1]``."""
        joined = torch.cat((self.eye(picture), self.weather(weather)), 1)
        return {"crop": self.crop(joined), "yield": self.harvest(joined)}


torch.manual_seed(0)
model = Fusion()
inputs = {"picture": torch.rand(2, 3, 12, 12), "weather": torch.randn(2, 5)}

# %%
# What speaks for crop 2 rather than crop 0, in the picture and in the weather?

explainer = lp.LRP(model, strict=True)
why = explainer.explain(inputs, lp.target.contrast(2, 0), output="crop", audit=True)
for name, relevance in why.relevance.items():
    print(f"{name}: {tuple(relevance.shape)}, {relevance.sum():+.3f} in all")
print(f"explained {why.audit.explained:+.3f}, arrived {why.audit.reached:+.3f}")

# %%
# Another output of the same model, and one input alone against a reference: an input that the reference
# leaves out is compared with itself, and gets nothing.

why = explainer.explain(inputs, output="yield", reference={"weather": torch.zeros(1, 5)})
print(f"picture {why.relevance['picture'].abs().sum():.3f}, weather {why.relevance['weather'].tolist()}")
figure = why.plot(part="weather")
