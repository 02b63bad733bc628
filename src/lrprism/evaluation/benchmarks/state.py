r"""HMM/State: which of three series decides a label, by a GRU, at every step of time.

A hidden state of two values moves as a Markov chain, three series are Gaussian with the mean of the state,
and the label of a step is drawn with probability :math:`1 / (1 + e^{-2 x_{t, 1 + s}})`: the second series
decides in state 0, the third in state 1, the first never. The truth is that series at every step;
``switches`` marks only the steps at which the state changed. Source: Crabbé and van der Schaar 2021,
Explaining time series predictions with dynamic masks, ICML, as released with Enguehard 2023, Learning
perturbations to explain time series predictions, ICML (time_interpret, MIT).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from lrprism.errors import InputError
from lrprism.evaluation.benchmarks.training import minimise
from lrprism.evaluation.recovery import average_precision, roc_auc

MEANS = torch.tensor([[0.1, 1.6, 0.5], [-0.1, -0.4, -1.5]])
VARIANCE, COVARIANCE = 0.801, 0.01
STAYS, COMES, TIRES = 0.95, 0.05, 500
Explain = Callable[["LastStep", tuple[Tensor, Tensor], Tensor], Tensor]
"""Returns the relevance of the first of two inputs: a step, ``[M, 1, 3]``, and the state in front of it."""


@final
@dataclass(frozen=True)
class Series:
    """Time series with a label and a deciding series at each step.

    Attributes:
        x: ``[N, T, 3]``.
        y: The labels, 0 or 1, ``[N, T]``.
        truth: True at the deciding series, ``[N, T, 3]``.
        switches: ``truth`` at the first step and where the state changed, False elsewhere.
    """

    x: Tensor
    y: Tensor
    truth: Tensor
    switches: Tensor


def make_data(seed: int, samples: int = 1000, steps: int = 200) -> Series:
    """Return ``samples`` series; the published split is 800 for training and 200 for testing."""
    generator = torch.Generator().manual_seed(seed)
    states, changed = _draw_states(samples, steps, generator)
    factors = torch.stack([torch.linalg.cholesky(_build_covariance(feature)) for feature in (1, 2)])
    noise = torch.randn(samples, steps, 3, 1, generator=generator)
    x = MEANS[states] + (factors[states] @ noise).squeeze(-1)
    truth = nn.functional.one_hot(states + 1, 3).bool()
    y = torch.bernoulli((2 * x[truth].view(samples, steps)).sigmoid(), generator=generator).long()
    return Series(x, y, truth, truth & changed[..., None])


def _draw_states(samples: int, steps: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return the states ``[N, T]`` and where they changed, the first step included."""
    state = torch.randint(2, (samples,), generator=generator)
    since = torch.zeros(samples)
    states, changes = [], []
    for step in range(steps):
        # state 1 becomes less likely to stay the longer it lasts; state 0 stays as it is
        chance = torch.where(state == 1, STAYS - since / TIRES, COMES).clamp(min=0)
        following = torch.bernoulli(chance, generator=generator).long()
        changed = following != state
        since = torch.where(changed, 0.0, since + 1)
        states.append(following)
        changes.append(changed | (step == 0))
        state = following
    return torch.stack(states, 1), torch.stack(changes, 1)


def _build_covariance(feature: int) -> Tensor:
    covariance = VARIANCE * torch.eye(3)
    covariance[0, feature] = covariance[feature, 0] = COVARIANCE
    return covariance


