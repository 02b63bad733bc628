"""Recurrent networks: all steps of a layer as one call where the rules allow it, else step by step.

Where the signal takes all relevance, gates are constants. Where a rule may give a gate a share, gates are
live and the network is the same one written by hand in sigmoids, products and linear layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, final

import torch
from torch import Tensor

from lrprism.ops import recurrent_fused
from lrprism.ops.affine.op import any_autocast
from lrprism.ops.kinds import Kind
from lrprism.ops.nested import is_live
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder
from lrprism.ops.recurrent_fused import Layer, run_layer
from lrprism.ops.recurrent_steps import STEPS, State, Step, Weights, step_of


class _Ways(NamedTuple):
    """How a network may run.

    Args:
        network: Its name in :data:`STEPS`.
        step: One step of it.
        whole: Whether a rule may serve all steps of a layer at once.
    """

    network: str
    step: Step
    whole: bool


def _scan(
    step: Callable[[Tensor, State], State], chunks: Sequence[Tensor], start: State, *, backwards: bool
) -> tuple[list[Tensor], State]:
    """Go through the time steps, whose batches may shrink as short sequences end.

    Returns:
        The output of every step, and the last state of every sequence.
    """
    outputs: dict[int, Tensor] = {}
    ended: list[State] = []
    state = tuple(each[: len(chunks[-1])] for each in start) if backwards else start
    for t in reversed(range(len(chunks))) if backwards else range(len(chunks)):
        before, now = len(state[0]), len(chunks[t])
        if now < before:
            ended.insert(0, tuple(each[now:] for each in state))
            state = tuple(each[:now] for each in state)
        elif now > before:  # gates scale the first state of a sequence that is new, and the signal of others
            new = tuple(each[before:now] for each in start)
            each_x = (chunks[t][:before], chunks[t][before:])
            state = _joined([step(x, own) for x, own in zip(each_x, (state, new), strict=True)])
            outputs[t] = state[0]
            continue
        state = step(chunks[t], state)
        outputs[t] = state[0]
    return [outputs[t] for t in range(len(chunks))], _joined([state, *ended])


def _joined(states: list[State]) -> State:
    return tuple(torch.cat(each) for each in zip(*states, strict=True)) if len(states) > 1 else states[0]


def _cells(params: Sequence[Tensor], *, has_biases: bool, directions: int, layers: int) -> Iterator[Weights]:
    """The parameters of each cell: layer by layer, forwards before backwards."""
    count = len(params) // (directions * layers)
    for start in range(0, len(params), count):
        own = list(params[start : start + count])
        projection = own.pop() if count in (3, 5) else None  # torch gives weights and biases in pairs
        input_bias, hidden_bias = own[2:4] if has_biases else (None, None)
        yield Weights(own[0], own[1], input_bias, hidden_bias, projection)


def _run_layers(
    ways: _Ways, chunks: Sequence[Tensor], start: State, cells: Sequence[Weights], directions: int
) -> tuple[list[Tensor], State]:
    """Run all layers step by step; the state holds one row per cell."""
    ends: list[State] = []
    for first in range(0, len(cells), directions):
        found = []
        for way in range(directions):
            own = tuple(each[first + way] for each in start)
            outputs, end = _scan(partial(ways.step, cells[first + way]), chunks, own, backwards=way == 1)
            found.append(outputs)
            ends.append(end)
        chunks = found[0] if directions == 1 else [torch.cat(pair, 1) for pair in zip(*found, strict=True)]
    return list(chunks), tuple(torch.stack(each) for each in zip(*ends, strict=True))


def _run_whole_layers(
    ways: _Ways, x: Tensor, start: State, cells: Sequence[Weights], directions: int
) -> tuple[Tensor, State]:
    """The same with all steps of a layer at once; ``x`` has the time first."""
    ends: list[State] = []
    for first in range(0, len(cells), directions):
        found = []
        for way in range(directions):
            own = tuple(each[first + way] for each in start)
            outputs, *end = _run_whole(ways, Layer(ways.network, cells[first + way], way == 1), x, own)
            found.append(outputs)
            ends.append(tuple(end))
        x = found[0] if directions == 1 else torch.cat(found, 2)
    return x, ends[0] if len(ends) == 1 else tuple(torch.cat(each) for each in zip(*ends, strict=True))


def _run_whole(ways: _Ways, layer: Layer, x: Tensor, state: State) -> tuple[Tensor, ...]:
    """Run a layer at once, but for a first step at which gates scale a constant."""
    if not _scales_constant(layer, state):
        return run_layer(x, state, layer)
    now, rest = (x[-1], x[:-1]) if layer.backwards else (x[0], x[1:])
    state = ways.step(layer.weights, now, state)
    output = state[0][None]
    if not len(rest):
        return output, *(each[None] for each in state)
    outputs, *end = run_layer(rest, state, layer)
    return torch.cat([outputs, output] if layer.backwards else [output, outputs]), *end


def _scales_constant(layer: Layer, state: State) -> bool:
    """Whether a first state is a constant, and a gate scales it or what a bias makes of it."""
    constants = [each for each in state if not each.requires_grad]
    if layer.network == "gru" and constants and layer.weights.hidden_bias is not None:
        return True
    with torch._C.DisableTorchFunction():
        return any(bool(each.any()) for each in constants)


def _network(ways: _Ways, first: Tensor, *args: Any) -> tuple[Tensor, ...]:
    """A recurrent network with the arguments of torch's builtin, padded or packed."""
    is_packed = isinstance(args[0], Tensor) and (ways.network == "lstm" or isinstance(args[1], Tensor))
    hx, params, has_biases, layers, _, _, bidirectional, *rest = args[1:] if is_packed else args
    directions = 2 if bidirectional else 1
    cells = list(_cells(params, has_biases=has_biases, directions=directions, layers=layers))
    start = (hx,) if isinstance(hx, Tensor) else tuple(hx)
    sizes = args[0].tolist() if is_packed else None
    time = 1 if rest and rest[0] else 0
    is_even = sizes is None or sizes[0] == sizes[-1]
    if ways.whole and is_even and _is_whole(first, cells):
        x = first.reshape(len(sizes), -1, first.shape[-1]) if sizes else _swapped(first, time)
        x, end = _run_whole_layers(ways, x, start, cells, directions)
        return x.flatten(0, 1) if sizes else _swapped(x, time), *end
    chunks = torch.split(first, sizes) if sizes else first.unbind(time)
    outputs, end = _run_layers(ways, chunks, start, cells, directions)
    return torch.cat(outputs) if sizes else torch.stack(outputs, time), *end


