import pytest
import torch

from lrprism.errors import InputError, ModelError
from lrprism.spectral.networks import SSRN


def test_parameters_by_hand() -> None:
    norm = 2 * 24
    enter = 24 * 7 + 24 + norm
    spectral = 4 * (24 * 24 * 7 + 24 + norm)
    squeeze = 24 * 97 * 128 + 128 + 2 * 128  # (200 - 7) // 2 + 1 = 97 bands are left
    turn = 128 * 9 * 24 + 24 + norm
    spatial = 4 * (24 * 24 * 9 + 24 + norm)
    linear = 24 * 16 + 16
    assert enter + spectral + squeeze + turn + spatial + linear == 364_168
    for window in (5, 7):
        model = SSRN(200, 16, window)
        assert sum(parameter.numel() for parameter in model.parameters()) == 364_168


@pytest.mark.parametrize("bands", [7, 8, 9, 20])
@pytest.mark.parametrize("window", [3, 4, 7])
def test_every_size_gives_one_row_of_logits_per_patch(bands: int, window: int) -> None:
    assert SSRN(bands, 3, window)(torch.rand(2, 1, bands, window, window)).shape == (2, 3)


def test_a_residual_block_of_zeros_passes_its_input_on() -> None:
    block = SSRN(9, 3, 3).spectral[3].eval()
    for parameter in block.parameters():
        torch.nn.init.zeros_(parameter)
    a = torch.rand(1, 24, 2, 3, 3)
    assert torch.equal(block(a), a)


@pytest.mark.parametrize(("name", "least"), [("bands", 7), ("classes", 1), ("window", 3)])
def test_impossible_sizes_are_refused(name: str, least: int) -> None:
    with pytest.raises(ModelError, match=rf"{name} of SSRN .* at least {least}\. Found {least - 1}\."):
        SSRN(**({"bands": 9, "classes": 3, "window": 5} | {name: least - 1}))


def test_patches_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match=r"shape \(N, 1, 9, 5, 5\)\. Found \(2, 9, 5, 5\)"):
        SSRN(9, 2, 5)(torch.rand(2, 9, 5, 5))
