"""The labels of a scene as its preparation says."""

from pathlib import Path

import numpy as np

from lrprism.spectral import make_cube
from lrprism.spectral.workbench import Preparation
from lrprism.spectral.workbench.scene_labels import KnownClasses, read_scene_labels

CUBE = make_cube(np.zeros((2, 1, 4)), [500.0, 600.0], title="t", quantity="reflectance", units="1")


def test_without_labels_no_pixel_has_one() -> None:
    labels = read_scene_labels(Preparation(), CUBE)
    assert (labels.values.tolist(), labels.attrs["class_names"]) == ([[0] * 4], [])


def test_labels_are_read_as_the_preparation_says(tmp_path: Path) -> None:
    path = tmp_path / "labels.npy"
    np.save(path, np.array([[0, 211, 312, 255]]))
    preparation = Preparation(
        labels=str(path), class_names=("field", "wood"), class_codes=(211, 312), unlabelled=(0, 255)
    )
    labels = read_scene_labels(preparation, CUBE)
    assert (labels.values.tolist(), labels.attrs["class_names"]) == ([[0, 1, 2, 0]], ["field", "wood"])
    known = read_scene_labels(preparation, CUBE, KnownClasses(["wood", "lake", "field"], [312, 512, 211]))
    assert known.values.tolist() == [[0, 3, 1, 0]]
