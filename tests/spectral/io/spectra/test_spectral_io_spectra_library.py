"""ENVI spectral libraries as samples: one written here, and the real one in the package earthlib."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import lrprism as lp
from lrprism.spectral.io.format import FileMarks
from lrprism.spectral.io.sample_format import SampleOptions
from lrprism.spectral.io.spectra.labelling import UNLABELLED
from lrprism.spectral.io.spectra.library import LIBRARY, read_library_samples


def write_library(folder: Path, values: np.ndarray) -> Path:
    names = ", ".join("abcdefgh"[: len(values)])
    (folder / "lib.sli").write_bytes(values.astype("<f4").tobytes())
    (folder / "lib.hdr").write_text(
        f"ENVI\nsamples = {values.shape[1]}\nlines = {len(values)}\nbands = 1\nheader offset = 0\ndata type "
        "= 4\nfile type = ENVI Spectral Library\ninterleave = bsq\nbyte order = 0\nwavelength units = "
        f"nanometers\nwavelength = {{450, 550}}\nspectra names = {{{names}}}\n"
    )
    return folder / "lib.sli"


def test_classes_come_from_a_table(tmp_path: Path) -> None:
    path = write_library(tmp_path, np.array([[0.1, 0.2], [np.nan, 0.4], [0.5, 0.6]]))
    assert LIBRARY.detect(FileMarks(str(path)))
    (tmp_path / "kinds.csv").write_text("name,kind,site\nc,soil,1\na,leaf,2\n")
    options = SampleOptions(labels=str(tmp_path / "kinds.csv"), label_column="kind")
    patches = read_library_samples(path, options)
    assert patches["name"].values.tolist() == ["a", "c"]
    assert patches["label"].values.tolist() == [0, 1]
    np.testing.assert_allclose(patches["patch"].values[:, :, 0, 0], [[0.1, 0.2], [0.5, 0.6]])
    assert "1 spectra have missing values and are left out" in patches.attrs["assumed"]


def test_without_a_table_nothing_has_a_class(tmp_path: Path) -> None:
    patches = read_library_samples(write_library(tmp_path, np.ones((2, 2))), SampleOptions())
    assert patches["label"].values.tolist() == [-1, -1]
    assert patches.attrs[UNLABELLED] == "no classes in the file"
    assert not LIBRARY.detect(FileMarks(str(tmp_path)))


def test_a_library_of_missing_values(tmp_path: Path) -> None:
    path = write_library(tmp_path, np.full((2, 2), np.nan))
    with pytest.raises(lp.DataError, match=r"spectra without missing values\. Found none\. Fill them"):
        read_library_samples(path, SampleOptions())


def test_earthlib_and_its_classes() -> None:
    package = find_spec("earthlib")  # importing it would ask for a client of a cloud service
    if package is None or package.origin is None:
        pytest.skip("earthlib is not installed")
    folder = Path(package.origin).parent / "data"
    options = SampleOptions(labels=str(folder / "spectra.csv"), label_column="LEVEL_2", group_column="SOURCE")
    patches = read_library_samples(folder / "spectra.sli", options)
    counts = np.bincount(patches["label"].values).tolist()
    assert dict(zip(patches.attrs["class_names"], counts, strict=True)) == {
        "bare": 4248, "built": 888, "burned": 21, "npv": 104, "vegetation": 2000,
    }  # fmt: skip
    assert patches.sizes["band"] == 180