def _swapped(x: Tensor, time: int) -> Tensor:
    """``x`` with the time first, or the other way round."""
    return x.transpose(0, 1) if time else x


def _is_whole(x: Tensor, cells: Sequence[Weights]) -> bool:
    """Whether all steps can be one call: of live inputs, with constant weights and without a projection."""
    return (
        x.requires_grad
        and not any_autocast()
        and all(cell.projection is None and not is_live(cell.tensors) for cell in cells)
    )


def _cell(ways: _Ways, x: Tensor, hx: Any, *params: Tensor | None) -> Any:
    """One step with the arguments of torch's builtin."""
    state = ways.step(Weights(*params), x, (hx,) if isinstance(hx, Tensor) else tuple(hx))  # type: ignore[arg-type]
    return state if STEPS[ways.network][1] == 2 else state[0]


@final
@dataclass(frozen=True, eq=False)
class RecurrentOp(AbstractOp):
    """A recurrent network or one step of it, run as other calls, each with its own rule.

    Args:
        network: The name of the network in :data:`STEPS`.
        parts: What runs in the place of torch's builtin, from the ways in which it may run and its arguments.
    """

    network: str
    parts: Callable[..., Any]

    @property
    def is_composed(self) -> bool:
        """Always."""
        return True

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Run the layers or their steps, with gates that are live where a rule may give them a share."""
        if not is_live((args, kwargs)):
            return func(*args, **kwargs)
        needs = recorder.needs
        step = step_of(self.network, live_gates=needs.gates)
        ways = _Ways(self.network, step, whole=not (needs.gates or needs.steps))
        with recorder.watching():
            return self.parts(ways, *args, **kwargs)


def _table() -> dict[Any, AbstractOp]:
    ops: dict[Any, AbstractOp] = dict(recurrent_fused.TABLE)
    for name in STEPS:
        ops[getattr(torch, name)] = RecurrentOp(Kind.ROUTING, name, name, _network)
        cell = f"{name}_cell"
        ops[getattr(torch, cell)] = RecurrentOp(Kind.ROUTING, cell, name, _cell)
    return ops


TABLE = _table()
