"""Ops behind the last layer that change nothing change no map, with an account or without."""

from collections.abc import Callable
from functools import cache

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import lrprism as lp
from lrprism import presets
from lrprism.composites import AbstractComposite

ENDS: dict[str, Callable[[Tensor], Tensor]] = {
    "[:, :n]": lambda y: y[:, :3],
    "[...]": lambda y: y[...],
    "[:]": lambda y: y[:],
    "narrow": lambda y: y.narrow(1, 0, 3),
    "double": lambda y: y.double(),
    "to": lambda y: y.to(torch.float64),
    "type": lambda y: y.type(torch.float64),
    "contiguous": lambda y: y.contiguous(),
    "cpu": lambda y: y.cpu(),
    "dropout": lambda y: F.dropout(y, 0.5, training=False),
    "nn.Dropout": nn.Dropout(0.5).eval(),
    "flatten": lambda y: y.flatten(1),
    "view": lambda y: y.view(y.shape),
    "view_as": lambda y: y.view_as(y),
    "reshape": lambda y: y.reshape(len(y), -1),
    "squeeze": lambda y: y.squeeze(),
    "squeeze and back": lambda y: y.unsqueeze(1).squeeze(1),
    "identity": nn.Identity(),
    "alias": lambda y: torch.ops.aten.alias(y),
    "clone": lambda y: y.clone(),
    "expand": lambda y: y.expand(-1, 3),
    "permute": lambda y: y.permute(0, 1),
    "positive": lambda y: +y,
    "atleast_2d": torch.atleast_2d,
    "twice": lambda y: y[:, :3].contiguous()[...].double(),
}
COMPOSITES = [
    presets.Epsilon(),
    presets.EpsilonGamma(),
    presets.EpsilonPlus(),
    presets.EpsilonAlpha2Beta1Flat(),
]


class Net(nn.Module):
    """A convolution with batch norm and ReLU, a linear layer, and an end."""

    def __init__(self, end: Callable[[Tensor], Tensor], *, convolves_last: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Conv1d(2, 4, 3, padding=1), nn.BatchNorm1d(4), nn.ReLU(), nn.Flatten())
        self.head: nn.Module = nn.Linear(24, 3)
        if convolves_last:
            self.head = nn.Sequential(nn.Unflatten(1, (24, 1)), nn.Conv1d(24, 3, 1), nn.Flatten())
        self.end = end

    def forward(self, x: Tensor) -> Tensor:
        return self.end(self.head(self.body(x)))


@cache
def explain_without_an_end(
    composite: AbstractComposite, *, convolves_last: bool
) -> list[tuple[Tensor, Tensor]]:
    """Return classes to explain, those of the lowest and of the highest logits, and relevance for each."""
    plain = Net(nn.Identity(), convolves_last=convolves_last).double().eval()
    logits = plain(draw_input())
    targets = (logits.argmin(1), logits.argmax(1))
    return [(target, lp.LRP(plain, composite).explain(draw_input(), target).relevance) for target in targets]


def draw_input() -> Tensor:
    return torch.randn(4, 2, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("convolves_last", [False, True])
@pytest.mark.parametrize("composite", COMPOSITES, ids=repr)
@pytest.mark.parametrize("end", ENDS)
def test_an_end_that_changes_nothing(
    end: str, composite: AbstractComposite, *, convolves_last: bool, audit: bool
) -> None:
    model = Net(ENDS[end], convolves_last=convolves_last).double().eval()
    explainer = lp.LRP(model, composite, strict=True)
    for target, expected in explain_without_an_end(composite, convolves_last=convolves_last):
        explanation = explainer.explain(draw_input(), target, audit=audit)
        torch.testing.assert_close(explanation.relevance, expected, rtol=1e-12, atol=1e-14)
        assert explanation.relevance.flatten(1).any(1).all()
