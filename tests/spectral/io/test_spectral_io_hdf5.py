"""The door to HDF5: damaged files, and files that point to another one, are refused by name."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

import lrprism
from lrprism.errors import DataError
from lrprism.spectral import is_patch_file, read_patch_file
from lrprism.spectral.io.hdf5 import (
    find_dataset,
    find_link_target,
    is_hdf5,
    list_members,
    open_hdf5,
    outline_hdf5,
    reopen_hdf5,
)
from lrprism.spectral.io.read import read_cube

SECRET = np.arange(24.0).reshape(2, 3, 4)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[h5py.File]:
    (tmp_path / "raw.bin").write_bytes(bytes(48))
    with h5py.File(tmp_path / "a.h5", "w") as opened:
        opened["group/cube"] = SECRET
        opened["soft"] = h5py.SoftLink("/group/cube")
        point_by_link(opened, "elsewhere", tmp_path)
        point_by_raw_numbers(opened, "raw", tmp_path)
        point_by_virtual_dataset(opened, "virtual", tmp_path)
        yield opened


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("group/other", r"a.h5' should hold 'group/other'. Found no 'other' there"),
        ("group/cube/deeper", r"should hold 'group/cube/deeper'. Found no 'deeper' there"),
        ("group", r"'group' in '.*a.h5' should be a dataset. Found a group"),
        ("soft", r"'soft' in .* should be stored in this file. Found a link to '/group/cube'\. Put the"),
        (
            "elsewhere",
            r"'elsewhere' in .* should be stored in this file. Found a link to '/cube' in 'b\.h5'\.",
        ),
        ("virtual", r"'virtual' in .* should be stored in this file. Found a link to 'cube' in 'b\.h5'\."),
        ("raw", r"'raw' in .* should be stored in this file. Found a link to '.*raw\.bin'\."),
    ],
)
def test_only_a_dataset_of_this_file_is_found(file: h5py.File, key: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        find_dataset(file, key)


def test_a_link_is_described_without_opening_the_other_file(file: h5py.File) -> None:
    assert find_link_target(file, b"group") is None
    assert find_link_target(file, b"soft") == "'/group/cube'"
    assert find_link_target(file, b"elsewhere") == "'/cube' in 'b.h5'"  # a file that is not there


def test_files_that_are_missing_or_damaged(tmp_path: Path) -> None:
    (tmp_path / "bad.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(40))
    for name, reason in (("none.h5", "no such file"), ("bad.h5", "one that cannot be read: OSError")):
        wrong = pytest.raises(DataError, match=rf"{name}' should be a NEON file. Found {reason}")
        with wrong, open_hdf5(tmp_path / name, "a NEON file"):
            pass


def test_the_outline_lists_the_upper_two_levels_and_their_attributes(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as opened:
        opened["site/data/deep"], opened["list"] = [1.0], [2.0]
        opened["soft"] = h5py.SoftLink("/site")
        opened.attrs["title"], opened["list"].attrs["units"], opened["site/data"].attrs["deep"] = "", "nm", ""
    outline = outline_hdf5(tmp_path / "a.h5")
    assert outline.members == {"site": {"data"}, "list": frozenset()}
    assert outline.attributes == {"title", "units"}


def test_the_signature_counts_not_the_name(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a", "w"):
        pass
    (tmp_path / "b.h5").write_text("not HDF5")
    assert is_hdf5(tmp_path / "a")
    assert not is_hdf5(tmp_path / "b.h5")
    assert not is_hdf5(tmp_path)


def test_a_checked_file_is_opened_again(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as opened:
        opened["cube"] = SECRET
    with reopen_hdf5(tmp_path / "a.h5") as opened:
        np.testing.assert_array_equal(find_dataset(opened, "cube")[()], SECRET)


def point_by_link(group: h5py.Group, name: str, folder: Path) -> None:
    assert folder.is_dir()
    group[name] = h5py.ExternalLink("b.h5", "/cube")


def point_by_virtual_dataset(group: h5py.Group, name: str, folder: Path) -> None:
    assert folder.is_dir()
    layout = h5py.VirtualLayout(SECRET.shape, "f8")
    layout[:] = h5py.VirtualSource("b.h5", "cube", SECRET.shape)
    group.create_virtual_dataset(name, layout)


def point_by_raw_numbers(group: h5py.Group, name: str, folder: Path) -> None:
    group.create_dataset(name, SECRET.shape, "f8", external=[(str(folder / "raw.bin"), 0, SECRET.nbytes)])


POINTERS = {
    "external link": (point_by_link, r"Found a link to '/cube' in 'b\.h5'"),
    "virtual dataset": (point_by_virtual_dataset, r"Found a link to 'cube' in 'b\.h5'"),
    "raw numbers": (point_by_raw_numbers, r"Found a link to '.*raw\.bin'"),
}
FILES = {
    "cube.mat": "cube",
    "cube.nc": "cube",
    "nested.nc": "group/deeper/cube",
    "prisma.he5": "HDFEOS/SWATHS/PRS_L2D_HCO/Data Fields/VNIR_Cube",
    "patches.h5": "train_img",
}


@pytest.mark.parametrize("exists", [True, False], ids=["the other file is there", "it is not"])
@pytest.mark.parametrize("pointer", POINTERS)
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_points_to_another_file_is_refused_by_name(
    tmp_path: Path, name: str, pointer: str, *, exists: bool
) -> None:
    if exists:
        SECRET.tofile(tmp_path / "raw.bin")
        with h5py.File(tmp_path / "b.h5", "w") as other:
            other["cube"] = SECRET
    point, reason = POINTERS[pointer]
    with h5py.File(tmp_path / name, "w") as opened:
        opened["train_labels"] = [0, 1]
        group, _, last = FILES[name].rpartition("/")
        point(opened.require_group(f"/{group}"), last, tmp_path)
    read: Callable[[Path], object] = read_patch_file if name == "patches.h5" else read_cube
    message = (
        rf"'{FILES[name]}' in '.*{re.escape(name)}' should be stored in this file\. {reason}\. Put the data"
    )
    with pytest.raises(DataError, match=message):
        read(tmp_path / name)


def test_a_patch_file_that_points_elsewhere_is_not_opened_to_see_what_it_is(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "patches.h5", "w") as opened:
        point_by_link(opened, "train_img", tmp_path)
    with pytest.raises(DataError, match=r"'train_img' in .* should be stored in this file"):
        is_patch_file(tmp_path / "patches.h5")


def test_no_other_module_opens_hdf5() -> None:
    package = Path(lrprism.__file__).parent
    openers = {
        str(path.relative_to(package)) for path in package.rglob("*.py") if "h5py.File(" in path.read_text()
    }
    assert openers == {"spectral/io/hdf5.py"}


def test_a_name_that_is_no_text_does_not_stand_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "names.h5"
    with h5py.File(path, "w") as file:
        file["cube"] = np.ones((2, 3, 4))
        file[b"\xff\xfe"] = 1.0
    with open_hdf5(path) as file:
        assert list(list_members(file)) == ["cube"]
    assert outline_hdf5(path).members == {"cube": frozenset()}


def test_a_link_whose_name_is_no_text_is_refused_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "links.h5"
    with h5py.File(path, "w") as file:
        file["group/numbers"] = 1.0
        file["group"][b"\xff\xfe"] = h5py.ExternalLink("secret.h5", "/cube")
    with (
        pytest.raises(DataError, match=r"'group/\\xff\\xfe' in .*Found a link to '/cube' in 'secret.h5'\."),
        open_hdf5(path),
    ):
        pass
