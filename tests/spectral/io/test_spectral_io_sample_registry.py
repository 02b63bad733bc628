from pathlib import Path

import h5py
import numpy as np
import pytest

import lrprism as lp
from lrprism.spectral.io.sample_format import OPTION_WORDS, SampleFormat, SampleOptions
from lrprism.spectral.io.sample_registry import (
    SAMPLE_FORMATS,
    check_no_columns,
    find_sample_format,
    read_samples,
)


def test_samples_are_told_from_cubes(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("450,550\n1,2\n")
    np.save(tmp_path / "cube.npy", np.ones((4, 4, 3)))
    with h5py.File(tmp_path / "p.hdf5", "w") as file:
        file["train_img"], file["train_labels"] = np.ones((2, 3, 3, 4)), np.array([0, 1])
    names = {name: find_sample_format(str(tmp_path / name)) for name in ("t.csv", "p.hdf5", "cube.npy")}
    assert names["t.csv"] is not None
    assert names["t.csv"].name == "table of spectra"
    assert names["p.hdf5"] is not None
    assert names["p.hdf5"].name == "HDF5 patch file"
    assert names["cube.npy"] is None


@pytest.mark.parametrize("sample_format", SAMPLE_FORMATS, ids=lambda sample_format: sample_format.name)
def test_an_entry_is_complete(sample_format: SampleFormat) -> None:
    assert sample_format.files
    assert str(sample_format) == f"{sample_format.name} ({sample_format.files})"
    assert set(sample_format.options) <= set(OPTION_WORDS)


def test_options_that_do_not_go_with_the_format(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("450,550\n1,2\n")
    table = find_sample_format(str(tmp_path / "t.csv"))
    assert table is not None
    assert read_samples(str(tmp_path / "t.csv"), table, SampleOptions()).sizes["sample"] == 1
    with pytest.raises(
        lp.InputError, match=r"--key should be given only .* Found 'x' for '.*', read as table"
    ):
        read_samples(str(tmp_path / "t.csv"), table, SampleOptions(key="x"))


def test_columns_of_a_cube() -> None:
    check_no_columns("cube.npy", SampleOptions())
    with pytest.raises(
        lp.InputError, match=r"--label-column should name a column .* a cube, 'cube\.npy'\. Give"
    ):
        check_no_columns("cube.npy", SampleOptions(label_column="x"))
