import pytest
import torch

from lrprism.errors import InputError, ModelError
from lrprism.spectral.networks import MLP


@pytest.mark.parametrize(("bands", "classes"), [(1, 2), (100, 3), (2151, 20)])
def test_parameters_by_hand(bands: int, classes: int) -> None:
    model = MLP(bands, classes)
    expected = (bands * 128 + 128) + (128 * 64 + 64) + (64 * classes + classes)
    assert sum(parameter.numel() for parameter in model.parameters()) == expected
    assert model(torch.rand(2, bands)).shape == (2, classes)


def test_by_hand() -> None:
    model = MLP(2, 2).eval()
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)
    with torch.no_grad():
        model.layers[0].weight[5] = torch.tensor([2.0, -1.0])
        model.layers[3].weight[7, 5] = 3.0
        model.layers[6].weight[1, 7] = 5.0
    # 2 * 0.4 - 0.3 = 0.5, times 3 times 5; the other spectrum is cut off by the first ReLU
    spectra = torch.tensor([[0.4, 0.3], [0.1, 0.3]])
    torch.testing.assert_close(model(spectra), torch.tensor([[0.0, 7.5], [0.0, 0.0]]))


def test_impossible_sizes_and_shapes_are_refused() -> None:
    with pytest.raises(ModelError, match=r"classes of MLP .* at least 1\. Found 0\."):
        MLP(3, 0)
    with pytest.raises(InputError, match=r"Spectra should have shape \(N, 3\)\. Found \(2, 4\)\. Bring"):
        MLP(3, 2)(torch.rand(2, 4))
