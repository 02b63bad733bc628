"""All steps of one layer of a recurrent network, in one direction, as one call under LRP-ε or LRP-0.

Gates are constants, so that the backward pass is a recursion over time by factors that do not depend on it:
for the cell state :math:`c` of an LSTM, the modified gradient is multiplied by the forget gate alone. The
factors, the shares of the inputs and the account are computed for all steps together.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple, final

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import handle_torch_function

from lrprism.errors import RuleError
from lrprism.graph import OwnFunction, entry_of
from lrprism.ops.kinds import Kind
from lrprism.ops.op import AbstractOp, Arguments, Keywords, Recorder
from lrprism.ops.recurrent_steps import CellWeights, State
from lrprism.ops.tape import Tape
from lrprism.rules import AbstractAffineRule, AbstractRule


@final
@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of a network, in one direction.

    Args:
        network: The name of torch's function for the network, such as ``rnn_tanh``.
        weights: The parameters; constants, without a projection.
        backwards: Whether the layer goes from the last step to the first.
    """

    network: str
    weights: CellWeights
    backwards: bool

    def run(self, x: Tensor, state: State) -> tuple[Tensor, ...]:
        """Return the outputs of all steps, in order, and the last state, as torch does."""
        params = [tensor for tensor in self.weights.tensors if tensor is not None]
        hx: Any = tuple(part[None] for part in state) if self.network == "lstm" else state[0][None]
        with _without_cudnn(x):
            return tuple(
                getattr(torch, self.network)(x, hx, params, len(params) > 2, 1, 0.0, False, False, False)
            )


def _without_cudnn(x: Tensor) -> AbstractContextManager[Any]:
    """Use torch's own kernels on a GPU: cuDNN warns of parameters that do not lie together."""
    return torch.backends.cudnn.flags(enabled=False) if x.is_cuda else nullcontext()


def run_layer(x: Tensor, state: State, layer: Layer) -> tuple[Tensor, ...]:
    """Return the outputs of all steps of a layer, and the last state; call it where calls are watched.

    Shapes: ``x``: ``[time, N, in]``; the state: ``[N, units]``; the last state: ``[1, N, units]``.
    """
    results: tuple[Tensor, ...] = handle_torch_function(run_layer, (x, *state), x, state, layer)
    return results


class _Result(NamedTuple):
    """The result of the backward pass through all steps.

    Args:
        of_input: The modified gradient at the signal's share of its inputs, ``[time, N, units]``.
        state: The modified gradient at the first state.
        sinks: For each pre-activation, ``s``, the bias in it, and the pre-activation.
    """

    of_input: Tensor
    state: State
    sinks: list[tuple[Tensor, Tensor | None, Tensor]]


Damp = Callable[[Tensor, Tensor], Tensor]
"""Damps a factor by a pre-activation: ``f z / st(z)``."""


class _Steps(NamedTuple):
    """The start of the backward pass: all steps in the order in which they ran.

    Args:
        weights: The parameters.
        x: The inputs.
        before: The hidden state in front of each step.
        after: The hidden state behind each step.
        state: The first state.
        g: The modified gradient at the outputs.
        g_state: That at the last state.
        damp: The damping of the rule at a pre-activation.
    """

    weights: CellWeights
    x: Tensor
    before: Tensor
    after: Tensor
    state: State
    g: Tensor
    g_state: State
    damp: Damp

    @property
    def of_x(self) -> Tensor:
        """``W x + b``, of all gates."""
        return F.linear(self.x, self.weights.of_input, self.weights.input_bias)

    @property
    def of_h(self) -> Tensor:
        """``U h + b'``, of all gates."""
        return F.linear(self.before, self.weights.of_hidden, self.weights.hidden_bias)


def _pass_ratio(value: Tensor, a: Tensor) -> Tensor:
    """Return ``f(a) / a``, which passes relevance through an activation unchanged; zero at zero."""
    return torch.div(value, a).masked_fill_(a == 0, 0)


def _back_lstm(steps: _Steps) -> _Result:
    """Go back through an LSTM, ``c' = f c + i tanh(z)``, ``h' = o tanh(c')``; forwards for ``c`` first."""
    enter, forget, z, leave = (steps.of_x + steps.of_h).chunk(4, -1)
    enter, forget = enter.sigmoid(), forget.sigmoid()
    new = z.tanh()
    # the cell states, which torch does not return
    entering = enter * new
    c = torch.empty_like(entering)
    now = steps.state[1]
    for t, forget_t in enumerate(forget.unbind()):
        now = torch.addcmul(entering[t], forget_t, now, out=c[t])
    leaving = leave.sigmoid() * _pass_ratio(c.tanh(), c)
    gain = steps.damp(enter * _pass_ratio(new, z), z)
    signal = steps.weights.gates[2]
    s = torch.empty_like(gain)
    g_h, g_c = steps.g_state
    g_h = g_h + steps.g[-1]
    factors = (*(factor.unbind() for factor in (leaving, gain, forget, s)), (None, *steps.g.unbind()[:-1]))
    # written to buffers, one small matrix product per step
    for of_h, of_z, forget_t, s_t, g_before in reversed(list(zip(*factors, strict=True))):
        g_c = torch.addcmul(g_c, g_h, of_h)
        torch.mul(g_c, of_z, out=s_t)
        g_h = _back(s_t, signal.of_hidden, g_before)
        g_c = g_c * forget_t
    return _Result(s, (g_h, g_c), [(s, signal.bias, z)])


