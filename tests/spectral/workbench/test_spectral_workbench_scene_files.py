from pathlib import Path

import pytest

import lrprism as lp
from lrprism.spectral.workbench import SplitSettings
from lrprism.spectral.workbench.scene_files import (
    SceneFile,
    check_scene_options,
    is_same_file,
    name_scenes,
    pair_labels,
)
from small_runs import write_patches


def test_labels_are_given_in_the_order_of_the_scenes() -> None:
    files = pair_labels(["a.hdr", "b.hdr"], ["1.npy", "2.npy"], ["c.hdr"], ["3.npy"])
    assert files == (
        SceneFile("a.hdr", "1.npy"), SceneFile("b.hdr", "2.npy"), SceneFile("c.hdr", "3.npy", is_test=True),
    )  # fmt: skip


def test_one_file_of_polygons_serves_all_scenes() -> None:
    files = pair_labels(["a.hdr", "b.hdr"], ["all.gpkg"], ["c.hdr"])
    assert [file.labels for file in files] == ["all.gpkg"] * 3


def test_a_scene_with_its_own_labels_takes_none() -> None:
    files = pair_labels(["indian-pines", "b.hdr"], ["2.npy"])
    assert files == (SceneFile("indian-pines"), SceneFile("b.hdr", "2.npy"))


def test_one_source_alone_may_have_labels_or_not() -> None:
    assert pair_labels(["a.csv"], []) == (SceneFile("a.csv"),)
    assert pair_labels(["a.hdr"], ["a.tif"]) == (SceneFile("a.hdr", "a.tif"),)


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ((["a", "b"], ["1.npy"]), r"--labels should name .* order: a, b\. Found 1 for 2: 1\.npy\. Give one"),
        ((["a"], ["1.npy", "2.npy"]), r"--labels should name .* order: a\. Found 2 for 1: 1\.npy, 2\.npy"),
        ((["a", "b"], []), r"Found 0 for 2: none\. Give one for each"),
        # rows and columns of a table of points mean another place in each scene
        ((["a", "b"], ["points.csv"]), r"Found 1 for 2: points\.csv"),
        ((["a"], ["1.npy"], ["c"]), r"--test-labels should name .*: c\. Found 0 for 1: none"),
        ((["a"], ["1.npy"], [], ["3.npy"]), r"--test-labels should come .* Found 3\.npy alone\. Give --test"),
        ((["a", "a"], ["1.npy", "2.npy"]), r"each scene should be given once\. Found 'a' and 'a'"),
        ((["a"], ["1.npy"], ["a"], ["2.npy"]), r"each scene should be given once"),
    ],
)
def test_labels_that_do_not_fit_the_scenes(arguments: tuple[list[str], ...], found: str) -> None:
    with pytest.raises(lp.InputError, match=found):
        pair_labels(*arguments)


def test_one_file_under_two_names(tmp_path: Path) -> None:
    (tmp_path / "a.hdr").touch()
    (tmp_path / "link.hdr").symlink_to(tmp_path / "a.hdr")
    pair = [str(tmp_path / "a.hdr"), str(tmp_path / "link.hdr")]
    assert is_same_file(*pair)
    assert not is_same_file(pair[0], "nothing.hdr")
    with pytest.raises(lp.InputError, match=r"which are one\. Leave one out"):
        pair_labels(pair, ["1.npy", "2.npy"])


def test_patches_among_scenes(tmp_path: Path) -> None:
    patches = str(write_patches(tmp_path / "leaves.hdf5"))
    with pytest.raises(lp.InputError, match=r"should all be scenes\. Found '.*leaves\.hdf5', which holds"):
        pair_labels(["a.hdr", patches], ["1.npy", "2.npy"])


def test_scenes_are_named_by_their_files() -> None:
    assert name_scenes(["x/a.hdr", "y/b.hdr", "indian-pines"]) == ("a", "b", "indian-pines")
    assert name_scenes(["2023/field.hdr", "2024/field.hdr", "b.hdr"]) == (
        "2023/field.hdr",
        "2024/field.hdr",
        "b",
    )


@pytest.mark.parametrize(
    ("others", "scheme", "seeds", "resample", "found"),
    [
        (
            [SceneFile("c", "3", is_test=True)],
            "blocks",
            1,
            False,
            r"Found blocks with --test c\. Leave",
        ),
        ([SceneFile("b", "2")], "scenes", 3, False, r"--split scenes should get one seed.* Found 3"),
        ([], "scenes", 1, False, r"should get several scenes, of which each is tested once\. Found one"),
        ([], None, 1, True, r"--resample should come with several scenes.* Found one"),
    ],
)
def test_options_that_do_not_go_together(
    others: list[SceneFile], scheme: str | None, seeds: int, resample: bool, found: str
) -> None:
    with pytest.raises(lp.InputError, match=found):
        check_scene_options(others, SplitSettings(scheme), seeds, resample)


def test_options_that_go_together() -> None:
    check_scene_options([SceneFile("b", "2")], SplitSettings("scenes"), 1, resample=True)
    check_scene_options([SceneFile("c", "3", is_test=True)], SplitSettings(), 4, resample=False)
    check_scene_options([], SplitSettings("blocks"), 4, resample=False)
