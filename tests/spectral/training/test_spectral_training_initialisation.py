import pytest
import torch
from torch import Tensor, nn

from lrprism.errors import DataError
from lrprism.spectral.networks import Hyper3DNetLite
from lrprism.spectral.training import initialize


def outputs_of(model: nn.Module, kinds: tuple[type[nn.Module], ...], inputs: Tensor) -> list[Tensor]:
    found: list[Tensor] = []
    for module in model.modules():
        if isinstance(module, kinds):
            module.register_forward_hook(lambda _, __, output: found.append(output))
    with torch.no_grad():
        model(inputs)
    return found


def test_every_layer_varies_by_one_about_zero() -> None:
    model = Hyper3DNetLite(3, 4, 5)
    patches = 15 + torch.rand(8, 1, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    initialize(model, patches, seed=1)
    outputs = outputs_of(model, (nn.Conv2d, nn.Conv3d, nn.Linear), patches)
    assert len(outputs) == 9
    for output in outputs:
        means = output.transpose(0, 1).flatten(1).mean(dim=1)
        torch.testing.assert_close(means, torch.zeros_like(means), atol=2e-3, rtol=0)
        assert output.square().mean().sqrt().item() == pytest.approx(1, abs=1e-2)


def test_linear_layer_by_hand() -> None:
    # inputs 1 and 3, weight w: outputs w and 3w, mean 2w, spread |w|: weight becomes sgn(w), bias -2 sgn(w)
    layer = nn.Linear(1, 1)
    initialize(layer, torch.tensor([[1.0], [3.0]]))
    assert layer.weight.abs().item() == pytest.approx(1)
    assert layer.bias.item() == pytest.approx(-2 * layer.weight.item())


def test_channels_of_a_linear_layer_are_last() -> None:
    layer = nn.Linear(2, 3)
    inputs = 5 + torch.rand(4, 6, 2)
    initialize(layer, inputs)
    torch.testing.assert_close(layer(inputs).mean(dim=(0, 1)), torch.zeros(3), atol=1e-4, rtol=0)


def test_layers_without_bias_keep_their_mean() -> None:
    layer = nn.Linear(2, 3, bias=False)
    inputs = 5 + torch.rand(40, 2)
    initialize(layer, inputs)
    assert layer(inputs).square().mean().sqrt().item() == pytest.approx(1, abs=1e-4)


def test_a_layer_used_twice_is_fitted_once() -> None:
    shared = nn.Linear(2, 2)
    model = nn.Sequential(shared, nn.ReLU(), shared)
    inputs = torch.rand(20, 2)
    initialize(model, inputs)
    assert shared(inputs).square().mean().sqrt().item() == pytest.approx(1, abs=1e-4)


def test_the_seed_decides_and_no_hook_stays() -> None:
    def weights(seed: int) -> Tensor:
        model = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 2))
        initialize(model, inputs, seed=seed)
        assert not any(module._forward_hooks for module in model.modules())
        return nn.utils.parameters_to_vector(model.parameters())

    inputs = torch.rand(20, 2)
    state = torch.random.get_rng_state()
    nn.Linear(2, 4), nn.Linear(4, 2)
    drawn = torch.random.get_rng_state()
    torch.random.set_rng_state(state)
    first = weights(0)
    assert torch.equal(torch.random.get_rng_state(), drawn)
    assert torch.equal(weights(0), first)
    assert not torch.equal(weights(1), first)


@pytest.mark.parametrize("value", [0.0, 2.0, float("nan"), float("inf")])
def test_inputs_without_variation_are_refused_and_no_hook_stays(value: float) -> None:
    layer = nn.Sequential(nn.Linear(2, 2))
    message = r"should vary and be finite .* Found a spread of .* at layer 0\. Give several different samples"
    with pytest.raises(DataError, match=message):
        initialize(layer, torch.full((4, 2), value))
    assert not layer[0]._forward_hooks
