from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral import Scene
from lrprism.spectral.workbench.cutters import PatchCutter, SceneCutter, WindowCutter
from lrprism.spectral.workbench.scene_numbers import SceneNumbers


@pytest.fixture
def scene() -> Scene:
    """3 bands of 6 x 5 pixels, in pieces of two rows; all but the last row are labelled."""
    values = np.arange(90, dtype=np.float32).reshape(3, 6, 5)
    bands = {
        "wavelength": ("band", [500.0, 600.0, 700.0]),
        "fwhm": ("band", [5.0] * 3),
        "original_band": ("band", ["0", "1", "2"]),
        "good": ("band", [True] * 3),
    }
    cube = xr.DataArray(values, dims=("band", "y", "x"), coords=bands, attrs={"assumed": []})
    labels = np.ones((6, 5), dtype=np.int64)
    labels[5] = 0
    names = {"class_names": ["a"]}
    return Scene(cube.chunk({"band": 3, "y": 2, "x": 5}), xr.DataArray(labels, dims=("y", "x"), attrs=names))


def test_held_windows_need_no_reading(scene: Scene, tmp_path: Path) -> None:
    cutter = WindowCutter(scene, 3)
    numbers = np.array([12, 6])
    held = cutter.hold(numbers, tmp_path)
    np.testing.assert_array_equal(held(numbers)["patch"], cutter(numbers)["patch"])
    # others are read all the same
    np.testing.assert_array_equal(held(np.array([18]))["patch"], cutter(np.array([18]))["patch"])


def test_a_scene_in_memory_is_held_already(scene: Scene, tmp_path: Path) -> None:
    cutter = WindowCutter(Scene(scene.cube.compute(), scene.labels), 3)
    assert cutter.hold(np.array([6]), tmp_path) is cutter


def test_windows_without_a_label_on_request(scene: Scene) -> None:
    numbers = np.array([25])
    with pytest.raises(DataError, match="labelled pixels"):
        WindowCutter(scene, 1)(numbers)
    assert WindowCutter(scene, 1, labelled=False)(numbers)["label"].values.tolist() == [-1]


def test_patches_of_a_file_are_picked(tmp_path: Path) -> None:
    patches = xr.Dataset({"patch": (("sample", "band", "y", "x"), np.arange(4.0).reshape(4, 1, 1, 1))})
    cutter = PatchCutter(patches)
    assert cutter(np.array([3, 1]))["patch"].values.ravel().tolist() == [3.0, 1.0]
    assert cutter.hold(np.array([3]), tmp_path) is cutter


def test_windows_of_several_scenes_keep_the_order_asked_for(scene: Scene, tmp_path: Path) -> None:
    other = Scene(scene.cube + 1000, scene.labels)
    cutters = (WindowCutter(scene, 1), WindowCutter(other, 1))
    cutter = SceneCutter(cutters, SceneNumbers(("a", "b"), (30, 30)), {"title": "both"})
    numbers = np.array([31, 2, 30, 1])
    for cut in (cutter, cutter.hold(numbers, tmp_path)):
        patches = cut(numbers)
        # in the first band pixel n holds n, in the second scene 1000 more
        assert patches["patch"][:, 0, 0, 0].values.tolist() == [1001, 2, 1000, 1]
        assert patches["scene"].values.tolist() == ["b", "a", "b", "a"]
        assert patches["column"].values.tolist() == [1, 2, 0, 1]
        assert patches.attrs["title"] == "both"
    single = cutter(np.array([31]))
    assert single["scene"].values.tolist() == ["b"]
    assert single["wavelength"].values.tolist() == [500.0, 600.0, 700.0]
