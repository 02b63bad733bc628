"""Patches and labels as one dataset."""

import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral import make_patches
from lrprism.spectral.cubes.cube import band_coords


def patches(**further: object) -> tuple[tuple[np.ndarray, np.ndarray], dict[str, object]]:
    patch = np.arange(16, dtype=np.float32).reshape(2, 2, 2, 2)
    coords = band_coords(2, [400.0, 500.0])
    return (patch, np.array([1, 0])), {"coords": coords, "class_names": ["a", "b"], "attrs": {}, **further}


def test_patches_carry_bands_labels_and_names() -> None:
    arrays, facts = patches(attrs={"title": "field"})
    dataset = make_patches(*arrays, **facts)  # type: ignore[arg-type]
    assert dataset["patch"].dims == ("sample", "band", "y", "x")
    assert dataset["patch"].sel(sample=1, band=0).values.tolist() == [[8, 9], [10, 11]]
    assert dataset["label"].values.tolist() == [1, 0]
    assert dataset["wavelength"].values.tolist() == [400, 500]
    assert dataset.attrs == {"title": "field", "class_names": ["a", "b"]}


def test_only_patches_of_a_scene_know_their_pixels() -> None:
    arrays, facts = patches(centres=np.array([[3, 4], [5, 6]]))
    dataset = make_patches(*arrays, **facts)  # type: ignore[arg-type]
    assert dataset["row"].values.tolist() == [3, 5]
    assert dataset["column"].values.tolist() == [4, 6]
    arrays, facts = patches()
    assert not {"row", "column"} & set(make_patches(*arrays, **facts).coords)  # type: ignore[arg-type]


def test_every_label_needs_a_name() -> None:
    arrays, facts = patches(class_names=["a"])
    with pytest.raises(DataError, match=r"class names should cover every label, 0..1. Found 1 names"):
        make_patches(*arrays, **facts)  # type: ignore[arg-type]
