"""Fewer bands as layers, against the functions for scenes."""

import pytest
import torch

import lrprism as lp
from lrprism.errors import InputError
from lrprism.spectral import PatchSet, average_pairs, select_bands
from lrprism.spectral.preprocessing import AveragePairs, SelectBands


def test_pairs_are_those_of_the_function_for_scenes(small_patches: PatchSet) -> None:
    patch = torch.from_numpy(small_patches["patch"].values)
    expected = torch.from_numpy(average_pairs(small_patches)["patch"].values)
    torch.testing.assert_close(AveragePairs(5)(patch), expected)


def test_choice_is_that_of_the_function_for_scenes(small_patches: PatchSet) -> None:
    patch = torch.from_numpy(small_patches["patch"].values)
    expected = torch.from_numpy(select_bands(small_patches, [4, 0, 3])["patch"].values)
    assert torch.equal(SelectBands(5, [4, 0, 3])(patch), expected)


def test_bands_that_were_not_chosen_get_no_relevance() -> None:
    model = torch.nn.Sequential(SelectBands(5, [4, 0]), torch.nn.Linear(2, 1))
    relevance = lp.LRP(model).explain(torch.ones(1, 5)).relevance
    assert isinstance(relevance, torch.Tensor)
    assert (relevance != 0).tolist() == [[True, False, False, False, True]]


def test_a_single_band_has_no_pair() -> None:
    with pytest.raises(InputError, match=r"^pairs need at least 2 bands\. Found 1\. Leave this step out"):
        AveragePairs(1)


@pytest.mark.parametrize(
    ("chosen", "shown"), [([], "none"), ([0, 0], "0, 0"), ([5], "5"), ([-1, 2], "-1, 2")]
)
def test_band_numbers_that_cannot_be_are_refused(chosen: list[int], shown: str) -> None:
    words = rf"^chosen should be different band numbers in 0\.\.4\. Found {shown}\. Bands count from 0\.$"
    with pytest.raises(InputError, match=words):
        SelectBands(5, chosen)
