import math
import warnings
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lrprism.errors import InputError, ModelError, RelevanceWarning
from lrprism.evaluation import measure_entropy, measure_random_logit, measure_randomisation, randomise


def multiply_gradient(model: Any, x: Tensor, target: Tensor) -> Tensor:
    x = x.requires_grad_()
    (gradient,) = torch.autograd.grad(model(x).gather(1, target[:, None]).sum(), x)
    return x.detach() * gradient


def repeat_x(model: Any, x: Tensor, target: Tensor) -> Tensor:  # noqa: ARG001
    return x


def make_model() -> nn.Module:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(12, 3))
    # classes 0 and 1 rest on the same weights with opposite signs, class 2 on others
    weight = torch.randn(12)
    model[0].weight.data = torch.stack([weight, -weight, torch.randn(12)])
    return model


def test_a_map_of_the_data_fails_and_a_map_of_the_model_passes() -> None:
    model, x, target = make_model(), torch.randn(40, 12), torch.zeros(40).long()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    data = measure_randomisation(repeat_x, model, x, target)
    assert data.similarity.value == pytest.approx(1)
    assert data.entropy_rise.value == 0
    assert not data.passed
    network = measure_randomisation(multiply_gradient, model, x, target)
    assert network.passed
    # the product with x stays large where x is, with random weights too
    assert network.size_similarity.value > network.similarity.value + 0.2
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_values_that_no_network_looks_at_do_not_count() -> None:
    class Narrow(nn.Module):
        def __init__(self, model: nn.Module) -> None:
            super().__init__()
            self.model = model

        def forward(self, x: Tensor) -> Tensor:
            return self.model(x[:, :12])

    x, target = torch.randn(40, 12), torch.zeros(40).long()
    wide = torch.cat([x, torch.randn(40, 300)], 1)
    alone = measure_randomisation(multiply_gradient, make_model(), x, target)
    beside = measure_randomisation(multiply_gradient, Narrow(make_model()), wide, target)
    assert beside.similarity.value == pytest.approx(alone.similarity.value)
    assert beside.size_similarity.value == pytest.approx(alone.size_similarity.value)


def test_the_map_of_the_opposite_class_is_the_opposite_map() -> None:
    model, x = make_model()[0], torch.randn(30, 12)
    two = nn.Linear(12, 2)
    two.weight.data = model.weight.data[:2]
    opposite = measure_random_logit(multiply_gradient, two, x, torch.zeros(30).long(), classes=2)
    assert opposite.value == pytest.approx(-1)
    assert measure_random_logit(repeat_x, two, x, torch.zeros(30).long(), classes=2).value == pytest.approx(1)
    with pytest.raises(InputError, match=r"classes should be at least 2.*Found 1"):
        measure_random_logit(repeat_x, two, x, torch.zeros(30).long(), classes=1)


class Scale(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.arange(50.0))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale


def test_every_weight_is_drawn_anew_in_a_copy() -> None:
    model = nn.Sequential(Scale(), nn.Linear(50, 4), nn.BatchNorm1d(4), nn.MultiheadAttention(4, 2))
    model[2].running_mean.fill_(7)
    state = torch.get_rng_state()
    copy = randomise(model, seed=3)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(model[0].scale, torch.arange(50.0))
    assert not torch.equal(copy[0].scale, model[0].scale)
    assert torch.equal(copy[0].scale.sort().values, model[0].scale)  # the same entries in another order
    assert not torch.equal(copy[1].weight, model[1].weight)
    assert not torch.equal(copy[3].in_proj_weight, model[3].in_proj_weight)
    assert copy[2].running_mean.eq(0).all()
    again = randomise(model, seed=3)
    assert all(torch.equal(a, b) for a, b in zip(copy.parameters(), again.parameters(), strict=True))


def test_weights_that_training_began_with_do_not_come_again() -> None:
    torch.manual_seed(0)
    model = nn.Linear(8, 8)
    weights = torch.stack([model.weight.detach(), randomise(model, 0).weight.detach()]).flatten(1)
    assert torch.corrcoef(weights)[0, 1] < 0.5


def test_warnings_about_random_weights_are_not_passed_on() -> None:
    model = make_model()

    def warn_of_others(network: Any, x: Tensor, target: Tensor) -> Tensor:
        if network is not model:
            warnings.warn("the map says little", RelevanceWarning, stacklevel=1)
        return multiply_gradient(network, x, target)

    assert measure_randomisation(warn_of_others, model, torch.randn(9, 12), torch.zeros(9).long()).passed


def test_no_draw_is_refused() -> None:
    with pytest.raises(InputError, match=r"draws should be at least 1. Found 0"):
        measure_randomisation(repeat_x, make_model(), torch.rand(2, 12), torch.zeros(2).long(), draws=0)


@pytest.mark.parametrize("model", [nn.ReLU(), torch.relu])
def test_a_model_without_weights_cannot_be_drawn_anew(model: Any) -> None:
    with pytest.raises(ModelError, match=r"should be an nn.Module with parameters. Found"):
        randomise(model)


def test_the_entropy_of_a_histogram() -> None:
    # a constant map is one bin; two equal halves ln 2; one value per bin ln 100
    maps = torch.stack([torch.ones(100), (torch.arange(100) < 50).float(), torch.arange(100.0)])
    expected = torch.tensor([0, math.log(2), math.log(100)], dtype=torch.float64)
    torch.testing.assert_close(measure_entropy(maps.reshape(3, 10, 10)), expected)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_constant_map_says_the_same_of_every_model_and_class(value: float) -> None:
    x, model = torch.rand(6, 8), make_model()
    target = torch.zeros(6).long()

    def fill(model: Any, x: Tensor, target: Tensor) -> Tensor:  # noqa: ARG001
        return torch.full_like(x, value)

    outcome = measure_randomisation(fill, model, x, target)
    assert (outcome.similarity.value, outcome.size_similarity.value, outcome.passed) == (1.0, 1.0, False)
    assert measure_random_logit(fill, model, x, target, classes=2).value == 1.0
