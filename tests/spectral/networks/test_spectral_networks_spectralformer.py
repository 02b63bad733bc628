import pytest
import torch

from lrprism.errors import InputError, ModelError
from lrprism.spectral.networks import SpectralFormer


@pytest.mark.parametrize(("window", "group"), [(1, 1), (1, 3), (1, 7), (7, 3)])
def test_parameters_by_hand(window: int, group: int) -> None:
    embed = group * window**2 * 64 + 64
    tokens = 64 + 201 * 64
    attention = 2 * 64 + 64 * 3 * 4 * 16 + (4 * 16 * 64 + 64)
    dense = 2 * 64 + (64 * 8 + 8) + (8 * 64 + 64)
    fusions = 3 * (201 * 201 * 2 + 201)
    classify = 2 * 64 + 64 * 16 + 16
    model = SpectralFormer(200, 16, window, group=group)
    count = sum(parameter.numel() for parameter in model.parameters())
    assert count == embed + tokens + 5 * (attention + dense) + fusions + classify


def test_a_token_is_a_linear_map_of_its_neighbouring_bands_counted_around_the_ends() -> None:
    model = SpectralFormer(5, 2, 1, group=3)
    seen: list[torch.Tensor] = []
    model.embed.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model(torch.arange(5.0).reshape(1, 5, 1, 1))
    expected = [[4.0, 0.0, 1.0], [0.0, 1.0, 2.0], [1.0, 2.0, 3.0], [2.0, 3.0, 4.0], [3.0, 4.0, 0.0]]
    assert seen[0].tolist() == [expected]


def test_fusion_joins_the_input_of_the_block_two_before() -> None:
    model = SpectralFormer(3, 2, 1, group=1).eval().double()
    with torch.no_grad():
        for fusion in model.fusions:  # keep the older of the two inputs alone
            fusion.weight.zero_()
            fusion.weight[:, :, 0, 1] = torch.eye(4)
            fusion.bias.zero_()
    spectrum = torch.rand(1, 3, 1, 1, dtype=torch.float64)
    tokens = torch.cat([model.class_token, model.embed(spectrum.flatten(2))], dim=1) + model.position
    first, second, _, _, fifth = model.blocks
    # the fifth block is given the input of the third, as the second left it
    expected = model.classify(fifth(second(first(tokens)))[:, 0])
    torch.testing.assert_close(model(spectrum), expected)


@pytest.mark.parametrize(("bands", "window", "group"), [(1, 1, 1), (7, 1, 7), (4, 3, 3)])
def test_the_smallest_inputs_give_logits(bands: int, window: int, group: int) -> None:
    model = SpectralFormer(bands, 2, window, group=group)
    assert model(torch.rand(3, bands, window, window)).shape == (3, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bands": 2}, r"bands of SpectralFormer .* at least 3\. Found 2\."),
        ({"classes": 0}, r"classes of SpectralFormer .* at least 1\. Found 0\."),
        ({"window": 0}, r"window of SpectralFormer .* at least 1\. Found 0\."),
        ({"group": 0}, r"group of SpectralFormer .* at least 1\. Found 0\."),
        ({"group": 2}, r"group of SpectralFormer should be odd.* Found 2\. Give group=3\."),
    ],
)
def test_impossible_sizes_are_refused(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        SpectralFormer(**({"bands": 5, "classes": 3, "window": 1} | arguments))


def test_patches_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match=r"shape \(N, 5, 1, 1\)\. Found \(2, 5\)"):
        SpectralFormer(5, 2, 1)(torch.rand(2, 5))
