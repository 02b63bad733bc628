"""Recurrent networks, written out step by step.

Where the signal takes all relevance, gates are constants. Where a rule may give a gate a share, gates are
live and the network is the same one written by hand in sigmoids, products and linear layers.

Reference: Arras et al. 2019, Explaining and interpreting LSTMs, in Explainable AI, Springer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, final

import torch
from torch import Tensor
from torch.nn import functional as F

from lrprism.ops.kinds import Kind
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder, is_live

State = tuple[Tensor, ...]


class _Weights(NamedTuple):
    """The parameters of one cell, or of some of its rows; ``projection`` shortens an LSTM's output."""

    of_input: Tensor
    of_hidden: Tensor
    input_bias: Tensor | None = None
    hidden_bias: Tensor | None = None
    projection: Tensor | None = None

    def parts(self, count: int) -> list[_Weights]:
        """The rows of each gate, in torch's order."""
        each = (self.of_input, self.of_hidden, self.input_bias, self.hidden_bias)
        split = [[None] * count if tensor is None else tensor.chunk(count) for tensor in each]
        return [_Weights(*rows) for rows in zip(*split, strict=True)]

    def linear(self, x: Tensor, h: Tensor) -> Tensor:
        """``W x + U h + b`` as one layer, so that a rule sees one pre-activation."""
        with torch._C.DisableTorchFunction():
            weight = torch.cat([self.of_input, self.of_hidden], 1)
            biases = [each for each in (self.input_bias, self.hidden_bias) if each is not None]
            bias = sum(biases[1:], start=biases[0]) if biases else None
        return F.linear(torch.cat([x, h], 1), weight, bias)

    def gate(self, x: Tensor, h: Tensor) -> Tensor:
        """The sigmoid of ``W x + U h + b``, a constant."""
        with torch._C.DisableTorchFunction(), torch.no_grad():
            pre = F.linear(x, self.of_input, self.input_bias)
            return (pre + F.linear(h, self.of_hidden, self.hidden_bias)).sigmoid()


def _lstm_step(weights: _Weights, x: Tensor, state: State) -> State:
    """``c' = f c + i tanh(W x + U h + b)``, ``h' = o tanh(c')``."""
    h, c = state
    enter, forget, signal, leave = weights.parts(4)
    c = forget.gate(x, h) * c + enter.gate(x, h) * signal.linear(x, h).tanh()
    h_next = leave.gate(x, h) * c.tanh()
    return (h_next if weights.projection is None else F.linear(h_next, weights.projection)), c


def _live_lstm_step(weights: _Weights, x: Tensor, state: State) -> State:
    """The same with gates that can carry relevance, from one linear layer for all four."""
    h, c = state
    enter, forget, signal, leave = weights.linear(x, h).chunk(4, 1)
    c = forget.sigmoid() * c + enter.sigmoid() * signal.tanh()
    h_next = leave.sigmoid() * c.tanh()
    return (h_next if weights.projection is None else F.linear(h_next, weights.projection)), c


def _gru_step(weights: _Weights, x: Tensor, state: State) -> State:
    """``h' = (1 - z) tanh(W x + b + r (U h + b')) + z h``."""
    (h,) = state
    reset, update, signal = weights.parts(3)
    return _gru_update(signal, reset.gate(x, h), update.gate(x, h), x, h)


def _live_gru_step(weights: _Weights, x: Tensor, state: State) -> State:
    """The same with gates that can carry relevance, from one linear layer each."""
    (h,) = state
    reset, update, signal = weights.parts(3)
    return _gru_update(signal, reset.linear(x, h).sigmoid(), update.linear(x, h).sigmoid(), x, h)


def _gru_update(signal: _Weights, r: Tensor, z: Tensor, x: Tensor, h: Tensor) -> State:
    own = F.linear(x, signal.of_input, signal.input_bias)
    new = (own + r * F.linear(h, signal.of_hidden, signal.hidden_bias)).tanh()
    return ((1 - z) * new + z * h,)


def _rnn_step(weights: _Weights, x: Tensor, state: State, activation: Callable[[Tensor], Tensor]) -> State:
    """``h' = f(W x + U h + b)``."""
    return (activation(weights.linear(x, state[0])),)


Step = Callable[[_Weights, Tensor, State], State]
_STEPS: dict[str, tuple[Step, int]] = {
    "lstm": (_lstm_step, 2),
    "gru": (_gru_step, 1),
    "rnn_tanh": (partial(_rnn_step, activation=torch.tanh), 1),
    "rnn_relu": (partial(_rnn_step, activation=torch.relu), 1),
}
"""The step of each network, and how many tensors its state holds."""

