from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

import lrprism as lp
from lrprism.spectral import load_indian_pines, make_cube
from lrprism.spectral.cubes.georeference import Georeference, assign_georeference
from lrprism.spectral.io.writers import write_cube
from lrprism.spectral.workbench import Preparation, Samples, SplitSettings, open_samples
from lrprism.spectral.workbench.parts import assign_all_to_test, deal_samples

WINDOW = 5


@pytest.mark.parametrize("scheme", ["blocks", "checkerboard", "contiguous", "regions"])
def test_parts_of_a_scene_share_no_pixel(scene: Samples, scheme: str) -> None:
    parts = deal_samples(scene, SplitSettings(scheme), WINDOW, seed=0)
    assert parts.leakage is not None
    assert parts.leakage.overlapping == 0
    assert parts.scheme == scheme
    assert len(parts.validation) / (len(parts.train) + len(parts.validation)) == pytest.approx(0.15, abs=0.01)


def test_validation_blocks_share_no_pixel_with_what_is_trained_on(scene: Samples) -> None:
    parts = deal_samples(scene, SplitSettings("blocks", validation="blocks"), WINDOW, seed=0)
    width = 145
    places = [np.stack(np.divmod(part, width), 1) for part in (parts.train, parts.validation, parts.test)]
    for number, pixels in enumerate(places):
        for other in places[number + 1 :]:
            assert np.abs(pixels[:, None] - other[None]).max(2).min() >= WINDOW
    assert parts.split.coverage["validation"].sum() == len(parts.validation)


def test_a_map_of_groups_keeps_each_of_them_whole(scene: Samples, tmp_path: Path) -> None:
    strips = np.repeat(np.arange(1, 6), 29)[:, None].repeat(145, 1)
    np.save(tmp_path / "strips.npy", strips)
    parts = deal_samples(scene, SplitSettings(groups=str(tmp_path / "strips.npy")), WINDOW, seed=0)
    train, test = (set(strips.ravel()[part]) for part in (parts.train, parts.test))
    assert train
    assert test
    assert not train & test
    assert parts.scheme == "groups"