def _back_gru(steps: _Steps) -> _Result:
    """Go back through a GRU, ``h' = (1 - z) tanh(W x + b + r (U h + b')) + z h``."""
    of_x, of_h = steps.of_x, steps.of_h
    # the gates do not depend on g: all steps at once
    size = 2 * steps.weights.size  # rows: reset and update gate, then the signal
    reset, update = (of_x[..., :size] + of_h[..., :size]).sigmoid_().chunk(2, -1)
    signal_x, signal_h = of_x[..., size:], of_h[..., size:]
    z = signal_x + reset * signal_h
    share = _pass_ratio(z.tanh(), z).mul_(1 - update)
    signal = steps.weights.gates[2]
    gain = steps.damp(share * reset, signal_h)
    s, g_all = torch.empty_like(gain), torch.empty_like(gain)
    g_h = torch.add(steps.g_state[0], steps.g[-1], out=g_all[-1])
    for t in range(len(gain) - 1, -1, -1):
        torch.mul(g_h, gain[t], out=s[t])
        direct = g_h * update[t] if t == 0 else torch.addcmul(steps.g[t - 1], g_h, update[t])  # by z h
        g_h = torch.addmm(direct, s[t], signal.of_hidden)
        if t:
            g_all[t - 1] = g_h
    s_x = steps.damp(share, signal_x) * g_all
    sinks = [(s_x, signal.input_bias, signal_x), (s, signal.hidden_bias, signal_h)]
    return _Result(s_x, (g_h,), sinks)


def _back_rnn(steps: _Steps) -> _Result:
    """Go back through a plain network, ``h' = f(W x + U h + b)``."""
    z = steps.of_x + steps.of_h
    gain = steps.damp(_pass_ratio(steps.after, z), z)  # the output is f(z)
    s = torch.empty_like(gain)
    g_h = steps.g_state[0] + steps.g[-1]
    for t in range(len(gain) - 1, -1, -1):
        torch.mul(g_h, gain[t], out=s[t])
        g_h = _back(s[t], steps.weights.of_hidden, steps.g[t - 1] if t else None)
    return _Result(s, (g_h,), [(s, steps.weights.bias, z)])


def _back(s: Tensor, weight: Tensor, g_output: Tensor | None) -> Tensor:
    """Return the modified gradient at a hidden state: from the next step and, if given, from the output."""
    return torch.mm(s, weight) if g_output is None else torch.addmm(g_output, s, weight)


class _Network(NamedTuple):
    """A network: its name in plans, its backward pass, and the position of its signal among the gates."""

    name: str
    back: Callable[[_Steps], _Result]
    part: int


_NETWORKS = {
    "lstm": _Network("lstm", _back_lstm, 2),
    "gru": _Network("gru", _back_gru, 2),
    "rnn_tanh": _Network("rnn", _back_rnn, 0),
    "rnn_relu": _Network("rnn", _back_rnn, 0),
}


class _LayerFunction(OwnFunction):
    """All steps of a layer; the way back follows the rule of its call."""

    @staticmethod
    def forward(ctx: Any, tape: Tape, layer: Layer, x: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        ordered = x.flip(0) if layer.backwards else x
        after, *last = layer.run(ordered, state)
        ctx.save_for_backward(ordered, after, *state)
        ctx.tape, ctx.layer = tape, layer
        return after.flip(0) if layer.backwards else after, *last

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Any, ...]:
        g, *g_state = grad_outputs
        tape: Tape = ctx.tape
        layer: Layer = ctx.layer
        x, after, *state = ctx.saved_tensors
        damp = _damping_of(tape)
        before = torch.cat([state[0][None], after[:-1]])  # the hidden state in front of each step
        g = g.flip(0) if layer.backwards else g
        last = tuple(each[0] for each in g_state)
        network = _NETWORKS[layer.network]
        result = network.back(_Steps(layer.weights, x, before, after, tuple(state), g, last, damp))
        _count_sinks(tape, result)
        c = torch.matmul(result.of_input, layer.weights.gates[network.part].of_input)
        return None, None, c.flip(0) if layer.backwards else c, *result.state


_enter = entry_of(_LayerFunction)


def _damping_of(tape: Tape) -> Damp:
    """Return what the rule of a call does at a pre-activation.

    Raises:
        RuleError: If it does more than damping: then each step should have been a call of its own.
    """
    rule, call = tape.rule, tape.call
    if rule is None:
        return lambda factor, _: factor
    if not (isinstance(rule, AbstractAffineRule) and rule.is_damping):
        raise RuleError(
            "a rule that does more than LRP-ε should be among the entries() of the composite. "
            f"Found {rule!r} for {call.name} in module {call.module!r}."
        )
    stabilizer = rule.stabilizer
    return lambda factor, z: stabilizer.damp(factor, z)


def _count_sinks(tape: Tape, result: _Result) -> None:
    """Write down what the biases and the stabiliser kept, where an account is kept."""
    if tape.sinks is None:
        return
    for s, bias, z in result.sinks:
        tape.sinks.count(s, bias, _step(tape.rule, z))


def _step(rule: AbstractRule | None, z: Tensor) -> Tensor | None:
    if not isinstance(rule, AbstractAffineRule) or rule.stabilizer.changes_nothing:
        return None
    return rule.stabilizer(z) - z


@final
class LayerOp(AbstractOp):
    """All steps of a layer of a recurrent network: one call with one rule."""

    def run(self, recorder: Recorder, func: Callable[..., Any], args: Arguments, kwargs: Keywords) -> Any:
        """Run torch's own function for them."""
        del func, kwargs
        x, state, layer = args
        tape = recorder.start_tape(self.kind, _NETWORKS[layer.network].name, (AbstractAffineRule,))
        return _enter(tape, layer, x, *state)


TABLE: dict[Any, AbstractOp] = {run_layer: LayerOp(Kind.LINEAR, "recurrent layer")}
