from pathlib import Path

import numpy as np
import pytest

import lrprism as lp
from lrprism.spectral.workbench import Samples, SplitSettings
from lrprism.spectral.workbench.parts import deal_samples
from lrprism.spectral.workbench.scene_parts import check_test_classes, deal_scenes
from small_several import open_small, write_scene

WINDOW = 3


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """Scenes of other sizes; the class of code 5 is in the second and the third."""
    folder = tmp_path_factory.mktemp("three")
    return open_small(
        [
            write_scene(folder, "a", shape=(40, 44)),
            write_scene(folder, "b", shape=(36, 50), codes=(2, 5), seed=1),
            write_scene(folder, "c", shape=(38, 38), codes=(1, 5), seed=2),
        ],
        window=WINDOW,
    )


def test_blocks_are_dealt_in_each_scene_as_in_one(three: Samples) -> None:
    settings = SplitSettings("blocks", block=6)
    parts = deal_scenes(three, settings, WINDOW, seed=3)
    assert three.places is not None
    scene = three.places.find_scene(parts.test)
    for number, member in enumerate(three.scenes):
        alone = deal_samples(member, settings, WINDOW, seed=3)
        assert three.places.count_within(parts.test[scene == number]).tolist() == alone.test.tolist()
    assert parts.scheme == "blocks"
    assert parts.leakage is not None
    assert parts.leakage.overlapping == 0
    assert parts.leakage.nearest >= WINDOW
    assert parts.split.notes[0].startswith("test samples lie in the same scenes as the training samples")
    assert len([note for note in parts.split.notes if note.startswith(("a: ", "b: ", "c: "))]) >= 3


def test_the_overlap_is_the_mean_over_the_test_samples(three: Samples) -> None:
    settings = SplitSettings("random")
    parts = deal_scenes(three, settings, WINDOW, seed=0)
    alone = [deal_samples(member, settings, WINDOW, seed=0) for member in three.scenes]
    seen = sum(part.leakage.overlapping * len(part.test) for part in alone if part.leakage is not None)
    assert parts.leakage is not None
    assert parts.leakage.overlapping == pytest.approx(seen / len(parts.test))


def test_the_table_counts_in_each_scene(three: Samples) -> None:
    parts = deal_scenes(three, SplitSettings("blocks", block=6), WINDOW, seed=0)
    table = parts.table(three)
    assert table.columns.tolist() == ["scene", "sample", "row", "column", "group", "label", "code", "part"]
    widths = table["scene"].map({"a": 44, "b": 50, "c": 38})
    assert (table["sample"] == table["row"] * widths + table["column"]).all()
    assert (table["code"] == np.array([1, 2, 5])[table["label"]]).all()
    assert table["group"].str.startswith(tuple("abc")).all()
    counted = table.groupby("part").size()
    assert counted.to_dict() == {
        "train": len(parts.train),
        "validation": len(parts.validation),
        "test": len(parts.test),
    }
    coverage = parts.split.coverage
    assert coverage["labelled"].sum() == sum(int((m.all_labels > 0).sum()) for m in three.scenes)  # type: ignore[operator]
    assert coverage["test"].tolist() == np.bincount(table.loc[table["part"] == "test", "label"]).tolist()


def test_a_scene_left_out_is_tested_whole(three: Samples) -> None:
    parts = deal_scenes(three, SplitSettings("scenes"), WINDOW, seed=0, tests=(1,))
    table = parts.table(three)
    assert set(table.loc[table["part"] == "test", "scene"]) == {"b"}
    assert set(table.loc[table["part"] != "test", "scene"]) == {"a", "c"}
    assert len(table) == len(three.numbers)  # nothing is lost
    assert (parts.scheme, parts.leakage) == ("scenes", None)
    assert parts.split.notes[0] == "tested on whole scenes that the network has not seen: b"
    assert len(parts.validation) == pytest.approx(0.15 * (len(parts.train) + len(parts.validation)), abs=4)


def test_validation_blocks_of_the_training_scenes(three: Samples) -> None:
    settings = SplitSettings(None, block=12, validation="blocks")
    parts = deal_scenes(three, settings, WINDOW, seed=0, tests=(2,))
    assert three.places is not None
    for number, width in enumerate((44, 50)):
        train, validation = (
            np.stack(
                np.divmod(three.places.count_within(part[three.places.find_scene(part) == number]), width), 1
            )
            for part in (parts.train, parts.validation)
        )
        assert np.abs(train[:, None] - validation[None]).max(2).min() >= WINDOW


def test_samples_per_class_are_counted_over_all_scenes(three: Samples) -> None:
    parts = deal_scenes(three, SplitSettings("blocks", block=6, per_class=9), WINDOW, seed=0)
    assert np.bincount(three.labels_of(parts.train)).tolist() == [9, 9, 9]
    total = len(parts.split.train)
    assert f"27 of {total} training samples are used, at most 9 of each class" in parts.split.notes


def test_one_scene_is_dealt_as_ever(three: Samples) -> None:
    member = three.scenes[0]
    settings = SplitSettings("blocks", block=6)
    one = deal_scenes(member, settings, WINDOW, seed=0)
    assert one.test.tolist() == deal_samples(member, settings, WINDOW, seed=0).test.tolist()
    with pytest.raises(lp.InputError, match=r"by scenes should get several scenes\. Found one, '.*a\.nc'"):
        deal_scenes(member, SplitSettings("scenes"), WINDOW, seed=0)


def test_a_class_that_no_other_scene_has(tmp_path: Path) -> None:
    files = [write_scene(tmp_path, "a"), write_scene(tmp_path, "b", codes=(2, 5), seed=1)]
    samples = open_small(files, window=1)
    sizes = np.bincount(samples.labels)
    found = rf"class 1 \({sizes[0]} samples\) in a alone; class 5 \({sizes[2]} samples\) in b alone"
    with pytest.raises(lp.DataError, match=rf"Found {found}\. .* --unlabelled 0,1,5; or train"):
        check_test_classes(samples, [(0,), (1,)])
    with pytest.raises(lp.DataError, match=r"Found class 5 .* in b alone"):
        deal_scenes(samples, SplitSettings(), 1, seed=0, tests=(1,))
    check_test_classes(samples, [])


def test_files_that_are_of_one_scene(three: Samples, tmp_path: Path) -> None:
    (tmp_path / "split.csv").write_text("sample,part\n")
    np.save(tmp_path / "groups.npy", np.ones((40, 44), dtype=np.int64))
    for settings, option in (
        (SplitSettings(str(tmp_path / "split.csv")), "--split"),
        (SplitSettings(groups=str(tmp_path / "groups.npy")), "--groups"),
    ):
        with pytest.raises(
            lp.InputError, match=rf"{option} should go with each of several scenes\. Found a file"
        ):
            deal_scenes(three, settings, WINDOW, seed=0)
    with pytest.raises(
        lp.InputError, match=r"--groups should divide scenes into parts\. Found scenes that are"
    ):
        deal_scenes(three, SplitSettings(groups="polygon"), WINDOW, seed=0, tests=(0,))


def test_a_scene_that_cannot_be_split_is_named(tmp_path: Path) -> None:
    samples = open_small(
        [write_scene(tmp_path, "a"), write_scene(tmp_path, "b", shape=(8, 8), seed=1)], window=3
    )
    with pytest.raises(lp.InputError, match=r"In the scene 'b', at least two blocks should fit"):
        deal_scenes(samples, SplitSettings("blocks", block=8), 3, seed=0)
