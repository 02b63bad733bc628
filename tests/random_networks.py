"""Random networks from a seed, each with a twin that computes the same and overwrites nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from random_steps import (
    Maker,
    Mode,
    Step,
    batch_norm,
    convolution,
    linear,
    move,
    no_op,
    of_module,
    other_norm,
    overwrite,
    pool,
    relu,
    shaken,
    smooth,
)

CLASSES = 3
SAMPLES = 3


class Network(nn.Module):
    """Steps in a row; prints as one line per step."""

    def __init__(self, steps: Sequence[Step], *, in_place: bool) -> None:
        super().__init__()
        self.steps = steps
        self.in_place = in_place
        self.layers = nn.ModuleList(module for step in steps for module in step.modules)

    def forward(self, x: Tensor) -> Tensor:
        return run_all(self.steps, x, Mode(self.in_place, self.training))

    def __str__(self) -> str:
        return "\n".join([f"in_place={self.in_place}", *(f"  {step.text}" for step in self.steps)])


def run_all(steps: Sequence[Step], x: Tensor, mode: Mode) -> Tensor:
    for step in steps:
        x = step.run(x, mode)
    return x


@dataclass(frozen=True)
class Drawn:
    """A network, its twin with the same weights, an input, and whether LRP-0 is gradient times input."""

    network: Network
    twin: Network
    x: Tensor
    is_linear: bool


def draw(seed: int) -> Drawn:
    """The network of a seed."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    x = torch.randn(SAMPLES, *_shape(rng), dtype=torch.float64).clamp(-2, 2)
    drawing = Drawing(rng, x)
    _draw_body(drawing)
    _draw_head(drawing)
    in_place = rng.random() < 0.6
    network, twin = (
        Network(drawing.steps, in_place=is_in_place).eval() for is_in_place in (in_place, not in_place)
    )
    return Drawn(network, twin, x, all(step.is_linear for step in drawing.steps))


def _shape(rng: random.Random) -> tuple[int, ...]:
    """Channels and one, two or three dimensions of space."""
    return rng.choice(((2, 12), (3, 9), (2, 7, 6), (3, 8, 8), (4, 6, 6), (2, 4, 4, 5), (1, 5, 5, 5)))


class Drawing:
    """Steps drawn so far and what comes out of them.

    Args:
        rng: Where choices come from.
        x: What goes in; somebody else holds it, so it is not overwritten.
    """

    def __init__(self, rng: random.Random, x: Tensor) -> None:
        self.rng = rng
        self.x = x
        self.steps: list[Step] = []
        self.is_own = False

    def add(self, step: Step | None) -> None:
        """Take a step on, unless it does not fit, or would overwrite what another holds."""
        if step is None or (step.needs_own and not self.is_own):
            return
        with torch.no_grad():
            self.x = step.run(self.x.clone(), Mode(in_place=False, training=False))
        self.steps.append(step)
        self.is_own = self.is_own or step.owns

    def add_one_of(self, makers: dict[Maker, int]) -> None:
        self.add(self.rng.choices(list(makers), list(makers.values()))[0](self.rng, self.x))

    def add_no_ops(self, share: float, *, at_end: bool = False) -> None:
        while self.rng.random() < share:
            self.add(no_op(self.rng, self.x, at_end=at_end))


def _draw_body(drawing: Drawing) -> None:
    rng = drawing.rng
    # what may stand in front of the first layer: nothing, no-ops, moves, a norm, a pool
    drawing.add_no_ops(0.3)
    if rng.random() < 0.25:
        drawing.add_one_of({batch_norm: 2, move: 1, pool: 1})
    drawing.add(convolution(rng, drawing.x))
    # smooth activations and norms by sample in half of the networks: the others are checked by the gradient
    others = {smooth: 2, other_norm: 2, gated: 1} if rng.random() < 0.5 else {}
    for _ in range(rng.randint(2, 5)):
        drawing.add_one_of({
            convolution: 3, batch_norm: 2, pool: 2, relu: 5, residual: 2, joined: 1, overwrite: 2, move: 1,
            **others,
        })  # fmt: skip
        drawing.add_no_ops(0.3)
    if others and rng.random() < 0.5:
        drawing.add(attention(rng, drawing.x))


