"""One step of each recurrent network against torch's own cells."""

import pytest
import torch
from torch import Tensor, nn

from lrprism.ops.recurrent_steps import STEPS, CellWeights, step_of
from small_models import close

CELLS: dict[str, nn.RNNCellBase] = {
    "lstm": nn.LSTMCell(3, 4),
    "gru": nn.GRUCell(3, 4),
    "rnn_tanh": nn.RNNCell(3, 4),
    "rnn_relu": nn.RNNCell(3, 4, nonlinearity="relu"),
}


def weights_of(cell: nn.RNNCellBase) -> CellWeights:
    return CellWeights(*(parameter.detach() for parameter in cell.double().parameters()))


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("live_gates", [False, True])
def test_a_step_returns_the_state_of_torchs_cell(name: str, *, live_gates: bool) -> None:
    torch.manual_seed(0)
    x, *state = torch.randn(2, 3).double(), torch.randn(2, 4).double(), torch.randn(2, 4).double()
    state = state[: STEPS[name][1]]
    cell = CELLS[name]
    expected = cell.double()(x, tuple(state) if len(state) == 2 else state[0])
    result = step_of(name, live_gates=live_gates)(weights_of(cell), x, tuple(state))
    for part, other in zip(result, expected if isinstance(expected, tuple) else (expected,), strict=True):
        close(part, other.detach())


def gradient_of(step_name: str, *, live_gates: bool) -> Tensor:
    """Return the gradient of the new state at the rows that make the first gate."""
    torch.manual_seed(0)
    x = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    state = tuple(torch.randn(2, 4, dtype=torch.float64, requires_grad=True) for _ in range(2))
    weights = weights_of(CELLS[step_name])
    rows = weights.of_input.requires_grad_()
    result = step_of(step_name, live_gates=live_gates)(weights, x, state[: STEPS[step_name][1]])
    (gradient,) = torch.autograd.grad(result[0].sum(), rows)
    return gradient[:4]


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_gates_of_a_live_signal_are_constants_unless_they_are_to_be_live(name: str) -> None:
    assert not gradient_of(name, live_gates=False).any()
    assert gradient_of(name, live_gates=True).any()


def test_rows_and_biases_of_the_gates() -> None:
    weights = weights_of(CELLS["gru"])
    reset, update, signal = weights.gates
    close(torch.cat([reset.of_input, update.of_input, signal.of_input]), weights.of_input)
    assert weights.size == 4
    assert weights.bias is not None
    assert weights.input_bias is not None
    close(weights.bias, weights.input_bias + CELLS["gru"].bias_hh.detach())
    assert CellWeights(weights.of_input, weights.of_hidden).bias is None
