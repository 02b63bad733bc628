"""Another scene than that of the training: its labels, its wavelengths, its place."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import lrprism as lp
from lrprism.spectral import make_cube, write_cube
from lrprism.spectral.training.config import TrainingConfig
from lrprism.spectral.workbench import (
    ExplanationSettings,
    Preparation,
    TrainingSettings,
    explain_into,
    train_into,
)
from lrprism.spectral.workbench.explained_data import describe_part, open_explained
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from small_runs import SILENT

NM = (450.0, 550.0, 650.0, 750.0)


def write_scene(path: Path, nm: tuple[float, ...] = NM, size: int = 24, seed: int = 0) -> np.ndarray:
    """Write a scene of two classes, four fields of a quarter each, and return its labels."""
    labels = np.zeros((size, size), dtype=np.int64)
    half = size // 2
    labels[: half - 1, : half - 1] = labels[half + 1 :, half + 1 :] = 1
    labels[: half - 1, half + 1 :] = labels[half + 1 :, : half - 1] = 2
    values = np.random.default_rng(seed).normal(0.3, 0.02, (len(nm), size, size))
    values[1] += 0.2 * (labels == 1)
    values[2] += 0.2 * (labels == 2)
    write_cube(make_cube(values, nm, title="t", quantity="reflectance", units="1"), path)
    return labels


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "data").mkdir()
    np.save(folder / "data" / "labels.npy", write_scene(folder / "data" / "field.nc"))
    settings = TrainingSettings(
        str(folder / "data" / "field.nc"),
        Preparation(window=3, labels=str(folder / "data" / "labels.npy")),
        training=TrainingConfig(epochs=8, batch_size=32),
    )
    settings = replace(settings, split=replace(settings.split, block=6))
    (folder / "run").mkdir()
    train_into(folder / "run", settings, SILENT)
    return folder / "run"


def open_other(network: Path, source: Path, **settings: object) -> object:
    chosen = ExplanationSettings(source=str(source), **settings)  # type: ignore[arg-type]
    return open_explained(TrainedNetwork.load(network), chosen)


def test_labels_of_the_training_are_not_those_of_another_scene(network: Path, tmp_path: Path) -> None:
    labels = write_scene(tmp_path / "other.nc", seed=1)
    with pytest.raises(lp.DataError, match=r"Found none, and the labels of the training are not"):
        open_other(network, tmp_path / "other.nc")
    np.save(tmp_path / "other.npy", labels)
    samples = open_other(network, tmp_path / "other.nc", labels=str(tmp_path / "other.npy"))
    assert len(samples.numbers) == (labels[1:-1, 1:-1] > 0).sum()


def test_classes_of_another_scene_are_those_of_the_training(network: Path, tmp_path: Path) -> None:
    labels = write_scene(tmp_path / "other.nc", seed=1)
    np.save(tmp_path / "other.npy", np.choose(labels, [0, 0, 2]))  # the first class is missing
    samples = open_other(network, tmp_path / "other.nc", labels=str(tmp_path / "other.npy"))
    assert set(samples.labels.tolist()) == {1}
    assert samples.class_names == ["class 1", "class 2"]


def test_every_pixel_of_another_size_needs_no_labels(network: Path, tmp_path: Path) -> None:
    write_scene(tmp_path / "other.nc", size=10, seed=1)
    settings = ExplanationSettings(source=str(tmp_path / "other.nc"), every_pixel=True, reference="zero")
    (tmp_path / "maps").mkdir()
    record = explain_into(tmp_path / "maps", network, settings, SILENT)
    assert record is not None
    assert record["samples"]["count"] == 8 * 8
    assert xr.open_dataset(tmp_path / "maps" / "class_map.nc")["class"].shape == (10, 10)


def test_the_same_data_at_another_place_keep_their_labels(network: Path, tmp_path: Path) -> None:
    shutil.copy(network.parent / "data" / "field.nc", tmp_path / "copy.nc")
    trained = TrainedNetwork.load(network)
    copy = open_other(network, tmp_path / "copy.nc")
    assert copy.numbers.tolist() == open_explained(trained, ExplanationSettings()).numbers.tolist()


@pytest.mark.parametrize(
    ("nm", "found"),
    [
        ((1450.0, 1550.0, 1650.0, 2250.0), r"Found 2250\.0 nm in place of 750\.0 nm, 4 such bands in all"),
        ((450.0, 550.0, 650.0, 770.0), r"Found 770\.0 nm in place of 750\.0 nm, 1 such bands in all"),
        ((450.0, 550.0, 650.0), r"Found 3 bands from 450\.0 to 650\.0 nm"),
    ],
)
def test_bands_of_another_sensor_are_refused(
    network: Path, tmp_path: Path, nm: tuple[float, ...], found: str
) -> None:
    write_scene(tmp_path / "other.nc", nm)
    with pytest.raises(lp.DataError, match=rf"4 from 450\.0 to 750\.0 nm\. {found}.* with --resample"):
        open_other(network, tmp_path / "other.nc", every_pixel=True)


def test_a_drift_of_less_than_a_tenth_of_a_step_is_none(network: Path, tmp_path: Path) -> None:
    write_scene(tmp_path / "other.nc", tuple(nm + 2 for nm in NM), seed=1)
    assert open_other(network, tmp_path / "other.nc", every_pixel=True).scene is not None


def test_bands_are_averaged_to_those_of_the_training_on_request(network: Path, tmp_path: Path) -> None:
    write_scene(tmp_path / "fine.nc", tuple(np.arange(440.0, 770.0, 20.0)))
    samples = open_other(network, tmp_path / "fine.nc", every_pixel=True, resample=True)
    assert samples.scene.cube["wavelength"].values.tolist() == list(NM)
    assert any("averaged by a Gaussian" in note for note in samples.attrs["assumed"])
    write_scene(tmp_path / "short.nc", (440.0, 500.0, 560.0))
    with pytest.raises(lp.DataError, match=r"within 440\.0 to 560\.0 nm.*Found 650\.0, 750\.0 nm"):
        open_other(network, tmp_path / "short.nc", every_pixel=True, resample=True)


def test_options_of_other_data_without_other_data(network: Path) -> None:
    with pytest.raises(lp.InputError, match=r"--labels and --resample should come with other data"):
        open_explained(TrainedNetwork.load(network), ExplanationSettings(labels="x.npy", resample=True))


def test_options_of_other_data_with_a_scene_of_the_training(network: Path) -> None:
    own = TrainedNetwork.load(network).source
    with pytest.raises(
        lp.InputError, match=r"--labels should .* Found '.*field\.nc', which the network was tr"
    ):
        open_other(network, Path(own), labels="x.npy")


def test_other_data_are_said_to_be_explained_whole(network: Path, tmp_path: Path) -> None:
    trained = TrainedNetwork.load(network)
    assert describe_part(trained, open_explained(trained, ExplanationSettings()), ExplanationSettings()) == []
    np.save(tmp_path / "other.npy", write_scene(tmp_path / "other.nc", seed=1))
    settings = ExplanationSettings(source=str(tmp_path / "other.nc"), labels=str(tmp_path / "other.npy"))
    (line,) = describe_part(trained, open_explained(trained, settings), settings)
    assert line == (
        "Note: other data than those of the training: samples of all parts are explained, also any that the "
        "network was trained on."
    )


def test_data_of_the_training_are_found_beside_the_run(
    network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # trained with paths as seen from the project, which has moved since
    shutil.copytree(network.parent, tmp_path / "moved")
    trained = TrainedNetwork.load(tmp_path / "moved" / "run")
    record = {**trained.record, "source": "data/field.nc"}
    record["preparation"] = {**record["preparation"], "labels": "data/labels.npy"}
    monkeypatch.chdir(tmp_path)
    moved = replace(trained, record=record)
    assert Path(moved.source).samefile(tmp_path / "moved" / "data" / "field.nc")
    assert len(open_explained(moved, ExplanationSettings()).numbers)
    monkeypatch.chdir(tmp_path / "moved")
    assert replace(trained, record=record).source == "data/field.nc"


def test_wavelengths_of_the_training_stand_in_where_a_file_has_none(network: Path, tmp_path: Path) -> None:
    trained = TrainedNetwork.load(network)
    record = {**trained.record, "preparation": {**trained.record["preparation"], "wavelengths": "450:750"}}
    given = replace(trained, record=record)
    np.save(tmp_path / "bare.npy", np.random.default_rng(0).random((8, 8, 4)))
    bare = ExplanationSettings(source=str(tmp_path / "bare.npy"), every_pixel=True)
    assert open_explained(given, bare).scene.cube["wavelength"].values.tolist() == list(NM)
    # those of a file are its own, whatever the training needed
    write_scene(tmp_path / "other.nc", (1450.0, 1550.0, 1650.0, 1750.0))
    with pytest.raises(lp.DataError, match=r"Found 1450\.0 nm in place of 450\.0 nm"):
        open_explained(given, ExplanationSettings(source=str(tmp_path / "other.nc"), every_pixel=True))
