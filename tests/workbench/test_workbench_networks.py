import numpy as np
import pytest
import torch

import lrprism as lp
from lrprism.workbench.networks import NetworkSettings, network_of


def patches() -> torch.Tensor:
    return (
        torch.rand(40, 6, 5, 5, generator=torch.Generator().manual_seed(0))
        * torch.arange(1, 7)[:, None, None]
    )


@pytest.mark.parametrize("scaling", ["std", "zscore", "minmax", "none"])
@pytest.mark.parametrize("pca", [None, 3])
def test_weights_of_a_fitted_network_fit_the_one_built_from_its_record(scaling: str, pca: int | None) -> None:
    settings = NetworkSettings("hyper3dnetlite", scaling, pca)
    fitted = settings.fitted(patches(), 3).eval()
    blank = network_of(settings.record(bands=6, classes=3, window=5)).eval()
    blank.load_state_dict(fitted.state_dict())
    torch.testing.assert_close(blank(patches()), fitted(patches()))


def test_steps_are_fitted_to_the_patches_in_order() -> None:
    model = NetworkSettings("hyper3dnetlite", "zscore", 2).fitted(patches(), 3)
    flat = patches().double().permute(1, 0, 2, 3).flatten(1).numpy()
    scaled = (flat - flat.mean(1, keepdims=True)) / flat.std(1, keepdims=True)
    variances = np.linalg.eigvalsh(np.cov(scaled))[::-1]
    seen = model.steps(patches()).permute(1, 0, 2, 3).flatten(1).var(1).numpy()
    np.testing.assert_allclose(seen, variances[:2], rtol=1e-4)
    assert model.layout == "volume"


def test_an_unknown_scaling_is_refused() -> None:
    with pytest.raises(
        lp.InputError, match=r"scaling should be one of std, zscore, minmax, none\. Found 'log'"
    ):
        NetworkSettings(scaling="log")


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(lp.InputError, match=r"The network should be one of cnn1d, .*Found 'vgg'"):
        NetworkSettings("vgg").fitted(patches(), 3)
