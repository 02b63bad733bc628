import pytest
import torch
from torch import Tensor, nn

from lrprism.errors import InputError
from lrprism.evaluation import Constant, Swap, bands, fine_tune, label_map, measure_deletion, measure_drops

W = torch.tensor([2.0, -1.0, 1.0])


def linear(x: Tensor) -> Tensor:
    return torch.stack([x @ W, torch.zeros(len(x))], dim=1)


def test_what_a_linear_model_loses_is_the_contribution() -> None:
    x = torch.randn(700, 3)  # more than one batch
    drops = measure_drops(
        linear, x, torch.zeros(700).long(), regions=label_map(x, torch.arange(3)), imputer=Constant(0.0)
    )
    torch.testing.assert_close(drops, x * W, atol=1e-5, rtol=1e-5)


def test_drops_are_means_over_draws() -> None:
    x, target = torch.randn(4, 3), torch.zeros(4).long()
    swap = Swap(torch.randn(20, 3), draws=4)
    drops = measure_drops(linear, x, target, regions=label_map(x, torch.arange(3)), imputer=swap)
    mask = torch.tensor([[False, True, False]])
    donors = [swap.impute(x, mask, rows=torch.arange(4), draw=draw)[:, 1] for draw in range(4)]
    expected = W[1] * (x[:, 1] - torch.stack(donors).mean(0))
    torch.testing.assert_close(drops[:, 1], expected, atol=1e-5, rtol=1e-5)


def test_relevance_is_compared_with_what_each_region_loses() -> None:
    x, target = torch.randn(10, 3), torch.zeros(10).long()
    settings = {"regions": label_map(x, torch.arange(3)), "imputer": Constant(0.0)}
    contributions = x * W
    assert (measure_deletion(linear, x, target, contributions, **settings) == 1).all()
    assert (measure_deletion(linear, x, target, -contributions, **settings) == -1).all()
    assert (measure_deletion(linear, x, target, torch.ones(10, 3), **settings) == 0).all()


def test_the_copy_learns_from_deletions_and_the_original_stays() -> None:
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    target = torch.randint(2, (300,), generator=generator)
    # both windows tell the class, and the model reads the first one alone
    x = (target * 2.0 - 1)[:, None] + 0.1 * torch.randn(300, 4, generator=generator)
    model = nn.Linear(4, 2)
    model.weight.data = torch.tensor([[-2.0, -2.0, 0, 0], [2.0, 2.0, 0, 0]])
    model.bias.data = torch.tensor([0.5, 0.0])
    before = {name: value.clone() for name, value in model.state_dict().items()}
    regions, imputer = bands(x, 2), Constant(0.0)
    settings = {"regions": regions, "imputer": imputer, "epochs": 5, "learning_rate": 0.05}
    tuned = fine_tune(model, x, target, **settings)
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    first = regions.build_mask(torch.tensor([[True, False]]))
    without_first = imputer.impute(x, first, rows=torch.arange(300))

    def measure_accuracy(network: nn.Module) -> float:
        return (network(without_first).argmax(1) == target).double().mean().item()

    assert measure_accuracy(model) < 0.7
    assert measure_accuracy(tuned) > 0.95
    again = fine_tune(model, x, target, **settings)
    assert torch.equal(again.weight, tuned.weight)


@pytest.mark.parametrize("settings", [{"epochs": 0}, {"learning_rate": 0.0}])
def test_fine_tuning_without_steps_is_refused(settings: dict[str, float]) -> None:
    x = torch.rand(4, 4)
    with pytest.raises(InputError, match="at least one epoch and a learning rate above 0"):
        fine_tune(
            nn.Linear(4, 2), x, torch.zeros(4).long(), regions=bands(x, 2), imputer=Constant(0.0), **settings
        )
