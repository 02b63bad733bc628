"""A run of several scenes: trained, found again, explained as a whole and scene by scene."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lrprism as lp
from lrprism.spectral.workbench import ExplanationSettings, explain_into, train_into
from lrprism.spectral.workbench.explained_data import open_explained
from lrprism.spectral.workbench.part_samples import find_test_part, read_part
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from lrprism.spectral.workbench.training_data import (
    find_by_hash,
    list_changed,
    list_classes,
    open_training_data,
    open_training_file,
)
from small_runs import SILENT
from small_several import several_settings, write_scene


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scenes ``a`` and ``b``, the run ``blocks`` on both, and the run ``scenes`` that leaves out one."""
    folder = tmp_path_factory.mktemp("several")
    (folder / "data").mkdir()
    files = [write_scene(folder / "data", "a"), write_scene(folder / "data", "b", shape=(16, 30), seed=1)]
    for scheme in ("blocks", "scenes"):
        (folder / scheme).mkdir()
        train_into(folder / scheme, several_settings(files, scheme), SILENT)
    return folder


def test_the_whole_is_opened_as_it_was_trained(project: Path) -> None:
    trained = TrainedNetwork.load(project / "blocks")
    samples = open_training_data(trained)
    assert samples.hash == trained.record["data_sha256"]
    table = pd.read_csv(project / "blocks" / "split.csv")
    test = find_test_part(trained, samples)
    assert test is not None
    rows = table[table["part"] == "test"]
    for key, values in samples.locate(test).items():
        assert rows[key].tolist() == values.tolist()
    assert rows["label"].tolist() == samples.labels_of(test).tolist()
    assert set(np.intersect1d(test, read_part(trained, "train"))) == set()
    assert list_classes(trained).codes == [1, 2]


def test_one_scene_has_its_own_labels_and_its_test_part(project: Path) -> None:
    trained = TrainedNetwork.load(project / "blocks")
    whole = open_training_data(trained)
    for number, name in enumerate("ab"):
        samples = open_training_file(trained, number)
        assert find_by_hash(trained, samples) == number
        test = find_test_part(trained, samples)
        assert test is not None
        everything = find_test_part(trained, whole)
        assert everything is not None
        where = whole.locate(everything)
        assert test.tolist() == where["sample"][where["scene"] == name].tolist()
        named = open_explained(trained, ExplanationSettings(source=str(project / "data" / f"{name}.nc")))
        assert named.numbers.tolist() == samples.numbers.tolist()
        assert open_explained(trained, ExplanationSettings(source=name)).hash == samples.hash


def test_files_are_found_again_when_the_folder_moves(project: Path, tmp_path: Path) -> None:
    shutil.copytree(project, tmp_path / "moved")
    record = json.loads((project / "blocks" / "run.json").read_text())
    for group in (record["training"]["source"], record["training"]["preparation"]["labels"]):
        group[:] = [str(Path("gone") / Path(path).name) for path in group]
    (tmp_path / "moved" / "blocks" / "run.json").write_text(json.dumps(record))
    trained = TrainedNetwork.load(tmp_path / "moved" / "blocks")
    assert [Path(file.source).resolve().parent for file in trained.files] == [tmp_path / "moved" / "data"] * 2
    assert open_training_data(trained).hash == trained.record["data_sha256"]


def test_scenes_that_have_changed_are_refused(project: Path, tmp_path: Path) -> None:
    shutil.copytree(project, tmp_path / "moved")
    record = (project / "blocks" / "run.json").read_text().replace(str(project), str(tmp_path / "moved"))
    (tmp_path / "moved" / "blocks" / "run.json").write_text(record)
    trained = TrainedNetwork.load(tmp_path / "moved" / "blocks")
    labels = np.load(tmp_path / "moved" / "data" / "b.npy")
    np.save(tmp_path / "moved" / "data" / "b.npy", np.where(labels == 2, 3, labels))
    with pytest.raises(lp.DataError, match=r"classes that the network was trained with: .* Found .*class 3"):
        open_training_data(trained)
    (tmp_path / "moved" / "data" / "b.nc").unlink()
    write_scene(tmp_path / "moved" / "data", "b", shape=(16, 30), seed=9)
    with pytest.raises(lp.DataError, match=r"b\.nc' should hold the data that the network was trained on"):
        open_training_data(trained)


