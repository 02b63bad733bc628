import pytest
import torch
from torch import nn

from lrprism.errors import InputError, ModelError
from lrprism.spectral.networks import Hyper3DNetLite, SeparableBlock


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(("bands", "expected"), [(6, 195_411), (18, 261_843)])
def test_parameters_are_those_of_the_tutorial(bands: int, expected: int) -> None:
    assert parameters(Hyper3DNetLite(bands, 3)) == expected


def test_parameters_of_indian_pines_pairs_by_hand() -> None:
    convolutions_3d = (27 * 16 + 16) + (16 * 27 * 16 + 16)
    block_1 = 1600 * 25 + 1600 + 1600 * 320 + 320
    block_2 = 320 * 9 + 320 + 320 * 256 + 256
    block_3 = 256 * 9 + 256 + 256 * 256 + 256
    linear = 256 * 16 + 16
    assert parameters(Hyper3DNetLite(100, 16, 7)) == convolutions_3d + block_1 + block_2 + block_3 + linear


@pytest.mark.parametrize("window", [*range(3, 20), 24, 25, 26, 33])
def test_every_window_gives_one_row_of_logits_per_patch(window: int) -> None:
    model = Hyper3DNetLite(1, 3, window)
    assert model(torch.rand(2, 1, 1, window, window)).shape == (2, 3)


@pytest.mark.parametrize(
    ("window", "stride", "pooled"),
    [(3, 1, 3), (5, 1, 5), (13, 1, 13), (14, 2, 4), (16, 2, 4), (17, 2, 5), (25, 2, 7), (33, 2, 9)],
)
def test_stride_and_pooling_follow_the_window(window: int, stride: int, pooled: int) -> None:
    model = Hyper3DNetLite(2, 3, window)
    blocks = (model.block_1, model.block_2, model.block_3)
    assert [block.depthwise.stride[0] for block in blocks] == [1, stride, stride]
    assert model.pool.kernel_size == pooled


@pytest.mark.parametrize("window", [14, 19, 25, 30])
def test_pooling_covers_all_that_is_left(window: int) -> None:
    model = Hyper3DNetLite(1, 2, window)
    features = model.block_3(model.block_2(torch.rand(1, 320, window, window)))
    assert features.shape[-2:] == (model.pool.kernel_size,) * 2


def test_two_classes_share_one_logit() -> None:
    assert Hyper3DNetLite(2, 2, 5)(torch.rand(4, 1, 2, 5, 5)).shape == (4, 1)


def test_one_band_is_enough() -> None:
    assert Hyper3DNetLite(1, 4, 5)(torch.rand(1, 1, 1, 5, 5)).shape == (1, 4)


def test_every_relu_is_a_module_of_its_own() -> None:
    model = Hyper3DNetLite(2, 3, 5)
    relus = [name for name, module in model.named_modules() if isinstance(module, nn.ReLU)]
    assert relus == ["relu_1", "relu_2"] + [
        f"block_{block}.relu_{step}" for block in (1, 2, 3) for step in ("depthwise", "pointwise")
    ]


def test_equal_to_the_same_layers_in_a_row() -> None:
    model = Hyper3DNetLite(2, 4, 3).double()
    patch = torch.rand(2, 1, 2, 3, 3, dtype=torch.float64)
    volume = patch
    for layer in (model.conv3d_1, model.conv3d_2):
        volume = layer(volume).clamp(min=0)
    image = volume.reshape(2, 16 * 2, 3, 3)
    for block in (model.block_1, model.block_2, model.block_3):
        image = block.pointwise(block.depthwise(image).clamp(min=0)).clamp(min=0)
    expected = model.linear(image.mean(dim=(2, 3)))
    torch.testing.assert_close(model(patch), expected)


def test_separable_block_by_hand() -> None:
    block = SeparableBlock(2, 1, kernel=1)
    with torch.no_grad():
        block.depthwise.weight.copy_(torch.tensor([2.0, -1.0]).reshape(2, 1, 1, 1))
        block.depthwise.bias.copy_(torch.tensor([1.0, 1.0]))
        block.pointwise.weight.copy_(torch.tensor([3.0, 10.0]).reshape(1, 2, 1, 1))
        block.pointwise.bias.fill_(-1.0)
    # depthwise: 2*4 + 1 = 9 and -1*5 + 1 = -4 -> 0 after the ReLU; pointwise: 3*9 + 10*0 - 1 = 26
    output = block(torch.tensor([4.0, 5.0]).reshape(1, 2, 1, 1))
    assert output.item() == pytest.approx(26.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bands": 0}, r"bands of Hyper3DNetLite should be a whole number of at least 1\. Found 0\."),
        ({"bands": 2.0}, r"bands of Hyper3DNetLite .* Found 2\.0\."),
        ({"bands": True}, r"bands of Hyper3DNetLite .* Found True\."),
        ({"classes": 0}, r"classes of Hyper3DNetLite should be a whole number of at least 1\. Found 0\."),
        ({"window": 2}, r"window of Hyper3DNetLite .* at least 3\. Found 2\. Give window=3 or more\."),
    ],
)
def test_impossible_sizes_are_refused(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        Hyper3DNetLite(**({"bands": 2, "classes": 3, "window": 5} | arguments))


@pytest.mark.parametrize("shape", [(2, 3, 5, 5), (2, 1, 4, 5, 5), (2, 1, 3, 7, 7), (2, 2, 3, 5, 5)])
def test_patches_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"should have shape \(N, 1, 3, 5, 5\)\. Found \(2, "):
        Hyper3DNetLite(3, 2, 5)(torch.rand(shape))
