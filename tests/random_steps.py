"""The steps that random networks are made of: each in two spellings, in place and not, that mean the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Mode:
    """How a network runs: whether it overwrites its tensors, and whether it trains."""

    in_place: bool
    training: bool


@dataclass
class Step:
    """One step of a network.

    Args:
        text: What is printed.
        run: The step itself.
        modules: The modules that it uses.
        is_linear: Whether gradient times input is LRP-0 here.
        needs_own: Whether it may overwrite its input, so that nobody else may hold that tensor.
        owns: Whether its output is a tensor that nobody else holds.
    """

    text: str
    run: Callable[[Tensor, Mode], Tensor]
    modules: tuple[nn.Module, ...] = ()
    is_linear: bool = True
    needs_own: bool = False
    owns: bool = False


Maker = Callable[[random.Random, Tensor], Step | None]
"""Makes a step for a tensor like the given one, or None where the step does not fit."""


def of_module(module: nn.Module, *, is_linear: bool = True, owns: bool = True) -> Step:
    module = shaken(module)
    return Step(repr(module), lambda x, _: module(x), (module,), is_linear, owns=owns)


def shaken(module: nn.Module) -> nn.Module:
    """The module in float64 with random numbers in the place of zeros and ones; 1.5 keeps the scale up."""
    module = module.double()
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if name.endswith("running_var") or (name.endswith("weight") and tensor.dim() == 1):
            tensor.data.uniform_(0.5, 1.5)
        elif tensor.is_floating_point() and tensor.dim() == 1:
            tensor.data.normal_(0, 0.3)
        elif tensor.is_floating_point():
            tensor.data.mul_(1.5)
    return module


def _pick(name: str, x: Tensor) -> Any:
    return getattr(nn, f"{name}{x.dim() - 2}d")


# ------------------------------------------------------------------------------------------- layers


def convolution(rng: random.Random, x: Tensor) -> Step | None:
    channels, size = x.shape[1], min(x.shape[2:])
    groups = rng.choice([number for number in (1, 1, 2, channels) if channels % number == 0])
    kernel = rng.choice([number for number in (1, 2, 3) if number <= size])
    options: dict[str, Any] = {"groups": groups, "bias": rng.random() < 0.8}
    if size * 2 <= 10 and rng.random() < 0.2:
        return of_module(
            _pick("ConvTranspose", x)(channels, groups * 2, kernel, rng.choice((1, 2)), **options)
        )
    options["padding"] = rng.choice((0, 1, kernel // 2))
    if options["padding"] and size > 1 and rng.random() < 0.3:
        modes = ("replicate", "circular", *(("reflect",) if size > options["padding"] else ()))
        options["padding_mode"] = rng.choice(modes)
    stride = rng.choice((1, 1, 2)) if size > 3 else 1
    return of_module(_pick("Conv", x)(channels, groups * rng.choice((2, 3)), kernel, stride, **options))


def linear(rng: random.Random, x: Tensor) -> Step:
    return of_module(nn.Linear(x.shape[-1], rng.choice((4, 6)), bias=rng.random() < 0.8))


def batch_norm(rng: random.Random, x: Tensor) -> Step:
    kind = nn.BatchNorm1d if x.dim() < 4 else _pick("BatchNorm", x)
    module = shaken(kind(x.shape[1], affine=rng.random() < 0.8))
    if rng.random() < 0.6:
        return Step(repr(module), lambda x, _: module(x), (module,), owns=True)
    mean, var, weight, bias = module.running_mean, module.running_var, module.weight, module.bias

    def run(x: Tensor, mode: Mode) -> Tensor:
        return F.batch_norm(x, mean, var, weight, bias, mode.training, 0.1, 1e-5)

    return Step(f"F.batch_norm(x, ...)  # as {module}", run, owns=True)


def other_norm(rng: random.Random, x: Tensor) -> Step | None:
    """Norms by sample; their statistics are constants under LRP but not for the gradient."""
    channels = x.shape[1]
    makers = [
        lambda: nn.GroupNorm(rng.choice([number for number in (1, 2) if channels % number == 0]), channels)
    ]
    if x.dim() > 2:
        makers.append(lambda: nn.LayerNorm(x.shape[2:] if rng.random() < 0.5 else x.shape[-1:]))
        # one number alone has no variance: torch refuses it in train mode
        if x.shape[2:].numel() > 2 and x.dim() < 6:
            makers.append(lambda: _pick("InstanceNorm", x)(channels, affine=True))
    module = rng.choice(makers)()
    # a norm of two numbers is nearly their order: without room, rounding decides
    is_wide = x.shape[1:].numel() // channels > 2 and x.shape[-1] > 2
    return of_module(module, is_linear=False) if is_wide else None


def pool(rng: random.Random, x: Tensor) -> Step | None:
    size = min(x.shape[2:])
    if size < 2:
        return None
    makers = [
        lambda: _pick("MaxPool", x)(2, rng.choice((1, 2)), ceil_mode=rng.random() < 0.3),
        lambda: _pick("AvgPool", x)(2, rng.choice((1, 2)), rng.choice((0, 1))),
        lambda: _pick("AdaptiveAvgPool", x)(rng.choice((1, 2))),
        lambda: _pick("AdaptiveMaxPool", x)(2),
    ]
    return of_module(rng.choice(makers)())


# -------------------------------------------------------------------------------------- activations


def relu(rng: random.Random, _: Tensor) -> Step:
    out, in_place = nn.ReLU(), nn.ReLU(inplace=True)
    traits = {"needs_own": True}
    return rng.choice(
        (
            Step(
                "nn.ReLU(inplace)",
                lambda x, mode: in_place(x) if mode.in_place else out(x),
                (out, in_place),
                **traits,
            ),
            Step("F.relu(x, inplace)", lambda x, mode: F.relu(x, inplace=mode.in_place), **traits),
            Step("x.relu_()", lambda x, mode: x.relu_() if mode.in_place else x.relu(), **traits),
            Step(
                "x.clamp_(min=0)", lambda x, mode: (x.clamp_ if mode.in_place else x.clamp)(min=0), **traits
            ),
            Step("x.clamp(min=0)", lambda x, _: x.clamp(min=0), owns=True),
            Step("torch.where(x > 0, x, 0)", lambda x, _: torch.where(x > 0, x, 0.0), owns=True),
            Step("torch.where(x > 0, x, 0.1 * x)", lambda x, _: torch.where(x > 0, x, 0.1 * x), owns=True),
            Step("x[x < 0] = 0", lambda x, mode: _zero_below(x) if mode.in_place else x.relu(), **traits),
            Step("x.leaky_relu_(0.2)", lambda x, mode: F.leaky_relu(x, 0.2, mode.in_place), **traits),
            Step("torch.maximum(x, 0)", lambda x, _: torch.maximum(x, torch.zeros_like(x)), owns=True),
        )
    )


def _zero_below(x: Tensor) -> Tensor:
    x[x < 0] = 0
    return x


def smooth(rng: random.Random, _: Tensor) -> Step:
    """Activations and gates whose LRP is not gradient times input."""
    makes_own = {"is_linear": False, "owns": True}
    needs_own = {"is_linear": False, "needs_own": True}
    return rng.choice(
        (
            Step("F.gelu(x)", lambda x, _: F.gelu(x), **makes_own),
            Step("F.silu(x, inplace)", lambda x, mode: F.silu(x, inplace=mode.in_place), **needs_own),
            Step("x * torch.sigmoid(x)", lambda x, _: x * torch.sigmoid(x), **makes_own),
            Step("F.relu6(x, inplace)", lambda x, mode: F.relu6(x, inplace=mode.in_place), **needs_own),
            Step(
                "F.hardswish(x, inplace)", lambda x, mode: F.hardswish(x, inplace=mode.in_place), **needs_own
            ),
            Step("x.tanh_()", lambda x, mode: x.tanh_() if mode.in_place else x.tanh(), **needs_own),
            Step("F.elu(x, inplace)", lambda x, mode: F.elu(x, inplace=mode.in_place), **needs_own),
        )
    )


# ------------------------------------------------------------------------ moves, scales and no-ops


def overwrite(rng: random.Random, x: Tensor) -> Step | None:
    """Writes into parts of a tensor, beside the same by ``cat``."""
    if x.shape[1] < 2:
        return None

    def of_part(change: Callable[[Tensor], Tensor], write: Callable[[Tensor], None]) -> Callable[..., Tensor]:
        def run(x: Tensor, mode: Mode) -> Tensor:
            if not mode.in_place:
                return torch.cat([change(x[:, :1]), x[:, 1:]], 1)
            write(x)
            return x

        return run

    def assign(x: Tensor) -> None:
        x[:, :1] = x[:, :1] * 0.5 + 0.1

    def double(x: Tensor) -> None:
        x[:, :1].mul_(2)

    def through_chunk(x: Tensor) -> None:
        x.split([1, x.shape[1] - 1], 1)[0].relu_()

    parts = {
        "x[:, :1] = x[:, :1] * 0.5 + 0.1": of_part(lambda part: part * 0.5 + 0.1, assign),
        "x[:, :1].mul_(2)": of_part(lambda part: part * 2, double),
        "x.split(1, 1)[0].relu_()": of_part(torch.relu, through_chunk),
        "x.add_(0.1)": lambda x, mode: x.add_(0.1) if mode.in_place else x + 0.1,
        "x *= 0.7": lambda x, mode: x.mul_(0.7) if mode.in_place else x * 0.7,
        "x.sub_(x[:, :1].clone() * 0.3)": lambda x, mode: (x.sub_ if mode.in_place else x.sub)(
            x[:, :1].clone() * 0.3
        ),
    }
    text = rng.choice(sorted(parts))
    return Step(text, parts[text], needs_own=True)


def move(rng: random.Random, x: Tensor) -> Step:
    """Moves entries and leaves the shape as it is, but for the order of two dimensions."""
    last = x.dim() - 1
    moves = {
        "x.flip(1)": lambda x: x.flip(1),
        "x.roll(1, -1)": lambda x: x.roll(1, -1),
        "torch.cat(x.chunk(2, 1)[::-1], 1)": lambda x: torch.cat(x.chunk(2, 1)[::-1], 1),
        "torch.stack(x.unbind(1)[::-1], 1)": lambda x: torch.stack(x.unbind(1)[::-1], 1),
        "x[:, torch.arange(C - 1, -1, -1)]": lambda x: x[:, torch.arange(x.shape[1] - 1, -1, -1)],
        f"x.transpose({last - 1}, {last})": lambda x: x.transpose(-1, -2) if x.dim() > 3 else x.flip(-1),
        "F.pad(x, (1, 0))": lambda x: F.pad(x, (1, 0)),
    }
    text = rng.choice(sorted(moves))
    return Step(text, lambda x, _: moves[text](x))


def no_op(rng: random.Random, x: Tensor, *, at_end: bool = False) -> Step:
    """A step after which the numbers are what they were before."""
    dropout, identity, flatten = nn.Dropout(0.5), nn.Identity(), nn.Flatten(x.dim() - 1)
    ops = {
        "x[:, :n]": lambda x, _: x[:, : x.shape[1]],
        "x[...]": lambda x, _: x[...],
        "x[:]": lambda x, _: x[:],
        "x.double()": lambda x, _: x.double(),
        "x.to(x.dtype)": lambda x, _: x.to(x.dtype),
        "x.to('cpu')": lambda x, _: x.to("cpu"),
        "x.type_as(x)": lambda x, _: x.type_as(x),
        "x.contiguous()": lambda x, _: x.contiguous(),
        "x.cpu()": lambda x, _: x.cpu(),
        "F.dropout(x, 0.5, training)": lambda x, mode: F.dropout(x, 0.5, mode.training),
        "x.flatten(-1)": lambda x, _: x.flatten(-1),
        "x.view(x.shape)": lambda x, _: x.contiguous().view(x.shape),
        "x.view_as(x)": lambda x, _: x.view_as(x),
        "x.reshape(len(x), -1).reshape(x.shape)": lambda x, _: x.reshape(len(x), -1).reshape(x.shape),
        "torch.ops.aten.alias(x)": lambda x, _: torch.ops.aten.alias(x),
        "x.unsqueeze(1).squeeze(1)": lambda x, _: x.unsqueeze(1).squeeze(1),
        "x.clone()": lambda x, _: x.clone(),
        "x.permute(0, 1, ...)": lambda x, _: x.permute(*range(x.dim())),
        "x.mT.mT": lambda x, _: x.transpose(-1, -2).transpose(-1, -2),
        "x.expand_as(x)": lambda x, _: x.expand_as(x),
        "x.narrow(1, 0, n)": lambda x, _: x.narrow(1, 0, x.shape[1]),
        "+x": lambda x, _: +x,
        "x + 0": lambda x, _: x + 0,
        "torch.cat([x], 1)": lambda x, _: torch.cat([x], 1),
    }
    modules = {repr(module): module for module in (dropout, identity, flatten)}
    # half the digits: only where nothing is computed from them any more
    if at_end:
        ops["x.float()"] = lambda x, _: x.float()
        ops["x.float().double()"] = lambda x, _: x.float().double()
    text = rng.choice(sorted([*ops, *modules]))
    if text in modules:
        module = modules[text]
        return Step(text, lambda x, _: module(x), (module,))
    return Step(text, ops[text])
