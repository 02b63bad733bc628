from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path

import h5py
import numpy as np
import pytest

from lrprism.errors import DataError, ResultsError
from lrprism.spectral import read_patch_file, read_truth, write_simulation
from lrprism.spectral.io.truth_file import check_new_file
from lrprism.spectral.simulate import LeafDraft, LeafSettings, PlantSettings, draft_leaves, name_parts


def draft_small(**changes: object) -> LeafDraft:
    planting = PlantSettings(**{"classes": 3, "fwhm_nm": 30.0, **changes})
    return draft_leaves(name_parts(24, 12, 12), LeafSettings(planting, window=5))


def test_the_reader_of_patches_reads_what_was_drawn(tmp_path: Path) -> None:
    draft = draft_small()
    write_simulation(tmp_path / "new" / "leaves.hdf5", draft)
    patches = read_patch_file(tmp_path / "new" / "leaves.hdf5")
    assert (patches["patch"].values == draft.draw_images(range(48)).x).all()
    assert (patches["label"].values == draft.plan.y).all()
    np.testing.assert_array_equal(patches["wavelength"].values, draft.wavelengths)
    # the file says its wavelengths: nothing is assumed of them
    assert patches.attrs["assumed"] == ["values are reflectance: the file does not say what they are"]


def test_wavelengths_of_the_user_stand_above_those_of_the_file(tmp_path: Path) -> None:
    write_simulation(tmp_path / "leaves.hdf5", draft_small())
    patches = read_patch_file(tmp_path / "leaves.hdf5", wavelengths="500:900")
    assert patches["wavelength"].values[[0, -1]].tolist() == [500, 900]


def test_damaged_wavelengths_are_refused(tmp_path: Path) -> None:
    write_simulation(tmp_path / "leaves.hdf5", draft_small())
    with h5py.File(tmp_path / "leaves.hdf5", "a") as file:
        del file["truth/wavelengths"]
    with pytest.raises(DataError, match=r"should hold 'truth/wavelengths'\. Found no 'wavelengths' there"):
        read_patch_file(tmp_path / "leaves.hdf5")


@pytest.mark.parametrize("confounder", [None, "band", "stripe"])
def test_the_truth_comes_back(tmp_path: Path, confounder: str | None) -> None:
    draft = draft_small(confounder=confounder, carriers=(500.0, 700.0), noise_bands=3)
    write_simulation(tmp_path / "leaves.hdf5", draft)
    images = draft.draw_images(range(48))
    expected = draft.state_truth(images.leaf, images.region, images.stripe)
    truth = read_truth(tmp_path / "leaves.hdf5")
    assert truth.features == expected.features
    for field in fields(truth):
        if field.name not in {"features", "parameters"}:
            value, other = getattr(truth, field.name), getattr(expected, field.name)
            assert (value is None) == (other is None), field.name
            assert value is None or (value.dtype == other.dtype and (value == other).all()), field.name
    assert truth.parameters["carriers"] == [500, 700]
    assert truth.parameters["window"] == 5
    with h5py.File(tmp_path / "leaves.hdf5") as file:
        assert file["truth/part"][()].astype(str).tolist() == draft.part.tolist()


def test_a_file_is_replaced_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "leaves.hdf5"
    path.write_text("mine")
    with pytest.raises(
        ResultsError, match=r"Samples should be written to a new name. Found .* already there"
    ):
        write_simulation(path, draft_small())
    assert path.read_text() == "mine"
    write_simulation(path, draft_small(), overwrite=True)
    assert read_truth(path).features


def test_a_folder_is_never_replaced(tmp_path: Path) -> None:
    check_new_file(tmp_path / "new", overwrite=False)
    with pytest.raises(
        ResultsError, match=r"Samples should be written into a plain file. Found something else"
    ):
        check_new_file(tmp_path, overwrite=True)


def test_nothing_is_left_of_a_file_that_was_not_finished(tmp_path: Path) -> None:
    def break_off(blocks: Sequence[range]) -> Iterator[range]:
        yield blocks[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_simulation(tmp_path / "leaves.hdf5", draft_small(), track=break_off)
    assert not list(tmp_path.iterdir())


def test_data_without_truth_are_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "bare.hdf5", "w") as file:
        file["train_img"] = np.ones((2, 3, 3, 4))
    with pytest.raises(
        DataError, match=r"should hold the group truth, as lrprism simulate writes it. Found none"
    ):
        read_truth(tmp_path / "bare.hdf5")
    with pytest.raises(DataError, match=r"should be an HDF5 file. Found no such file"):
        read_truth(tmp_path / "missing.hdf5")


@pytest.mark.parametrize("name", ["weight", "strength"])
def test_a_damaged_truth_is_refused(tmp_path: Path, name: str) -> None:
    write_simulation(tmp_path / "leaves.hdf5", draft_small())
    with h5py.File(tmp_path / "leaves.hdf5", "a") as file:
        del file[f"truth/{name}"]
    with pytest.raises(DataError, match=f"should hold 'truth/{name}'. Found no '{name}' there"):
        read_truth(tmp_path / "leaves.hdf5")


def test_a_truth_without_its_features_is_refused(tmp_path: Path) -> None:
    write_simulation(tmp_path / "leaves.hdf5", draft_small())
    with h5py.File(tmp_path / "leaves.hdf5", "a") as file:
        file["truth"].attrs["features"] = "not json"
    with pytest.raises(DataError, match=r"Found one that cannot be read: JSONDecodeError"):
        read_truth(tmp_path / "leaves.hdf5")
