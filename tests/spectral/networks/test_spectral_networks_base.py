import pytest
import torch

from lrprism.errors import InputError, ModelError
from lrprism.spectral.networks.base import AbstractNetwork, check_sizes


@pytest.mark.parametrize("value", [1, 2.0, "3", None, True])
def test_what_is_no_whole_number_or_too_small_is_refused(value: object) -> None:
    with pytest.raises(
        ModelError, match=r"bands of Net should be a whole number of at least 2\. Found .* bands=2"
    ):
        check_sizes("Net", bands=(value, 2))


def test_enough_is_enough() -> None:
    check_sizes("Net", bands=(2, 2), window=(9, 3))


class Net(AbstractNetwork):
    layout = "patch"


class SpectrumNet(AbstractNetwork):
    layout = "spectrum"


def test_the_shape_of_a_sample_must_fit_and_the_batch_may_be_any() -> None:
    Net(2, 5, 3).check_input(torch.zeros(0, 2, 3, 3))
    with pytest.raises(
        InputError, match=r"Patches should have shape \(N, 2, 3, 3\)\. Found \(2, 3\)\. Bring them"
    ):
        Net(2, 5, 3).check_input(torch.zeros(2, 3))
    with pytest.raises(InputError, match=r"Spectra should have shape \(N, 2\)\. Found \(1, 3\)"):
        SpectrumNet(2, 5).check_input(torch.zeros(1, 3))


def test_a_network_refuses_sizes_below_its_least() -> None:
    net = Net(4, 2, 3, least_bands=4, least_window=3)
    assert (net.bands, net.classes, net.window) == (4, 2, 3)
    with pytest.raises(ModelError, match=r"^bands of Net should .* at least 4\. Found 3\."):
        Net(3, 2, 3, least_bands=4)
    with pytest.raises(ModelError, match=r"^classes of Net should .* at least 1\. Found 0\."):
        Net(4, 0, 3)
    with pytest.raises(ModelError, match=r"^window of Net should .* at least 3\. Found 2\."):
        Net(4, 2, 2, least_window=3)
