import pytest
import torch

from lrprism.errors import InputError, ModelError
from lrprism.spectral.networks import HybridSN


def test_parameters_are_those_of_the_paper() -> None:
    # layer by layer in its table: 512, 5,776, 13,856, 331,840 (= 576 * 64 * 9 + 64), 4,735,232, 32,896, 2,064
    convolutions = 512 + 5_776 + 13_856 + 331_840
    linear = (64 * 17 * 17 * 256 + 256) + 32_896 + 2_064
    assert sum(parameter.numel() for parameter in HybridSN(30, 16).parameters()) == 5_122_176
    assert convolutions + linear == 5_122_176


def test_the_smallest_patch_gives_logits() -> None:
    assert HybridSN(13, 2, 9)(torch.rand(3, 1, 13, 9, 9)).shape == (3, 2)


def test_spectral_filters_become_channels_in_order() -> None:
    model = HybridSN(14, 3, 9).eval()
    patch = torch.rand(1, 1, 14, 9, 9)
    cube = model.cube(patch)  # [1, 32, 2, 3, 3]
    image = model.image(torch.cat([cube[:, filter_] for filter_ in range(32)], dim=1))
    torch.testing.assert_close(model(patch), model.dense(image.reshape(1, -1)))


@pytest.mark.parametrize(("name", "least"), [("bands", 13), ("classes", 1), ("window", 9)])
def test_impossible_sizes_are_refused(name: str, least: int) -> None:
    with pytest.raises(ModelError, match=rf"{name} of HybridSN .* at least {least}\. Found {least - 1}\."):
        HybridSN(**({"bands": 30, "classes": 3, "window": 9} | {name: least - 1}))


def test_patches_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match=r"shape \(N, 1, 13, 9, 9\)\. Found \(2, 1, 13, 9, 11\)"):
        HybridSN(13, 2, 9)(torch.rand(2, 1, 13, 9, 11))
