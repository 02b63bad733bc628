from dataclasses import replace
from pathlib import Path

import h5py
import pytest

from lrprism.errors import DataError
from lrprism.spectral.workbench import Preparation, train_into
from small_runs import SILENT, settings_for, write_patches


def flatten_bands(path: Path, *bands: int) -> Path:
    with h5py.File(path, "r+") as file:
        patches = file["train_img"][:]
        patches[..., bands] = 0.1
        file["train_img"][:] = patches
    return path


@pytest.mark.parametrize("bands", [None, (1, 2, 3, 4, 5, 7)])
def test_constant_bands_are_named_and_the_training_goes_on(
    tmp_path: Path, bands: tuple[int, ...] | None
) -> None:
    source = flatten_bands(write_patches(tmp_path / "leaves.hdf5"), 3, 7)
    settings = replace(settings_for(source), preparation=Preparation(bands=bands, wavelengths="400:950"))
    record = train_into(tmp_path, settings, SILENT)
    assert record["notes"][0] == (
        "2 bands are constant over the training part, and the network sees 0 in place of them in all data: "
        "550.0, 750.0 nm"
    )


def test_varying_bands_are_no_note(tmp_path: Path) -> None:
    source = flatten_bands(write_patches(tmp_path / "leaves.hdf5"), 3, 7)
    assert "constant" not in " ".join(train_into(tmp_path, settings_for(source), SILENT)["notes"])


def test_bands_that_are_all_constant_are_refused(tmp_path: Path) -> None:
    source = flatten_bands(write_patches(tmp_path / "leaves.hdf5"), *range(12))
    with pytest.raises(DataError, match=r"should vary over the training part\. Found each of 6 constant"):
        train_into(tmp_path, settings_for(source), SILENT)
