"""Splits as tables, such as ``split.csv`` of a training run."""

from pathlib import Path

import pandas as pd
import pytest

from lrprism.errors import DataError
from lrprism.spectral import Split, contiguous_cut, hold_out, read_split
from small_scenes import random_labels
from split_files import PATCHES, SCENE


def training_table(split: Split, width: int | None) -> pd.DataFrame:
    """The table ``split.csv`` that training writes."""
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    table = pd.concat([pd.DataFrame({"sample": numbers, "part": name}) for name, numbers in parts.items()])
    if width is not None:
        table.insert(1, "row", table["sample"] // width)
        table.insert(2, "column", table["sample"] % width)
    return table.sort_values("sample")


@pytest.mark.parametrize("dropped", [[], ["sample"], ["row", "column"]])
def test_the_table_of_a_training_run(tmp_path: Path, dropped: list[str]) -> None:
    labels = random_labels(0)
    written = hold_out(labels, contiguous_cut(labels, guard=1), block=6, guard=1, seed=0)
    training_table(written, 50).drop(columns=dropped).to_csv(tmp_path / "split.csv", index=False)
    split = read_split(tmp_path / "split.csv", labels)
    for part in ("train", "validation", "test"):
        assert getattr(split, part).tolist() == getattr(written, part).tolist()
    pd.testing.assert_frame_equal(split.coverage, written.coverage)


def test_the_table_of_a_patch_set(tmp_path: Path) -> None:
    (tmp_path / "split.csv").write_text("Sample, PART\n3,Test\n0,train\n1,train\n")
    split = read_split(tmp_path / "split.csv", PATCHES)
    assert (split.train.tolist(), split.test.tolist(), split.validation.tolist()) == ([0, 1], [3], [])


TABLES = [
    (
        "sample,part\n0,train\n1,exam\n2,exam\n",
        "part should be one of train, .* Found 'exam' in row 2 \\(2 such",
    ),
    ("sample,part\n0,train\n1,\n", "Found '' in row 2"),
    (
        "sample,side\n0,train\n",
        "columns part and sample, or part, row, column, .* Found sample, side. Name",
    ),
    ("row,part\n0,train\n", "Found row, part"),
    ("sample,part,Part\n0,train,test\n", "once each. Found sample, part, part"),
    ("sample,part\n0,train\nx,test\n", "column sample should hold numbers. Found 'x' in row 2. Correct"),
    ("sample,part\n0,train\n1.5,test\n", r"whole numbers. Found 1.5 \(1 such\)"),
    ("row,column,part\n0,0,train\n0,4,test\n", "scene of 3 x 4 pixels. Found row 0, column 4 in row 2"),
    ("row,column,part\n0,0,train\n3,0,test\n", "Found row 3, column 0 in row 2"),
    ("row,column,part\n-1,0,train\n0,1,test\n", "Found row -1, column 0 in row 1"),
    ("row,column,part\n0,-1,train\n0,1,test\n", "Found row 0, column -1 in row 1"),
    ("sample,row,column,part\n0,0,0,train\n6,1,1,test\n", r"in row 2 of the table \(1 such rows\). Give"),
    ("sample,part\n0,1,train\n1,2,test\n", "cannot be read: .* Expected 2 fields in line 2, saw 3"),
    ("", "should be a table with a column part. Found one that cannot be read: .*No columns"),
    (
        "sample,part\n0,train,3,4\n1,test\n0,1,2,3,4,5,6\n",
        "Found one that cannot be read: .* Copy or download it again",
    ),
]


@pytest.mark.parametrize(("text", "message"), TABLES)
def test_tables_that_cannot_be(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "split.csv").write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        read_split(tmp_path / "split.csv", SCENE)
    assert "split.csv" in str(caught.value)


def test_a_table_of_a_scene_for_a_patch_set(tmp_path: Path) -> None:
    (tmp_path / "split.csv").write_text("row,column,part\n0,0,train\n0,1,test\n")
    with pytest.raises(
        DataError, match=r"read with the label map of its scene. Found a list of 7 labels. Give"
    ):
        read_split(tmp_path / "split.csv", PATCHES)
