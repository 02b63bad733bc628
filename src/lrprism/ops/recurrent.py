"""Recurrent networks: all steps of a layer as one call where the rules allow it, else step by step.

Where the signal takes all relevance, gates are constants. Where a rule may give a gate a share, gates are
live and the network is the same one written by hand in sigmoids, products and linear layers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from lrprism.ops.recurrent_steps import STEPS, CellWeights, State, Step, step_of


class _Ways(NamedTuple):
    """The ways in which a network may run.

    Args:
        network: Its name in :data:`STEPS`.
        step: One step of it.
        may_fuse: Whether a rule may serve all steps of a layer at once.
    """

    network: str
    step: Step
    may_fuse: bool


def _scan(
    step: Callable[[Tensor, State], State], chunks: Sequence[Tensor], start: State, *, backwards: bool
) -> tuple[list[Tensor], State]:
    """Go through the time steps, whose batches may shrink as short sequences end.

    Returns:
        The output of every step, and the last state of every sequence.
    """
    outputs: dict[int, Tensor] = {}
    ended: list[State] = []
    state = tuple(part[: len(chunks[-1])] for part in start) if backwards else start
    for t in reversed(range(len(chunks))) if backwards else range(len(chunks)):
        before, now = len(state[0]), len(chunks[t])
        # forwards, the shortest sequences end first
        if now < before:
            ended.insert(0, tuple(part[now:] for part in state))
            state = tuple(part[:now] for part in state)
        # backwards, sequences begin later: gates scale their first states, but the signal of the others
        elif now > before:
            new = tuple(part[before:now] for part in start)
            state = _concatenate([step(chunks[t][:before], state), step(chunks[t][before:], new)])
            outputs[t] = state[0]
            continue
        state = step(chunks[t], state)
        outputs[t] = state[0]
    return [outputs[t] for t in range(len(chunks))], _concatenate([state, *ended])


def _concatenate(states: list[State]) -> State:
    return tuple(torch.cat(parts) for parts in zip(*states, strict=True)) if len(states) > 1 else states[0]


def _split_parameters(
    params: Sequence[Tensor], *, has_biases: bool, directions: int, layers: int
) -> list[CellWeights]:
    """Return the parameters of each cell: layer by layer, forwards before backwards."""
    count = len(params) // (directions * layers)
    cells = []
    for start in range(0, len(params), count):
        tensors = list(params[start : start + count])
        projection = tensors.pop() if count in (3, 5) else None  # torch gives weights and biases in pairs
        input_bias, hidden_bias = tensors[2:4] if has_biases else (None, None)
        cells.append(CellWeights(tensors[0], tensors[1], input_bias, hidden_bias, projection))
    return cells


def _run_layers(
    run: Callable[[int, Any, State, bool], tuple[Any, State]],
    join: Callable[[list[Any]], Any],
    x: Any,
    start: State,
    shape: tuple[int, int],
) -> tuple[Any, list[State]]:
    """Run layers of one or two directions (``shape``); return the outputs and the last state of each cell.

    ``run`` takes one cell through time, from its number, its inputs, its first state and whether it goes
    backwards; ``join`` joins the outputs of both directions. The state holds one row per cell.
    """
    ends: list[State] = []
    for layer in range(shape[0]):
        outputs = []
        for direction in range(shape[1]):
            cell = layer * shape[1] + direction
            output, end = run(cell, x, tuple(part[cell] for part in start), direction == 1)
            outputs.append(output)
            ends.append(end)
        x = outputs[0] if len(outputs) == 1 else join(outputs)
    return x, ends


def _run_fused(ways: _Ways, layer: Layer, x: Tensor, state: State) -> tuple[Tensor, State]:
    """Run a layer at once, but for a first step at which gates scale a constant."""
    if not _scales_constant(layer, state):
        outputs, *end = run_layer(x, state, layer)
        return outputs, tuple(end)
    first, others = (x[-1], x[:-1]) if layer.backwards else (x[0], x[1:])
    state = ways.step(layer.weights, first, state)
    output = state[0][None]
    if not len(others):
        return output, tuple(part[None] for part in state)
    outputs, *end = run_layer(others, state, layer)
    return torch.cat([outputs, output] if layer.backwards else [output, outputs]), tuple(end)


def _scales_constant(layer: Layer, state: State) -> bool:
    """Return True if a first state is a constant, and a gate scales it or its product with a bias."""
    constants = [part for part in state if not part.requires_grad]
    # r (U h + b'): even of a state of zeros the reset gate scales the bias
    if layer.network == "gru" and constants and layer.weights.hidden_bias is not None:
        return True
    with torch._C.DisableTorchFunction():
        return any(bool(part.any()) for part in constants)


def _run_network(ways: _Ways, first: Tensor, *args: Any) -> tuple[Tensor, ...]:
    """Run a network from the arguments of torch's builtin, padded or packed."""
    # packed: a tensor of batch sizes comes before the state, which is a tuple in an LSTM
    is_packed = isinstance(args[0], Tensor) and (ways.network == "lstm" or isinstance(args[1], Tensor))
    hx, params, has_biases, layers, _, _, bidirectional, *batch_first = args[1:] if is_packed else args
    directions = 2 if bidirectional else 1
    cells = _split_parameters(params, has_biases=has_biases, directions=directions, layers=layers)
    start = (hx,) if isinstance(hx, Tensor) else tuple(hx)
    sizes = args[0].tolist() if is_packed else None
    time = 1 if batch_first and batch_first[0] else 0
    is_even = sizes is None or sizes[0] == sizes[-1]
    # in one call per layer; sequences of several lengths go step by step
    if ways.may_fuse and is_even and _can_fuse(first, cells):

        def run_fused(cell: int, x: Tensor, state: State, backwards: bool) -> tuple[Tensor, State]:
            return _run_fused(ways, Layer(ways.network, cells[cell], backwards), x, state)

        x = first.reshape(len(sizes), -1, first.shape[-1]) if sizes else _swap_time(first, time)
        x, ends = _run_layers(run_fused, partial(torch.cat, dim=2), x, start, (layers, directions))
        last = _concatenate(ends)
        return x.flatten(0, 1) if sizes else _swap_time(x, time), *last

    def run_steps(cell: int, x: Any, state: State, backwards: bool) -> tuple[list[Tensor], State]:
        return _scan(partial(ways.step, cells[cell]), x, state, backwards=backwards)

    chunks = torch.split(first, sizes) if sizes else first.unbind(time)
    outputs, ends = _run_layers(run_steps, _join_steps, chunks, start, (layers, directions))
    last = tuple(torch.stack(parts) for parts in zip(*ends, strict=True))
    return torch.cat(outputs) if sizes else torch.stack(outputs, time), *last


