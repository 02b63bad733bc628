from pathlib import Path

import numpy as np
import pytest

from lrprism.errors import DataError
from lrprism.spectral.splits import group_split, read_groups


@pytest.mark.parametrize(
    "text", ["plant 1\nplant 2\nplant 1\n", "sample,Group\n0,plant 1\n1, plant 2\n2,plant 1\n"]
)
def test_a_line_per_sample(tmp_path: Path, text: str) -> None:
    (tmp_path / "plants.csv").write_text(text, encoding="utf-8")
    groups = read_groups(tmp_path / "plants.csv", 3)
    assert groups.tolist() == ["plant 1", "plant 2", "plant 1"]
    split = group_split(np.array([0, 0, 0]), groups, seed=0)
    assert sorted(map(len, (split.train, split.test))) == [1, 2]


def test_a_plant_may_be_called_na(tmp_path: Path) -> None:
    names = ["NA", "None", "nan", "null", "N/A", "001", ""]
    (tmp_path / "plants.csv").write_text("group,day\n" + "\n".join(f"{name},1" for name in names))
    groups = read_groups(tmp_path / "plants.csv", len(names)).tolist()
    assert groups[:-1] == names[:-1]
    assert groups[-1] != groups[-1]  # an empty cell has no name


def test_an_array_of_numbers(tmp_path: Path) -> None:
    np.save(tmp_path / "plants.npy", np.array([4, 4, 7]))
    assert read_groups(tmp_path / "plants.npy", 3).tolist() == ["4", "4", "7"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\n2\n", r"group of each of the 3 samples\. Found shape \(2,\)"),
        (
            "plant,day\n1,2\n1,2\n1,2\n",
            r"one column, or one called group\. Found plant, day\. Name the column",
        ),
        ("", r"cannot be read: EmptyDataError No columns to parse from file"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "plants.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_groups(tmp_path / "plants.csv", 3)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"plants\.csv' should be a file with the group of .*Found no such file"
    ):
        read_groups(tmp_path / "plants.csv", 3)


def test_pickled_objects_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "plants.npy", np.array([{}, {}], dtype=object), allow_pickle=True)
    with pytest.raises(
        DataError, match=r"a file with the group of each sample, one a line\. Found .*objects"
    ):
        read_groups(tmp_path / "plants.npy", 2)
