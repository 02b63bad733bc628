import pytest
import torch

from lrprism.errors import InputError, ModelError
from lrprism.spectral.networks.sizes import check_shape, check_sizes


@pytest.mark.parametrize("value", [1, 2.0, "3", None, True])
def test_what_is_no_whole_number_or_too_small_is_refused(value: object) -> None:
    with pytest.raises(
        ModelError, match=r"bands of Net should be a whole number of at least 2\. Found .* bands=2"
    ):
        check_sizes("Net", bands=(value, 2))


def test_enough_is_enough() -> None:
    check_sizes("Net", bands=(2, 2), window=(9, 3))


def test_the_shape_of_a_sample_must_fit_and_the_batch_may_be_any() -> None:
    check_shape("Patches", torch.zeros(0, 2, 3), (2, 3))
    with pytest.raises(
        InputError, match=r"Patches should have shape \(N, 2, 3\)\. Found \(2, 3\)\. Bring them"
    ):
        check_shape("Patches", torch.zeros(2, 3), (2, 3))