def _join_steps(outputs: list[list[Tensor]]) -> list[Tensor]:
    return [torch.cat(pair, 1) for pair in zip(*outputs, strict=True)]


def _swap_time(x: Tensor, time: int) -> Tensor:
    """Return ``x`` with the time first, or with the batch first again."""
    return x.transpose(0, 1) if time else x


def _can_fuse(x: Tensor, cells: Sequence[CellWeights]) -> bool:
    """Return True if all steps can be one call: of live inputs, with constant weights, unprojected."""
    return (
        x.requires_grad
        and not any_autocast()
        and all(cell.projection is None and not is_live(cell.tensors) for cell in cells)
    )


def _run_cell(ways: _Ways, x: Tensor, hx: Any, *params: Tensor | None) -> Any:
    """Run one step from the arguments of torch's builtin."""
    start = (hx,) if isinstance(hx, Tensor) else tuple(hx)
    state = ways.step(CellWeights(*params), x, start)  # type: ignore[arg-type]
    return state if STEPS[ways.network][1] == 2 else state[0]


@final
@dataclass(frozen=True, eq=False)
class RecurrentOp(AbstractOp):
    """A recurrent network or one step of it, run as other calls, each with its own rule.

    Args:
        network: The name of the network in :data:`STEPS`.
        parts: Runs in the place of torch's builtin, from the ways in which it may run and its arguments.
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
        ways = _Ways(self.network, step, may_fuse=not (needs.gates or needs.steps))
        with recorder.watching():
            return self.parts(ways, *args, **kwargs)


TABLE: dict[Any, AbstractOp] = {
    **recurrent_fused.TABLE,
    **{getattr(torch, name): RecurrentOp(Kind.ROUTING, name, name, _run_network) for name in STEPS},
    **{
        getattr(torch, f"{name}_cell"): RecurrentOp(Kind.ROUTING, f"{name}_cell", name, _run_cell)
        for name in STEPS
    },
}
