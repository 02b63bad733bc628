import pytest
import torch
from torch import nn

from lrprism.errors import InputError, ModelError
from lrprism.spectral.networks import Hyper3DNetLitePublished


@pytest.mark.parametrize(
    ("bands", "expected"), [(14, 244_768), (31, 338_880), (200, 1_274_464), (204, 1_296_608)]
)
def test_parameters_are_the_published_ones(bands: int, expected: int) -> None:
    model = Hyper3DNetLitePublished(bands, 16, 5)
    assert sum(parameter.numel() for parameter in model.parameters()) == expected


@pytest.mark.parametrize(("window", "stride", "pooled"), [(5, 1, 5), (13, 1, 13), (14, 2, 4), (25, 2, 7)])
def test_stride_and_pooling_follow_the_window(window: int, stride: int, pooled: int) -> None:
    model = Hyper3DNetLitePublished(1, 3, window)
    assert [block[0].stride[0] for block in model.blocks] == [1, stride, stride]
    assert model.pool.kernel_size == pooled
    assert model(torch.rand(2, 1, 1, window, window)).shape == (2, 3)


def test_every_batch_norm_comes_after_a_relu() -> None:
    layers = [layer for layer in Hyper3DNetLitePublished(2, 3, 5).modules() if not list(layer.children())]
    norms = [
        index for index, layer in enumerate(layers) if isinstance(layer, nn.BatchNorm2d | nn.BatchNorm3d)
    ]
    assert len(norms) == 5
    assert all(isinstance(layers[index - 1], nn.ReLU) for index in norms)


def test_equal_to_the_same_layers_written_out() -> None:
    model = Hyper3DNetLitePublished(2, 4, 3).double()
    with torch.no_grad():
        for _ in range(2):
            model.train()(torch.rand(8, 1, 2, 3, 3, dtype=torch.float64))
    model.eval()

    def apply_norm(a: torch.Tensor, norm: nn.BatchNorm2d | nn.BatchNorm3d) -> torch.Tensor:
        shape = (1, -1) + (1,) * (a.ndim - 2)
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        return (a - norm.running_mean.reshape(shape)) * scale.reshape(shape) + norm.bias.reshape(shape)

    patch = torch.rand(2, 1, 2, 3, 3, dtype=torch.float64)
    volume = patch
    for index in (0, 3):
        volume = apply_norm(model.cube[index](volume).clamp(min=0), model.cube[index + 2])
    image = volume.reshape(2, 32, 3, 3)
    for block in model.blocks:
        image = apply_norm(block[2](block[0](image).clamp(min=0)).clamp(min=0), block[4])
    torch.testing.assert_close(model(patch), model.linear(image.mean(dim=(2, 3))))


def test_two_classes_share_one_logit() -> None:
    assert Hyper3DNetLitePublished(2, 2, 5)(torch.rand(4, 1, 2, 5, 5)).shape == (4, 1)


@pytest.mark.parametrize(("name", "least"), [("bands", 1), ("classes", 1), ("window", 3)])
def test_impossible_sizes_are_refused(name: str, least: int) -> None:
    message = rf"{name} of Hyper3DNetLitePublished .* at least {least}\. Found {least - 1}\."
    with pytest.raises(ModelError, match=message):
        Hyper3DNetLitePublished(**({"bands": 2, "classes": 3, "window": 5} | {name: least - 1}))


def test_patches_of_another_shape_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"Patches should have shape \(N, 1, 3, 5, 5\)\. Found \(2, 3, 5, 5\)"
    ):
        Hyper3DNetLitePublished(3, 2, 5)(torch.rand(2, 3, 5, 5))
