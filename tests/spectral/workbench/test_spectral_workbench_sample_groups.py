from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lrprism.errors import InputError
from lrprism.spectral.workbench import Preparation, Samples, SplitSettings, open_samples
from lrprism.spectral.workbench.sample_groups import (
    group_samples,
    keep_polygons_whole,
    read_group_map,
    read_sample_groups,
)
from small_several import open_small, write_scene
from small_tables import write_spectra


def lay_traits_out(scene: Samples, polygon_of_pixel: int | None) -> Samples:
    """Give the pixels of a scene a trait, and so many pixels in a row one polygon."""
    targets = np.zeros((len(scene.numbers), 1))
    if polygon_of_pixel is None:
        return replace(scene, targets=targets)
    assert scene.scene is not None
    labels = scene.scene.labels
    polygons = np.arange(labels.size).reshape(labels.shape) // polygon_of_pixel
    labels = labels.assign_coords(polygon=(("y", "x"), polygons))
    return replace(scene, targets=targets, scene=replace(scene.scene, labels=labels))


def test_pixels_of_a_polygon_stay_together_where_they_share_a_measured_value(scene: Samples) -> None:
    open_choice = SplitSettings()
    assert keep_polygons_whole(lay_traits_out(scene, 10), open_choice).groups == "polygon"
    # classes, a raster, points of one pixel each, and a choice of the user stay as they are
    assert keep_polygons_whole(scene, open_choice) is open_choice
    assert keep_polygons_whole(lay_traits_out(scene, None), open_choice) is open_choice
    assert keep_polygons_whole(lay_traits_out(scene, 1), open_choice) is open_choice
    blocks = SplitSettings("blocks")
    assert keep_polygons_whole(lay_traits_out(scene, 10), blocks) is blocks


def test_test_pixels_are_grouped_by_squares_or_polygons(scene: Samples) -> None:
    assert scene.scene is not None
    width = scene.scene.labels.sizes["x"]
    test = np.array([0, 15, 16, 16 * width, 16 * width + 15])
    squares = group_samples(lay_traits_out(scene, None), test, SplitSettings(block=16))
    assert squares is not None
    assert [squares[0] == other for other in squares] == [True, True, False, False, False]
    assert squares[3] == squares[4]
    polygons = group_samples(lay_traits_out(scene, 10), np.array([3, 9, 10]), SplitSettings())
    assert polygons is not None
    assert polygons.tolist() == [0, 0, 1]


def test_groups_of_spectra_come_from_their_column_or_a_file(tmp_path: Path) -> None:
    path = write_spectra(tmp_path / "leaves.csv")
    samples = open_samples(str(path), Preparation(label_column="species", group_column="plant"))
    test = samples.numbers[[0, 5]]
    assert group_samples(samples, test, SplitSettings()).tolist() == (  # type: ignore[union-attr]
        samples.describe(test, "group").tolist()  # type: ignore[union-attr]
    )
    without = open_samples(str(path), Preparation(label_column="species"))
    assert group_samples(without, test, SplitSettings()) is None
    listed = tmp_path / "groups.csv"
    listed.write_text("\n".join(["group", *(f"g{n // 2}" for n in range(len(without.numbers)))]))
    assert read_sample_groups(without, str(listed))[:3].tolist() == ["g0", "g0", "g1"]
    chosen = group_samples(without, test, SplitSettings(groups=str(listed)))
    assert chosen is not None
    assert chosen.tolist() == ["g0", "g2"]


def test_polygons_of_a_label_map_are_refused(scene: Samples) -> None:
    assert scene.scene is not None
    with pytest.raises(InputError, match=r"labels that are polygons or points\. Found a label map\."):
        read_group_map(scene.scene, "polygon")


def test_groups_of_several_scenes_have_the_name_of_their_scene(tmp_path: Path) -> None:
    files = [write_scene(tmp_path, name, seed=seed) for seed, name in enumerate(("north", "south"))]
    both = open_small(files, window=1)
    groups = group_samples(both, both.numbers, SplitSettings(block=100))
    assert groups is not None
    # a square as large as a scene: one group for each of them
    assert sorted(set(groups.tolist())) == ["north: 0", "south: 0"]
    scene = np.asarray(both.places.find_scene(both.numbers))  # type: ignore[union-attr]
    assert [name.startswith("south") for name in groups] == (scene == 1).tolist()
    squares = group_samples(both, both.numbers, SplitSettings(block=12))
    assert len(set(squares.tolist())) == 8  # type: ignore[union-attr]