_LIVE_STEPS: dict[str, Step] = {"lstm": _live_lstm_step, "gru": _live_gru_step}
"""The steps of networks with gates, where a gate may have a share of relevance."""


def _step_of(name: str, *, live_gates: bool) -> Step:
    return _LIVE_STEPS.get(name, _STEPS[name][0]) if live_gates else _STEPS[name][0]


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
        elif now > before:
            state = _joined([state, tuple(each[before:now] for each in start)])
        state = step(chunks[t], state)
        outputs[t] = state[0]
    return [outputs[t] for t in range(len(chunks))], _joined([state, *ended])


def _joined(states: list[State]) -> State:
    return tuple(torch.cat(each) for each in zip(*states, strict=True)) if len(states) > 1 else states[0]


def _cells(params: Sequence[Tensor], *, has_biases: bool, directions: int, layers: int) -> Iterator[_Weights]:
    """The parameters of each cell: layer by layer, forwards before backwards."""
    count = len(params) // (directions * layers)
    for start in range(0, len(params), count):
        own = list(params[start : start + count])
        projection = own.pop() if count in (3, 5) else None  # torch gives weights and biases in pairs
        input_bias, hidden_bias = own[2:4] if has_biases else (None, None)
        yield _Weights(own[0], own[1], input_bias, hidden_bias, projection)


def _run_layers(
    step: Step, chunks: Sequence[Tensor], start: State, cells: Sequence[_Weights], directions: int
) -> tuple[list[Tensor], State]:
    """Run all layers; the state holds one row per cell."""
    ends: list[State] = []
    for first in range(0, len(cells), directions):
        ways = []
        for way in range(directions):
            own = tuple(each[first + way] for each in start)
            outputs, end = _scan(partial(step, cells[first + way]), chunks, own, backwards=way == 1)
            ways.append(outputs)
            ends.append(end)
        chunks = ways[0] if directions == 1 else [torch.cat(pair, 1) for pair in zip(*ways, strict=True)]
    return list(chunks), tuple(torch.stack(each) for each in zip(*ends, strict=True))


def _network(name: str, step: Step, first: Tensor, *args: Any) -> tuple[Tensor, ...]:
    """A recurrent network with the arguments of torch's builtin, padded or packed."""
    is_packed = isinstance(args[0], Tensor) and (name == "lstm" or isinstance(args[1], Tensor))
    hx, params, has_biases, layers, _, _, bidirectional, *rest = args[1:] if is_packed else args
    directions = 2 if bidirectional else 1
    cells = list(_cells(params, has_biases=has_biases, directions=directions, layers=layers))
    start = (hx,) if isinstance(hx, Tensor) else tuple(hx)
    batch_first = bool(rest and rest[0])
    chunks = torch.split(first, args[0].tolist()) if is_packed else first.unbind(1 if batch_first else 0)
    outputs, end = _run_layers(step, chunks, start, cells, directions)
    output = torch.cat(outputs) if is_packed else torch.stack(outputs, 1 if batch_first else 0)
    return output, *end


def _cell(name: str, step: Step, x: Tensor, hx: Any, *params: Tensor | None) -> Any:
    """One step with the arguments of torch's builtin."""
    state = step(_Weights(*params), x, (hx,) if isinstance(hx, Tensor) else tuple(hx))  # type: ignore[arg-type]
    return state if _STEPS[name][1] == 2 else state[0]


@final
@dataclass(frozen=True, eq=False)
class RecurrentOp(AbstractOp):
    """A recurrent network or one step of it, written out in other torch calls, each with its own rule.

    Args:
        network: The name of the network in :data:`_STEPS`.
        parts: What runs in the place of torch's builtin, from the network's name, its step and the arguments.
    """

    network: str
    parts: Callable[..., Any]

    @property
    def is_composed(self) -> bool:
        """Always."""
        return True

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Run the steps, with gates that are live where a rule may give them a share."""
        if not is_live((args, kwargs)):
            return func(*args, **kwargs)
        step = _step_of(self.network, live_gates=recorder.needs.gates)
        with recorder.watching():
            return self.parts(self.network, step, *args, **kwargs)


def _table() -> dict[Any, AbstractOp]:
    ops: dict[Any, AbstractOp] = {}
    for name in _STEPS:
        ops[getattr(torch, name)] = RecurrentOp(Kind.ROUTING, name, name, _network)
        cell = f"{name}_cell"
        ops[getattr(torch, cell)] = RecurrentOp(Kind.ROUTING, cell, name, _cell)
    return ops


TABLE = _table()
