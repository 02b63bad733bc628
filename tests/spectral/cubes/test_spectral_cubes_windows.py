import numpy as np
import pytest
import xarray as xr

from lrprism.errors import DataError
from lrprism.spectral import Scene, cut_windows
from lrprism.spectral.cubes.windows import mark_complete_windows, mark_inside


@pytest.fixture
def scene(small_cube: xr.DataArray) -> Scene:
    """4 x 6 pixels; labelled: (0, 0), (1, 1), (2, 4)."""
    labels = np.zeros((4, 6), dtype=np.int64)
    labels[0, 0], labels[1, 1], labels[2, 4] = 1, 2, 1
    return Scene(small_cube, xr.DataArray(labels, dims=("y", "x"), attrs={"class_names": ["a", "b"]}))


def test_windows_lie_round_their_pixels(scene: Scene) -> None:
    patches = cut_windows(scene, 3)
    assert patches["patch"].shape == (2, 5, 3, 3)
    assert patches["patch"].dtype == np.float32
    np.testing.assert_array_equal(patches["patch"][0], scene.cube.values[:, 0:3, 0:3])
    np.testing.assert_array_equal(patches["patch"][1], scene.cube.values[:, 1:4, 3:6])
    assert patches["label"].values.tolist() == [1, 0]
    assert patches["row"].values.tolist() == [1, 2]
    assert patches["column"].values.tolist() == [1, 4]
    assert patches["wavelength"].values.tolist() == scene.cube["wavelength"].values.tolist()
    assert patches["original_band"].values.tolist() == ["0", "1", "2", "5", "6"]
    assert patches.attrs["class_names"] == ["a", "b"]


def test_windows_that_leave_the_scene_are_counted(scene: Scene) -> None:
    note = "1 of 3 windows of 3 x 3 pixels would leave the scene and were dropped"
    assert cut_windows(scene, 3).attrs["assumed"] == ["made up", note]
    assert cut_windows(scene, 1).attrs["assumed"] == ["made up"]
    assert cut_windows(scene, 1).sizes["sample"] == 3


def test_only_the_pixels_asked_for_in_their_order(scene: Scene) -> None:
    patches = cut_windows(scene, 1, pixels=[2 * 6 + 4, 0])
    assert patches["patch"].values[:, 1, 0, 0].tolist() == [124, 100]
    assert patches["label"].values.tolist() == [0, 0]


def test_coordinates_of_the_rows_do_not_get_in_the_way(scene: Scene) -> None:
    placed = Scene(scene.cube.assign_coords(y=[1.0, 2.0, 3.0, 4.0]), scene.labels)
    assert set(cut_windows(placed, 3).coords) == set(cut_windows(scene, 3).coords)


@pytest.mark.parametrize("size", [0, 2, 5, -3])
def test_a_size_that_cannot_be(scene: Scene, size: int) -> None:
    with pytest.raises(
        DataError, match=rf"window size should be odd and fit the scene of 4 x 6 pixels. Found {size}"
    ):
        cut_windows(scene, size)


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        ([0, 24], r"labelled pixels of the scene, numbered 0..23. Found 24 and 0 more"),
        ([-1], r"numbered 0..23. Found -1 and 0 more"),
        ([0, 1, 2], r"numbered 0..23. Found 1 and 1 more that are not"),
        ([[0, 0]], r"one list of pixel numbers. Found shape \(1, 2\)"),
        ([0.0], r"one list of pixel numbers. Found shape \(1,\) of float64"),
    ],
)
def test_pixels_that_are_not_labelled(scene: Scene, pixels: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        cut_windows(scene, 1, pixels=pixels)  # type: ignore[arg-type]


def test_no_window_left(scene: Scene) -> None:
    with pytest.raises(
        DataError, match=r"at least one window of 3 x 3 pixels should lie inside .* Found 1 pixels"
    ):
        cut_windows(scene, 3, pixels=[0])


def test_windows_inside_the_scene_with_complete_pixels() -> None:
    complete = np.ones((4, 5), dtype=bool)
    complete[0, 4] = False
    assert mark_inside((4, 5), 1).astype(int).tolist() == [[0] * 5, [0, 1, 1, 1, 0], [0, 1, 1, 1, 0], [0] * 5]
    marked = mark_complete_windows(complete, 3)
    assert np.argwhere(~marked).tolist() == [[0, 3], [0, 4], [1, 3], [1, 4]]
    assert mark_complete_windows(complete, 1) is complete
