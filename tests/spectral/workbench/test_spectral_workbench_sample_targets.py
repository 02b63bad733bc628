import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral import PatchSet
from lrprism.spectral.workbench.sample_targets import check_targets, hash_patches, read_pixel_targets


def test_traits_of_pixels_are_read_from_their_coordinates() -> None:
    grid = np.arange(6.0).reshape(2, 3)
    coords = {"trait_0": (("y", "x"), grid), "trait_1": (("y", "x"), 10 * grid)}
    labels = xr.DataArray(np.ones((2, 3), np.int64), dims=("y", "x"), coords=coords)
    assert read_pixel_targets(labels, np.array([1])) is None
    targets = read_pixel_targets(labels.assign_attrs(trait_names=["N", "P"]), np.array([1, 5]))
    assert targets is not None
    assert targets.tolist() == [[1, 10], [5, 50]]


def test_a_trait_of_one_value_is_refused() -> None:
    check_targets(np.array([[1.0, 2], [2, 3]]), ["N", "P"], "table.csv")
    with pytest.raises(
        DataError, match=r"'P' of 'table\.csv' should vary .* Found 2 in all 2\. Choose another"
    ):
        check_targets(np.array([[1.0, 2], [2, 2]]), ["N", "P"], "table.csv")


def test_the_hash_is_of_the_values_alone(small_patches: PatchSet) -> None:
    renamed = small_patches.assign_attrs(title="other")
    assert hash_patches(small_patches) == hash_patches(renamed)
    assert hash_patches(small_patches.assign(patch=small_patches["patch"] + 1)) != hash_patches(renamed)