def test_polygons_stay_together(tmp_path: Path) -> None:
    place = Georeference("EPSG:32633", (500000.0, 10.0, 0.0, 4000000.0, 0.0, -10.0))
    values = np.random.default_rng(0).uniform(0.1, 1, (2, 40, 40)).astype(np.float32)
    cube = make_cube(values, [500.0, 600.0], title="t", quantity="reflectance", units="1")
    write_cube(assign_georeference(cube, place), tmp_path / "scene.nc")
    corners = [(500000 + 100 * column, 4000000 - 100 * row) for row in range(4) for column in range(4)]
    shapes = np.array([shapely.box(x + 10, y - 80, x + 80, y - 10) for x, y in corners])
    crops = np.array([("rye", "hay")[number % 2] for number in range(16)], dtype=object)
    pyogrio.raw.write(
        tmp_path / "fields.gpkg",
        shapely.to_wkb(shapes),
        [crops],
        ["crop"],
        geometry_type="Polygon",
        crs=place.crs,
    )
    preparation = Preparation(window=3, labels=str(tmp_path / "fields.gpkg"))
    samples = open_samples(str(tmp_path / "scene.nc"), preparation)
    parts = deal_samples(samples, SplitSettings(groups="polygon", validation="blocks"), 3, seed=0)
    rows, columns = np.divmod(np.arange(1600), 40)
    fields = (4 * (rows // 10) + columns // 10).reshape(40, 40).ravel()
    used = [set(fields[part]) for part in (np.union1d(parts.train, parts.validation), parts.test)]
    assert min(map(len, used)) >= 2
    assert not used[0] & used[1]
    assert parts.leakage is not None
    assert parts.leakage.overlapping == 0
    table = parts.table(samples)
    assert list(table.columns) == ["sample", "row", "column", "group", "label", "part"]  # words have no codes


def test_polygons_are_asked_for_where_there_are_none(scene: Samples) -> None:
    with pytest.raises(
        lp.InputError, match=r"should get labels that are polygons or points\. Found a label map"
    ):
        deal_samples(scene, SplitSettings(groups="polygon"), WINDOW, seed=0)


def test_a_list_of_groups_keeps_the_patches_of_a_plant_together(patches: Samples, tmp_path: Path) -> None:
    plants = np.repeat(np.arange(8), 3)
    (tmp_path / "plants.csv").write_text("\n".join(f"plant {plant}" for plant in plants), encoding="utf-8")
    parts = deal_samples(patches, SplitSettings(groups=str(tmp_path / "plants.csv")), WINDOW, seed=0)
    train, test = set(plants[parts.train]) | set(plants[parts.validation]), set(plants[parts.test])
    assert not train & test
    assert train | test == set(range(8))


def test_random_samples_come_with_the_columns_of_groups(tmp_path: Path) -> None:
    rows = [f"{n // 4},{n % 3},{'ab'[n % 2]},0.{n + 1},0.2" for n in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["plant,day,kind,450,550", *rows]), encoding="utf-8")
    preparation = Preparation(label_column="kind")
    samples = open_samples(str(tmp_path / "t.csv"), preparation)
    note = "whole groups are dealt out by --group-column 'plant' or 'day'"
    assert note in deal_samples(samples, SplitSettings(), 1, seed=0).split.notes
    grouped = open_samples(str(tmp_path / "t.csv"), replace(preparation, group_column="plant"))
    assert not any(
        "dealt out by" in note for note in deal_samples(grouped, SplitSettings(), 1, 0).split.notes
    )


def test_the_split_of_a_run_is_read_back(scene: Samples, tmp_path: Path) -> None:
    parts = deal_samples(scene, SplitSettings("blocks"), WINDOW, seed=3)
    table = parts.table(scene)
    assert (table["code"] == table["label"] + 1).all()
    table.to_csv(tmp_path / "split.csv", index=False)
    again = deal_samples(scene, SplitSettings(str(tmp_path / "split.csv")), WINDOW, seed=0)
    for name in ("train", "validation", "test"):
        assert np.array_equal(getattr(again, name), getattr(parts, name))
    assert again.split.coverage["test"].tolist() == parts.split.coverage["test"].tolist()


def test_the_split_of_patches_names_their_codes(tmp_path: Path, write_hdf5: Callable[..., Path]) -> None:
    codes = np.tile([312, 211, 312], 8)
    images = np.random.default_rng(0).random((24, 3, 3, 2), dtype=np.float32)
    source = str(write_hdf5(train_img=images, train_labels=codes))
    samples = open_samples(source, Preparation(wavelengths="400:500", class_names=("field", "wood")))
    parts = deal_samples(samples, SplitSettings(), 3, seed=0)
    table = parts.table(samples)
    assert list(table.columns) == ["sample", "label", "code", "part"]
    assert table["code"].tolist() == codes.tolist()
    table.to_csv(tmp_path / "split.csv", index=False)
    again = deal_samples(samples, SplitSettings(str(tmp_path / "split.csv")), 3, seed=0)
    np.testing.assert_array_equal(again.test, parts.test)


def test_pixels_of_a_split_without_a_whole_window_are_left_out(scene: Samples, tmp_path: Path) -> None:
    labels = load_indian_pines().labels.values
    half = np.arange(145)[None, :].repeat(145, 0) < 70
    for name, where in (("tr", half), ("te", ~half)):
        np.save(tmp_path / f"{name}.npy", np.where(where, labels, 0))
    parts = deal_samples(scene, SplitSettings(f"{tmp_path}/tr.npy,{tmp_path}/te.npy"), WINDOW, seed=0)
    assert any("163 samples of the split have no whole window" in note for note in parts.split.notes)
    assert len(parts.train) + len(parts.validation) + len(parts.test) == len(scene.numbers)
    assert parts.leakage is not None
    assert parts.leakage.nearest == 1


def test_a_split_without_any_whole_window_is_refused(scene: Samples, tmp_path: Path) -> None:
    table = pd.DataFrame({"sample": [scene.numbers[0], 0], "part": ["train", "test"]})
    labels = load_indian_pines().labels.values
    assert labels[0, 0]
    table.to_csv(tmp_path / "split.csv", index=False)
    with pytest.raises(lp.DataError, match=r"keep samples with a whole window\. Found 1 and 0"):
        deal_samples(scene, SplitSettings(str(tmp_path / "split.csv")), WINDOW, seed=0)


def test_training_samples_are_capped_by_class(scene: Samples) -> None:
    parts = deal_samples(scene, SplitSettings("blocks", per_class=4), WINDOW, seed=0)
    assert np.bincount(scene.labels_of(parts.train)).max() == 4
    count, total = len(parts.train), len(parts.split.train)
    assert f"{count} of {total} training samples are used, at most 4 of each class" in parts.split.notes


def test_everything_is_tested_where_nothing_is_known(patches: Samples) -> None:
    parts = assign_all_to_test(patches)
    assert len(parts.test) == 24
    assert not parts.train.size
    assert parts.table(patches)["part"].unique().tolist() == ["test"]