@final
class StateGRU(nn.Module):
    """GRU, batch norm, ReLU, dropout, linear: ``[N, T, 3]`` to the logits of the last step, ``[N, 2]``.

    Args:
        hidden: The size of the state.
    """

    def __init__(self, hidden: int = 200) -> None:
        """Build the layers."""
        super().__init__()
        self.gru = nn.GRU(3, hidden, batch_first=True)
        self.head = nn.Sequential(nn.BatchNorm1d(hidden), nn.ReLU(), nn.Dropout(0.5), nn.Linear(hidden, 2))

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of the last step."""
        states, _ = self.gru(x)
        logits: Tensor = self.head(states[:, -1])
        return logits


@final
class LastStep(nn.Module):
    """The last step of a :class:`StateGRU`, with the state in front of it as an input of its own.

    Its relevance at the step is that of the whole network there: nothing that came before depends on it. Only
    at the very first step a gate may get more in the whole network, where the first state is a constant.

    Args:
        model: The network; its layers are shared.
    """

    def __init__(self, model: StateGRU) -> None:
        """Take the layers."""
        super().__init__()
        self.gru, self.head = model.gru, model.head

    def forward(self, x: Tensor, state: Tensor) -> Tensor:
        """Return logits ``[M, 2]`` of steps ``[M, 1, 3]`` that follow states ``[M, hidden]``."""
        states, _ = self.gru(x, state[None])
        logits: Tensor = self.head(states[:, -1])
        return logits


def train(
    data: Series, fold: int, *, folds: int = 5, seed: int = 42, epochs: int = 50, hidden: int = 200
) -> StateGRU:
    """Train on all series but those of one fold, as published: Adam, batches of 32, a random step of each.

    Args:
        data: The training part.
        fold: Which of the ``folds`` is left out.
        folds: How many there are; their shuffle is drawn from ``seed``.
        seed: Of the folds; with the fold, of the weights and the steps.
        epochs: How often the series are seen.
        hidden: The size of the network's state.
    """
    order = torch.randperm(len(data.x), generator=torch.Generator().manual_seed(seed))
    parts = list(order.tensor_split(folds))
    del parts[fold]
    rows = torch.cat(parts).sort().values
    torch.manual_seed(1000 * seed + fold)
    model = StateGRU(hidden)
    batches = torch.split(rows, 32)

    def loss(step: int) -> Tensor:
        batch, last = batches[step % len(batches)], int(torch.randint(data.x.shape[1], ()))
        return nn.functional.cross_entropy(model(data.x[batch, : last + 1]), data.y[batch, last])

    minimise(model, loss, steps=epochs * len(batches), learning_rate=1e-4, weight_decay=1e-3)
    return model


def unroll(model: StateGRU, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return every step of ``x`` with the state in front of it: ``[N * T, 1, 3]`` and ``[N * T, hidden]``."""
    with torch.no_grad():
        states, _ = model.gru(x)
    before = torch.cat((torch.zeros_like(states[:, :1]), states[:, :-1]), 1)
    return x.reshape(-1, 1, x.shape[-1]), before.reshape(-1, states.shape[-1])


def explain_steps(explain: Explain, model: StateGRU, x: Tensor) -> Tensor:
    """Explain every step's prediction from the series up to it, and keep the relevance of that step.

    Args:
        explain: A method for two inputs.
        model: The network.
        x: ``[N, T, 3]``; the predicted class of each step is explained.
    """
    last, inputs = LastStep(model).eval(), unroll(model, x)
    with torch.no_grad():
        target = last(*inputs).argmax(1)
    return explain(last, inputs, target).reshape(x.shape)


def score(relevance: Tensor, data: Series) -> dict[str, float]:
    r"""Return the areas under ROC and precision-recall curves of ``|R|``, as published.

    ``|R|`` is scaled to [0, 1] within each series, then all series, steps and features are one list.
    ``at switches`` counts only the steps at which the state changed.

    Args:
        relevance: Of ``data.x``, ``[N, T, 3]``.
        data: The series that were explained.

    Raises:
        InputError: If the shape is not that of ``data.x``.
    """
    if relevance.shape != data.x.shape:
        shapes = f"{tuple(data.x.shape)}. Found {tuple(relevance.shape)}"
        raise InputError(f"relevance should have the shape of the series, {shapes}.")
    size = relevance.abs().double()
    low, high = size.amin((1, 2), keepdim=True), size.amax((1, 2), keepdim=True)
    size = (size - low) / (high - low + 1e-5)
    scores = {}
    # a step is one at which the state changed, or any
    for words, steps in (("", torch.ones_like(data.y).bool()), (" at switches", data.switches.any(2))):
        pair = size[steps].flatten(), data.truth[steps].flatten()
        scores[f"AUROC{words}"] = float(roc_auc(*pair))
        scores[f"AUPRC{words}"] = float(average_precision(*pair))
    return scores
