"""The references by name: the mean spectrum of the training samples, the continuum of each spectrum."""

import pytest
import torch

from lrprism.errors import DataError, InputError
from lrprism.spectral.workbench import REFERENCES
from lrprism.spectral.workbench.references import DEFAULT_REFERENCE, choose_reference, find_reference

RECORD = {"mean_spectrum": [1.0, 2.0, 4.0, 8.0]}


def test_the_tutorials_rules_stay_exact_without_a_reference() -> None:
    assert choose_reference("tutorial", None) == "zero"
    assert choose_reference("epsilon", None) == DEFAULT_REFERENCE
    assert choose_reference("tutorial", "mean") == "mean"


def test_zero_is_no_reference() -> None:
    assert find_reference("zero", {}) is None


def test_the_mean_is_that_of_each_band_for_every_pixel() -> None:
    make = find_reference("mean", RECORD)
    assert make is not None
    made = make(torch.rand(5, 4, 2, 3))
    assert made.shape == (1, 4, 2, 3)
    assert torch.equal(made[0, :, 1, 2], torch.tensor([1.0, 2.0, 4.0, 8.0]))


def test_the_continuum_is_that_of_each_spectrum() -> None:
    make = find_reference("continuum", RECORD)
    assert make is not None
    x = torch.tensor([0.0, 2.0, 6.0, 4.0]).view(1, 4, 1, 1)
    # one step to either side; beyond an end the band at that end
    assert make(x).flatten().tolist() == [1.0, 3.0, 3.0, 5.0]


def test_the_mixture_is_a_third_of_the_mean() -> None:
    mean, continuum, mixed = (
        find_reference(name, RECORD) for name in ("mean", "continuum", "mean-continuum")
    )
    assert mean is not None
    assert continuum is not None
    assert mixed is not None
    x = torch.rand(2, 4, 1, 1)
    torch.testing.assert_close(mixed(x), mean(x) / 3 + continuum(x) * 2 / 3)


def test_an_unknown_name_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(InputError, match=f"one of {', '.join(REFERENCES)}. Found 'average'"):
        find_reference("average", RECORD)


def test_a_run_without_a_mean_spectrum_says_what_to_do() -> None:
    with pytest.raises(DataError, match=r"Found none in its run\.json\. Train or adopt the network again"):
        find_reference("mean", {})


def test_one_band_has_no_continuum() -> None:
    with pytest.raises(InputError, match=r"at least 2 bands\. Found 1\. Try --reference mean"):
        find_reference("continuum", {"mean_spectrum": [1.0]})
