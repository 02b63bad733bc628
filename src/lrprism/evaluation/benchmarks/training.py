"""Two ways to train the small networks of the benchmarks: Adam on batches, L-BFGS on all of the data."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def minimise(
    model: nn.Module,
    loss: Callable[[int], Tensor],
    *,
    steps: int,
    learning_rate: float,
    weight_decay: float = 0.0,
    decay: float = 1.0,
) -> None:
    """Train ``model`` in place by Adam; it is in evaluation mode afterwards.

    Args:
        model: What is trained.
        loss: Maps the number of a step to the loss of its batch.
        steps: How many batches.
        learning_rate: That of the first step.
        weight_decay: The weight of the squared parameters in the loss.
        decay: The share of the learning rate that is left at the last step; it falls exponentially.
    """
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, decay ** (1 / max(steps, 1)))
    model.train()
    for step in range(steps):
        optimiser.zero_grad()
        loss(step).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    model.eval()


def polish(model: nn.Module, loss: Callable[[], Tensor], *, steps: int, enough: float = 0.0) -> None:
    """Finish the training of a network of few weights by L-BFGS on all of the data.

    Args:
        model: What is trained, in place.
        loss: Returns the loss of all data.
        steps: The most iterations; looked at after every five.
        enough: The loss at which training ends.
    """
    optimiser = torch.optim.LBFGS(
        model.parameters(),
        max_iter=5,
        history_size=20,
        line_search_fn="strong_wolfe",
        tolerance_grad=1e-9,
        tolerance_change=1e-12,
    )

    def evaluate() -> Tensor:
        optimiser.zero_grad()
        value = loss()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    for _ in range(0, steps, 5):
        optimiser.step(evaluate)  # type: ignore[no-untyped-call]
        with torch.no_grad():
            if float(loss()) <= enough:
                return
