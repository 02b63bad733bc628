import pytest
import torch

from lrprism.errors import InputError, ModelError
from lrprism.spectral.networks import CNN1D


@pytest.mark.parametrize(
    ("bands", "classes", "kernel", "pooled", "left"),
    [(220, 8, 24, 5, 40), (200, 16, 22, 5, 36), (103, 9, 11, 3, 31)],
)
def test_parameters_by_hand(bands: int, classes: int, kernel: int, pooled: int, left: int) -> None:
    model = CNN1D(bands, classes)
    assert model.pool.kernel_size == pooled
    expected = (20 * kernel + 20) + (20 * left * 100 + 100) + (100 * classes + classes)
    assert sum(parameter.numel() for parameter in model.parameters()) == expected


@pytest.mark.parametrize("bands", [*range(9, 60), 204, 300])
def test_every_number_of_bands_gives_one_row_of_logits_per_spectrum(bands: int) -> None:
    assert CNN1D(bands, 3)(torch.rand(2, bands)).shape == (2, 3)


def test_by_hand() -> None:
    model = CNN1D(9, 2)  # a kernel of one band and pools of one: a * w + b for each band and filter
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)
    with torch.no_grad():
        model.convolution.weight[0] = 2.0
        model.hidden.weight[0, 4] = 3.0
        model.linear.weight[1, 0] = 5.0
    spectrum = torch.arange(9.0)[None] / 10
    expected = 5 * torch.tanh(3 * torch.tanh(torch.tensor(2 * 0.4)))
    torch.testing.assert_close(model(spectrum), torch.tensor([[0.0, expected.item()]]))


@pytest.mark.parametrize(("name", "least"), [("bands", 9), ("classes", 1)])
def test_impossible_sizes_are_refused(name: str, least: int) -> None:
    with pytest.raises(ModelError, match=rf"{name} of CNN1D .* at least {least}\. Found {least - 1}\."):
        CNN1D(**({"bands": 9, "classes": 3} | {name: least - 1}))


def test_spectra_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match=r"Spectra should have shape \(N, 9\)\. Found \(2, 1, 9\)\. Bring"):
        CNN1D(9, 2)(torch.rand(2, 1, 9))
