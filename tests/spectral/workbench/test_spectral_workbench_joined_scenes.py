from dataclasses import replace
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

import lrprism as lp
from lrprism.spectral.workbench import Preparation
from lrprism.spectral.workbench.joined_scenes import is_averaged, join_scenes, open_like, open_scenes
from lrprism.spectral.workbench.scene_files import SceneFile
from lrprism.spectral.workbench.sources import open_samples
from small_runs import SILENT
from small_several import NM, open_small, paint_fields, read_values, write_scene


@pytest.fixture
def pair(tmp_path: Path) -> list[SceneFile]:
    """Scenes of other sizes; in the second the codes are 2 and 5."""
    return [
        write_scene(tmp_path, "a"),
        write_scene(tmp_path, "b", shape=(14, 30), codes=(2, 5), seed=1),
    ]


def test_samples_are_those_of_all_scenes(pair: list[SceneFile]) -> None:
    samples = open_small(pair)
    assert samples.places is not None
    assert samples.places.names == ("a", "b")
    assert samples.places.sizes == (20 * 24, 14 * 30)
    assert samples.class_codes == [1, 2, 5]
    where = samples.locate(samples.numbers)
    maps = {"a": paint_fields((20, 24)), "b": paint_fields((14, 30), (2, 5))}
    # brute force: every labelled pixel that is no border, scene by scene and row by row
    expected = [
        (name, row, column, int(codes[row, column]))
        for name, codes in maps.items()
        for row in range(1, codes.shape[0] - 1)
        for column in range(1, codes.shape[1] - 1)
        if codes[row, column]
    ]
    codes = np.array(samples.class_codes)[samples.labels]
    assert (
        list(zip(*(where[key].tolist() for key in ("scene", "row", "column")), codes.tolist(), strict=True))
        == expected
    )
    assert (where["sample"] == where["row"] * np.where(where["scene"] == "a", 24, 30) + where["column"]).all()


def test_windows_are_cut_from_their_own_scene_in_any_order(pair: list[SceneFile], tmp_path: Path) -> None:
    samples = open_small(pair)
    numbers = np.random.default_rng(0).permutation(samples.numbers)[:50]
    cubes = {"a": read_values(pair[0]), "b": read_values(pair[1])}
    for cut in (samples.cut, samples.hold(numbers, tmp_path).cut):
        patches = cut(numbers)
        assert patches["scene"].values.tolist() == samples.locate(numbers)["scene"].tolist()
        for patch in patches.transpose("sample", ...)["patch"]:
            row, column = int(patch["row"]), int(patch["column"])
            window = cubes[str(patch["scene"].values)][:, row - 1 : row + 2, column - 1 : column + 2]
            np.testing.assert_array_equal(patch.values, window)
        np.testing.assert_array_equal(patches["label"], samples.labels_of(numbers))
        assert patches.attrs["title"] == "a; b"
        assert patches.attrs["attribution"] == "a ltd; b ltd"


def test_a_class_of_one_scene_alone_is_noted(pair: list[SceneFile], tmp_path: Path) -> None:
    # class 2 lies in both; the notes go into the record and to the console
    notes = open_small(pair).attrs["assumed"]
    (note,) = [note for note in notes if "one scene alone" in note]
    assert "class 1 in a, class 5 in b: the network may tell them by the scene" in note
    alike = [pair[0], write_scene(tmp_path, "c", seed=2)]
    assert not any("one scene alone" in note for note in open_small(alike).attrs["assumed"])


def test_an_averaging_that_changes_nothing_is_noted(pair: list[SceneFile], tmp_path: Path) -> None:
    words = "no scene was averaged, though --resample asks for it: all have the bands of a"
    assert words not in open_small(pair).attrs["assumed"]
    assert words in open_small(pair, resample=True).attrs["assumed"]
    fine = write_scene(tmp_path, "fine", nm=(450.0, 500.0, 550.0, 600.0, 650.0, 700.0, 750.0), seed=3)
    samples = open_small([pair[0], fine], resample=True)
    assert words not in samples.attrs["assumed"]
    assert [is_averaged(member) for member in samples.scenes] == [False, True]


def test_the_hash_is_of_all_scenes_in_their_order(pair: list[SceneFile], tmp_path: Path) -> None:
    hashes = {open_small(pair).hash, open_small(pair[::-1]).hash}
    assert open_small(pair).hash in hashes
    assert len(hashes) == 2
    other = write_scene(tmp_path, "c", seed=7)
    assert open_small([pair[0], other]).hash not in hashes


