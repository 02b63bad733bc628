"""LRP worked out by hand, layer by layer, for the small networks of the traps; without any library."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

EPS = 1e-9


def stabilise(z: Tensor) -> Tensor:
    """Return ``z + eps sgn(z)`` with ``sgn(0) = 1``."""
    return z + torch.where(z >= 0, EPS, -EPS)


def share(summand: Tensor, total: Tensor, relevance: Tensor) -> Tensor:
    """Return the share of one summand of ``total`` in its relevance."""
    return summand * relevance / stabilise(total)


def linear(a: Tensor, w: Tensor, relevance: Tensor, b: Tensor | float = 0.0) -> Tensor:
    """Carry relevance by LRP-ε through ``z = w a + b``, with ``w`` of shape ``[outputs, inputs]``."""
    return a * ((relevance / stabilise(a @ w.T + b)) @ w)


def gamma(a: Tensor, w: Tensor, relevance: Tensor, extra: float) -> Tensor:
    """Carry relevance by LRP-γ, for inputs >= 0, and outputs that are positive or carry none."""
    return linear(a, w + extra * w.clamp(min=0), relevance)


def alpha_beta(a: Tensor, w: Tensor, relevance: Tensor, alpha: float, beta: float) -> Tensor:
    """Carry relevance by LRP-αβ: the contributions ``a_i w_ji`` of one sample, split by sign."""
    contributions = a.T * w.T
    result = torch.zeros_like(a)
    # positive and negative contributions are shared apart
    for sign, factor in ((1, alpha), (-1, -beta)):
        of_sign = torch.where(contributions * sign > 0, contributions, 0)
        result = result + factor * (of_sign * relevance / stabilise(of_sign.sum(0))).sum(1)
    return result


def standardise(a: Tensor, w: Tensor, relevance: Tensor, groups: int = 1) -> Tensor:
    """Carry relevance by LRP-ε through ``y = w (a - mean(a)) / sigma`` of each group.

    ``sigma`` counts as a constant (Ali et al. 2022).
    """
    size = a.shape[1] // groups
    sigma = (a.view(-1, size).var(1, correction=0) + 1e-5).sqrt().repeat_interleave(size)
    centre = torch.block_diag(*[torch.eye(size) - 1 / size] * groups).to(a)
    return linear(a, (w / sigma)[:, None] * centre, relevance)


def gradient_times_input(model: nn.Module, x: Tensor, number: int) -> Tensor:
    """LRP-0 of a network that is linear piece by piece: sums, ReLU, max pooling, convolutions, batch norm.

    With LRP-0, ``R(a) = a dy/da`` at every tensor ``a`` of such a network; what the additive constants
    contributed stays with them.
    """
    leaf = x.clone().requires_grad_()
    return x * torch.autograd.grad(model(leaf)[0, number], leaf)[0]


def lstm(cell: nn.LSTM, x: Tensor, relevance: Tensor) -> Tensor:
    """Arras et al. 2019: gates are constants, the signal takes all. Relevance is given at the last output."""
    steps = x[0].unbind()
    h = [x.new_zeros(1, cell.hidden_size)]
    c, signals, forgets = [torch.zeros_like(h[0])], [], []
    for value in steps:
        pre = value @ cell.weight_ih_l0.T + h[-1] @ cell.weight_hh_l0.T
        enter, forget, signal, leave = pre.chunk(4, 1)
        signals.append(enter.sigmoid() * signal.tanh())
        forgets.append(forget.sigmoid() * c[-1])
        c.append(forgets[-1] + signals[-1])
        h.append(leave.sigmoid() * c[-1].tanh())
    rows = slice(2 * cell.hidden_size, 3 * cell.hidden_size)  # torch's order: enter, forget, signal, leave
    w = torch.cat([cell.weight_ih_l0[rows], cell.weight_hh_l0[rows]], 1)
    per_step, of_memory = [], torch.zeros_like(relevance)
    for step in reversed(range(len(steps))):
        # the memory gets what comes from the later step and from this step's output
        of_memory = of_memory + relevance
        of_signal = share(signals[step], c[step + 1], of_memory)
        of_memory = share(forgets[step], c[step + 1], of_memory)
        both = linear(torch.cat([steps[step][None], h[step]], 1), w, of_signal)
        per_step.append(both[:, : x.shape[2]])
        relevance = both[:, x.shape[2] :]
    return torch.stack(per_step[::-1], 1)


def _frozen_norm(a: Tensor, norm: nn.LayerNorm) -> Tensor:
    sigma = (a.var(-1, correction=0, keepdim=True) + norm.eps).sqrt().detach()
    return norm.weight * (a - a.mean(-1, keepdim=True)) / sigma


class FrozenEncoder(nn.Module):
    """``nn.TransformerEncoderLayer`` with attention weights and the scale of its norms held constant.

    So CP-LRP (Ali et al. 2022) sees it: what is left is linear piece by piece.
    """

    def __init__(self, layer: nn.TransformerEncoderLayer, head: nn.Linear) -> None:
        """Take the parts as they are."""
        super().__init__()
        self.layer, self.head = layer, head

    def forward(self, x: Tensor) -> Tensor:
        """The logits, from the first token."""
        layer = self.layer
        heads = layer.self_attn.num_heads
        q, k, v = (
            projection.unflatten(2, (heads, -1)).transpose(1, 2)
            for projection in (x @ layer.self_attn.in_proj_weight.T).chunk(3, 2)
        )
        # attention weights are constants
        attention = (q @ k.transpose(2, 3) / q.shape[3] ** 0.5).softmax(3).detach()
        mixed = (attention @ v).transpose(1, 2).flatten(2) @ layer.self_attn.out_proj.weight.T
        h = _frozen_norm(x + mixed, layer.norm1)
        y = _frozen_norm(h + (h @ layer.linear1.weight.T).relu() @ layer.linear2.weight.T, layer.norm2)
        return y[:, 0] @ self.head.weight.T


def residual(weights: Sequence[Tensor], head: Tensor, x: Tensor, number: int) -> Tensor:
    """Blocks ``x + relu(w x)``: each summand gets its share of the sum."""
    values = [x]
    for w in weights:
        values.append(values[-1] + (values[-1] @ w.T).relu())
    relevance = share(values[-1] * head[number], values[-1] @ head[number], values[-1] @ head[number])
    for w, a, total in zip(weights[::-1], values[-2::-1], values[:0:-1], strict=True):
        branch = (a @ w.T).relu()
        relevance = share(a, total, relevance) + linear(a, w, share(branch, total, relevance))
    return relevance
