"""Networks that end in a softmax or sigmoid, in every way that people write it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

X = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))
"""Inputs of an :class:`Ending`."""


class Ending(nn.Module):
    """A network whose logits go through a function."""

    def __init__(self, end: Callable[[Tensor], Any]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
        self.end = end

    def forward(self, x: Tensor) -> Any:
        return self.end(self.net(x))


def overwrite_sigmoid(z: Tensor) -> Tensor:
    p = z.clone().sigmoid_()
    z.zero_()
    return p.clamp_(1e-7, 1 - 1e-7)


def without_gradient(z: Tensor) -> Tensor:
    with torch.no_grad():
        return z.softmax(1).clone()


ENDS: dict[str, tuple[Callable[[Tensor], Any], str, Callable[[Tensor], Tensor]]] = {
    "F.softmax": (lambda z: F.softmax(z, 1), "softmax", lambda z: z),
    "softmax as a method": (lambda z: z.softmax(-1), "softmax", lambda z: z),
    "softmax as a module": (nn.Softmax(1), "softmax", lambda z: z),
    "softmax of another type": (lambda z: F.softmax(z, 1, dtype=torch.float64), "softmax", lambda z: z),
    "softmax of a float": (lambda z: z.double().softmax(1).float().contiguous(), "softmax", lambda z: z),
    "softmax of an exported program": (
        lambda z: torch.ops.aten._softmax(z, 1, False),
        "softmax",
        lambda z: z,
    ),
    "softmax without gradient": (without_gradient, "softmax", lambda z: z),
    "softmin": (lambda z: F.softmin(-z, 1), "softmax", lambda z: z),
    "softmax behind dropout": (lambda z: F.dropout(z.softmax(1)), "softmax", lambda z: z),
    "log_softmax": (nn.LogSoftmax(1), "log_softmax", lambda z: z),
    "the log of softmax": (lambda z: z.softmax(1).clamp(1e-7).log(), "softmax", lambda z: z),
    "the exponential of log_softmax": (lambda z: z.log_softmax(1).exp(), "log_softmax", lambda z: z),
    "sigmoid": (torch.sigmoid, "sigmoid", lambda z: z),
    "sigmoid as a module": (nn.Sigmoid(), "sigmoid", lambda z: z),
    "expit": (torch.special.expit, "sigmoid", lambda z: z),
    "sigmoid in place": (overwrite_sigmoid, "sigmoid", lambda z: z),
    "logsigmoid": (F.logsigmoid, "logsigmoid", lambda z: z),
    "a reshape behind": (lambda z: z.softmax(1).view(-1).reshape(4, 3), "softmax", lambda z: z),
    "one axis more and less": (lambda z: z.softmax(1).unsqueeze(0).squeeze(0), "softmax", lambda z: z),
    "a transposition": (lambda z: z.t().softmax(0).t(), "softmax", lambda z: z),
    "a transposition by name": (
        lambda z: z.softmax(1).transpose(0, -1).permute(-1, 0),
        "softmax",
        lambda z: z,
    ),
    "all of it": (lambda z: z.softmax(1)[:, :7][...], "softmax", lambda z: z),
    "the last two columns": (lambda z: z.softmax(1)[..., -2:], "softmax", lambda z: z[:, 1:]),
    "every second column": (lambda z: z.softmax(1)[:, ::2], "softmax", lambda z: z[:, ::2]),
    "the probability of class 1": (lambda z: z.softmax(1)[:, 1], "softmax", lambda z: z[:, 1]),
    "that of the last class": (lambda z: z.softmax(1).select(-1, -1), "softmax", lambda z: z[:, 2]),
    "one sigmoid without its axis": (lambda z: z[:, :1].sigmoid().squeeze(-1), "sigmoid", lambda z: z[:, 0]),
    "a percentage": (lambda z: 100 * z.softmax(1) / 1.0 + 0.0, "softmax", lambda z: z),
    "a softmax in an exported program's percent": (
        lambda z: torch.ops.aten.mul.Scalar(torch.ops.aten._softmax(z, 1, False), 100.0),
        "softmax",
        lambda z: z,
    ),
    "a scale of each class": (lambda z: torch.tensor([1.0, 2.0, 3.0]) * z.softmax(1), "softmax", lambda z: z),
    "the log of softmax and a bit": (lambda z: (z.softmax(1) + 1e-9).log(), "softmax", lambda z: z),
    "rounded": (lambda z: z.softmax(1).round(decimals=6).nan_to_num(), "softmax", lambda z: z),
    "a temperature": (lambda z: (z / 0.5).softmax(1), "softmax", lambda z: z / 0.5),
    "a softmax turned round": (lambda z: z.softmax(1).flip(1), "softmax", lambda z: z.flip(1)),
    "a scaled sigmoid": (lambda z: 10 * z.sigmoid(), "sigmoid", lambda z: z),
    "a shifted sigmoid": (lambda z: z.sigmoid() - 0.5, "sigmoid", lambda z: z),
    "the other side of a sigmoid": (lambda z: 1 - z.sigmoid(), "sigmoid", lambda z: -z),
    "that by rsub": (lambda z: torch.rsub(z.sigmoid(), 1), "sigmoid", lambda z: -z),
    "that with its sign": (lambda z: -z.sigmoid() + 1, "sigmoid", lambda z: -z),
    "that by a factor": (lambda z: 1 + z.sigmoid() * -1, "sigmoid", lambda z: -z),
    "the other side of the other side": (lambda z: (1 - (1 - z.sigmoid())).log(), "sigmoid", lambda z: z),
    "shares of sigmoids": (
        lambda z: (lambda p: p / p.sum(1, keepdim=True))(z.sigmoid()),
        "sigmoid",
        lambda z: z,
    ),
    "one of a dict": (lambda z: {"hidden": 2 * z, "probabilities": z.softmax(1)}, "softmax", lambda z: z),
    "one of a tuple": (lambda z: (2 * z, z.softmax(1)), "softmax", lambda z: z),
    "one of an object": (lambda z: SimpleNamespace(loss=z.sum(), p=z.softmax(1)), "softmax", lambda z: z),
}
"""By its words: the end of a network, its name, and the logits that stand for its entries."""

SCALED = {
    "a scaled sigmoid", "a shifted sigmoid", "the other side of a sigmoid", "that by rsub",
    "that with its sign", "that by a factor", "the other side of the other side", "shares of sigmoids",
}  # fmt: skip
"""The ends with a shift or scale behind."""


def over_sum(e: Tensor) -> Tensor:
    return e / e.sum(1, keepdim=True)


WRITTEN: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "exponentials over their sum": (lambda z: over_sum(z.exp()), "softmax"),
    "less the highest": (lambda z: over_sum((z - z.amax(1, keepdim=True)).exp()), "softmax"),
    "times one over it": (lambda z: z.exp() * (1 / z.exp().sum(1, keepdim=True)), "softmax"),
    "with a bit": (lambda z: z.exp() / (z.exp().sum(1, keepdim=True) + 1e-9), "softmax"),
    "normalised": (lambda z: F.normalize(z.exp(), p=1.0, dim=1), "softmax"),
    "in percent": (lambda z: 100 * over_sum(z.exp()), "softmax"),
    "its logarithm": (lambda z: over_sum(z.exp()).log(), "softmax"),
    "a sigmoid": (lambda z: 1 / (1 + (-z).exp()), "sigmoid"),
    "a sigmoid of an exponential": (lambda z: z.exp() / (1 + z.exp()), "sigmoid"),
    "less logsumexp": (lambda z: z - z.logsumexp(1, keepdim=True), "log_softmax"),
    "less the logarithm": (lambda z: z - z.exp().sum(1, keepdim=True).log(), "log_softmax"),
    "exponential of that": (lambda z: (z - z.logsumexp(1, keepdim=True)).exp(), "log_softmax"),
}
"""Ends written as exponentials, which have no logits to offer, and their names."""

BEHIND: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "by an index": (lambda z: z.softmax(1)[:, [2, 0, 1]], "softmax"),
    "what is left": (lambda z: 1 - z.softmax(1), "softmax"),
    "both sides": (lambda z: torch.cat([1 - z[:, :1].sigmoid(), z[:, :1].sigmoid()], 1), "sigmoid"),
    "two heads": (lambda z: torch.cat([z.softmax(1), z.sigmoid()], 1), "softmax"),
    "two models": (lambda z: (z.softmax(1) + (2 * z).softmax(1)) / 2, "softmax"),
    "repeated": (lambda z: z.softmax(1).repeat(1, 2), "softmax"),
    "a mean over pixels": (lambda z: z.view(4, 3, 1, 1).expand(4, 3, 2, 2).sigmoid().mean((2, 3)), "sigmoid"),
    "a sum over pixels": (lambda z: z.view(4, 3, 1).expand(4, 3, 2).softmax(1).sum(2), "softmax"),
    "masked": (lambda z: z.softmax(1).masked_fill(z < -100, 0.0), "softmax"),
}
"""Ends with something behind that cannot be done to logits, and their names."""