def test_one_label_file_of_polygons_for_all(tmp_path: Path) -> None:
    # fields of 50 x 50 m: a lies at x 500000, b at x 501000
    places = [(500000, "oak"), (500120, "beech"), (501000, "beech"), (501120, "larch")]
    shapes = [shapely.box(x, 4999900, x + 50, 4999950) for x, _ in places]
    words = np.array([word for _, word in places], dtype=object)
    pyogrio.raw.write(
        tmp_path / "all.gpkg",
        shapely.to_wkb(shapes),
        [words],
        ["class"],
        geometry_type="Polygon",
        crs="EPSG:32632",
    )
    files = [
        replace(write_scene(tmp_path, name, corner=(x, 5e6), seed=int(x)), labels=str(tmp_path / "all.gpkg"))
        for name, x in (("a", 500000.0), ("b", 501000.0))
    ]
    samples = open_small(files, window=1)
    assert samples.class_names == ["beech", "oak", "larch"]
    scenes = samples.locate(samples.numbers)["scene"]
    assert np.bincount(samples.labels[scenes == "a"], minlength=3).tolist() == [25, 25, 0]
    assert np.bincount(samples.labels[scenes == "b"], minlength=3).tolist() == [25, 0, 25]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (
            {"nm": (450.0, 550.0, 650.0, 790.0)},
            r"b\.nc' should have the bands of '.*a\.nc'.* Found 790\.0 nm",
        ),
        (
            {"quantity": "radiance"},
            r"the same quantity as '.*a\.nc': reflectance .* Found radiance",
        ),
        ({"units": "percent"}, r"reflectance in units '1'\. Found reflectance in units 'percent'"),
        ({"seed": 0}, r"each scene should be given once\. Found the same values"),
    ],
)
def test_scenes_that_do_not_fit(tmp_path: Path, options: dict[str, object], found: str) -> None:
    files = [write_scene(tmp_path, "a"), write_scene(tmp_path, "b", **{"seed": 1, **options})]  # type: ignore[arg-type]
    with pytest.raises(lp.DataError, match=found):
        open_small(files)


def test_a_scene_without_a_labelled_pixel(tmp_path: Path) -> None:
    files = [write_scene(tmp_path, "a"), write_scene(tmp_path, "b", seed=1)]
    np.save(tmp_path / "b.npy", np.zeros((20, 24), dtype=np.int64))
    with pytest.raises(
        lp.DataError, match=r"should have labelled pixels\. Found in '.*b\.nc' with '.*npy': none"
    ):
        open_small(files)


def test_one_class_in_all_scenes(tmp_path: Path) -> None:
    files = [write_scene(tmp_path, name, codes=(3, 3), seed=seed) for seed, name in enumerate("ab")]
    with pytest.raises(lp.DataError, match=r"at least two classes\. Found one, 'class 3'"):
        open_small(files)


def test_only_scenes_of_other_bands_are_averaged(tmp_path: Path) -> None:
    first, drift = write_scene(tmp_path, "a"), write_scene(tmp_path, "b", nm=[nm + 2 for nm in NM], seed=1)
    fine = write_scene(tmp_path, "c", nm=np.arange(430.0, 771.0, 20.0).tolist(), seed=2)
    with pytest.raises(lp.DataError, match=r"with --resample"):
        open_small([first, drift, fine])
    samples = open_small([first, drift, fine], resample=True)
    assert samples.cut(samples.numbers[[0, -1]])["wavelength"].values.tolist() == list(NM)
    notes = samples.attrs["assumed"]
    assert [note.split(":")[0] for note in notes if "averaged by a Gaussian" in note] == ["c"]
    assert any(note.startswith("bands of b lie up to 2.00 nm") for note in notes)
    np.testing.assert_array_equal(samples.scenes[1].scene.cube.values, read_values(drift))  # type: ignore[union-attr]


def test_a_choice_of_bands_that_the_other_sensor_has_not(tmp_path: Path) -> None:
    first = write_scene(tmp_path, "a", nm=(450.0, 500.0, 550.0, 600.0, 650.0))
    other = write_scene(tmp_path, "b", nm=(500.0, 600.0, 640.0), seed=1)
    chosen = Preparation(window=1, bands=(1, 3, 4))
    samples = open_scenes([first, other], chosen, resample=True, reporter=SILENT)
    assert samples.cut(samples.numbers[-1:])["wavelength"].values.tolist() == [500.0, 600.0, 650.0]
    centres = np.array([500.0, 600.0, 650.0])
    again = open_like(
        other.source, Preparation(window=1, labels=other.labels, bands=(1, 3, 4)), centres, resample=True
    )
    assert again.hash == samples.scenes[1].hash


def test_a_scene_read_lazily_stays_so(pair: list[SceneFile]) -> None:
    members = [open_samples(file.source, Preparation(window=3, labels=file.labels)) for file in pair]
    joined = join_scenes(["a", "b"], members)
    kinds = [type(member.scene.cube.data) for member in joined.scenes]  # type: ignore[union-attr]
    assert kinds == [type(member.scene.cube.data) for member in members]  # type: ignore[union-attr]
