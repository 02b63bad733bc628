"""From a scene and its label map to the relevance of regions, through the U-Net."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from safetensors.torch import save_file

import lrprism as lp
from lrprism.errors import InputError
from lrprism.spectral.io import read_cube
from lrprism.spectral.training import score_pixels
from lrprism.spectral.workbench import (
    ExplanationSettings,
    NetworkSettings,
    Preparation,
    SplitSettings,
    TrainingSettings,
    explain_into,
    train_into,
)
from lrprism.spectral.workbench.adopt import AdoptionSettings, adopt_into
from lrprism.spectral.workbench.describe_explanation import describe_explanation
from lrprism.spectral.workbench.describe_network import describe_network
from lrprism.spectral.workbench.evaluate import EvaluationSettings, evaluate_into
from lrprism.spectral.workbench.patch_explainer import PatchExplainer
from lrprism.spectral.workbench.scene_files import SceneFile
from lrprism.spectral.workbench.sources import Samples, network_inputs, open_samples
from lrprism.spectral.workbench.trained_network import TrainedNetwork
from small_runs import SILENT, write_patches
from small_scenes import paint_windows
from small_segmentations import CPU, WINDOW, SceneFiles, segmentation_of, write_scene
from small_tables import write_spectra

EXPLAIN = ExplanationSettings(devices=CPU, per_class=3, heatmaps=0, pool=0.0)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> SceneFiles:
    return write_scene(tmp_path_factory.mktemp("scene"))


@pytest.fixture(scope="module")
def run(files: SceneFiles) -> Path:
    (files.cube.parent / "run").mkdir()
    train_into(files.cube.parent / "run", segmentation_of(files), SILENT)
    return files.cube.parent / "run"


@pytest.fixture(scope="module")
def trained(run: Path) -> TrainedNetwork:
    return TrainedNetwork.load(run)


@pytest.fixture(scope="module")
def samples(trained: TrainedNetwork) -> Samples:
    return open_samples(trained.source, trained.preparation)


def test_each_labelled_pixel_of_the_test_windows_counts_once(run: Path, samples: Samples) -> None:
    record = json.loads((run / "run.json").read_text())["training"]
    assert record["task"] == {"name": "segmentation", "names": ["class 1", "class 2"]}
    split = pd.read_csv(run / "split.csv")
    test = split.loc[split["part"] == "test", "sample"].to_numpy()
    assert samples.all_labels is not None
    labels = samples.all_labels.values
    painted = paint_windows(labels.shape, test, WINDOW // 2)
    assert np.sum(record["test"]["confusion"]) == np.sum(painted & (labels > 0))
    # no pixel of a test window lies in one of training
    seen = split.loc[split["part"] != "test", "sample"].to_numpy()
    assert not (painted & paint_windows(labels.shape, seen, WINDOW // 2)).any()
    coverage = pd.DataFrame(record["split"]["coverage"])
    assert coverage["test"].sum() == np.sum(painted & (labels > 0))
    assert record["test"]["mean_iou"] > 0.8
    assert set(record["test"]["iou"]) == {"class 1", "class 2"}
    line = describe_network(run, None).splitlines()[1]
    assert f"over {coverage['test'].sum()} labelled pixels" in line


def test_the_scores_are_those_of_mean_logits_pixel_by_pixel(
    run: Path, trained: TrainedNetwork, samples: Samples
) -> None:
    split = pd.read_csv(run / "split.csv")
    test = split.loc[split["part"] == "test", "sample"].to_numpy()
    height, width = samples.all_labels.shape  # type: ignore[union-attr]
    sums, counts = torch.zeros(2, height, width), torch.zeros(height, width)
    cube = read_cube(trained.source).values
    for row, column in zip(*np.divmod(test, width), strict=True):
        window = np.s_[row - 4 : row + 5, column - 4 : column + 5]
        with torch.no_grad():
            logits = trained.model(torch.from_numpy(cube[(slice(None), *window)].astype(np.float32))[None])
        sums[(slice(None), *window)] += logits[0]
        counts[window] += 1
    labels = torch.from_numpy(samples.all_labels.values.astype(np.int64) - 1)  # type: ignore[union-attr]
    labels[counts == 0] = -1
    expected = score_pixels((sums / counts.clamp(min=1))[None], labels[None])
    assert trained.record["test"]["confusion"] == [list(row) for row in expected.confusion]
    assert trained.record["test"]["mean_iou"] == pytest.approx(expected.mean_iou)


def test_the_account_of_a_region_is_closed(trained: TrainedNetwork, samples: Samples) -> None:
    explainer = PatchExplainer(trained.model, lp.presets.Epsilon(), samples, trained.task, "predicted")
    numbers = samples.numbers[::200]
    dataset, account = explainer.explain(numbers)
    with torch.no_grad():
        logits = trained.model(network_inputs(samples.cut(numbers)))
    expected = []
    for window in logits:
        predicted = window.argmax(0)
        class_ = int(predicted[4, 4])
        expected.append(float(window[class_][predicted == class_].mean()))
    assert account.explained == pytest.approx(sum(expected), rel=1e-5)
    assert account.unaccounted == pytest.approx(0, abs=1e-4 * account.explained)
    chosen = dataset["output"].values[np.arange(len(numbers)), dataset["target"].values]
    np.testing.assert_allclose(chosen, expected, rtol=1e-5)
    assert (dataset["predicted"] == dataset["target"]).all()


def test_relevance_of_a_region_adds_up_to_the_difference_to_the_reference(
    run: Path, trained: TrainedNetwork
) -> None:
    folder = run.parent / "explained"
    folder.mkdir()
    record = explain_into(folder, run, EXPLAIN, SILENT)
    assert record is not None
    relevance = xr.open_zarr(folder / "relevance.zarr").load()
    assert relevance["region"].dims == ("sample", "y", "x")
    assert relevance["region"].values[:, 4, 4].all()  # the class is that predicted at the centre
    conservation = record["conservation"]
    total = float(relevance["relevance"].astype(np.float64).sum() / relevance.sizes["sample"])
    assert total == pytest.approx(conservation["at_input"], rel=1e-4)
    assert conservation["explained"] == pytest.approx(total, rel=0.01)
    assert record["words"][1].startswith("Explained: the mean logit of the class predicted at the centre of")
    assert {"bands.csv", "samples.csv", "conservation.csv"} <= {path.name for path in folder.iterdir()}
    # as if two windows had no pixel of the class
    relevance["region"][:2] = False
    words = describe_explanation(replace(EXPLAIN, target="class 1"), None, relevance, trained.record)
    assert words[1].startswith("Explained: the mean logit of class 'class 1' of each window")
    assert f"2 of these {relevance.sizes['sample']} windows have no pixel of the class" in "\n".join(words)


def test_true_classes_are_explained_over_what_is_labelled(trained: TrainedNetwork, samples: Samples) -> None:
    explainer = PatchExplainer(trained.model, lp.presets.Epsilon(), samples, trained.task, "true")
    numbers = samples.numbers[::300]
    dataset, account = explainer.explain(numbers)
    labels = samples.labels_of(numbers)
    assert (dataset["target"].values == labels).all()
    assert (dataset["region"].values == (samples.targets_of(numbers) == labels[:, None, None])).all()
    explained = dataset["output"].values[np.arange(len(numbers)), labels]
    assert account.explained == pytest.approx(float(explained.sum()), rel=1e-4)


def test_every_pixel_of_another_scene_gets_the_relevance_of_its_own_decision(
    run: Path, trained: TrainedNetwork, tmp_path: Path
) -> None:
    folder, other = tmp_path / "pixels", write_scene(tmp_path, side=15)
    folder.mkdir()
    record = explain_into(folder, run, replace(EXPLAIN, source=str(other.cube), every_pixel=True), SILENT)
    assert record is not None
    assert record["words"][1].endswith("of each window, at the centre pixel alone.")
    window = torch.from_numpy(read_cube(other.cube).values[:, 2:11, 4:13].astype(np.float32))[None]
    with torch.no_grad():
        logits = trained.model(window)[0, :, 4, 4]
    classes = xr.open_dataset(folder / "class_map.nc")["class"].values
    assert classes[6, 8] == int(logits.argmax()) + 1
    relevance = xr.open_zarr(folder / "relevance.zarr")
    assert "region" not in relevance
    output = relevance["output"].values.reshape(15, 15, 2)
    np.testing.assert_allclose(output[6, 8], logits, rtol=1e-4, atol=1e-5)


def test_a_trained_network_is_taken_over(files: SceneFiles, run: Path, trained: TrainedNetwork) -> None:
    folder = run.parent / "adopted"
    folder.mkdir()
    weights = run.parent / "weights.safetensors"
    save_file(dict(trained.model.network.state_dict()), weights)
    settings = AdoptionSettings(
        str(files.cube), segmentation_of(files).preparation, NetworkSettings("unet"), weights=str(weights)
    )
    record = adopt_into(folder, settings, SILENT)
    labels = np.load(files.labels)
    covered = sum(map(sum, record["test"]["confusion"]))
    assert record["split"]["test"] < covered <= np.sum(labels > 0)


def test_what_needs_one_class_per_sample_is_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"^a judgement of rules should be asked of .* a segmentation of class"
    ):
        evaluate_into(tmp_path, run, EvaluationSettings(), SILENT)
    with pytest.raises(InputError, match=r"^rule auto should be asked of a network of one class per sample"):
        explain_into(tmp_path, run, replace(EXPLAIN, rule="auto"), SILENT)


def test_windows_at_random_are_refused(files: SceneFiles, tmp_path: Path) -> None:
    settings = replace(segmentation_of(files), split=SplitSettings("random"))
    with pytest.raises(
        InputError, match=r"share no pixel with those of the training .* Found \d+\.\d % that"
    ):
        train_into(tmp_path, settings, SILENT)


def test_several_scenes_are_refused(files: SceneFiles, tmp_path: Path) -> None:
    others = (SceneFile(str(files.cube), str(files.labels)),)
    with pytest.raises(InputError, match=r"a segmentation should be of one scene, table or file\. Found 2\."):
        train_into(tmp_path, replace(segmentation_of(files), others=others), SILENT)


def test_patches_and_spectra_are_refused(tmp_path: Path) -> None:
    preparation = Preparation(task="segmentation", wavelengths="400:950")
    for source in (write_patches(tmp_path / "leaves.hdf5"), write_spectra(tmp_path / "leaves.csv")):
        settings = TrainingSettings(str(source), preparation, NetworkSettings("unet"))
        with pytest.raises(
            InputError, match=r"should get a scene with a label map.*Found spectra or patches"
        ):
            train_into(tmp_path, settings, SILENT)
