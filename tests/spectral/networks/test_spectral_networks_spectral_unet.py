import pytest
import torch

from lrprism.errors import InputError, ModelError
from lrprism.spectral.networks import SpectralUNet


def test_parameters_by_hand() -> None:
    def pair(inputs: int, outputs: int) -> int:
        return 9 * outputs * (inputs + outputs) + 2 * outputs + 2 * 2 * outputs

    down = pair(200, 32) + pair(32, 64) + pair(64, 128)
    lift = (128 * 64 * 4 + 64) + (64 * 32 * 4 + 32)
    up = pair(128, 64) + pair(64, 32)
    expected = down + lift + up + 32 * 16 + 16
    assert expected == 525_040
    assert sum(parameter.numel() for parameter in SpectralUNet(200, 16).parameters()) == expected


@pytest.mark.parametrize("window", [4, 5, 6, 7, 9, 16])
def test_every_pixel_gets_its_logits(window: int) -> None:
    assert SpectralUNet(3, 4, window)(torch.rand(2, 3, window, window)).shape == (2, 4, window, window)


def test_a_patch_moved_by_four_pixels_moves_its_map() -> None:
    model = SpectralUNet(2, 3, 64).eval()
    patch = torch.zeros(1, 2, 64, 64)
    patch[..., 28:32, 28:32] = torch.rand(1, 2, 4, 4)
    moved = model(patch.roll((4, 4), (2, 3)))
    inside = slice(26, 38)  # far enough from the borders not to see them
    torch.testing.assert_close(
        moved[..., inside, inside], model(patch).roll((4, 4), (2, 3))[..., inside, inside]
    )


@pytest.mark.parametrize(("name", "least"), [("bands", 1), ("classes", 1), ("window", 4)])
def test_impossible_sizes_are_refused(name: str, least: int) -> None:
    with pytest.raises(
        ModelError, match=rf"{name} of SpectralUNet .* at least {least}\. Found {least - 1}\."
    ):
        SpectralUNet(**({"bands": 2, "classes": 3, "window": 8} | {name: least - 1}))


def test_patches_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match=r"shape \(N, 3, 8, 8\)\. Found \(2, 1, 3, 8, 8\)"):
        SpectralUNet(3, 2, 8)(torch.rand(2, 1, 3, 8, 8))