def test_a_replaced_scene_is_named_also_where_it_contradicts_the_others(
    project: Path, tmp_path: Path
) -> None:
    shutil.copytree(project, tmp_path / "moved")
    text = (project / "blocks" / "run.json").read_text().replace(str(project), str(tmp_path / "moved"))
    (tmp_path / "moved" / "blocks" / "run.json").write_text(text)
    trained = TrainedNetwork.load(tmp_path / "moved" / "blocks")
    assert list_changed(trained) == []
    data = tmp_path / "moved" / "data"
    for name in ("a.nc", "a.npy"):  # the same values twice
        shutil.copy(data / name, data / name.replace("a", "b"))
    with pytest.raises(
        lp.DataError, match=r"trained on\. Found others in b: each scene should be given once"
    ):
        open_training_data(trained)
    (data / "b.nc").unlink()
    with pytest.raises(lp.DataError, match=r"Found no file '.*b\.nc'\. Put it back, or .* NEW_PATH\."):
        open_training_data(trained)
    # alone it is explained as a whole, with a word
    write_scene(data, "b", shape=(16, 30), seed=9)
    (tmp_path / "x").mkdir()
    settings = ExplanationSettings(source="b", per_class=2, figures="none", reference="zero")
    record = explain_into(tmp_path / "x", tmp_path / "moved" / "blocks", settings, SILENT)
    assert record is not None
    assert record["samples"]["part"] == "all"
    changed = "b.nc' has changed since the training: samples of all parts are explained, also any"
    assert changed in record["report"][0]


def test_a_copy_of_a_scene_is_known_by_its_values(project: Path, tmp_path: Path) -> None:
    shutil.copy(project / "data" / "b.nc", tmp_path / "copy.nc")
    trained = TrainedNetwork.load(project / "blocks")
    samples = open_explained(trained, ExplanationSettings(source=str(tmp_path / "copy.nc")))
    assert samples.numbers.tolist() == open_training_file(trained, 1).numbers.tolist()


def test_a_scene_that_was_learned_whole_has_no_test_part(project: Path) -> None:
    trained = TrainedNetwork.load(project / "scenes")
    assert find_test_part(trained, open_training_file(trained, 0)) is not None
    with pytest.raises(
        lp.InputError, match=r"'b' should have a test part to explain\. .* Explain a, or every"
    ):
        find_test_part(trained, open_training_file(trained, 1))


def test_every_pixel_needs_the_name_of_one_scene(project: Path, tmp_path: Path) -> None:
    trained = TrainedNetwork.load(project / "scenes")
    with pytest.raises(
        lp.InputError, match=r"should get one scene\. Found a network of several: a, b\. Name"
    ):
        open_explained(trained, ExplanationSettings(every_pixel=True))
    settings = ExplanationSettings(source="b", every_pixel=True, reference="zero")
    record = explain_into(tmp_path, project / "scenes", settings, SILENT)
    assert record is not None
    assert record["samples"]["count"] == 16 * 30


def test_an_explanation_says_of_which_scene_each_sample_is(project: Path, tmp_path: Path) -> None:
    settings = ExplanationSettings(per_class=4, figures="none")
    record = explain_into(tmp_path, project / "blocks", settings, SILENT)
    assert record is not None
    table = pd.read_csv(tmp_path / "samples.csv")
    split = pd.read_csv(project / "blocks" / "split.csv")
    joined = table.merge(split, on=["scene", "sample", "row", "column", "label"])
    assert len(joined) == len(table) == 8
    assert set(joined["part"]) == {"test"}
    assert set(table["scene"]) == {"a", "b"}
    assert record["samples"]["scenes"] == table["scene"].tolist()
    assert record["samples"]["numbers"] == table["sample"].tolist()


def test_another_scene_brings_its_own_labels(project: Path, tmp_path: Path) -> None:
    trained = TrainedNetwork.load(project / "blocks")
    other = write_scene(tmp_path, "c", shape=(10, 12), seed=5)
    with pytest.raises(lp.DataError, match=r"the labels of the training are not those of this scene"):
        open_explained(trained, ExplanationSettings(source=other.source))
    samples = open_explained(trained, ExplanationSettings(source=other.source, labels=other.labels))
    assert len(samples.numbers) == 2 * 4 * 5 + 2 * 4 * 5
    assert find_test_part(trained, samples) is None