def _draw_head(drawing: Drawing) -> None:
    rng = drawing.rng
    heads: dict[str, Callable[[Tensor], Tensor]] = {
        "x.flatten(1)": lambda x: x.flatten(1),
        "x.reshape(len(x), -1)": lambda x: x.reshape(len(x), -1),
        "x.mean((2, ...))": lambda x: x.mean(tuple(range(2, x.dim()))),
        "x.flatten(2).amax(2)": lambda x: x.flatten(2).amax(2),
        "x.flatten(2).sum(-1)": lambda x: x.flatten(2).sum(-1),
    }
    text = rng.choice(sorted(heads))
    drawing.add(Step(text, lambda x, _: heads[text](x)))
    drawing.add_no_ops(0.3)
    if rng.random() < 0.5:
        drawing.add(linear(rng, drawing.x))
        drawing.add_one_of({relu: 2, batch_norm: 1, overwrite: 1})
        drawing.add_no_ops(0.3)
    drawing.add(of_module(nn.Linear(drawing.x.shape[1], CLASSES)))
    drawing.add_no_ops(0.5, at_end=True)


def _branch(rng: random.Random, x: Tensor) -> Drawing:
    """A branch beside ``x``: a layer comes first, as it may not overwrite what the other branch holds."""
    drawing = Drawing(rng, x)
    channels, size = x.shape[1], 3 if min(x.shape[2:]) > 1 else 1
    drawing.add(of_module(getattr(nn, f"Conv{x.dim() - 2}d")(channels, channels, size, padding=size // 2)))
    for _ in range(rng.randint(0, 2)):
        drawing.add_one_of({batch_norm: 1, relu: 2, overwrite: 1})
        drawing.add_no_ops(0.2)
    return drawing


def _of_branch(
    text: str, branch: Drawing, join: Callable[[Tensor, Tensor, Mode], Tensor], **traits: bool
) -> Step:
    """A step that joins ``x`` and a branch, called ``y``."""
    inner = "".join(f"\n      {step.text}" for step in branch.steps)
    modules = tuple(module for step in branch.steps for module in step.modules)

    def run(x: Tensor, mode: Mode) -> Tensor:
        return join(x, run_all(branch.steps, x, mode), mode)

    return Step(f"{text} with y = x through{inner}", run, modules, owns=True, **traits)


def residual(rng: random.Random, x: Tensor) -> Step:
    joins: dict[str, Callable[[Tensor, Tensor, Mode], Tensor]] = {
        "x + y": lambda x, y, _: x + y,
        "y.add_(x)": lambda x, y, mode: y.add_(x) if mode.in_place else y + x,
        "x - y": lambda x, y, _: x - y,
        "torch.add(x, y, alpha=0.5)": lambda x, y, _: torch.add(x, y, alpha=0.5),
        "torch.maximum(x, y)": lambda x, y, _: torch.maximum(x, y),
        "torch.stack([x, y]).mean(0)": lambda x, y, _: torch.stack([x, y]).mean(0),
    }
    text = rng.choice(sorted(joins))
    return _of_branch(text, _branch(rng, x), joins[text])


def joined(rng: random.Random, x: Tensor) -> Step:
    return _of_branch("torch.cat([x, y], 1)", _branch(rng, x), lambda x, y, _: torch.cat([x, y], 1))


def gated(rng: random.Random, x: Tensor) -> Step:
    joins: dict[str, Callable[[Tensor, Tensor, Mode], Tensor]] = {
        "x * y.sigmoid()": lambda x, y, _: x * y.sigmoid(),
        "y.sigmoid_().mul_(x)": lambda x, y, mode: y.sigmoid_().mul_(x) if mode.in_place else y.sigmoid() * x,
        "x * F.silu(y)": lambda x, y, _: x * F.silu(y),
        "x * y": lambda x, y, _: x * y,
        "x * y.flatten(2).mean(-1).sigmoid()": lambda x, y, _: (
            x * y.mean(tuple(range(2, y.dim())), keepdim=True).sigmoid()
        ),
        "y.sigmoid() * x + (1 - y.sigmoid()) * x.relu()": lambda x, y, _: (
            y.sigmoid() * x + (1 - y.sigmoid()) * x.relu()
        ),
    }
    text = rng.choice(sorted(joins))
    return _of_branch(text, _branch(rng, x), joins[text], is_linear=False)


def attention(rng: random.Random, x: Tensor) -> Step | None:
    """Attention among the places of an image, where they are few."""
    if x.shape[2:].numel() > 50:
        return None
    width = x.shape[1]
    project, leave = shaken(nn.Linear(width, 3 * width)), shaken(nn.Linear(width, width))
    is_fused = rng.random() < 0.5

    def run(x: Tensor, _: Mode) -> Tensor:
        tokens = x.flatten(2).transpose(1, 2)
        query, key, value = project(tokens).chunk(3, -1)
        if is_fused:
            mixed = F.scaled_dot_product_attention(query, key, value)
        else:
            mixed = (query @ key.transpose(1, 2) / width**0.5).softmax(-1) @ value
        return (tokens + leave(mixed)).transpose(1, 2).reshape(x.shape)

    text = f"x + attention(x), {'fused' if is_fused else 'by matmul and softmax'}"
    return Step(text, run, (project, leave), is_linear=False, owns=True)
