import pytest
import torch

from lrprism.errors import InputError, ModelError
from lrprism.spectral.networks import Transformer1D


@pytest.mark.parametrize(
    ("bands", "stretch", "tokens"), [(1, 1, 1), (32, 1, 32), (33, 2, 17), (2151, 68, 32)]
)
def test_parameters_by_hand(bands: int, stretch: int, tokens: int) -> None:
    model = Transformer1D(bands, 3)
    embed = stretch * 64 + 64
    attention = 2 * 64 + 64 * 3 * 4 * 16 + (4 * 16 * 64 + 64)
    dense = 2 * 64 + (64 * 128 + 128) + (128 * 64 + 64)
    classify = 2 * 64 + 64 * 3 + 3
    expected = embed + 64 + (tokens + 1) * 64 + 2 * (attention + dense) + classify
    assert sum(parameter.numel() for parameter in model.parameters()) == expected
    assert model(torch.rand(2, bands)).shape == (2, 3)


def test_a_token_is_a_stretch_of_bands_filled_with_zeros() -> None:
    model = Transformer1D(65, 2)
    seen: list[torch.Tensor] = []
    model.embed.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model(torch.arange(1.0, 66.0)[None])
    assert seen[0].shape == (1, 22, 3)
    assert seen[0][0, 0].tolist() == [1, 2, 3]
    assert seen[0][0, -1].tolist() == [64, 65, 0]


def test_every_band_and_its_place_count() -> None:
    torch.manual_seed(0)
    model = Transformer1D(65, 2).eval()
    spectrum = torch.rand(1, 65, requires_grad=True)
    model(spectrum)[0, 0].backward()
    assert spectrum.grad is not None
    assert (spectrum.grad != 0).all()
    assert not torch.allclose(model(spectrum), model(spectrum.flip(1)))


def test_impossible_sizes_and_shapes_are_refused() -> None:
    with pytest.raises(ModelError, match=r"bands of Transformer1D .* at least 1\. Found 0\."):
        Transformer1D(0, 2)
    with pytest.raises(InputError, match=r"Spectra should have shape \(N, 3\)\. Found \(2, 4\)\. Bring"):
        Transformer1D(3, 2)(torch.rand(2, 4))
