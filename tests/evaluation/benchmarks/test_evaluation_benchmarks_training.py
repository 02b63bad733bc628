import torch
from torch import nn

from lrprism.evaluation.benchmarks.training import minimise, polish


def build_line() -> tuple[nn.Linear, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    x = torch.randn(32, 2)
    return nn.Linear(2, 1), x, x @ torch.tensor([[2.0], [-1.0]]) + 0.5


def test_both_find_a_line() -> None:
    model, x, y = build_line()
    steps: list[int] = []

    def loss(step: int) -> torch.Tensor:
        steps.append(step)
        return (model(x) - y).square().mean()

    minimise(model, loss, steps=300, learning_rate=0.1, decay=0.1)
    assert steps == list(range(300))
    assert not model.training
    assert float(loss(0).detach()) < 1e-3
    polish(model, lambda: loss(0), steps=20)
    torch.testing.assert_close(model.weight.detach(), torch.tensor([[2.0, -1.0]]), atol=1e-4, rtol=0)
    torch.testing.assert_close(model.bias.detach(), torch.tensor([0.5]), atol=1e-4, rtol=0)


def test_the_learning_rate_and_the_penalty_count() -> None:
    weights = []
    for settings in (
        {"learning_rate": 0.1},
        {"learning_rate": 0.01},
        {"learning_rate": 0.1, "weight_decay": 1.0},
    ):
        model, x, y = build_line()
        minimise(model, lambda _, m=model, x=x, y=y: (m(x) - y).square().mean(), steps=20, **settings)
        weights.append(float(model.weight.detach().norm()))
    assert len(set(weights)) == 3


def test_polishing_ends_where_it_is_enough() -> None:
    losses = []
    for enough in (0.0, 10.0):
        torch.manual_seed(0)
        model, x = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)), torch.randn(32, 2)
        calls = []

        def loss(model: nn.Module = model, x: torch.Tensor = x, calls: list[int] = calls) -> torch.Tensor:
            calls.append(1)
            return (model(x) - x.prod(1, keepdim=True)).square().mean()

        polish(model, loss, steps=40, enough=enough)
        losses.append(len(calls))
    assert losses[0] > 3 * losses[1]
