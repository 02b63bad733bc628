from pathlib import Path

import pytest
import torch
from torch import nn

from lrprism.errors import InputError, ModelError
from lrprism.spectral.networks import NETWORKS, SpectralUNet
from lrprism.spectral.preprocessing import Pipeline
from lrprism.spectral.workbench import Preparation
from lrprism.spectral.workbench.network_checks import check_runs, check_task, check_window
from lrprism.spectral.workbench.sources import Samples, open_samples
from small_runs import write_patches
from small_segmentations import write_scene
from small_tables import write_spectra


def scene_samples(folder: Path, task: str = "segmentation") -> Samples:
    scene = write_scene(folder)
    return open_samples(str(scene.cube), Preparation(window=5, labels=str(scene.labels), task=task))


@pytest.mark.parametrize("name", NETWORKS)
def test_each_network_does_one_of_the_two_tasks(name: str) -> None:
    task, other = ("segmentation", "classification") if name == "unet" else ("classification", "segmentation")
    check_task(task, name, None)
    with pytest.raises(InputError, match=rf"network of a {other} should .* Found '{name}'"):
        check_task(other, name, None)


def test_a_network_of_the_users_own_is_seen_when_it_runs() -> None:
    check_task("segmentation", "my_nets:Net", None)
    with pytest.raises(InputError, match=r"are windows, which hold several classes\. Found --per-class 5"):
        check_task("segmentation", "my_nets:Net", 5)


def test_a_network_of_patches_is_refused_for_single_spectra(tmp_path: Path) -> None:
    spectra = open_samples(str(write_spectra(tmp_path / "leaves.csv")), Preparation())
    check_window("mlp", spectra)
    with pytest.raises(ModelError, match=r"one of cnn1d, .* Found 'hyper3dnetlite', which needs patches"):
        check_window("hyper3dnetlite", spectra)


def test_outputs_of_pixels_and_of_patches_are_told_apart(tmp_path: Path) -> None:
    pixels = scene_samples(tmp_path)
    check_runs(Pipeline([], SpectralUNet(4, 2, 5), "patch"), pixels, "unet")
    row = Pipeline([], nn.Linear(4, 2), "spectrum")
    with pytest.raises(ModelError, match=r"2 logits for each pixel, \(2, 2, 5, 5\) .* Found \(2, 2\)\. Give"):
        check_runs(row, pixels, "linear")
    patches = scene_samples(tmp_path, "classification")
    check_runs(row, patches, "linear")
    with pytest.raises(ModelError, match=r"one row of 2 logits .* Found \(2, 2, 5, 5\)\. .* segmentation"):
        check_runs(Pipeline([], SpectralUNet(4, 2, 5), "patch"), patches, "unet")


def test_a_network_that_fails_is_named_and_keeps_its_mode(tmp_path: Path) -> None:
    data = write_patches(tmp_path / "leaves.hdf5")
    samples = open_samples(str(data), Preparation(wavelengths="400:950"))
    model = Pipeline([], nn.Linear(5, 3), "spectrum").train()
    with pytest.raises(ModelError, match=r"'mine' should take any number of patches .* Found: mat1 and mat2"):
        check_runs(model, samples, "mine")
    assert model.training
    assert torch.is_grad_enabled()
