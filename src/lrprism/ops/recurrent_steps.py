"""The steps of recurrent networks, each written out in torch calls of its own.

A gate is a constant where it scales a signal. Where a rule may give it a share, it is live; and where it
scales a constant, such as a first state, it is all that carries relevance.

Reference: Arras et al. 2019, Explaining and interpreting LSTMs, in Explainable AI, Springer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import final

import torch
from torch import Tensor
from torch.nn import functional as F

State = tuple[Tensor, ...]
"""The hidden state, and the cell state of an LSTM."""


@final
@dataclass(frozen=True, eq=False)
class CellWeights:
    """The parameters of one cell, or of some of its rows; ``projection`` shortens an LSTM's output."""

    of_input: Tensor
    of_hidden: Tensor
    input_bias: Tensor | None = None
    hidden_bias: Tensor | None = None
    projection: Tensor | None = None

    @property
    def size(self) -> int:
        """The number of units, and of the rows of each gate."""
        return (self.of_hidden if self.projection is None else self.projection).shape[1]

    @property
    def tensors(self) -> tuple[Tensor | None, ...]:
        """All parameters in torch's order, None for one that the cell lacks."""
        return self.of_input, self.of_hidden, self.input_bias, self.hidden_bias, self.projection

    @cached_property
    def gates(self) -> list[CellWeights]:
        """The rows of each gate, in torch's order."""
        tensors = self.tensors[:4]
        # parameters are constants: none of these calls is an op of the network
        with torch._C.DisableTorchFunction():
            count = len(self.of_input) // self.size
            split = [[None] * count if tensor is None else torch.chunk(tensor, count) for tensor in tensors]
        return [CellWeights(*rows) for rows in zip(*split, strict=True)]

    @cached_property
    def bias(self) -> Tensor | None:
        """The sum of the biases."""
        biases = [bias for bias in (self.input_bias, self.hidden_bias) if bias is not None]
        with torch._C.DisableTorchFunction():
            return sum(biases[1:], start=biases[0]) if biases else None

    @cached_property
    def _matrix(self) -> Tensor:
        with torch._C.DisableTorchFunction():
            return torch.cat([self.of_input, self.of_hidden], 1)

    def linear(self, x: Tensor, h: Tensor) -> Tensor:
        """Return ``W x + U h + b`` from one layer, so that a rule sees one pre-activation."""
        return F.linear(torch.cat([x, h], 1), self._matrix, self.bias)

    def gate(self, x: Tensor, h: Tensor, scaled: Tensor) -> Tensor:
        """Return the sigmoid of ``W x + U h + b``: a constant, but for a gate that scales a constant."""
        # a first state that is no input: the gate is all that carries relevance
        if not scaled.requires_grad:
            return self.linear(x, h).sigmoid()
        with torch._C.DisableTorchFunction(), torch.no_grad():
            pre = F.linear(x, self.of_input, self.input_bias)
            return (pre + F.linear(h, self.of_hidden, self.hidden_bias)).sigmoid()


def _lstm_step(weights: CellWeights, x: Tensor, state: State) -> State:
    """Run a step of an LSTM: ``c' = f c + i tanh(W x + U h + b)``, ``h' = o tanh(c')``."""
    h, c = state
    enter, forget, signal, leave = weights.gates
    new = signal.linear(x, h).tanh()
    # a gate looks at what it scales: the cell state, the new signal
    c = forget.gate(x, h, c) * c + enter.gate(x, h, new) * new
    h_next = leave.gate(x, h, c) * c.tanh()
    return (h_next if weights.projection is None else F.linear(h_next, weights.projection)), c


def _live_lstm_step(weights: CellWeights, x: Tensor, state: State) -> State:
    """Run a step of an LSTM whose gates can carry relevance, with one linear layer for all four."""
    h, c = state
    enter, forget, signal, leave = weights.linear(x, h).chunk(4, 1)
    c = forget.sigmoid() * c + enter.sigmoid() * signal.tanh()
    h_next = leave.sigmoid() * c.tanh()
    return (h_next if weights.projection is None else F.linear(h_next, weights.projection)), c


def _gru_step(weights: CellWeights, x: Tensor, state: State) -> State:
    """Run a step of a GRU: ``h' = (1 - z) tanh(W x + b + r (U h + b')) + z h``."""
    (h,) = state
    reset, update, signal = weights.gates
    return _gru_update(signal, reset.gate(x, h, h), update.gate(x, h, h), x, h)


def _live_gru_step(weights: CellWeights, x: Tensor, state: State) -> State:
    """Run a step of a GRU whose gates can carry relevance, with one linear layer each."""
    (h,) = state
    reset, update, signal = weights.gates
    return _gru_update(signal, reset.linear(x, h).sigmoid(), update.linear(x, h).sigmoid(), x, h)


def _gru_update(signal: CellWeights, r: Tensor, z: Tensor, x: Tensor, h: Tensor) -> State:
    of_x = F.linear(x, signal.of_input, signal.input_bias)
    new = (of_x + r * F.linear(h, signal.of_hidden, signal.hidden_bias)).tanh()
    return ((1 - z) * new + z * h,)


def _rnn_step(weights: CellWeights, x: Tensor, state: State, activation: Callable[[Tensor], Tensor]) -> State:
    """Run a step of a plain recurrent network: ``h' = f(W x + U h + b)``."""
    return (activation(weights.linear(x, state[0])),)


Step = Callable[[CellWeights, Tensor, State], State]
STEPS: dict[str, tuple[Step, int]] = {
    "lstm": (_lstm_step, 2),
    "gru": (_gru_step, 1),
    "rnn_tanh": (partial(_rnn_step, activation=torch.tanh), 1),
    "rnn_relu": (partial(_rnn_step, activation=torch.relu), 1),
}
"""The step of each network, and how many tensors its state holds."""

_LIVE_STEPS: dict[str, Step] = {"lstm": _live_lstm_step, "gru": _live_gru_step}
"""The steps of networks with gates, where a gate may have a share of relevance."""


def step_of(name: str, *, live_gates: bool) -> Step:
    """Return the step of a network, with gates that are live or mostly constants."""
    return _LIVE_STEPS.get(name, STEPS[name][0]) if live_gates else STEPS[name][0]
